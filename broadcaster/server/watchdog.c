/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static atomic_uint turns;

/* Standard error may be what the loop hangs at. */
static _Noreturn void end(const char *line, size_t length)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
        const ssize_t written = write(STDERR_FILENO, line, length);
        (void)written;
    }
    _exit(EXIT_FAILURE);
}

/* The loop takes these from a descriptor; until it does they are pending. */
static bool is_asked_to_end(void)
{
    sigset_t waiting;
    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1);
}

/* Async-signal-safe, all of it. */
static void look(int number)
{
    static const char asked[] =
        "phicast-broadcaster: error: asked to end while the event loop hangs; ending as "
        "it is\n";
    static const char hung[] =
        "phicast-broadcaster: error: the event loop has not turned for 5 s; ending, to be "
        "started anew\n";
    static unsigned seen;
    static unsigned in_vain;
    const int err = errno;
    const unsigned now = atomic_load_explicit(&turns, memory_order_relaxed);
    (void)number;
    in_vain = now == seen ? in_vain + 1 : 0;
    seen = now;
    if (in_vain >= WATCHDOG_LOOKS) {
        end(hung, sizeof hung - 1);
    }
    if (in_vain >= WATCHDOG_LOOKS_ASKED && is_asked_to_end()) {
        end(asked, sizeof asked - 1);
    }
    errno = err;
}

void watchdog_start(void)
{
    const struct timeval between = {.tv_usec = WATCHDOG_LOOK_US};
    const struct itimerval looks = {.it_interval = between, .it_value = between};
    struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    sigset_t ours;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
    setitimer(ITIMER_REAL, &looks, NULL);
}

void watchdog_stop(void)
{
    const struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
}

void watchdog_turn(void)
{
    atomic_fetch_add_explicit(&turns, 1, memory_order_relaxed);
}
