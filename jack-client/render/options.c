/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/options.h"

#include "jack-client/engine_options.h"

#include <assert.h>
#include <string.h>

static_assert(offsetof(struct render_options, engine) == 0, "ENGINE_ROWS");

static const struct option_row rows[] = {
    ENGINE_ROWS,
    {"add", 0, OPTION_PARTS, "PARTS", "measure and print these as well: " PARTS_LIST, ENGINE_AT(always), 0,
     0},
    {"csv", 0, OPTION_FLAG, NULL, "print comma-separated values instead, after a line with their names",
     offsetof(struct render_options, csv), 0, 0},
    {"events", 0, OPTION_STRING, "FILE", "write the events there, one a line, as /ws/events would send them",
     offsetof(struct render_options, events), 0, 0},
    {"audio-out", 0, OPTION_STRING, "FILE",
     "write the sound there, as it breathes; the name's end says the format (.wav, .flac ...)",
     offsetof(struct render_options, audio_out), 0, 0},
};

static const struct option_table table = {
    .program = "phicast-render",
    .usage = "[options] FILE",
    .about = "Measures a sound file (anything libsndfile reads; - is standard input) as "
             "phicast-jack would,\n"
             "and prints one metrics message per frame as a line of JSON (or, with --csv, of values); "
             "\"timestamp\" is in seconds from the "
             "file's start.",
    .notes = "Example: phicast-render take.wav | jq .ici",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static enum options_result check_audio_out(struct render_options *options, char *error)
{
    const char *path = options->audio_out;
    if (!path) {
        return OPTIONS_RUN;
    }
    if (strcmp(path, "-") == 0) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--audio-out -: standard output carries the metrics; give the name of a file");
        return OPTIONS_ERROR;
    }
    options->audio_format = audio_format_of(path);
    if (!options->audio_format) {
        char list[128];
        audio_format_list(list, sizeof list);
        snprintf(error, OPTION_ERROR_MAX, "--audio-out: give a name that ends in %s; this one does not: %s",
                 list, path);
        return OPTIONS_ERROR;
    }
    if (options->events && strcmp(path, options->events) == 0) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--audio-out and --events: give each a file of its own, not both %s", path);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

enum options_result render_options_parse(struct render_options *options, int argc, char **argv,
                                         char error[OPTION_ERROR_MAX])
{
    int operands;
    *options = (struct render_options){.engine = ENGINE_DEFAULTS};
    const enum options_result result = options_parse(&table, options, argc, argv, &operands, error);
    if (result != OPTIONS_RUN) {
        return result;
    }
    if (operands != argc - 1) {
        snprintf(error, OPTION_ERROR_MAX,
                 "give one sound file, or - for standard input (%d given); see phicast-render --help",
                 argc - operands);
        return OPTIONS_ERROR;
    }
    options->file = argv[operands];
    const enum options_result checked = check_audio_out(options, error);
    return checked == OPTIONS_RUN ? engine_options_check(&options->engine, error) : checked;
}

void render_options_help(FILE *out)
{
    const struct render_options defaults = {.engine = ENGINE_DEFAULTS};
    options_help(&table, &defaults, out);
}
