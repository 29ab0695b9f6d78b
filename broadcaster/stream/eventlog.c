/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/eventlog.h"

#include <assert.h>
#include <stddef.h>

static_assert((int)EVENTLOG_LAG_MAX < (int)EVENTLOG_SLOTS, "a client within its lag always finds its event");

enum status eventlog_push(struct eventlog *log, const char *text, size_t length, uint64_t before)
{
    const enum status status = encoded_set(&log->slot[log->head % EVENTLOG_SLOTS], text, length);
    if (status == STATUS_OK) {
        log->before[log->head % EVENTLOG_SLOTS] = before;
        log->head++;
    }
    return status;
}

struct encoded *eventlog_get(struct eventlog *log, uint64_t next)
{
    if (next >= log->head || log->head - next > EVENTLOG_SLOTS) {
        return NULL;
    }
    return &log->slot[next % EVENTLOG_SLOTS];
}

bool eventlog_lags(const struct eventlog *log, uint64_t next)
{
    return log->head > next && log->head - next > EVENTLOG_LAG_MAX;
}

void eventlog_free(struct eventlog *log)
{
    for (size_t i = 0; i < EVENTLOG_SLOTS; i++) {
        encoded_free(&log->slot[i]);
    }
    log->head = 0;
}
