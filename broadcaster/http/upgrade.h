/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request that wants to become a stream over WebSocket, as far as HTTP goes. Pure. */
#ifndef PHICAST_BROADCASTER_HTTP_UPGRADE_H
#define PHICAST_BROADCASTER_HTTP_UPGRADE_H

#include "broadcaster/http/request.h"
#include "broadcaster/stream/client.h"

#include <stdbool.h>

enum { UPGRADE_KEY_LENGTH = 24, UPGRADE_EXTENSIONS_MAX = 256 };

struct upgrade {
    enum stream_kind kind;
    struct subscription asked;
    bool oscquery; /* of metrics: they go as OSC messages to who listens to them */
    bool may_set;  /* and it may send commands. Left to the caller */
    char key[UPGRADE_KEY_LENGTH + 1];
    char extensions[UPGRADE_EXTENSIONS_MAX]; /* as offered, if permessage-deflate can be taken from it; else
                                                "" */
};

/* The stream that a request path names; STREAM_COUNT for none. */
enum stream_kind upgrade_stream_of(const char *path);

/* Whether a WebSocket can be opened there: a stream's path, or "/", OSCQuery's. */
bool upgrade_takes(const char *path);

/* Reads an upgrade to what is at the request's path, which there must be. code 0 if it is good, else what
 * is wrong with it. A subprotocol that is offered is left alone: the stream is opened without one. */
struct refusal upgrade_read(struct upgrade *upgrade, const struct http_request *request);

/* The head of a request for that stream, for a WebSocket library to open it by: none of a stranger's bytes
 * get there before the stream is open. Returns its length; 0 if it does not fit. */
size_t upgrade_print(const struct upgrade *upgrade, char *out, size_t size);

#endif
