/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/ticker.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int ticker_open_timer(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

void ticker_arm(int timer, uint64_t at_us)
{
    const uint64_t us = at_us > 0 ? at_us : 1; /* 0 would disarm it */
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(us / 1000000U), .tv_nsec = (long)(us % 1000000U) * 1000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static sigset_t all_three(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void ticker_block_signals(void)
{
    const sigset_t set = all_three();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int ticker_open_signals(void)
{
    const sigset_t set = all_three();
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int ticker_take_signal(int signals)
{
    struct signalfd_siginfo taken;
    return read(signals, &taken, sizeof taken) == (ssize_t)sizeof taken ? (int)taken.ssi_signo : 0;
}
