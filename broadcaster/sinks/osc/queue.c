/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/queue.h"

#include <stdlib.h>
#include <string.h>

bool osc_queue_add(struct osc_queue *queue, const void *bytes, size_t length, uint64_t now_us)
{
    struct osc_waiting *waiting = queue->count < OSC_QUEUE_MAX ? malloc(sizeof *waiting + length) : NULL;
    if (!waiting) {
        return false;
    }
    *waiting = (struct osc_waiting){.since_us = now_us, .length = length};
    memcpy(waiting->bytes, bytes, length);
    if (queue->last) {
        queue->last->next = waiting;
    } else {
        queue->first = waiting;
    }
    queue->last = waiting;
    queue->count++;
    return true;
}

void osc_queue_drop(struct osc_queue *queue)
{
    struct osc_waiting *first = queue->first;
    queue->first = first->next;
    if (!queue->first) {
        queue->last = NULL;
    }
    queue->count--;
    free(first);
}

uint32_t osc_queue_drop_older(struct osc_queue *queue, uint64_t than_us)
{
    uint32_t dropped = 0;
    while (queue->first && queue->first->since_us < than_us) {
        osc_queue_drop(queue);
        dropped++;
    }
    return dropped;
}

uint32_t osc_queue_clear(struct osc_queue *queue)
{
    return osc_queue_drop_older(queue, UINT64_MAX);
}
