/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/discover.h"
#include "broadcaster/options.h"
#include "broadcaster/server/server.h"
#include "shared/log.h"
#include "shared/standard_files.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

static int serve(const struct broadcaster_options *options)
{
    char error[OPTION_ERROR_MAX];
    struct server *server;
    log_set_verbose(options->verbose);
    const enum status status = server_open(&server, options, error);
    if (status) {
        log_error("%s", error);
        return status == STATUS_BAD_ARG ? EXIT_USAGE : EXIT_FAILURE;
    }
    server_run(server);
    server_close(server);
    return EXIT_SUCCESS;
}

static int discover(const struct broadcaster_options *options)
{
    char error[OPTION_ERROR_MAX];
    log_set_verbose(options->verbose);
    if (discover_run(stdout, error)) {
        log_error("%s", error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    char error[OPTION_ERROR_MAX];
    struct broadcaster_options options;
    int code = EXIT_SUCCESS;

    standard_files_keep();
    log_open("phicast-broadcaster");
    switch (broadcaster_options_read(&options, argc, argv, error)) {
    case OPTIONS_RUN: code = options.discover ? discover(&options) : serve(&options); break;
    case OPTIONS_HELP: broadcaster_options_help(stdout); break;
    case OPTIONS_VERSION: puts("phicast-broadcaster " PHICAST_VERSION); break;
    case OPTIONS_ERROR:
        log_error("%s", error);
        code = EXIT_USAGE;
        break;
    }
    broadcaster_options_free(&options);
    return code;
}
