/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/arrivals.h"

#include <string.h>

void arrivals_init(struct arrivals *arrivals)
{
    (void)pthread_mutex_init(&arrivals->lock, NULL);
    arrivals->count = 0;
}

void arrivals_add(struct arrivals *arrivals, jack_port_id_t port)
{
    (void)pthread_mutex_lock(&arrivals->lock);
    if (arrivals->count < ARRIVALS_MAX) {
        arrivals->port[arrivals->count++] = port;
    }
    (void)pthread_mutex_unlock(&arrivals->lock);
}

void arrivals_clear(struct arrivals *arrivals)
{
    (void)pthread_mutex_lock(&arrivals->lock);
    arrivals->count = 0;
    (void)pthread_mutex_unlock(&arrivals->lock);
}

uint32_t arrivals_take(struct arrivals *arrivals, jack_port_id_t *ports, uint32_t room)
{
    (void)pthread_mutex_lock(&arrivals->lock);
    const uint32_t taken = arrivals->count < room ? arrivals->count : room;
    arrivals->count -= taken;
    memcpy(ports, arrivals->port + arrivals->count, taken * sizeof *ports);
    (void)pthread_mutex_unlock(&arrivals->lock);
    return taken;
}
