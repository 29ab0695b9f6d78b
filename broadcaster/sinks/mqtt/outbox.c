/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/outbox.h"

enum status mqtt_outbox_push(struct mqtt_outbox *outbox, const char *text, size_t length, struct event_id id)
{
    if (id.writer != outbox->writer) {
        outbox->writer = id.writer;
        outbox->log.start = outbox->log.head;
    }
    const enum status status = eventlog_push(&outbox->log, text, length, id.index);
    outbox->lost += status ? 1 : 0;
    if (eventlog_lags(&outbox->log, outbox->acked)) {
        outbox->lost++;
        outbox->acked++;
        outbox->next = outbox->next > outbox->acked ? outbox->next : outbox->acked;
    }
    return status;
}

const struct wire *mqtt_outbox_next(struct mqtt_outbox *outbox)
{
    struct encoded *event =
        outbox->next - outbox->acked < MQTT_WINDOW ? eventlog_get(&outbox->log, outbox->next) : NULL;
    return event ? &event->plain : NULL;
}

void mqtt_outbox_sent(struct mqtt_outbox *outbox, int mid)
{
    outbox->mid[outbox->next % MQTT_WINDOW] = mid;
    outbox->next++;
}

bool mqtt_outbox_acknowledge(struct mqtt_outbox *outbox, int mid)
{
    bool found = false;
    for (uint64_t i = outbox->acked; i < outbox->next && !found; i++) {
        int *own = &outbox->mid[i % MQTT_WINDOW];
        found = *own == mid;
        *own = found ? 0 : *own;
    }
    while (outbox->acked < outbox->next && outbox->mid[outbox->acked % MQTT_WINDOW] == 0) {
        outbox->acked++;
    }
    outbox->delivered += found ? 1 : 0;
    return found;
}

void mqtt_outbox_rewind(struct mqtt_outbox *outbox)
{
    outbox->next = outbox->acked;
}

uint64_t mqtt_outbox_waiting(const struct mqtt_outbox *outbox)
{
    return outbox->log.head - outbox->acked;
}

/* Of an earlier analyser's events the place says nothing about the present one's. */
uint64_t mqtt_outbox_reached(const struct mqtt_outbox *outbox)
{
    const struct eventlog *log = &outbox->log;
    if (outbox->acked == log->head) {
        return UINT64_MAX;
    }
    return outbox->acked < log->start ? 0 : log->before[outbox->acked % EVENTLOG_SLOTS];
}

void mqtt_outbox_free(struct mqtt_outbox *outbox)
{
    eventlog_free(&outbox->log);
}
