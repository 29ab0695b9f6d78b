/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where --wled sends: ADDR, ADDR:PORT, [ADDR]:PORT, as numbers. Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_WLED_ADDRESS_H
#define PHICAST_BROADCASTER_SINKS_WLED_ADDRESS_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdint.h>
#include <sys/socket.h>

enum { WLED_PORT = 11988, WLED_URL_MAX = 64 };

struct wled_address {
    struct sockaddr_storage to;
    socklen_t length;
    char text[WLED_URL_MAX]; /* for people, with the port */
};

/* All that --wled gives. */
struct wled_addresses {
    uint32_t count;
    struct wled_address address[OPTION_LIST_MAX];
};

/* STATUS_BAD_ARG: `error` names the address and the cure. */
MUST_CHECK enum status wled_addresses_read(struct wled_addresses *addresses, const struct option_list *texts,
                                           char error[OPTION_ERROR_MAX]);

#endif
