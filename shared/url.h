/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pieces of URLs that people write. Pure. */
#ifndef PHICAST_SHARED_URL_H
#define PHICAST_SHARED_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies what stands between start and end. False: it is empty or does not fit. */
bool url_cut(char *out, size_t size, const char *start, const char *end);

/* A whole number in its range, of five digits at most, and nothing else. False leaves *number alone. */
bool url_number(uint32_t *number, const char *start, const char *end, uint32_t min, uint32_t max);

/* Whether it can be a host's name or address; bracketed: one of IPv6, perhaps with a zone (fe80::1%eth0). */
bool url_is_host(const char *host, bool bracketed);

/* "%41" for "A". Never longer than the text. False: a % without two hexadecimal digits behind it, or %00. */
bool url_decode(char *out, const char *text);

#endif
