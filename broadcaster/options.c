/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options.h"

#include "broadcaster/guard/guard.h"
#include "broadcaster/guard/limits.h"
#include "shared/part.h"
#include "shared/text.h"

#include <string.h>

#define AT(member) offsetof(struct broadcaster_options, member)

static const struct option_row rows[] = {
    {.name = "name",
     .letter = 'n',
     .kind = OPTION_NAME,
     .arg = "NAME",
     .help = "the analyser's name",
     .offset = AT(name)},
    {.name = "group",
     .kind = OPTION_STRING,
     .arg = "GROUP",
     .help = "believe another user's analyser if it was started with this --group (default: our user's)",
     .offset = AT(group)},
    {.name = "port",
     .letter = 'p',
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "TCP port; 0 picks a free one",
     .offset = AT(port),
     .max = UINT16_MAX},
    {.name = "bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "address to listen on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(bind)},
    {.name = "osc",
     .kind = OPTION_LIST,
     .arg = "URL",
     .help = "send OSC there, or none; may be repeated (default " OSC_URL_DEFAULT ")",
     .offset = AT(osc)},
    {.name = "osc-metrics",
     .kind = OPTION_FLAG,
     .help = "send the metrics as well as the events",
     .offset = AT(osc_metrics)},
    {.name = "osc-listen",
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "take OSC on this UDP port; 0 picks a free one; else on none",
     .offset = AT(osc_listen),
     .max = UINT16_MAX},
    {.name = "osc-bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "address to take OSC on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(osc_bind)},
    {.name = "wled",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "send WLED's audio sync there, ADDR[:PORT]; 239.0.0.1: to all on the network; may be repeated",
     .offset = AT(wled)},
    {.name = "no-zeroconf",
     .kind = OPTION_FLAG,
     .help = "do not announce what other machines can reach (as Avahi does where it runs)",
     .offset = AT(no_zeroconf)},
    {.name = "discover",
     .kind = OPTION_FLAG,
     .help = "list the broadcasters and OSC receivers that are announced on the network, and exit",
     .offset = AT(discover)},
    {.name = "record",
     .kind = OPTION_STRING,
     .arg = "PATH",
     .help = "record the streams to this file (.gz: compressed); a folder: there, when the page or HTTP asks",
     .offset = AT(record)},
    {.name = "record-add",
     .kind = OPTION_PARTS,
     .arg = "PARTS",
     .help = "and these as well: " PARTS_LIST,
     .offset = AT(record_add)},
    {.name = "record-all-frames",
     .kind = OPTION_FLAG,
     .help = "each frame, not 30 a second",
     .offset = AT(record_all_frames)},
    {.name = "record-rotate",
     .kind = OPTION_STRING,
     .arg = "WHEN",
     .help = "go on in a new file at this size or time: 100M, 1h",
     .offset = AT(record_rotate)},
    {.name = "replay",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "play this recording instead of an analyser; - is standard input",
     .offset = AT(replay.path)},
    {.name = "loop",
     .kind = OPTION_FLAG,
     .help = "play it again and again (with --replay)",
     .offset = AT(replay.loops)},
    {.name = "speed",
     .kind = OPTION_DOUBLE,
     .arg = "X",
     .help = "play it so many times as fast (with --replay)",
     .offset = AT(replay.speed),
     .min = REPLAY_SPEED_MIN,
     .max = REPLAY_SPEED_MAX},
    {.name = "from",
     .kind = OPTION_DOUBLE,
     .arg = "T",
     .help = "begin at this second of it (with --replay)",
     .offset = AT(replay.from),
     .min = 0,
     .max = REPLAY_PLACE_MAX},
    {.name = "original-time",
     .kind = OPTION_FLAG,
     .help = "leave its timestamps as they were recorded (with --replay)",
     .offset = AT(replay.original_time)},
    {.name = "export",
     .kind = OPTION_STRING,
     .arg = "FORMAT",
     .help = "write it to standard output as mcap, for Foxglove, and exit (with --replay)",
     .offset = AT(export)},
    {.name = "token-file",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "ask clients for the token in FILE, which only its owner may read",
     .offset = AT(token_file)},
    {.name = "viewer-token-file",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "and let in who has the token in this FILE, to look and move nothing",
     .offset = AT(viewer_token_file)},
    {.name = "insecure-open",
     .kind = OPTION_FLAG,
     .help = "let other machines in without a token (with --bind)",
     .offset = AT(insecure_open)},
    {.name = "allow-origin",
     .kind = OPTION_LIST,
     .arg = "ORIGIN",
     .help = "let pages of http://HOST[:PORT] (or https://, or null: files) in; may be repeated (default: "
             "loopback's)",
     .offset = AT(allow_origin)},
    {.name = "tls-cert",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "serve https:// and wss:// with this certificate chain (PEM)",
     .offset = AT(tls_cert)},
    {.name = "tls-key",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "and this private key (PEM)",
     .offset = AT(tls_key)},
    {.name = "max-clients",
     .kind = OPTION_UINT,
     .arg = "N",
     .help = "streams open at a time",
     .offset = AT(max_clients),
     .min = 1,
     .max = LIMITS_CLIENTS_MAX},
    {.name = "max-per-address",
     .kind = OPTION_UINT,
     .arg = "N",
     .help = "streams to one address; else " TEXT_OF(
         LIMITS_ADDRESS_DEFAULT) ", and any number to this machine itself",
     .offset = AT(max_per_address),
     .min = 1,
     .max = LIMITS_CLIENTS_MAX},
    {.name = "user",
     .kind = OPTION_STRING,
     .arg = "NAME",
     .help = "started as root: become this user once the ports are open (default: who called sudo)",
     .offset = AT(user)},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_FLAG,
     .help = "log what OSC targets do and whatever else a normal start leaves out",
     .offset = AT(verbose)},
    {.name = "config", .kind = OPTION_STRING, .arg = "FILE", .help = CONFIG_HELP, .offset = AT(config_path)},
};

