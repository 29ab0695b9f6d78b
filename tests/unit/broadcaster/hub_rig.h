/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hub on the analyser of that name, without a note of its own or an earlier broadcaster's. */
#ifndef PHICAST_TESTS_UNIT_BROADCASTER_HUB_RIG_H
#define PHICAST_TESTS_UNIT_BROADCASTER_HUB_RIG_H

#include "broadcaster/source/live.h"
#include "broadcaster/stream/hub.h"

static struct live live;
static struct hub hub;

static void open_hub(const char *analyser, uint64_t now_us)
{
    static const struct event_cursor no_past;
    live_init(&live, analyser, SEGMENT_TRUST_NONE);
    hub_init(&hub, &live.base, NULL, &no_past, now_us);
}

static void close_hub(void)
{
    hub_close(&hub);
    source_close(&live.base);
}

#endif
