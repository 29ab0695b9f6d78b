/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that a client must not have. JACK2 puts a client's socket where a server of the same name has its
 * own, after removing what stands there: the server could never be joined again. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_SERVER_NAME_H
#define PHICAST_JACK_CLIENT_CLIENT_SERVER_NAME_H

/* Control thread. Which server of this user's is running under that name, whichever server is to be joined:
 * the inode of its socket, which the next one's differs from; 0 if there is none. */
unsigned long server_of_name(const char *name);

#endif
