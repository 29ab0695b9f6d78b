/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client offers of permessage-deflate (RFC 7692). Pure. */
#ifndef PHICAST_BROADCASTER_HTTP_DEFLATE_OFFER_H
#define PHICAST_BROADCASTER_HTTP_DEFLATE_OFFER_H

#include <stdbool.h>

/* Whether a Sec-WebSocket-Extensions header's (first) offer of permessage-deflate can be taken as it stands:
 * no unknown parameter, none twice, and no smaller window than ours. */
bool deflate_offer_takes(const char *offers);

#endif
