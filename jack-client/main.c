/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-jack: the analyser as a JACK client. */
#include "jack-client/control/control.h"
#include "jack-client/options.h"
#include "shared/log.h"

#include <jack/jack.h>
#include <stdio.h>

/* libjack talks to standard error on its own; what matters of it is said by us, once and in plain words. */
static void keep_quiet(const char *text)
{
    (void)text;
}

int main(int argc, char **argv)
{
    static struct control_side control;
    struct jack_options options;
    char error[OPTION_ERROR_MAX];
    int code = 0;

    log_open("phicast-jack");
    jack_set_error_function(keep_quiet);
    jack_set_info_function(keep_quiet);
    switch (jack_options_parse(&options, argc, argv, error)) {
    case OPTIONS_RUN:
        if (control_open(&control, &options, NULL)) {
            code = 1;
        } else {
            control_run(&control);
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
