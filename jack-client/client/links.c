/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/links.h"

#include <stdlib.h>
#include <string.h>

struct link *links_find(const struct links *links, const char *source, const char *sink)
{
    for (size_t i = 0; i < links->count; i++) {
        if (strcmp(links->link[i].source, source) == 0 && strcmp(links->link[i].sink, sink) == 0) {
            return &links->link[i];
        }
    }
    return NULL;
}

struct link *links_append(struct links *links, const char *source, const char *sink)
{
    if (links->count == links->capacity) {
        const size_t capacity = links->capacity ? 2 * links->capacity : 16;
        struct link *grown = realloc(links->link, capacity * sizeof *grown);
        if (!grown) {
            return NULL;
        }
        links->link = grown;
        links->capacity = capacity;
    }
    struct link *fresh = &links->link[links->count];
    *fresh = (struct link){.source = strdup(source), .sink = strdup(sink)};
    if (!fresh->source || !fresh->sink) {
        free(fresh->source);
        free(fresh->sink);
        return NULL;
    }
    links->count++;
    return fresh;
}

struct link *links_add(struct links *links, const char *source, const char *sink)
{
    struct link *found = links_find(links, source, sink);
    return found ? found : links_append(links, source, sink);
}

void links_remove(struct links *links, size_t index)
{
    free(links->link[index].source);
    free(links->link[index].sink);
    links->link[index] = links->link[--links->count];
}

void links_forget_source(struct links *links, const char *source)
{
    for (size_t i = links->count; i-- > 0;) {
        if (strcmp(links->link[i].source, source) == 0) {
            links_remove(links, i);
        }
    }
}

void links_clear(struct links *links)
{
    while (links->count > 0) {
        links_remove(links, links->count - 1);
    }
    free(links->link);
    *links = (struct links){0};
}
