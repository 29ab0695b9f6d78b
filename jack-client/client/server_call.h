/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plug-in's calls to its server. The server may unload the plug-in, and free its client, while the control
 * thread waits for an answer that the server, its engine locked, cannot give before that is done. So every
 * request that takes the engine's lock stands between server_call_begin and server_call_end; the others are
 * answered at once. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_SERVER_CALL_H
#define PHICAST_JACK_CLIENT_CLIENT_SERVER_CALL_H

#include <stdatomic.h>
#include <stdbool.h>

enum server_call_state { CALL_NONE, CALL_WAITING, CALL_ABANDONED };

struct server_call {
    _Atomic enum server_call_state state;
    void (*leave)(void *context); /* done last by a thread whose call was abandoned: may use no libjack */
    void *context;
};

/* The calling thread's calls are tracked here from now on; other threads' are not. */
void server_call_bind(struct server_call *call);

/* That thread, around one request. If it was abandoned meanwhile, server_call_end does not return: it calls
 * `leave` and ends the thread, so that nothing is asked of a client that has gone. What its callers have
 * allocated is lost then. */
void server_call_begin(void);
void server_call_end(void);

/* The server's thread: gives the call up if it is waiting for an answer. False: none is, and so the control
 * thread will see soon for itself that it is to end. */
bool server_call_abandon(struct server_call *call);

#endif
