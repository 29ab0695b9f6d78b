/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/watch.h"

#include "shared/log.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    SLICE_MS = 50,
    SLOW_MS = 1000, /* silence worth a line */
};

/* Silence is counted in slices, not read from a clock: a program that was itself stopped has not been silent.
 */
struct silence {
    uint32_t beats; /* as last seen */
    uint32_t ms;
    bool told;
};

static void take_signals(struct watch *watch, struct silence *silence)
{
    struct signalfd_siginfo info;
    if (read(watch->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (!atomic_exchange(&watch->ending, true)) {
            silence->ms = 0;
        }
        wake_end(watch->wake);
    }
}

static void listen_to_control(struct watch *watch, struct silence *silence, bool ending)
{
    const uint32_t beats = atomic_load(&watch->beats);
    if (beats == silence->beats || ending) {
        silence->ms += SLICE_MS;
    } else {
        if (silence->told) {
            log_info("the JACK server answers again");
        }
        *silence = (struct silence){.beats = beats};
    }
}

static void *keep_watch(void *arg)
{
    struct watch *watch = arg;
    struct pollfd fds[] = {{.fd = watch->over, .events = POLLIN}, {.fd = watch->signals, .events = POLLIN}};
    struct silence silence = {0};
    for (;;) {
        const int events = poll(fds, 2, SLICE_MS);
        if (events > 0 && (fds[0].revents & POLLIN)) {
            return NULL;
        }
        if (events > 0) {
            take_signals(watch, &silence);
            continue;
        }
        const bool ending = atomic_load(&watch->ending);
        const uint32_t patience = ending ? WATCH_ENDING_MS : atomic_load(&watch->patience_ms);
        listen_to_control(watch, &silence, ending);
        if (silence.ms >= patience) {
            atomic_store(&watch->taken, true);
            watch->on_hang(watch->arg, ending);
            return NULL;
        }
        if (silence.ms >= SLOW_MS && patience == WATCH_PATIENCE_MS && !silence.told && !watch->quiet) {
            log_warning("the JACK server does not answer; waiting for it");
            silence.told = true;
        }
    }
}

enum status watch_open(struct watch *watch, const struct wake *wake, bool quiet,
                       void (*on_hang)(void *arg, bool ending), void *arg)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN); /* the JACK server's death is no reason for ours */
    *watch = (struct watch){
        .wake = wake, .on_hang = on_hang, .arg = arg, .quiet = quiet, .signals = -1, .over = -1};
    atomic_store(&watch->patience_ms, WATCH_OWN_MS);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
        return STATUS_IO;
    }
    watch->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    watch->over = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watch->running = watch->signals >= 0 && watch->over >= 0 &&
                     pthread_create(&watch->thread, NULL, keep_watch, watch) == 0;
    if (!watch->running) {
        watch_close(watch);
        return STATUS_IO;
    }
    return STATUS_OK;
}

void watch_beat(struct watch *watch, uint32_t patience_ms)
{
    atomic_store(&watch->patience_ms, patience_ms);
    atomic_fetch_add(&watch->beats, 1);
    while (atomic_load(&watch->taken)) {
        pause();
    }
}

void watch_ending(struct watch *watch)
{
    atomic_store(&watch->ending, true);
}

void watch_close(struct watch *watch)
{
    if (watch->running) {
        const uint64_t one = 1;
        const ssize_t written = write(watch->over, &one, sizeof one);
        (void)written; /* the counter cannot be full */
        (void)pthread_join(watch->thread, NULL);
        watch->running = false;
    }
    if (watch->signals >= 0) {
        close(watch->signals);
    }
    if (watch->over >= 0) {
        close(watch->over);
    }
    watch->signals = watch->over = -1;
}
