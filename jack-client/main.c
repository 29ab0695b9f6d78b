/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-jack: the analyser as a JACK client. */
#include "jack-client/client/control.h"
#include "jack-client/options.h"
#include "shared/log.h"
#include "shared/nsm/nsm.h"
#include "shared/standard_files.h"

#include <stdio.h>

static struct control_side control;

static enum status start(const struct jack_options *options, struct nsm *nsm)
{
    log_set_verbose(options->verbose);
    return control_open(&control, options, NULL, nsm);
}

static int keep_running(void)
{
    const int code = control_run(&control) ? 1 : 0;
    control_close(&control);
    return code;
}

/* One project; each that comes after it has a process of its own. */
static int run_in_session(struct nsm *nsm, int argc, char **argv)
{
    struct jack_options options;
    char error[OPTION_ERROR_MAX];
    int code = 0;
    if (!nsm_wait(nsm)) {
        return 0;
    }
    if (jack_options_parse_session(&options, argc, argv, nsm->path, nsm->client_id, error) != OPTIONS_RUN) {
        log_error("%s", error);
        nsm_refuse(nsm, NSM_ERROR_BAD_PROJECT, error);
    } else if (start(&options, nsm)) {
        nsm_refuse(nsm, NSM_ERROR_GENERAL, log_last_error());
    } else {
        code = keep_running();
    }
    jack_options_free(&options);
    return nsm->open && nsm->asked != NSM_OPEN ? code : nsm_next(nsm, argv);
}

static bool joins_session(struct nsm *nsm, const struct jack_options *options, enum options_result parsed,
                          char **argv)
{
    const struct nsm_client client = {
        .name = "phicast", .capabilities = ":switch:dirty:", .executable = argv[0]};
    const bool runs =
        parsed == OPTIONS_ERROR || (parsed == OPTIONS_RUN && !options->check && !options->calibrate);
    return runs && nsm_join(nsm, &client);
}

int main(int argc, char **argv)
{
    static struct nsm nsm;
    struct jack_options options;
    char error[OPTION_ERROR_MAX];
    int code = 0;

    standard_files_keep();
    log_open("phicast-jack");
    const enum options_result parsed = jack_options_parse(&options, argc, argv, error);
    if (joins_session(&nsm, &options, parsed, argv)) {
        jack_options_free(&options);
        return run_in_session(&nsm, argc, argv);
    }
    switch (parsed) {
    case OPTIONS_RUN:
        code = options.check           ? control_check(&options) != STATUS_OK
               : start(&options, NULL) ? 1
                                       : keep_running();
        break;
    case OPTIONS_HELP: jack_options_help(stdout); break;
    case OPTIONS_VERSION: puts("phicast-jack " PHICAST_VERSION); break;
    case OPTIONS_ERROR:
        log_error("%s", error);
        code = 2;
        break;
    }
    jack_options_free(&options);
    return code;
}
