/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/discover.h"
#include "broadcaster/export/export.h"
#include "broadcaster/options.h"
#include "broadcaster/server/server.h"
#include "shared/log.h"
#include "shared/nsm/nsm.h"
#include "shared/standard_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static enum status serve(const struct broadcaster_options *options, struct nsm *nsm, char *error)
{
    struct server *server;
    log_set_verbose(options->verbose);
    const enum status status = server_open(&server, options, nsm, error);
    if (status) {
        log_error("%s", error);
    } else {
        server_run(server);
        server_close(server);
    }
    return status;
}

static int serve_alone(const struct broadcaster_options *options)
{
    char error[OPTION_ERROR_MAX];
    const enum status status = serve(options, NULL, error);
    return status == STATUS_BAD_ARG ? EXIT_USAGE : status ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* One project; each that comes after it has a process of its own. */
static int serve_session(struct nsm *nsm, int argc, char **argv)
{
    struct broadcaster_options options;
    char error[OPTION_ERROR_MAX];
    if (!nsm_wait(nsm)) {
        return EXIT_SUCCESS;
    }
    if (broadcaster_options_read_session(&options, argc, argv, nsm->path, error) != OPTIONS_RUN) {
        log_error("%s", error);
        nsm_refuse(nsm, NSM_ERROR_BAD_PROJECT, error);
    } else if (serve(&options, nsm, error)) {
        nsm_refuse(nsm, NSM_ERROR_GENERAL, error);
    }
    broadcaster_options_free(&options);
    return nsm->open && nsm->asked != NSM_OPEN ? EXIT_SUCCESS : nsm_next(nsm, argv);
}

/* Root is kept from all files but those of one session. */
static bool joins_session(struct nsm *nsm, enum options_result parsed,
                          const struct broadcaster_options *options, char **argv)
{
    const struct nsm_client client = {.name = "phicast-broadcaster",
                                      .capabilities = geteuid() == 0 ? ":dirty:" : ":switch:dirty:",
                                      .executable = argv[0]};
    const bool serves =
        parsed == OPTIONS_ERROR || (parsed == OPTIONS_RUN && !options->discover && !options->export);
    return serves && nsm_join(nsm, &client);
}

static int run(const struct broadcaster_options *options)
{
    char error[OPTION_ERROR_MAX];
    log_set_verbose(options->verbose);
    if (!options->discover && !options->export) {
        return serve_alone(options);
    }
    if (options->discover ? discover_run(stdout, error) : export_run(options->replay.path, stdout, error)) {
        log_error("%s", error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct nsm nsm;
    char error[OPTION_ERROR_MAX];
    struct broadcaster_options options;
    int code = EXIT_SUCCESS;

    standard_files_keep();
    log_open("phicast-broadcaster");
    const enum options_result parsed = broadcaster_options_read(&options, argc, argv, error);
    if (joins_session(&nsm, parsed, &options, argv)) {
        broadcaster_options_free(&options);
        return serve_session(&nsm, argc, argv);
    }
    switch (parsed) {
    case OPTIONS_RUN: code = run(&options); break;
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
