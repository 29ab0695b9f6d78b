/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/options.h"

#include "shared/json/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ENGINE(member) offsetof(struct engine_config, member)
#define ANALYSIS(member) ENGINE(analysis.member)
#define JACK(member) offsetof(struct jack_options, member)

static_assert(JACK(engine) == 0 && offsetof(struct render_options, engine) == 0,
              "the rows below fill either struct");

/* clang-format off */
#define ENGINE_ROWS \
    {"window", 0, OPTION_POWER2, "W", "samples in the analysis window: 256 ... 16384 (default 2048)", \
     ANALYSIS(window), 256, 16384}, \
    {"hop", 0, OPTION_POWER2, "H", "samples from frame to frame: 64 ... W (default 512)", \
     ANALYSIS(hop), 64, 16384}, \
    {"gate-db", 0, OPTION_DOUBLE, "DB", "a channel below this level is inactive (default -60 dBFS)", \
     ANALYSIS(gate_db), -120, 0}, \
    {"tau-smooth-ms", 0, OPTION_DOUBLE, "MS", "smoothing of ICI, coherence and centroid, 0 = none (default 50)", \
     ANALYSIS(smooth_ms), 0, 60000}, \
    {"tau-criticality-ms", 0, OPTION_DOUBLE, "MS", "memory of the criticality (default 500)", \
     ANALYSIS(criticality_ms), 1, 600000}, \
    {"ici-threshold", 0, OPTION_DOUBLE, "X", "from here on the sound counts as integrated (default 0.75)", \
     ENGINE(ici_threshold), 0, 1}, \
    {"criticality-threshold", 0, OPTION_DOUBLE, "X", "from here on the sound counts as bursting (default 2)", \
     ENGINE(criticality_threshold), 0, 100}, \
    {"breathing", 0, OPTION_FLAG, NULL, "let the outputs breathe from the start", ENGINE(breathing), 0, 0}, \
    {"phi-depth", 0, OPTION_DOUBLE, "X", "depth of the breathing: 0 ... 1 (default 0.618)", ENGINE(phi_depth), 0, 1}, \
    {"phi-rate", 0, OPTION_DOUBLE, "HZ", "rate of the breathing: 0.01 ... 10 Hz (default 0.618)", \
     ENGINE(phi_rate), BREATHING_RATE_MIN, BREATHING_RATE_MAX}, \
    {"auto-phi", 0, OPTION_FLAG, NULL, "steer the breathing so that criticality comes to 1", ENGINE(auto_phi), 0, 0}

static const struct option_row jack_rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client and segment name (default phicast)", JACK(name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server to join (default: JACK_DEFAULT_SERVER, or \"default\")",
     JACK(server), 0, 0},
    {"channels", 'c', OPTION_UINT, "N", "input and output channels: 1 ... 64 (default 8)", ANALYSIS(channels), 1, 64},
    {"connect", 0, OPTION_LIST, "PATTERN", "connect matching ports to the inputs, now and whenever they appear",
     JACK(connect), 0, 0},
    {"follow", 0, OPTION_LIST, "PATTERN", "listen to whatever feeds the matching ports, e.g. 'system:playback_*'",
     JACK(follow), 0, 0},
    ENGINE_ROWS,
    {"no-compensation", 0, OPTION_FLAG, NULL, "stamp frames when published, not when the sound was at the input",
     JACK(no_compensation), 0, 0},
    {"calibrate", 0, OPTION_FLAG, NULL, "measure the way from calibration_out to calibration_in, say it, and end",
     JACK(calibrate), 0, 0},
    {"calibrate-level", 0, OPTION_DOUBLE, "DB", "level of the calibration's signal (default -20 dBFS)",
     JACK(calibrate_level), -60, 0},
    {"calibrate-out", 0, OPTION_STRING, "PORT", "connect calibration_out with this port", JACK(calibrate_out), 0, 0},
    {"calibrate-in", 0, OPTION_STRING, "PORT", "connect calibration_in with this port", JACK(calibrate_in), 0, 0},
    {"midi-depth", 0, OPTION_UINT, "CC", "MIDI controller for the depth (default 1)", JACK(midi.depth), 0, 127},
    {"midi-phase", 0, OPTION_UINT, "CC", "MIDI controller for the phase (default 2)", JACK(midi.phase), 0, 127},
    {"midi-rate", 0, OPTION_UINT, "CC", "MIDI controller for the rate (default 3)", JACK(midi.rate), 0, 127},
    {"midi-breathing", 0, OPTION_UINT, "CC", "MIDI controller for breathing on/off (default 64)",
     JACK(midi.breathing), 0, 127},
    {"midi-auto", 0, OPTION_UINT, "CC", "MIDI controller for auto-phi on/off (default 65)", JACK(midi.auto_phi), 0, 127},
    {"group", 0, OPTION_STRING, "GROUP", "a group of users that may read the metrics (default: you alone)",
     JACK(group), 0, 0},
    {"verbose", 'v', OPTION_FLAG, NULL, "log every connection and whatever else a normal start leaves out",
     JACK(verbose), 0, 0},
    {"config", 0, OPTION_STRING, "FILE", "a JSON object of these options; the command line wins", JACK(config_path), 0, 0},
};

