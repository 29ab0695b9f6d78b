/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the thread of zeroconf.h, and those who look at it, share. */
#ifndef PHICAST_BROADCASTER_ZEROCONF_INSIDE_H
#define PHICAST_BROADCASTER_ZEROCONF_INSIDE_H

#include "broadcaster/zeroconf/zeroconf.h"
#include "shared/options.h"

#include <pthread.h>
#include <stdatomic.h>

struct AvahiServiceResolver;

struct zeroconf_entry {
    struct zeroconf_entry *next;
    struct zeroconf_service service;
    struct AvahiServiceResolver *resolver; /* the thread's own, as is what follows */
    int interface;
    int protocol;
};

/* Shared by two, the thread and the event loop; whoever is the last to let go frees it. */
struct zeroconf {
    atomic_int owners;
    struct zeroconf_wish wish; /* its name is `name`, or NULL */
    char name[ZEROCONF_NAME_MAX];
    int end; /* an eventfd: readable once the thread shall end */

    pthread_mutex_t lock; /* of what follows; never held while Avahi is called */
    enum zeroconf_state state;
    char detail[OPTION_ERROR_MAX];
    char announced[ZEROCONF_NAME_MAX]; /* the services' name */
    uint64_t announcements;
    uint64_t losses;
    bool settled;
    uint32_t changes;
    uint32_t entry_count;
    struct zeroconf_entry *entry; /* changed by the thread alone */
};

/* The thread, all of these. */

/* Its work, until it shall end. Without Avahi's library (without.c) it says so, and that is all. */
void zeroconf_run(struct zeroconf *zeroconf);

/* Notes the state, and logs what is news. */
__attribute__((format(printf, 3, 4))) void zeroconf_say(struct zeroconf *zeroconf, enum zeroconf_state state,
                                                        const char *format, ...);

/* Forgets all that was found. */
void zeroconf_forget(struct zeroconf *zeroconf);

/* Waits so long; true: it shall end. */
bool zeroconf_pause(struct zeroconf *zeroconf, int ms);

#endif
