/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of connections, by port names. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_LINKS_H
#define PHICAST_JACK_CLIENT_CLIENT_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
    char *source; /* full port names */
    char *sink;
    bool marked;        /* the caller's, for sweeping */
    uint64_t gone_ms;   /* when it was seen to be gone; 0 while it stands */
    uint64_t source_id; /* the caller's: tells the source from another of that name */
    uint32_t looks;     /* the caller's: how often it was looked for */
};

/* Start from {0}; free with links_clear. */
struct links {
    struct link *link;
    size_t count;
    size_t capacity;
};

/* The link, or NULL. Valid until the set changes. */
struct link *links_find(const struct links *links, const char *source, const char *sink);

/* Adds (unless it is there) and returns it; NULL without memory. */
struct link *links_add(struct links *links, const char *source, const char *sink);

/* Adds in any case, for those that go by source_id: two sources may have had the same name. */
struct link *links_append(struct links *links, const char *source, const char *sink);

void links_remove(struct links *links, size_t index);
void links_forget_source(struct links *links, const char *source); /* removes all from there */
void links_clear(struct links *links);

#endif
