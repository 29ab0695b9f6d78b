/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets of a link. None ever blocks. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_SOCKET_H
#define PHICAST_BROADCASTER_SINKS_OSC_SOCKET_H

#include <netdb.h>
#include <stdbool.h>

/* A socket that is to be connected to the address; -1 with errno. */
int osc_socket_open(const struct addrinfo *address);

/* The errno of what happened to it since it was last asked; 0: nothing. */
int osc_socket_error(int fd);

bool osc_socket_connected(int fd);

/* Throws away what has come over TCP: what a target says is of no interest, but its end is. NULL: it is still
 * there; else why it has gone. */
const char *osc_socket_drain(int fd);

#endif
