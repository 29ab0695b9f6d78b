/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options.h"

#include "broadcaster/listen.h"

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
    {.name = "config",
     .kind = OPTION_STRING,
     .arg = "FILE",
     .help = "read options from a JSON file; the command line beats it",
     .offset = AT(config_path)},
};

static const struct option_table table = {
    .program = "phicast-broadcaster",
    .usage = "[options]",
    .about = "Serves what phicast-jack measures over WebSocket (/ws/metrics, /ws/latency, /ws/events) and\n"
             "HTTP, with a page at /. Runs with or without an analyser, and finds one whenever it appears.",
    .notes = "The first line on standard output is \"listening on http://ADDR:PORT\".",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static const struct broadcaster_options defaults = {.name = "phicast", .port = 8000};

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
