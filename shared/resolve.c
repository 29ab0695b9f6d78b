/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/resolve.h"

#include "shared/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shared by two, the thread that asks and the event loop; whoever is the last to let go frees it. The answer
 * is written before `done` is set, with release, and never after. */
struct resolve {
    char host[NI_MAXHOST];
    char port[8];
    int socktype;
    struct addrinfo *list;
    int error; /* of getaddrinfo */
    atomic_bool done;
    atomic_int owners;
};

/* Threads that ask. Those that nobody waits for any more count as well: targets come and go faster than a
 * dead name server is given up, and each has a descriptor. */
static atomic_int asking;

static int ask(struct resolve *resolve, int flags)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = resolve->socktype, .ai_flags = flags | AI_NUMERICSERV};
    return getaddrinfo(resolve->host, resolve->port, &hints, &resolve->list);
}

static void let_go(struct resolve *resolve)
{
    if (atomic_fetch_sub(&resolve->owners, 1) == 1) {
        if (resolve->list) {
            freeaddrinfo(resolve->list);
        }
        free(resolve);
    }
}

/* Most programs that receive OSC listen on IPv4 alone, while "localhost" gives ::1 first. */
static struct addrinfo *v4_first(struct addrinfo *list)
{
    struct addrinfo *first = NULL;
    struct addrinfo **v4_end = &first;
    struct addrinfo *rest = NULL;
    struct addrinfo **rest_end = &rest;
    for (; list; list = list->ai_next) {
        struct addrinfo ***end = list->ai_family == AF_INET ? &v4_end : &rest_end;
        **end = list;
        *end = &list->ai_next;
    }
    *rest_end = NULL;
    *v4_end = rest;
    return first;
}

static void *run(void *arg)
{
    struct resolve *resolve = arg;
    resolve->error = ask(resolve, 0);
    resolve->list = resolve->error ? NULL : v4_first(resolve->list);
    atomic_store_explicit(&resolve->done, true, memory_order_release);
    let_go(resolve);
    atomic_fetch_sub(&asking, 1);
    return NULL;
}

static bool start_thread(struct resolve *resolve)
{
    if (atomic_load(&asking) >= RESOLVE_MAX) {
        return false;
    }
    atomic_fetch_add(&asking, 1);
    atomic_store(&resolve->owners, 2);
    const bool started = thread_start(NULL, run, resolve);
    if (!started) {
        atomic_fetch_sub(&asking, 1);
        atomic_store(&resolve->owners, 1);
    }
    return started;
}

struct resolve *resolve_start(const char *host, const char *port, bool tcp)
{
    struct resolve *resolve = calloc(1, sizeof *resolve);
    if (!resolve) {
        return NULL;
    }
    snprintf(resolve->host, sizeof resolve->host, "%s", host);
    snprintf(resolve->port, sizeof resolve->port, "%s", port);
    resolve->socktype = tcp ? SOCK_STREAM : SOCK_DGRAM;
    atomic_init(&resolve->owners, 1);
    if (ask(resolve, AI_NUMERICHOST) == 0) {
        atomic_init(&resolve->done, true);
        return resolve;
    }
    atomic_init(&resolve->done, false);
    if (!start_thread(resolve)) {
        let_go(resolve);
        return NULL;
    }
    return resolve;
}

enum status resolve_poll(struct resolve *resolve, struct addrinfo **list, const char **why)
{
    if (!atomic_load_explicit(&resolve->done, memory_order_acquire)) {
        return STATUS_NOT_READY;
    }
    *list = resolve->list;
    resolve->list = NULL;
    *why = *list ? "" : gai_strerror(resolve->error);
    return *list ? STATUS_OK : STATUS_NOT_FOUND;
}

void resolve_number(const struct addrinfo *address, char *out, size_t size)
{
    if (getnameinfo(address->ai_addr, address->ai_addrlen, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) !=
        0) {
        snprintf(out, size, "another address");
    }
}

void resolve_end(struct resolve *resolve)
{
    if (resolve) {
        let_go(resolve);
    }
}
