/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program's watch over its control thread, which may be held up in libjack for as long as the server stands
 * still, or for ever. It takes the signals, so that they count whatever the control thread is doing, and acts
 * when that thread has not shown itself for too long. It runs in a thread of its own; a plug-in has none. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_WATCH_H
#define PHICAST_JACK_CLIENT_CLIENT_WATCH_H

#include "jack-client/client/wake.h"
#include "shared/status.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    WATCH_PATIENCE_MS = 15000, /* libjack in a server that stands still goes on when that does */
    WATCH_CLOSING_MS = 2000,   /* but a client whose server has gone has nothing to wait for */
    WATCH_OWN_MS = 60000,      /* what we compute ourselves ends, but a busy machine may take its time */
    WATCH_ENDING_MS = 2000     /* from the signal to the end, at most */
};

struct watch {
    const struct wake *wake;
    void (*on_hang)(void *arg, bool ending);
    void *arg;
    bool quiet;  /* a server that does not answer has been told of already */
    int signals; /* signalfd: SIGINT, SIGTERM, SIGHUP */
    int over;    /* eventfd: the watch is no longer needed */
    pthread_t thread;
    bool running;
    _Atomic uint32_t beats;
    _Atomic uint32_t patience_ms; /* until the next beat */
    _Atomic bool ending;
    _Atomic bool taken; /* on_hang is at work */
};

#define WATCH_NONE ((struct watch){.signals = -1, .over = -1})

/* The main thread, before any other is started: the signals are blocked in all threads from here on. A signal
 * wakes and ends `wake`. on_hang is called once at most, in the watch's thread, when the control thread has
 * been silent for too long; it must not return, and a control thread that comes back after all is held up.
 * STATUS_IO. */
MUST_CHECK enum status watch_open(struct watch *watch, const struct wake *wake, bool quiet,
                                  void (*on_hang)(void *arg, bool ending), void *arg);

/* The control thread: all is well, and the next sign of life comes within patience_ms. */
void watch_beat(struct watch *watch, uint32_t patience_ms);

/* The control thread: the program is on its way out. */
void watch_ending(struct watch *watch);

void watch_close(struct watch *watch);

#endif
