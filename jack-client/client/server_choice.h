/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JACK or PipeWire: which one is to be tried with which libjack. A JACK server comes first, PipeWire second;
 * a server that was named (-s, JACK_DEFAULT_SERVER) is a JACK server.
 *
 * That cannot go round in circles: a JACK server that could not be joined, or was left for PipeWire, is not
 * gone back to, only one that has started since; and a start that does not get the libjack it was promised
 * stays as it is.
 */
#ifndef PHICAST_JACK_CLIENT_CLIENT_SERVER_CHOICE_H
#define PHICAST_JACK_CLIENT_CLIENT_SERVER_CHOICE_H

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

/* The JACK server of the usual name that there is at the moment; 0: none. */
unsigned long server_usual(void);

/* Before a try, and while in PipeWire: SERVER_JACK if there is a JACK server other than `left`, which could
 * not be joined. */
enum server_choice server_choose_before(unsigned long left);

/* After a try that found no server. */
enum server_choice server_choose_after(const struct jack_options *options);

/* Makes the next start (resume_exec) that of SERVER_PIPEWIRE or SERVER_JACK. False: it cannot be had. */
bool server_prepare_start(enum server_choice choice);

#endif
