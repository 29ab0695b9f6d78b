/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command-line options as a table: one row gives an option's name, its help, its range and the member it
 * fills. The same rows read the configuration file (json/config.h), so the two can never disagree. Pure:
 * prints nothing but what options_help is asked to, exits never.
 */
#ifndef PHICAST_SHARED_OPTIONS_H
#define PHICAST_SHARED_OPTIONS_H

#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,   /* bool: present or not; in a file true or false */
    OPTION_UINT,   /* uint32_t within [min, max] */
    OPTION_POWER2, /* uint32_t within [min, max], a power of two */
    OPTION_DOUBLE, /* double within [min, max] */
    OPTION_STRING, /* const char *, not empty */
    OPTION_PARTS,  /* uint32_t, bits of enum metric_part: names with commas between */
    OPTION_NAME,   /* const char *, the name of a segment (segment_is_name) */
    OPTION_LIST    /* struct option_list: may be given several times */
};

enum { OPTION_LIST_MAX = 64, OPTION_ERROR_MAX = 256 };

struct option_list {
    uint32_t count;
    const char *item[OPTION_LIST_MAX];
};

struct option_row {
    const char *name; /* long name, without the dashes */
    char letter;      /* short name, 0 for none */
    enum option_kind kind;
    const char *arg;  /* what the help calls the value; NULL for a flag */
    const char *help; /* one line; the range and the default are added where there are any */
    size_t offset;    /* of the member in the options struct */
    double min;
    double max;
};

struct option_table {
    const char *program;
    const char *usage; /* what stands after the program's name */
    const char *about; /* a line or two on what the program does */
    const char *notes; /* printed after the options; NULL for none */
    const struct option_row *rows;
    size_t count;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_ERROR };

/* Fills `options` (already holding the defaults) from the command line. The strings it stores are argv's own.
 * *operands is the index in argv of the first argument that is no option (argc when there is none); argv may
 * be reordered. On OPTIONS_ERROR `error` names the option, what is wrong and the cure. -h/--help and
 * -V/--version are understood without a row. A list given on the command line replaces one that a file gave.
 */
enum options_result options_parse(const struct option_table *table, void *options, int argc, char **argv,
                                  int *operands, char error[OPTION_ERROR_MAX]);

/* The row of that name; NULL: there is none. */
const struct option_row *options_find(const struct option_table *table, const char *name);

/* Sets one option from text, as options_parse does; flags take "true" or "false". The text must live on for
 * strings and lists (lists append). STATUS_NOT_FOUND: no such option; STATUS_BAD_ARG; either way `error` says
 * it in words. */
MUST_CHECK enum status options_set(const struct option_table *table, void *options, const char *name,
                                   const char *text, char error[OPTION_ERROR_MAX]);

/* The help page. defaults: an options struct that holds them; NULL: neither they nor the
 * ranges are shown. */
void options_help(const struct option_table *table, const void *defaults, FILE *out);

#endif
