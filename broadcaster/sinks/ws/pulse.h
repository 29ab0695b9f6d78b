/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a client still reads. TCP does not tell: the kernel at the other end takes in and acknowledges
 * seconds of messages that nobody reads. But a ping is answered by the client's WebSocket library, after all
 * that was sent before it. Pure; times are CLOCK_MONOTONIC, us. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_PULSE_H
#define PHICAST_BROADCASTER_SINKS_WS_PULSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PULSE_FIRST_US = 2000000,
    PULSE_OFTEN_US = 700000,    /* between pings to those who must not be sent what they do not read */
    PULSE_SELDOM_US = 20000000, /* and to the others */
    PULSE_GONE_US = 30000000
};

struct pulse {
    uint64_t heard_us;   /* when the last pong came; first the start */
    uint64_t pinged_us;  /* when the last ping went; first the start */
    uint64_t fastest_us; /* what a pong took at least; 0: there was none */
    bool waits;          /* for a pong to that ping */
};

void pulse_start(struct pulse *pulse, uint64_t now_us);

/* The first is due PULSE_FIRST_US after the start at the soonest: what only looks in is not bothered. */
bool pulse_is_due(const struct pulse *pulse, uint64_t every_us, uint64_t now_us);
void pulse_pinged(struct pulse *pulse, uint64_t now_us);

/* A pong to the ping that went at `pinged_us`; 0 for one to none of ours. True: the client was late, and no
 * longer is. */
bool pulse_take_pong(struct pulse *pulse, uint64_t pinged_us, uint64_t now_us);

/* It is not reading at the moment. Never true of a client that has yet to answer its first ping: it may be
 * one that reads, and never will. */
bool pulse_is_late(const struct pulse *pulse, uint64_t now_us);

/* Not a word for so long that there is nobody. */
bool pulse_is_gone(const struct pulse *pulse, uint64_t now_us);

#endif
