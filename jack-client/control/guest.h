/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plug-in is its server's guest: the server may throw it out, and free its client, while the control thread
 * waits for an answer that the server, its engine locked, cannot give before that is done. So every request
 * that takes the engine's lock stands between guest_asks and guest_hears; the others are answered at once. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_GUEST_H
#define PHICAST_JACK_CLIENT_CONTROL_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>

enum guest_state { GUEST_AT_HOME, GUEST_ASKING, GUEST_THROWN_OUT };

struct guest {
    _Atomic enum guest_state state;
    void (*leave)(void *context); /* the last thing a guest does that was thrown out: may use no libjack */
    void *context;
};

/* The calling thread is this guest's. Others' requests are not looked after. */
void guest_bind(struct guest *guest);

/* The thread of a guest, around one request. guest_hears does not return to a guest that was thrown out
 * meanwhile: it leaves and its thread ends, so that nothing is asked of a client that has gone. What its
 * callers have allocated is lost then. */
void guest_asks(void);
void guest_hears(void);

/* The server's thread: throws the guest out if it is waiting for an answer. False: it is not, and so will see
 * soon for itself that it is to end. */
bool guest_throw_out(struct guest *guest);

#endif
