/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both segments of a name, printed: the reference for whoever writes a reader of their own. It believes
 * nothing that its checks refuse, as every reader must. */
#ifndef PHICAST_SHARED_DUMP_DUMP_H
#define PHICAST_SHARED_DUMP_DUMP_H

#include "shared/dump/options.h"

#include <stdbool.h>
#include <stdio.h>

/* Control thread. Prints what is there and can be believed; the log names the rest, each with the cure.
 * False: there was such a rest, or neither segment is there (and then nothing is printed). */
bool dump_segments(const struct dump_options *options, FILE *out);

#endif
