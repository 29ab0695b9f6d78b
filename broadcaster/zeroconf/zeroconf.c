/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/zeroconf/zeroconf.h"

#include "broadcaster/zeroconf/inside.h"
#include "shared/thread.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

static_assert((int)ZEROCONF_REPORT_NAME_MAX >= (int)ZEROCONF_NAME_MAX, "the report has room for the name");

bool zeroconf_is_reachable(const struct zeroconf_offer *offer)
{
    return listen_find_reachable(&offer->at) != NULL;
}

static void let_go(struct zeroconf *zeroconf)
{
    if (atomic_fetch_sub(&zeroconf->owners, 1) == 1) {
        zeroconf_forget(zeroconf);
        pthread_mutex_destroy(&zeroconf->lock);
        close(zeroconf->end);
        free(zeroconf);
    }
}

static void *run(void *data)
{
    struct zeroconf *zeroconf = data;
    zeroconf_run(zeroconf);
    let_go(zeroconf);
    return NULL;
}

struct zeroconf *zeroconf_open(const struct zeroconf_wish *wish)
{
    struct zeroconf *zeroconf = calloc(1, sizeof *zeroconf);
    if (!zeroconf) {
        return NULL;
    }
    zeroconf->wish = *wish;
    snprintf(zeroconf->name, sizeof zeroconf->name, "%s", wish->name ? wish->name : "");
    zeroconf->wish.name = wish->name ? zeroconf->name : NULL;
    snprintf(zeroconf->detail, sizeof zeroconf->detail, "asking for Avahi");
    zeroconf->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (zeroconf->end < 0) {
        free(zeroconf);
        return NULL;
    }
    pthread_mutex_init(&zeroconf->lock, NULL);
    atomic_init(&zeroconf->owners, 2);
    if (!thread_start(NULL, run, zeroconf)) {
        atomic_store(&zeroconf->owners, 1);
        let_go(zeroconf);
        return NULL;
    }
    return zeroconf;
}

void zeroconf_close(struct zeroconf *zeroconf)
{
    if (zeroconf) {
        eventfd_write(zeroconf->end, 1);
        let_go(zeroconf);
    }
}

enum zeroconf_state zeroconf_look(struct zeroconf *zeroconf, char *detail)
{
    pthread_mutex_lock(&zeroconf->lock);
    const enum zeroconf_state state = zeroconf->state;
    memcpy(detail, zeroconf->detail, sizeof zeroconf->detail);
    pthread_mutex_unlock(&zeroconf->lock);
    return state;
}

bool zeroconf_is_settled(struct zeroconf *zeroconf)
{
    pthread_mutex_lock(&zeroconf->lock);
    const bool settled = zeroconf->settled;
    pthread_mutex_unlock(&zeroconf->lock);
    return settled;
}

uint32_t zeroconf_changes(struct zeroconf *zeroconf)
{
    pthread_mutex_lock(&zeroconf->lock);
    const uint32_t changes = zeroconf->changes;
    pthread_mutex_unlock(&zeroconf->lock);
    return changes;
}

uint32_t zeroconf_found(struct zeroconf *zeroconf, const char *name, struct zeroconf_service *out,
                        uint32_t most)
{
    uint32_t count = 0;
    pthread_mutex_lock(&zeroconf->lock);
    for (int v6 = 0; v6 <= 1; v6++) {
        for (const struct zeroconf_entry *entry = zeroconf->entry; entry && count < most;
             entry = entry->next) {
            const bool is_v6 = strchr(entry->service.address, ':') != NULL;
            if (is_v6 == (v6 == 1) && (!name || strcasecmp(name, entry->service.name) == 0)) {
                out[count++] = entry->service;
            }
        }
    }
    pthread_mutex_unlock(&zeroconf->lock);
    return count;
}

void zeroconf_report(struct zeroconf *zeroconf, struct zeroconf_report *report)
{
    static const char *const names[] = {"starting", "waiting", "announcing", "announced"};
    report->state = names[zeroconf_look(zeroconf, report->detail)];
    pthread_mutex_lock(&zeroconf->lock);
    memcpy(report->name, zeroconf->announced, sizeof zeroconf->announced);
    pthread_mutex_unlock(&zeroconf->lock);
    for (uint32_t i = 0; i < zeroconf->wish.offer_count; i++) {
        const struct zeroconf_offer *offer = &zeroconf->wish.offer[i];
        if (zeroconf_is_reachable(offer)) {
            report->type[report->count] = offer->type;
            report->port[report->count++] = offer->port;
        }
    }
}
