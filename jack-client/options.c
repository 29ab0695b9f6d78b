/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/options.h"

#include "jack-client/engine_options.h"
#include "shared/json/config.h"
#include "shared/utf8.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define JACK(member) offsetof(struct jack_options, member)

static_assert(JACK(engine) == 0, "ENGINE_ROWS");

/* clang-format off */
#define JACK_DEFAULTS \
    ((struct jack_options){ \
        .engine = ENGINE_DEFAULTS, .midi = MIDI_DEFAULTS, .midi_out_map = MIDI_OUT_DEFAULTS, \
        .calibrate_level = COMMAND_LEVEL_DEFAULT})

static const char default_name[] = "phicast";

static const struct option_row jack_rows[] = {
    {"name", 'n', OPTION_NAME, "NAME", "JACK client and segment name (default phicast)", JACK(name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER",
     "JACK server to join (default: JACK_DEFAULT_SERVER, or \"default\", or else PipeWire)",
     JACK(server), 0, 0},
    {"channels", 'c', OPTION_UINT, "N", "input and output channels", JACK(engine.analysis.channels), 1, CHANNELS_MAX},
    {"wait", 0, OPTION_FLAG, NULL, "wait for a server that is absent at the start, for as long as it takes",
     JACK(wait), 0, 0},
    {"connect", 0, OPTION_LIST, "PATTERN", "connect matching ports to the inputs, now and whenever they appear",
     JACK(connect), 0, 0},
    {"follow", 0, OPTION_LIST, "PATTERN", "listen to whatever feeds the matching ports, e.g. 'system:playback_*'",
     JACK(follow), 0, 0},
    {"label", 0, OPTION_LIST, "N=NAME", "call channel N by this name, not by what feeds it, e.g. 1=Kick",
     JACK(label), 0, 0},
    ENGINE_ROWS,
    {"add", 0, OPTION_PARTS, "PARTS", "measure these though nobody asks for them: " PARTS_LIST,
     JACK(engine.always), 0, 0},
    {"cv", 0, OPTION_FLAG, NULL, "control voltages of the metrics, as ports cv_ici and so on", JACK(cv), 0, 0},
    {"cv-add", 0, OPTION_PARTS, "PARTS", "control voltages of these as well: levels, bands", JACK(cv_add), 0, 0},
    {"no-compensation", 0, OPTION_FLAG, NULL, "stamp frames when published, not when the sound was at the input",
     JACK(no_compensation), 0, 0},
    {"calibrate", 0, OPTION_FLAG, NULL, "measure the way from calibration_out to calibration_in, say it, and end",
     JACK(calibrate), 0, 0},
    {"calibrate-level", 0, OPTION_DOUBLE, "DB", "level of the calibration's signal, in dBFS",
     JACK(calibrate_level), COMMAND_LEVEL_MIN, COMMAND_LEVEL_MAX},
    {"calibrate-out", 0, OPTION_STRING, "PORT", "connect calibration_out with this port", JACK(calibrate_out), 0, 0},
    {"calibrate-in", 0, OPTION_STRING, "PORT", "connect calibration_in with this port", JACK(calibrate_in), 0, 0},
    {"midi-depth", 0, OPTION_UINT, "CC", "MIDI controller for the depth", JACK(midi.depth), 0, MIDI_CONTROLLER_MAX},
    {"midi-phase", 0, OPTION_UINT, "CC", "MIDI controller for the phase", JACK(midi.phase), 0, MIDI_CONTROLLER_MAX},
    {"midi-rate", 0, OPTION_UINT, "CC", "MIDI controller for the rate", JACK(midi.rate), 0, MIDI_CONTROLLER_MAX},
    {"midi-breathing", 0, OPTION_UINT, "CC", "MIDI controller for breathing on/off",
     JACK(midi.breathing), 0, MIDI_CONTROLLER_MAX},
    {"midi-auto", 0, OPTION_UINT, "CC", "MIDI controller for auto-phi on/off",
     JACK(midi.auto_phi), 0, MIDI_CONTROLLER_MAX},
    {"midi-out", 0, OPTION_FLAG, NULL, "the metrics and what happens as MIDI, at the port midi_out", JACK(midi_out), 0, 0},
    {"midi-out-channel", 0, OPTION_UINT, "N", "MIDI channel to send on", JACK(midi_out_map.channel), 1, MIDI_CHANNELS},
    {"midi-out-cc", 0, OPTION_LIST, "METRIC=CC", "send this metric as that controller, or not at all (none)",
     JACK(midi_out_cc), 0, 0},
    {"midi-out-note", 0, OPTION_LIST, "WHAT=NOTE", "send that note when this happens, or not at all (none)",
     JACK(midi_out_note), 0, 0},
    {"midi-out-fine", 0, OPTION_FLAG, NULL, "send 14 bits by controllers below 32, the lower 7 by CC + 32",
     JACK(midi_out_map.fine), 0, 0},
    {"group", 0, OPTION_STRING, "GROUP", "a group of users that may read the metrics (default: you alone)",
     JACK(group), 0, 0},
    {"verbose", 'v', OPTION_FLAG, NULL, "log every connection and whatever else a normal start leaves out",
     JACK(verbose), 0, 0},
    {"config", 0, OPTION_STRING, "FILE", CONFIG_HELP, JACK(config_path), 0, 0},
    {"check", 0, OPTION_FLAG, NULL, "look whether the options are right and a server answers, and end", JACK(check), 0, 0},
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

static enum options_result check_midi(const struct midi_map *map, char *error)
{
    const struct {
        const char *name;
        uint32_t number;
    } rows[] = {{"depth", map->depth},
                {"phase", map->phase},
                {"rate", map->rate},
                {"breathing", map->breathing},
                {"auto", map->auto_phi}};
    for (size_t i = 1; i < COUNT(rows); i++) {
        for (size_t k = 0; k < i; k++) {
            if (rows[i].number == rows[k].number) {
                snprintf(error, OPTION_ERROR_MAX,
                         "--midi-%s %u: is the controller of --midi-%s as well; give either another number",
                         rows[i].name, rows[i].number, rows[k].name);
                return OPTIONS_ERROR;
            }
        }
    }
    return OPTIONS_RUN;
}

static enum options_result check_midi_out(struct jack_options *options, char *error)
{
    const struct analysis_config *analysis = &options->engine.analysis;
    struct midi_out_map *map = &options->midi_out_map;
    if (midi_out_map_read(map, &options->midi_out_cc, &options->midi_out_note, analysis->channels,
                          analysis->bands, error) ||
        (options->midi_out && midi_out_map_check(map, &options->midi, error))) {
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result check_cv(const struct jack_options *options, char *error)
{
    if (options->cv_add & PART_ONSETS) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--cv-add onsets: the port cv_onset comes with --cv anyway; give levels or bands, or leave "
                 "it out");
        return OPTIONS_ERROR;
    }
    if (options->cv_add && !options->cv) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--cv-add: adds to the control voltages of --cv; give that as well");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

/* Whose channel the label is, and where in it the name begins. */
static enum options_result read_label(const char *label, uint32_t channels, uint32_t *channel,
                                      const char **name, char *error)
{
    char *end = NULL;
    const bool digits = label[0] >= '1' && label[0] <= '9';
    const unsigned long number = digits ? strtoul(label, &end, 10) : 0;
    if (!digits || *end != '=' || number > channels) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--label %.60s: give N=NAME, with the channel's number N from 1 to %u (--channels)", label,
                 channels);
    } else if (!utf8_is_plain(end + 1)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--label %lu=...: the name must be UTF-8 without control characters; type it anew", number);
    } else if (end[1] == '\0') {
        snprintf(error, OPTION_ERROR_MAX, "--label %lu=: the name is empty; give one, or leave the label out",
                 number);
    } else if (strlen(end + 1) >= CHANNEL_NAME_MAX) {
        snprintf(error, OPTION_ERROR_MAX, "--label %lu=...: the name is too long; give one of up to %d bytes",
                 number, CHANNEL_NAME_MAX - 1);
    } else {
        *channel = (uint32_t)number - 1;
        *name = end + 1;
        return OPTIONS_RUN;
    }
    return OPTIONS_ERROR;
}

static enum options_result check_labels(struct jack_options *options, char *error)
{
    for (uint32_t i = 0; i < options->label.count; i++) {
        uint32_t channel;
        const char *name;
        if (read_label(options->label.item[i], options->engine.analysis.channels, &channel, &name, error)) {
            return OPTIONS_ERROR;
        }
        char *label = options->labels.name[channel];
        if (label[0] != '\0') {
            snprintf(error, OPTION_ERROR_MAX,
                     "--label %u=%s: channel %u is \"%s\" already; give each channel one label", channel + 1,
                     name, channel + 1, label);
            return OPTIONS_ERROR;
        }
        snprintf(label, CHANNEL_NAME_MAX, "%s", name);
    }
    return OPTIONS_RUN;
}

/* Where the configuration file is looked for if --config names none. */
struct usual_file {
    bool find;           /* in its usual place */
    const char *session; /* first of all here, whatever --config says; NULL: no session */
};

/* The command line is read twice: for the file's name, and again over what the file said. */
static enum options_result parse_over_file(struct jack_options *options, int argc, char **argv,
                                           struct usual_file usual, int *operands, char *error)
{
    char found[CONFIG_PATH_MAX];
    const enum options_result first = options_parse(&jack_table, options, argc, argv, operands, error);
    const bool in_session = usual.session && config_is_there(usual.session);
    const char *path = in_session                         ? usual.session
                       : options->config_path             ? options->config_path
                       : usual.find && config_find(found) ? found
                                                          : NULL;
    if (first != OPTIONS_RUN || !path) {
        return first;
    }
    *options = JACK_DEFAULTS;
    if (config_load(path, &jack_table, options, &options->config, error)) {
        return OPTIONS_ERROR;
    }
    return options_parse(&jack_table, options, argc, argv, operands, error);
}

static enum options_result parse_jack(struct jack_options *options, int argc, char **argv,
                                      struct usual_file usual, char *error)
{
    int operands;
    *options = JACK_DEFAULTS;
    const enum options_result result = parse_over_file(options, argc, argv, usual, &operands, error);
    if (result != OPTIONS_RUN) {
        return result;
    }
    if (operands < argc) {
        snprintf(error, OPTION_ERROR_MAX, "%s: not an option; see phicast-jack --help", argv[operands]);
        return OPTIONS_ERROR;
    }
    if (check_midi(&options->midi, error) == OPTIONS_ERROR || check_labels(options, error) == OPTIONS_ERROR ||
        check_cv(options, error) == OPTIONS_ERROR || check_midi_out(options, error) == OPTIONS_ERROR) {
        return OPTIONS_ERROR;
    }
    return engine_options_check(&options->engine, error);
}

static char in_socket_name(char sign)
{
    return (char)(sign == '/' || sign == '\\' ? '_' : sign);
}

/* JACK makes the names of their sockets from both, alike. */
static bool same_socket(const char *client, const char *server)
{
    while (*client != '\0' && in_socket_name(*client) == in_socket_name(*server)) {
        client++;
        server++;
    }
    return *client == '\0' && *server == '\0';
}

/* JACK2 would put the client's socket in the place of the server's, which nobody could join any more. */
static enum options_result check_client(const struct jack_options *options, char *error)
{
    const char *server = options->server ? options->server : getenv("JACK_DEFAULT_SERVER");
    if (same_socket(options->client, server ? server : "default")) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "--name %s: is the JACK server's own name, which no client must have; choose another with -n",
            options->client);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

/* client: NULL for the segment's name. */
static enum options_result parse_program(struct jack_options *options, int argc, char **argv,
                                         const char *session, const char *client, char *error)
{
    const struct usual_file usual = {.find = true, .session = session};
    const enum options_result result = parse_jack(options, argc, argv, usual, error);
    options->argv = argv;
    if (!options->name) {
        options->name = default_name;
    }
    options->client = client ? client : options->name;
    return result == OPTIONS_RUN ? check_client(options, error) : result;
}

enum options_result jack_options_parse(struct jack_options *options, int argc, char **argv,
                                       char error[OPTION_ERROR_MAX])
{
    return parse_program(options, argc, argv, NULL, NULL, error);
}

enum options_result jack_options_parse_session(struct jack_options *options, int argc, char **argv,
                                               const char *path, const char *client,
                                               char error[OPTION_ERROR_MAX])
{
    const enum options_result result = parse_program(options, argc, argv, path, client, error);
    if (result == OPTIONS_RUN && (options->check || options->calibrate)) {
        snprintf(error, OPTION_ERROR_MAX, "--%s: ends the program, which a session keeps; leave it out",
                 options->check ? "check" : "calibrate");
        return OPTIONS_ERROR;
    }
    return result;
}

enum status jack_options_save(const struct jack_options *options, const char *path,
                              char error[OPTION_ERROR_MAX])
{
    struct jack_options defaults = JACK_DEFAULTS;
    defaults.name = default_name;
    return config_save(path, &jack_table, options, &defaults, error);
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

enum options_result jack_options_parse_init(struct jack_options *options, const char *client, char *init,
                                            char error[OPTION_ERROR_MAX])
{
    enum { WORDS_MAX = 512 }; /* two characters each, they fill what JACK takes of an init string */
    static char program[] = "phicast";
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    char *word;
    while ((word = next_word(&init)) && argc < WORDS_MAX) {
        argv[argc++] = word;
    }
    const enum options_result result = parse_jack(options, argc, argv, (struct usual_file){0}, error);
    options->client = client;
    if (result == OPTIONS_RUN && !options->name &&
        options_set(&jack_table, options, "name", client, error) != STATUS_OK) {
        return OPTIONS_ERROR;
    }
    return result;
}

void jack_options_free(struct jack_options *options)
{
    config_free(options->config);
    options->config = NULL;
}

void jack_options_help(FILE *out)
{
    const struct jack_options defaults = JACK_DEFAULTS;
    options_help(&jack_table, &defaults, out);
}
