/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recorder's switch, which its sink puts here for HTTP to turn. */
#ifndef PHICAST_BROADCASTER_CONTROL_RECORDER_H
#define PHICAST_BROADCASTER_CONTROL_RECORDER_H

#include "shared/status.h"

#include <stdbool.h>

struct recorder {
    /* NULL: there is nowhere to record to. What it is turned to already it stays. On failure (STATUS_BUSY:
     * not yet; STATUS_NO_MEMORY) *why is a phrase for people. Event loop's thread. */
    enum status (*turn)(void *arg, bool on, const char **why);
    void *arg;
    const char *folder; /* where its files are made, an absolute path; NULL: nowhere */
};

#endif
