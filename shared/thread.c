/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/thread.h"

#include <signal.h>
#include <time.h>

bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    pthread_t unnamed;
    sigset_t all;
    sigset_t ours;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &ours);
    const bool started = pthread_create(thread ? thread : &unnamed, NULL, run, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &ours, NULL);
    if (started && !thread) {
        pthread_detach(unnamed);
    }
    return started;
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}