static const struct option_table table = {
    .program = "phicast-broadcaster",
    .usage = "[options]",
    .about =
        "Serves what phicast-jack measures over WebSocket (/ws/metrics, /ws/latency, /ws/events) and\n"
        "HTTP, with a page at /, and over OSC. Runs with or without an analyser, and finds one whenever it "
        "appears.",
    .notes =
        "The first line on standard output is \"listening on http://ADDR:PORT\".\n\n"
        "An OSC target is osc.udp://HOST:PORT[/PREFIX][?CHOICE=VALUE[&CHOICE=VALUE]...], or osc.tcp://...:\n"
        "  events=0|1     events (default 1; 0 with a map)\n"
        "  metrics=0|1    metrics, one float an address (default 0; 1 with a map or --osc-metrics)\n"
        "  rate=HZ        bundles of metrics a second, 1 to " TEXT_OF(OSC_RATE_MAX) " (default " TEXT_OF(
            OSC_RATE_DEFAULT) ")\n"
                              "  map=NAME       touchdesigner, resolume, eos, grandma3, or a JSON file "
                              "(docs/osc.md)\n"
                              "  time=0|1       1: bundles carry the time instead of \"immediately\" "
                              "(default 0)\n"
                              "  bundle=0|1     0: each metric as a message of its own (default 1; 0 with "
                              "grandma3)\n"
                              "or zeroconf:NAME[/PREFIX][?...], a service that --discover shows.\n"
                              "PREFIX is /phicast unless given. Quote the URL: the shell knows ? and & as "
                              "well.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static const struct broadcaster_options defaults = {
    .name = "phicast",
    .port = 8000,
    .osc_listen = OSC_LISTEN_OFF,
    .replay = {.speed = 1},
    .max_clients = LIMITS_CLIENTS_DEFAULT,
};

