/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options.h"

#include "broadcaster/listen.h"
#include "broadcaster/osc/choice.h"

#include <string.h>

#define AT(member) offsetof(struct broadcaster_options, member)

static const struct option_row rows[] = {
    {.name = "name",
     .letter = 'n',
     .kind = OPTION_STRING,
     .arg = "NAME",
     .help = "the analyser's name (default phicast)",
     .offset = AT(name)},
    {.name = "port",
     .letter = 'p',
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "TCP port; 0 picks a free one (default 8000)",
     .offset = AT(port),
     .max = 65535},
    {.name = "bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "loopback address to listen on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(bind)},
    {.name = "osc",
     .kind = OPTION_LIST,
     .arg = "URL",
     .help = "send OSC there, or none; may be repeated (default osc.udp://127.0.0.1:9000)",
     .offset = AT(osc)},
    {.name = "osc-metrics",
     .kind = OPTION_FLAG,
     .help = "send the metrics as well as the events",
     .offset = AT(osc_metrics)},
    {.name = "osc-listen",
     .kind = OPTION_UINT,
     .arg = "PORT",
     .help = "take OSC on this UDP port; 0 picks a free one (default: none)",
     .offset = AT(osc_listen),
     .max = 65535},
    {.name = "osc-bind",
     .kind = OPTION_LIST,
     .arg = "ADDR",
     .help = "address to take OSC on; may be repeated (default 127.0.0.1 and ::1)",
     .offset = AT(osc_bind)},
    {.name = "config",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "read options from a JSON file; the command line beats it",
     .offset = AT(config_path)},
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
        "  rate=HZ        bundles of metrics a second, 1 to 120 (default 30)\n"
        "  map=NAME       touchdesigner, resolume, eos, or a JSON file (docs/osc.md)\n"
        "  time=0|1       1: bundles carry the time instead of \"immediately\" (default 0)\n"
        "PREFIX is /phicast unless given. Quote the URL: the shell knows ? and & as well.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static const struct broadcaster_options defaults = {
    .name = "phicast",
    .port = 8000,
    .osc = {.count = 1, .item = {"osc.udp://127.0.0.1:9000"}},
    .osc_listen = OSC_LISTEN_OFF,
};

static enum options_result check_bind(const struct option_list *bind, char *error)
{
    for (uint32_t i = 0; i < bind->count; i++) {
        struct listen_address address;
        const enum status status = listen_parse(bind->item[i], &address);
        if (status == STATUS_NO_ACCESS) {
            snprintf(
                error, OPTION_ERROR_MAX,
                "--bind %.64s: reachable from other machines, which needs access control that this version "
                "does not have; give a loopback address such as 127.0.0.1",
                bind->item[i]);
            return OPTIONS_ERROR;
        }
        if (status) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--bind %.64s: not an IP address; give one such as 127.0.0.1 or ::1", bind->item[i]);
            return OPTIONS_ERROR;
        }
    }
    return OPTIONS_RUN;
}

/* The targets' URLs only; the maps they name are read when they are opened. */
static enum options_result check_osc(const struct broadcaster_options *options, char *error)
{
    const struct option_list *urls = &options->osc;
    struct listen_address address;
    struct osc_choice choice;
    for (uint32_t i = 0; i < urls->count; i++) {
        if (strcmp(urls->item[i], "none") != 0) {
            if (osc_choice_parse(&choice, urls->item[i], options->osc_metrics, error)) {
                return OPTIONS_ERROR;
            }
        } else if (urls->count > 1) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--osc none: stands alone; leave out none or the other targets");
            return OPTIONS_ERROR;
        }
    }
    for (uint32_t i = 0; i < options->osc_bind.count; i++) {
        if (listen_parse(options->osc_bind.item[i], &address) == STATUS_BAD_ARG) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--osc-bind %.64s: not an IP address; give one such as 127.0.0.1 or ::1",
                     options->osc_bind.item[i]);
            return OPTIONS_ERROR;
        }
    }
    if (options->osc_bind.count > 0 && options->osc_listen == OSC_LISTEN_OFF) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--osc-bind: does nothing by itself; give --osc-listen PORT as well");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

enum options_result broadcaster_options_read(struct broadcaster_options *options, int argc, char **argv,
                                             char error[OPTION_ERROR_MAX])
{
    int operands = argc;
    *options = defaults;
    enum options_result result = options_parse(&table, options, argc, argv, &operands, error);
    if (result == OPTIONS_RUN && options->config_path) {
        const char *path = options->config_path;
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
        result = check_bind(&options->bind, error);
    }
    if (result == OPTIONS_RUN) {
        result = check_osc(options, error);
    }
    if (result == OPTIONS_ERROR) {
        broadcaster_options_free(options);
    }
    return result;
}

void broadcaster_options_free(struct broadcaster_options *options)
{
    config_free(options->config);
    options->config = NULL;
}

void broadcaster_options_help(FILE *out)
{
    options_help(&table, out);
}
