/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JACK or PipeWire: which one is to be tried with which libjack. A JACK server comes first, PipeWire second;
 * a server that was named (-s, JACK_DEFAULT_SERVER) is a JACK server.
 *
 * That cannot go round in circles without a second's pause: each start anew tries the server that it was made
 * for before it looks for the other, and a start that does not get the libjack it was promised stays as it
 * is.
 */
#ifndef PHICAST_JACK_CLIENT_CONTROL_SERVER_CHOICE_H
#define PHICAST_JACK_CLIENT_CONTROL_SERVER_CHOICE_H

#include "jack-client/options.h"

#include <stdbool.h>

enum server_choice {
    SERVER_HERE,        /* stay with this libjack */
    SERVER_PIPEWIRE,    /* start anew with PipeWire's */
    SERVER_JACK,        /* start anew with the one there was before that */
    SERVER_OUT_OF_REACH /* PipeWire answers, but its libjack is not installed */
};

/* Control thread of a program, all of them. */

/* The name of the JACK server that is to be joined. */
const char *server_name(const struct jack_options *options);

/* Whether it has been named, so that nothing else will do. */
bool server_is_named(const struct jack_options *options);

/* Before a try, but not before the first one after a start anew. */
enum server_choice server_choose_before(void);

/* After a try that found no server. */
enum server_choice server_choose_after(const struct jack_options *options);

/* Makes the next start (resume_exec) that of SERVER_PIPEWIRE or SERVER_JACK. False: it cannot be had. */
bool server_prepare_start(enum server_choice choice);

#endif
