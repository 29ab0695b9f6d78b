/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What strangers on the network call themselves, fit to be printed. Pure. */
#ifndef PHICAST_BROADCASTER_ZEROCONF_PLAIN_H
#define PHICAST_BROADCASTER_ZEROCONF_PLAIN_H

#include <stddef.h>

/* Adds the bytes to the text that stands in `out`, as UTF-8 without control characters: a ? stands for each
 * byte of anything else. What does not fit is left out, by whole characters. */
void plain_add(char *out, size_t size, const void *bytes, size_t length);

#endif
