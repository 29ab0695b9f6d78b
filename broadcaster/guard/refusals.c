/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/refusals.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void make_plain(char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~') {
            *text = '?';
        }
    }
}

static bool same(const struct refused_origin *a, const struct refused_origin *b)
{
    return strcmp(a->origin, b->origin) == 0 && strcmp(a->admit, b->admit) == 0;
}

/* The place of that one, or else of the one whose room it gets. */
static uint32_t place_of(struct refusals *r, const struct refused_origin *fresh)
{
    uint32_t least = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        if (same(&r->origin[i], fresh)) {
            return i;
        }
        if (r->origin[i].count <= r->origin[least].count) {
            least = i;
        }
    }
    if (r->count < REFUSALS_MAX) {
        r->origin[r->count] = (struct refused_origin){0};
        return r->count++;
    }
    return least;
}

void refusals_add(struct refusals *r, const char *origin, const char *admit, double now)
{
    struct refused_origin fresh = {.count = 1, .last = now};
    snprintf(fresh.origin, sizeof fresh.origin, "%s", origin);
    snprintf(fresh.admit, sizeof fresh.admit, "%s", admit ? admit : "");
    make_plain(fresh.origin);
    make_plain(fresh.admit);
    const uint32_t place = place_of(r, &fresh);
    if (same(&r->origin[place], &fresh)) {
        fresh.count += r->origin[place].count;
    }
    memmove(&r->origin[1], &r->origin[0], place * sizeof r->origin[0]);
    r->origin[0] = fresh;
}
