/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a recording goes on in a new file: --record-rotate. Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_RECORD_ROTATION_H
#define PHICAST_BROADCASTER_SINKS_RECORD_ROTATION_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdint.h>

/* One of the two, or neither: it never does. */
struct rotation {
    uint64_t bytes; /* as they are on the disk; 0: whatever the size */
    uint64_t us;    /* 0: whatever the time */
};

/* text: "100M", "2G", "1h", "30min"; NULL: never. STATUS_BAD_ARG: `error` names the option and the cure. */
MUST_CHECK enum status rotation_read(struct rotation *rotation, const char *text,
                                     char error[OPTION_ERROR_MAX]);

#endif
