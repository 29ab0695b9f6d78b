/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/progress.h"

#include "shared/clock.h"

#include <unistd.h>

enum { FIRST_US = 2000000, EACH_US = 500000 };

void progress_begin(struct progress *progress, FILE *out)
{
    const int fd = fileno(out); /* -1, which is no terminal: memory */
    *progress = (struct progress){.due_us = UINT64_MAX};
    if (isatty(STDERR_FILENO) && !isatty(fd)) {
        progress->due_us = clock_now_us() + FIRST_US;
    }
}

void progress_tell(struct progress *progress, double done_s, double total_s)
{
    if (progress->due_us == UINT64_MAX || clock_now_us() < progress->due_us) {
        return;
    }
    progress->due_us = clock_now_us() + EACH_US;
    /* The cursor goes back to the line's start, so that a message in between stands alone. */
    progress->width = total_s > 0 ? fprintf(stderr, "%3.0f %% of %.0f s\r", 100 * done_s / total_s, total_s)
                                  : fprintf(stderr, "%.0f s done\r", done_s);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->width > 0) {
        fprintf(stderr, "%*s\r", progress->width, "");
        fflush(stderr);
    }
}
