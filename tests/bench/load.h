/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many clients of one stream in one thread: plain sockets, epoll, and no more work than it takes to count the
 * messages and to know how old they are. Every client is checked for its rate, every eighth for its messages'
 * ages. Failures end the program. */
#ifndef PHICAST_TESTS_BENCH_LOAD_H
#define PHICAST_TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load;

struct load_result {
    uint64_t messages;
    double bytes_per_message; /* on the wire, with the frame's header */
    double rate_hz;           /* of the slowest client */
    double rate99_hz;         /* that 99 % of them have at least */
    double p50_ms;            /* age on arrival: now less the message's timestamp */
    double p99_ms;
    uint32_t closed; /* clients that lost their connection */
};

/* path: NULL for a server that sends WebSocket frames without having been asked. */
struct load *load_open(uint16_t port, uint32_t count, const char *path, bool deflate, bool tls);

/* From now on these are read and counted, and no others; at first it is all of them. */
void load_choose(struct load *load, uint32_t first, uint32_t count);

/* Reads for so long, and says what came. */
struct load_result load_run(struct load *load, double seconds);

/* The last message that was looked into. */
const char *load_text(const struct load *load);

void load_close(struct load *load);

#endif