static enum options_result read_bind(struct broadcaster_options *options, char *error)
{
    if (listen_read(&options->listen_at, "--bind", &options->bind, error)) {
        return OPTIONS_ERROR;
    }
    const struct listen_address *reachable = listen_find_reachable(&options->listen_at);
    if (reachable && !options->token_file && !options->insecure_open) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--bind %.64s: reachable from other machines; give --token-file FILE as well, or "
                 "--insecure-open to let anybody in, or a loopback address",
                 reachable->text);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result check_security(const struct broadcaster_options *options, char *error)
{
    for (uint32_t i = 0; i < options->allow_origin.count; i++) {
        const char *origin = options->allow_origin.item[i];
        if (!guard_origin_is_one(origin)) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--allow-origin %.64s: give http://HOST[:PORT] or https://HOST[:PORT] and nothing after "
                     "it, or "
                     "null for pages opened from files",
                     origin);
            return OPTIONS_ERROR;
        }
    }
    if (options->viewer_token_file && !options->token_file) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "--viewer-token-file: anybody may steer; give --token-file FILE as well, with another token");
        return OPTIONS_ERROR;
    }
    if (!options->tls_cert != !options->tls_key) {
        snprintf(error, OPTION_ERROR_MAX, "--tls-cert and --tls-key go together; give both");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result read_osc(struct broadcaster_options *options, char *error)
{
    if (osc_choices_read(&options->osc_targets, &options->osc, options->osc_metrics, error) ||
        listen_read(&options->osc_at, "--osc-bind", &options->osc_bind, error)) {
        return OPTIONS_ERROR;
    }
    if (options->osc_bind.count > 0 && options->osc_listen == OSC_LISTEN_OFF) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--osc-bind: does nothing by itself; give --osc-listen PORT as well");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result check_replay(const struct replay_choice *replay, const char *export, char *error)
{
    const char *plays = replay->loops           ? "--loop"
                        : replay->speed != 1    ? "--speed"
                        : replay->from > 0      ? "--from"
                        : replay->original_time ? "--original-time"
                                                : NULL;
    if (!replay->path && (plays || export)) {
        snprintf(error, OPTION_ERROR_MAX, "%s: does nothing by itself; give --replay FILE as well",
                 plays ? plays : "--export");
        return OPTIONS_ERROR;
    }
    if (export && strcmp(export, "mcap") != 0) {
        snprintf(error, OPTION_ERROR_MAX, "--export %.64s: is no format that is known; give mcap", export);
        return OPTIONS_ERROR;
    }
    if (export && plays) {
        snprintf(error, OPTION_ERROR_MAX, "--export: plays nothing, and exports all; leave %s away", plays);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result read_record(struct broadcaster_options *options, char *error)
{
    if (!options->record && (options->record_add || options->record_all_frames || options->record_rotate)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--record-add, --record-all-frames and --record-rotate do nothing by themselves; give "
                 "--record PATH "
                 "as well");
        return OPTIONS_ERROR;
    }
    return rotation_read(&options->record_rotation, options->record_rotate, error) ? OPTIONS_ERROR
                                                                                   : OPTIONS_RUN;
}

enum options_result broadcaster_options_read_session(struct broadcaster_options *options, int argc,
                                                     char **argv, const char *session,
                                                     char error[OPTION_ERROR_MAX])
{
    int operands = argc;
    *options = defaults;
    enum options_result result = options_parse(&table, options, argc, argv, &operands, error);
    char found[CONFIG_PATH_MAX];
    const char *path = session && config_is_there(session) ? session
                       : options->config_path              ? options->config_path
                       : config_find(found)                ? found
                                                           : NULL;
    if (result == OPTIONS_RUN && path) {
        struct config *config = NULL;
        *options = defaults;
        if (config_load(path, &table, options, &config, error)) {
            return OPTIONS_ERROR;
        }
        options->config = config;
        result = options_parse(&table, options, argc, argv, &operands, error);
    }
    if (result == OPTIONS_RUN && operands < argc) {
        snprintf(error, OPTION_ERROR_MAX, "%.64s: phicast-broadcaster takes options only; see --help",
                 argv[operands]);
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_RUN) {
        result = read_bind(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = check_security(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = read_osc(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = check_replay(&options->replay, options->export, error);
    }
    if (result == OPTIONS_RUN && wled_addresses_read(&options->wled_at, &options->wled, error)) {
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_RUN) {
        result = read_record(options, error);
    }
    if (result == OPTIONS_ERROR) {
        broadcaster_options_free(options);
    }
    return result;
}

enum options_result broadcaster_options_read(struct broadcaster_options *options, int argc, char **argv,
                                             char error[OPTION_ERROR_MAX])
{
    return broadcaster_options_read_session(options, argc, argv, NULL, error);
}

enum status broadcaster_options_save(const struct broadcaster_options *options, const char *path,
                                     char error[OPTION_ERROR_MAX])
{
    return config_save(path, &table, options, &defaults, error);
}

void broadcaster_options_free(struct broadcaster_options *options)
{
    config_free(options->config);
    options->config = NULL;
}

void broadcaster_options_help(FILE *out)
{
    options_help(&table, &defaults, out);
}
