/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC 1.0's address patterns. liblo's own matching goes back and forth: a short pattern of a hostile sender
 * could keep it busy for hours. */
#ifndef PHICAST_BROADCASTER_OSC_PATTERN_H
#define PHICAST_BROADCASTER_OSC_PATTERN_H

#include <stdbool.h>

/* The longest part between two slashes that an address to be matched may have. */
enum { OSC_PART_MAX = 63 };

/* Whether the pattern matches the address, part by part: ? is one character, * any number of them, [a-e!x]
 * one of a set ([!...] one that is not in it), {foo,bar} one of several strings, which are plain. Nothing of
 * it reaches over a slash. A pattern whose brackets are wrong matches nothing. Takes time in proportion to
 * both lengths. Pure. */
bool osc_pattern_match(const char *pattern, const char *address);

#endif
