/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-dump: what stands in the shared memory of a name. */
#include "shared/dump/dump.h"
#include "shared/dump/options.h"
#include "shared/log.h"
#include "shared/standard_files.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Whether all of it has arrived. */
static bool flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return true;
    }
    log_error("writing to standard output: %s", strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    struct dump_options options;
    char error[OPTION_ERROR_MAX];

    standard_files_keep();
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes away is told of, like a full disk */
    log_open("phicast-dump");
    switch (dump_options_parse(&options, argc, argv, error)) {
    case OPTIONS_RUN: break;
    case OPTIONS_HELP: dump_options_help(stdout); return flush() ? 0 : 1;
    case OPTIONS_VERSION: puts("phicast-dump " PHICAST_VERSION); return flush() ? 0 : 1;
    case OPTIONS_ERROR: log_error("%s", error); return 2;
    }
    const bool good = dump_segments(&options, stdout);
    return flush() && good ? 0 : 1;
}
