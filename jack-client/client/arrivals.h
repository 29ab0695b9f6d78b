/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which ports have been registered since one last looked. JACK gives the number of a port that has gone to
 * the next that comes, often of the same name: only this tells the two apart. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_ARRIVALS_H
#define PHICAST_JACK_CLIENT_CLIENT_ARRIVALS_H

#include <jack/types.h>
#include <pthread.h>
#include <stdint.h>

enum { ARRIVALS_MAX = 4096 }; /* beyond that, the oldest are kept; a server has no more ports by default */

struct arrivals {
    pthread_mutex_t lock; /* held for a copy, never in the RT thread */
    uint32_t count;
    jack_port_id_t port[ARRIVALS_MAX];
};

void arrivals_init(struct arrivals *arrivals);

/* Any thread but the RT thread. */
void arrivals_add(struct arrivals *arrivals, jack_port_id_t port);

/* Control thread. */
void arrivals_clear(struct arrivals *arrivals);

/* Control thread: takes out up to `room`, and returns how many. */
uint32_t arrivals_take(struct arrivals *arrivals, jack_port_id_t *ports, uint32_t room);

#endif
