/* SPDX-License-Identifier: GPL-3.0-or-later */
/* permessage-deflate as everyone can share it: each message is compressed by itself, with no memory of the
 * ones before, so that one result serves every client, whenever it came and whatever it missed (RFC 7692: a
 * server need not use the context it might). */
#ifndef PHICAST_BROADCASTER_SINKS_WS_DEFLATE_H
#define PHICAST_BROADCASTER_SINKS_WS_DEFLATE_H

#include "broadcaster/stream/encoded.h"

/* Start from {0}; free with deflater_free. */
struct deflater {
    void *stream; /* zlib's; made when it is first needed */
};

void deflater_free(struct deflater *deflater);

/* The packed form; NULL where it saves nothing (short texts), or memory is short: then send it plain. */
const struct wire *deflate_encoded(struct deflater *deflater, struct encoded *encoded);

#endif
