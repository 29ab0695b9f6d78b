/* SPDX-License-Identifier: GPL-3.0-or-later */
/* permessage-deflate for libwebsockets, without its built-in one, which compresses anew for every client.
 * This one only negotiates: client.c sends what was compressed already. What clients send compressed stays
 * so, which nobody reads. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_EXTENSION_H
#define PHICAST_BROADCASTER_SINKS_WS_EXTENSION_H

#include <libwebsockets.h>

/* For lws_context_creation_info. The session that libwebsockets keeps for the protocol must start with a
 * struct ws_client. */
extern const struct lws_extension extensions[];

#endif
