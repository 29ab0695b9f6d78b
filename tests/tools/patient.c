/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a synchronous jackd with the dummy driver: a server that waits for whoever is late, itself
 * too. It is its clock that stands still when the driver wakes late or its clients take too long, so that on
 * a machine with other things to do it is slow, but never late: no cycle is skipped and no frame goes
 * uncounted. */
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000, SETTLED = 3 /* sleeps, after which a thread is taken for the driver's */ };

static _Atomic int64_t
    behind_ns; /* how far the server's clock is behind the machine's; it never catches up */

static _Thread_local int sleeps;
static _Thread_local int64_t woke_ns; /* on the server's clock */
static _Thread_local int64_t busy_max_ns;

static int64_t machine_ns(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

/* What the server's clock reads; in the driver's thread no later than that. */
static int64_t read_clock(int64_t latest_ns)
{
    const int64_t now = machine_ns() - atomic_load(&behind_ns);
    if (sleeps < SETTLED || now <= latest_ns) {
        return now;
    }
    atomic_fetch_add(&behind_ns, now - latest_ns);
    return latest_ns;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_MONOTONIC) {
        return (int)syscall(SYS_clock_gettime, clock, now);
    }
    const int64_t ns = read_clock(woke_ns + busy_max_ns);
    *now = (struct timespec){.tv_sec = ns / NS, .tv_nsec = (long)(ns % NS)};
    return 0;
}

/* The driver's way to wait for the next cycle. It asks for what is left of the period, and the cycle after
 * gets no more than most of that, so that there always is something left. */
int usleep(useconds_t us)
{
    const int64_t end = read_clock(woke_ns + busy_max_ns) + (int64_t)us * 1000;
    const struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    const int result = clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
    woke_ns = read_clock(end);
    busy_max_ns = (int64_t)us * 750;
    sleeps++;
    return result == 0 ? 0 : -1;
}
