/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that wait for their target, oldest first, each with the time at which it came. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_QUEUE_H
#define PHICAST_BROADCASTER_SINKS_OSC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OSC_QUEUE_MAX = 1024 };

struct osc_waiting {
    struct osc_waiting *next;
    uint64_t since_us;
    size_t length;
    unsigned char bytes[];
};

/* Start from {0}. */
struct osc_queue {
    struct osc_waiting *first;
    struct osc_waiting *last;
    uint32_t count;
};

/* Copies the bytes to the end. False: out of memory, or the queue is full. */
bool osc_queue_add(struct osc_queue *queue, const void *bytes, size_t length, uint64_t now_us);

/* Takes the first one away; there must be one. */
void osc_queue_drop(struct osc_queue *queue);

/* Takes away all that came before that time; how many that were. */
uint32_t osc_queue_drop_older(struct osc_queue *queue, uint64_t than_us);

/* Takes away all; how many that were. */
uint32_t osc_queue_clear(struct osc_queue *queue);

#endif
