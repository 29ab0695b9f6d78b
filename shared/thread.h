/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads beside an event loop. */
#ifndef PHICAST_SHARED_THREAD_H
#define PHICAST_SHARED_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts one to which no signals go: they are the loop's, and what a write would be ended by (SIGXFSZ) is an
 * error like others there. thread: to be joined; NULL: nobody will. False: it could not be started. */
bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* One whose waits end by CLOCK_MONOTONIC. */
void thread_cond_init(pthread_cond_t *cond);

#endif
