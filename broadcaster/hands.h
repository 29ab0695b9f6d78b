/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where people's hands reach the analyser, however they came here: HTTP or OSC. */
#ifndef PHICAST_BROADCASTER_HANDS_H
#define PHICAST_BROADCASTER_HANDS_H

#include "broadcaster/source.h"
#include "shared/control.h"
#include "shared/status.h"

#include <stdint.h>

struct hands {
    struct control *control;     /* written here */
    const struct source *source; /* tells whether anybody reads it */
};

/* Event loop's thread. All of the commands, in order, or none: STATUS_BAD_ARG: one is out of range.
 * STATUS_NOT_FOUND: no analyser is there to hear them. */
MUST_CHECK enum status hands_give(struct hands *hands, const struct command *commands, uint32_t count);

#endif
