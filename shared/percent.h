/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in a URL as %41 for "A". Pure. */
#ifndef PHICAST_SHARED_PERCENT_H
#define PHICAST_SHARED_PERCENT_H

#include <stdbool.h>

/* Never longer than the text. False: a % without two hexadecimal digits behind it, or %00. */
bool percent_decode(char *out, const char *text);

#endif
