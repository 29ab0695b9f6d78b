/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the thread does to what it shares with those who look. */
#include "broadcaster/zeroconf/inside.h"
#include "shared/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void zeroconf_say(struct zeroconf *zeroconf, enum zeroconf_state state, const char *format, ...)
{
    char detail[OPTION_ERROR_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    pthread_mutex_lock(&zeroconf->lock);
    const bool news = state != zeroconf->state || strcmp(detail, zeroconf->detail) != 0;
    const bool was_announced = zeroconf->state == ZEROCONF_ANNOUNCED;
    zeroconf->state = state;
    memcpy(zeroconf->detail, detail, sizeof detail);
    zeroconf->changes += news ? 1 : 0;
    if (state != ZEROCONF_ANNOUNCED) {
        zeroconf->announced[0] = '\0';
    }
    pthread_mutex_unlock(&zeroconf->lock);
    if (!news) {
        return;
    }
    if (was_announced && state != ZEROCONF_ANNOUNCED) {
        log_repeated(&zeroconf->losses, "zeroconf: not announced any more: %s", detail);
    } else if (state == ZEROCONF_ANNOUNCED && log_is_due(&zeroconf->announcements)) {
        log_info("zeroconf: %s", detail);
    } else {
        log_detail("zeroconf: %s", detail);
    }
}

void zeroconf_forget(struct zeroconf *zeroconf)
{
    pthread_mutex_lock(&zeroconf->lock);
    while (zeroconf->entry) {
        struct zeroconf_entry *entry = zeroconf->entry;
        zeroconf->entry = entry->next;
        free(entry);
    }
    zeroconf->entry_count = 0;
    zeroconf->settled = false;
    zeroconf->changes++;
    pthread_mutex_unlock(&zeroconf->lock);
}

bool zeroconf_pause(struct zeroconf *zeroconf, int ms)
{
    struct pollfd end = {.fd = zeroconf->end, .events = POLLIN};
    return poll(&end, 1, ms) == 1;
}