static const struct option_row render_rows[] = {
    ENGINE_ROWS,
    {"events", 0, OPTION_STRING, "FILE", "write the events there, one a line, as /ws/events would send them",
     offsetof(struct render_options, events), 0, 0},
};
/* clang-format on */

static const struct option_table jack_table = {
    .program = "phicast-jack",
    .usage = "[options]",
    .about = "Measures the sound at its JACK inputs, passes it through, and publishes the metrics in shared "
             "memory,\n"
             "where phicast-broadcaster finds them.",
    .notes = "Patterns are shell patterns over port names: --connect 'system:capture_*'.\n"
             "Example: phicast-jack -c 2 --connect 'system:capture_*'",
    .rows = jack_rows,
    .count = COUNT(jack_rows),
};

static const struct option_table render_table = {
    .program = "phicast-render",
    .usage = "[options] FILE",
    .about =
        "Measures a sound file (anything libsndfile reads, 1 to 64 channels; - is standard input) as "
        "phicast-jack would,\n"
        "and prints one metrics message per frame as a line of JSON; \"timestamp\" is in seconds from the "
        "file's start.",
    .notes = "Example: phicast-render take.wav | jq .ici",
    .rows = render_rows,
    .count = COUNT(render_rows),
};

static enum options_result check_analysis(const struct analysis_config *config, char *error)
{
    if (config->hop > config->window) {
        snprintf(error, OPTION_ERROR_MAX, "--hop %u: is longer than the window; give at most --window (%u)",
                 config->hop, config->window);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

/* The command line is read twice: for the file's name, and again over what the file said. */
static enum options_result parse_over_file(struct jack_options *options, int argc, char **argv, int *operands,
                                           char *error)
{
    const enum options_result first = options_parse(&jack_table, options, argc, argv, operands, error);
    if (first != OPTIONS_RUN || !options->config_path) {
        return first;
    }
    const char *path = options->config_path;
    *options =
        (struct jack_options){.engine = ENGINE_DEFAULTS, .midi = MIDI_DEFAULTS, .calibrate_level = -20};
    if (config_load(path, &jack_table, options, &options->config, error)) {
        return OPTIONS_ERROR;
    }
    return options_parse(&jack_table, options, argc, argv, operands, error);
}

static enum options_result parse_jack(struct jack_options *options, int argc, char **argv, char *error)
{
    int operands;
    *options =
        (struct jack_options){.engine = ENGINE_DEFAULTS, .midi = MIDI_DEFAULTS, .calibrate_level = -20};
    const enum options_result result = parse_over_file(options, argc, argv, &operands, error);
    if (result != OPTIONS_RUN) {
        return result;
    }
    if (operands < argc) {
        snprintf(error, OPTION_ERROR_MAX, "%s: not an option; see phicast-jack --help", argv[operands]);
        return OPTIONS_ERROR;
    }
    return check_analysis(&options->engine.analysis, error);
}

enum options_result jack_options_parse(struct jack_options *options, int argc, char **argv,
                                       char error[OPTION_ERROR_MAX])
{
    const enum options_result result = parse_jack(options, argc, argv, error);
    options->argv = argv;
    if (!options->name) {
        options->name = "phicast";
    }
    return result;
}

/* Cuts the next word out of the text; NULL at its end. */
static char *next_word(char **text)
{
    char *from = *text + strspn(*text, " \t\n");
    if (*from == '\0') {
        return NULL;
    }
    char *word = from;
    char *to = from;
    char quote = '\0';
    while (*from != '\0' && (quote || !strchr(" \t\n", *from))) {
        if (*from == quote) {
            quote = '\0';
        } else if (!quote && (*from == '\'' || *from == '"')) {
            quote = *from;
        } else {
            *to++ = *from;
        }
        from++;
    }
    *text = *from ? from + 1 : from;
    *to = '\0';
    return word;
}

enum options_result jack_options_parse_init(struct jack_options *options, char *init,
                                            char error[OPTION_ERROR_MAX])
{
    enum { WORDS_MAX = 128 };
    static char program[] = "phicast";
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    char *word;
    while ((word = next_word(&init)) && argc < WORDS_MAX) {
        argv[argc++] = word;
    }
    return parse_jack(options, argc, argv, error);
}

void jack_options_free(struct jack_options *options)
{
    config_free(options->config);
    options->config = NULL;
}

enum options_result render_options_parse(struct render_options *options, int argc, char **argv,
                                         char error[OPTION_ERROR_MAX])
{
    int operands;
    *options = (struct render_options){.engine = ENGINE_DEFAULTS};
    const enum options_result result = options_parse(&render_table, options, argc, argv, &operands, error);
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
    return check_analysis(&options->engine.analysis, error);
}

void jack_options_help(FILE *out)
{
    options_help(&jack_table, out);
}

void render_options_help(FILE *out)
{
    options_help(&render_table, out);
}
