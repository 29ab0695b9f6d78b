/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stream's URL asks for after its "?". Pure. */
#ifndef PHICAST_BROADCASTER_STREAM_QUERY_H
#define PHICAST_BROADCASTER_STREAM_QUERY_H

#include "broadcaster/stream/client.h"

#include <stdint.h>

#define METRICS_HZ_MAX 120
#define LATENCY_HZ_MAX 60
#define REPLAY_MAX 256

/* What a URL without a "?" asks for. */
struct subscription query_default(enum stream_kind kind);

/* Takes one "name=value". NULL if it is good, or none of ours; else what is wrong with it, for people. */
const char *query_take(struct subscription *asked, enum stream_kind kind, const char *argument);

#endif
