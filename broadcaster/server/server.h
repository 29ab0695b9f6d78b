/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole broadcaster: the control segment, the hub, and libwebsockets' context with its listeners. */
#ifndef PHICAST_BROADCASTER_SERVER_SERVER_H
#define PHICAST_BROADCASTER_SERVER_SERVER_H

#include "broadcaster/options.h"
#include "shared/nsm/nsm.h"
#include "shared/status.h"

struct server;

/* Control thread. Takes the name, then the port, and says on standard output where it listens. Blocks SIGINT
 * and SIGTERM for the rest of the process. On failure `error` is one line naming the thing and the cure, and
 * *server is NULL: STATUS_BAD_ARG (the name cannot be a segment's), STATUS_BUSY (name or port taken),
 * STATUS_NO_ACCESS, STATUS_NO_MEMORY, STATUS_IO. options must live on, and so must nsm: the session manager
 * that has asked for it, and is told when it is done; NULL: none. */
MUST_CHECK enum status server_open(struct server **server, const struct broadcaster_options *options,
                                   struct nsm *nsm, char error[OPTION_ERROR_MAX]);

/* Serves until SIGINT or SIGTERM, or until the session manager asks for another project, then closes every
 * client with 1001. */
void server_run(struct server *server);

/* NULL is fine. */
void server_close(struct server *server);

#endif
