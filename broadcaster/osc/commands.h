/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands in an OSC packet that anybody may have sent: /phicast/set/depth, /phase, /rate, /breathing,
 * /auto, or patterns that match some of them.
 *
 * A packet counts as a whole or not at all: if anything in it is malformed or out of range, nothing of it is
 * done. Addresses that are not ours are passed over, for others may be meant, but a packet with no others is
 * refused. Bundles are done when they arrive, whatever their timetags say. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_OSC_COMMANDS_H
#define PHICAST_BROADCASTER_OSC_COMMANDS_H

#include "broadcaster/control/remote.h"
#include "shared/control.h"
#include "shared/osc/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OSC_COMMANDS_MAX = 64, OSC_NESTING_MAX = 4, OSC_WRONG_MAX = 256 };

struct osc_commands;

/* One more address that is taken. */
struct osc_extra {
    const char *address;
    /* False: refused, and said so. */
    bool (*take)(struct osc_commands *asked, const struct osc_message *message);
};

/* What a packet asks for, before any of it is done. */
struct osc_commands {
    const struct osc_extra *extra; /* NULL: none */
    uint32_t count;
    struct command command[OSC_COMMANDS_MAX];
    const char *address; /* the message's that is being taken, or was last; NULL: none of ours so far */
    const char *foreign; /* the first that is not ours */
    char wrong[OSC_WRONG_MAX];
};

/* False: it is refused, and asked->wrong says why. The bytes may stand anywhere in memory. */
bool osc_commands_read(struct osc_commands *asked, const struct osc_extra *extra, const void *bytes,
                       size_t length);

/* Gives the analyser all of them, or none: then as above. */
bool osc_commands_give(struct osc_commands *asked, struct remote *remote);

/* Says what is wrong, with the address in front if it is one message's fault. Always false. */
__attribute__((format(printf, 3, 4))) bool osc_commands_refuse(struct osc_commands *asked,
                                                               const char *address, const char *format, ...);

#endif
