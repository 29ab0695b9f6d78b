/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-render: the analysis of phicast-jack over a sound file. */
#include "jack-client/render/options.h"
#include "jack-client/render/render.h"
#include "shared/log.h"
#include "shared/standard_files.h"

#include <signal.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct render_options options;
    char error[OPTION_ERROR_MAX];

    standard_files_keep();
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes away is told of, like a full disk */
    log_open("phicast-render");
    switch (render_options_parse(&options, argc, argv, error)) {
    case OPTIONS_RUN: break;
    case OPTIONS_HELP: render_options_help(stdout); return 0;
    case OPTIONS_VERSION: puts("phicast-render " PHICAST_VERSION); return 0;
    case OPTIONS_ERROR: log_error("%s", error); return 2;
    }
    return render_file(&options, stdout) ? 1 : 0;
}
