/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stay in one JACK server: from opening the client (or being given one, as a plug-in) to closing it. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_SESSION_H
#define PHICAST_JACK_CLIENT_CLIENT_SESSION_H

#include "jack-client/client/arrivals.h"
#include "jack-client/client/clocks.h"
#include "jack-client/client/wake.h"
#include "jack-client/client/watch.h"
#include "jack-client/options.h"
#include "jack-client/rt/process.h"
#include "shared/status.h"

#include <jack/jack.h>
#include <stdatomic.h>
#include <stdbool.h>

struct session {
    const struct jack_options *options;
    const struct wake *wake;
    struct rt *rt;
    struct clocks clocks;
    jack_client_t *host;   /* the plug-in's client, which the server opens and closes; NULL in a program */
    jack_client_t *client; /* NULL when not open */
    struct watch *watch;

    /* Set by JACK's callbacks, which may run in any thread; taken by the control thread. */
    _Atomic bool lost;          /* the server has gone, or thrown us out */
    _Atomic bool shut;          /* so libjack has said: it is not only that nothing comes any more */
    _Atomic bool graph_changed; /* ports or connections have */
    _Atomic bool renamed;       /* a property has changed: perhaps what a port is called */
    _Atomic bool rate_changed;
    _Atomic uint64_t xruns;
    struct arrivals arrivals; /* of ports */
};

/* Control thread, all of them. */

/* Opens the client, registers its ports, activates it. `rt` must have its telemetry set. STATUS_NOT_FOUND: no
 * server answers (that this libjack can reach); STATUS_BUSY: the server already has a client of that name;
 * STATUS_BAD_ARG: a JACK server has that name; others: it was logged why. */
MUST_CHECK enum status session_open(struct session *session);

/* Whether a server answers, without becoming one of its clients for longer than that takes; as session_open.
 */
MUST_CHECK enum status session_probe(const struct jack_options *options);

/* Deactivates and closes, whether or not the server still lives. */
void session_close(struct session *session);

#endif
