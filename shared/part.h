/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is measured only while somebody asks for it, by its names: "levels,bands,onsets". Any thread. */
#ifndef PHICAST_SHARED_PART_H
#define PHICAST_SHARED_PART_H

#include "shared/rt_safe.h"
#include "shared/status.h"

#include <stdint.h>

/* Bits of a set. */
enum metric_part {
    PART_LEVELS = 1,
    PART_BANDS = 2,
    PART_ONSETS = 4,
    PARTS_ALL = PART_LEVELS | PART_BANDS | PART_ONSETS,
    PART_CHANNEL_BANDS = 8 /* not asked for by itself: comes with the bands of an analyser that has them */
};

/* For a message: what a list may hold. */
#define PARTS_LIST "levels, bands, onsets"

/* Reads names with commas between. STATUS_BAD_ARG for an unknown or an empty name. */
MUST_CHECK enum status parts_parse(const char *list, uint32_t *parts);

/* What is to be asked for to get these: channels' bands come with bands. */
uint32_t parts_to_ask(uint32_t parts);

/* The name of one part; NULL for what is none. */
const char *part_str(uint32_t part);

#endif
