/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/dump/options.h"

#include "shared/ring.h"

/* A reader's copy never has the slot that is being overwritten. */
enum { DUMP_LAST_MAX = RING_SLOTS - 1 };

static const struct dump_options defaults = {.name = "phicast", .last = 10};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_NAME, "NAME", "whose segments to show", offsetof(struct dump_options, name), 0, 0},
    {"last", 0, OPTION_UINT, "N", "how many events and commands to show, the newest",
     offsetof(struct dump_options, last), 0, DUMP_LAST_MAX},
    {"json", 0, OPTION_FLAG, NULL, "print one JSON object", offsetof(struct dump_options, json), 0, 0},
};

static const struct option_table table = {
    .program = "phicast-dump",
    .usage = "[options]",
    .about = "Prints what phicast-jack and phicast-broadcaster of that name have in shared memory, alive or "
             "dead,\n"
             "and what is wrong with it. It changes nothing and holds nobody up.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

enum options_result dump_options_parse(struct dump_options *options, int argc, char **argv,
                                       char error[OPTION_ERROR_MAX])
{
    int operands;
    *options = defaults;
    const enum options_result result = options_parse(&table, options, argc, argv, &operands, error);
    if (result == OPTIONS_RUN && operands < argc) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: not an option; see phicast-dump --help", argv[operands]);
        return OPTIONS_ERROR;
    }
    return result;
}

void dump_options_help(FILE *out)
{
    options_help(&table, &defaults, out);
}
