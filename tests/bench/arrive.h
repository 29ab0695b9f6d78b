/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients that come: one after the other, or all at once as after an outage. Each is watched until it has the
 * first message of its stream. Failures end the program. */
#ifndef PHICAST_TESTS_BENCH_ARRIVE_H
#define PHICAST_TESTS_BENCH_ARRIVE_H

#include <stdbool.h>
#include <stdint.h>

struct arrive_wish {
    uint16_t port;
    uint32_t count;
    uint32_t at_once;
    const char *path;
    bool deflate;
    bool tls;
    bool silent; /* nothing is sent on that stream: to be let in is enough */
};

struct arrive_result {
    double seconds; /* until the last was there */
    double p50_ms;  /* of each: from its call on */
    double p99_ms;
};

struct arrive_result arrive(const struct arrive_wish *wish);

#endif
