/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of phicast-dump. */
#ifndef PHICAST_SHARED_DUMP_OPTIONS_H
#define PHICAST_SHARED_DUMP_OPTIONS_H

#include "shared/options.h"

#include <stdbool.h>
#include <stdint.h>

struct dump_options {
    const char *name; /* of the segments */
    uint32_t last;    /* events and commands that are shown, the newest; 0...DUMP_LAST_MAX */
    bool json;
};

/* Fills *options with the defaults, then from argv. OPTIONS_ERROR: `error` says what is wrong, and the cure.
 */
enum options_result dump_options_parse(struct dump_options *options, int argc, char **argv,
                                       char error[OPTION_ERROR_MAX]);

void dump_options_help(FILE *out);

#endif
