/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC in over UDP: the commands of osc/commands.h, and /phicast/ping. All functions: the event loop's thread.
 */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_IN_H
#define PHICAST_BROADCASTER_SINKS_OSC_IN_H

#include "broadcaster/control/remote.h"
#include "broadcaster/guard/listen.h"
#include "shared/json/reports.h"
#include "shared/options.h"
#include "shared/status.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { OSC_IN_URL_MAX = 80, OSC_IN_PACKET_MAX = 65536 };

struct osc_in {
    struct remote *remote;
    uint32_t count; /* sockets */
    int fd[OPTION_LIST_MAX];
    char url[OPTION_LIST_MAX][OSC_IN_URL_MAX];
    uint64_t packets; /* arrived */
    uint64_t commands;
    uint64_t pings;   /* answered */
    uint64_t refused; /* packets */
};

/* Opens the sockets, all on one port; 0 picks a free one.  * remote must live on. On failure `error` names
 * the address and the cure, and nothing is open: STATUS_BUSY, STATUS_BAD_ARG, STATUS_NO_ACCESS, STATUS_IO. */
MUST_CHECK enum status osc_in_open(struct osc_in *in, struct remote *remote, uint32_t port,
                                   const struct listen_addresses *at, char error[OPTION_ERROR_MAX]);

/* Closes the sockets. */
void osc_in_close(struct osc_in *in);

/* Reads what has arrived, a good deal but not more, so that a flood leaves time for others. */
void osc_in_read(struct osc_in *in);

/* Judges and does one packet; fd: where an answer leaves, -1 for nowhere. The bytes may stand anywhere. */
void osc_in_packet(struct osc_in *in, const void *bytes, size_t length, int fd,
                   const struct sockaddr_storage *from);

/* Fills the incoming part of the report, which points into *in. */
void osc_in_report(const struct osc_in *in, struct osc_report *report);

#endif
