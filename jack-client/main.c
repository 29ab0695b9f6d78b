/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-jack: the analyser as a JACK client. */
#include "jack-client/client/control.h"
#include "jack-client/options.h"
#include "shared/log.h"
#include "shared/standard_files.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct control_side control;
    struct jack_options options;
    char error[OPTION_ERROR_MAX];
    int code = 0;

    standard_files_keep();
    log_open("phicast-jack");
    switch (jack_options_parse(&options, argc, argv, error)) {
    case OPTIONS_RUN:
        log_set_verbose(options.verbose);
        if (options.check) {
            code = control_check(&options) ? 1 : 0;
        } else if (control_open(&control, &options, NULL)) {
            code = 1;
        } else {
            code = control_run(&control) ? 1 : 0;
            control_close(&control);
        }
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
