/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ten minutes as on stage: a JACK server with the dummy driver at 128 frames, eight channels of real
 * recordings into the analyser, and the broadcaster with 50 clients beside it. How many cycles were late, and
 * whose fault was it?
 *
 * A machine that is shared stops for milliseconds by itself, and no program can help that. So on each
 * processor a thread that does nothing but wait for its next quarter of a millisecond, at a realtime priority
 * above JACK's, bears witness: when it was itself kept waiting just before a cycle was late, the machine
 * stood still. Every other late cycle is counted as caused. (What keeps such a thread waiting is a
 * hypervisor, or the kernel: at its own work, or at what it does for a program without looking up, which for
 * a message through loopback is some microseconds.) */
#include "shared/telemetry.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/load.h"
#include "tests/tools/tool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS = 50,
    PERIOD = 128,
    RATE = 48000,
    HOP = 512,
    WITNESS_PRIORITY = 50, /* the server has 10, its clients less */
    WITNESS_US = 250,
    PROCESSORS_MAX = 64,
    MOMENTS_MAX = 1 << 16,
    NAME = 32,
    LINE = 256,
    SECONDS_MIN = 30
};

static const double period_us = 1e6 * PERIOD / RATE;
static const double before_us = 40e3; /* how long before JACK told us of it a cycle may have been late */
static const double settle_s = 5;
static const double progress_s = 60;

/* Something that happened, and for how long. */
struct moment {
    double at_us; /* CLOCK_MONOTONIC */
    double late_us;
};

/* Written by one thread, read when that has ended or by those who see the count. */
struct moments {
    _Atomic uint32_t count;
    struct moment moment[MOMENTS_MAX];
};

struct witness {
    pthread_t thread;
    size_t processor;
    struct moments stalls;
};

static atomic_bool ended;

static void note(struct moments *moments, double at_us, double late_us)
{
    const uint32_t count = atomic_load(&moments->count);
    if (count < MOMENTS_MAX) {
        moments->moment[count] = (struct moment){at_us, late_us};
        atomic_store(&moments->count, count + 1);
    }
}

static void *bear_witness(void *arg)
{
    struct witness *w = arg;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(w->processor, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    double next_us = bench_now_us();
    while (!atomic_load(&ended)) {
        next_us += WITNESS_US;
        const struct timespec next = {.tv_sec = (time_t)(next_us / 1e6),
                                      .tv_nsec = (long)(next_us * 1e3) % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        const double now_us = bench_now_us();
        if (now_us - next_us > WITNESS_US / 2.0) {
            note(&w->stalls, now_us, now_us - next_us);
            next_us = now_us;
        }
    }
    return NULL;
}

/* False: this user may not run realtime threads. */
static bool witness_start(struct witness *w, size_t processor)
{
    pthread_attr_t attr;
    const struct sched_param priority = {.sched_priority = WITNESS_PRIORITY};
    w->processor = processor;
    pthread_attr_init(&attr);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
    pthread_attr_setschedparam(&attr, &priority);
    const int error = pthread_create(&w->thread, &attr, bear_witness, w);
    pthread_attr_destroy(&attr);
    return error == 0;
}

static int on_xrun(void *arg)
{
    note(arg, bench_now_us(), 0);
    return 0;
}

/* The first that was over after at_us. */
static uint32_t first_after(const struct moments *stalls, double at_us)
{
    uint32_t low = 0;
    for (uint32_t high = atomic_load(&stalls->count); low < high;) {
        const uint32_t middle = low + (high - low) / 2;
        if (stalls->moment[middle].at_us > at_us) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* The most that one processor stood still within any one period, of those in which a cycle may have been late
 * that we were told of at at_us. */
static double stalled_us(const struct moments *stalls, double at_us)
{
    const uint32_t count = atomic_load(&stalls->count);
    uint32_t first = first_after(stalls, at_us - before_us);
    double most = 0;
    double sum = 0;
    for (uint32_t i = first; i < count && stalls->moment[i].at_us - stalls->moment[i].late_us < at_us; i++) {
        sum += stalls->moment[i].late_us;
        for (; stalls->moment[first].at_us <= stalls->moment[i].at_us - period_us; first++) {
            sum -= stalls->moment[first].late_us;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* What came of some stretch of time. */
struct account {
    double minutes;
    uint32_t xruns;
    uint32_t caused; /* those when no processor stood still for half a period */
    double excused;  /* the share of all moments that would not have been counted as caused */
    double worst_stall_us;
};

static bool stood_still(const struct witness *witnesses, size_t processors, double at_us)
{
    double most = 0;
    for (size_t p = 0; p < processors; p++) {
        const double stalled = stalled_us(&witnesses[p].stalls, at_us);
        most = stalled > most ? stalled : most;
    }
    return most >= period_us / 2;
}

struct stretch {
    double begin_us;
    double end_us;
};

static struct account settle_account(const struct moments *xruns, const struct witness *witnesses,
                                     size_t processors, struct stretch stretch)
{
    const uint32_t probes = (uint32_t)((stretch.end_us - stretch.begin_us) / before_us);
    struct account account = {.minutes = (stretch.end_us - stretch.begin_us) / 60e6};
    uint32_t excused = 0;
    for (uint32_t i = 0; i < atomic_load(&xruns->count); i++) {
        const double at_us = xruns->moment[i].at_us;
        if (at_us >= stretch.begin_us && at_us < stretch.end_us) {
            account.xruns++;
            account.caused += !stood_still(witnesses, processors, at_us);
        }
    }
    for (uint32_t i = 0; i < probes; i++) {
        excused += stood_still(witnesses, processors, stretch.begin_us + i * before_us);
    }
    account.excused = (double)excused / probes;
    for (size_t p = 0; p < processors; p++) {
        const struct moments *stalls = &witnesses[p].stalls;
        for (uint32_t i = first_after(stalls, stretch.begin_us), end = first_after(stalls, stretch.end_us);
             i < end; i++) {
            const double late_us = stalls->moment[i].late_us;
            account.worst_stall_us = late_us > account.worst_stall_us ? late_us : account.worst_stall_us;
        }
    }
    return account;
}

/* Nothing may have been forgotten. */
static void check_room(const struct moments *moments)
{
    if (atomic_load(&moments->count) == MOMENTS_MAX) {
        fprintf(stderr,
                "soak: this machine stood still more often than can be noted; try when it is quieter\n");
        exit(1);
    }
}

static jack_client_t *open_when_ready(const char *name, const char *server)
{
    jack_client_t *client = NULL;
    for (int i = 0; i < 20 && !client; i++) {
        sleep(1);
        client = tool_open(name, server);
    }
    if (!client) {
        exit(1);
    }
    return client;
}

static struct analyser_status status_of(const char *name)
{
    struct segment segment = SEGMENT_NONE;
    struct analyser_status status;
    if (segment_attach(&segment, &telemetry_kind, name, SEGMENT_TRUST_NONE) != STATUS_OK ||
        telemetry_read_status(segment.memory, &status) != STATUS_OK) {
        child_fail("the analyser's status");
    }
    segment_close(&segment);
    return status;
}

/* The load, told of minute by minute. */
static struct load_result run(struct load *load, double seconds, const struct moments *xruns)
{
    struct load_result all = {.rate_hz = 1e9};
    for (double done = 0; done < seconds;) {
        const double step = seconds - done < progress_s ? seconds - done : progress_s;
        const struct load_result part = load_run(load, step);
        done += step;
        all.messages += part.messages;
        all.closed += part.closed;
        all.rate_hz = part.rate_hz < all.rate_hz ? part.rate_hz : all.rate_hz;
        all.p50_ms = part.p50_ms > all.p50_ms ? part.p50_ms : all.p50_ms; /* of the worst minute */
        fprintf(stderr, "%.0f of %.0f s, %u cycles late so far\n", done, seconds, atomic_load(&xruns->count));
    }
    return all;
}

static void print(const struct bench *bench, const struct account *account, const struct account *without,
                  const struct analyser_status *before, const struct analyser_status *after,
                  const struct load_result *clients)
{
    bench_row(bench, "late cycles caused", account->caused, "xruns", 0);
    bench_row(bench, "late cycles when the machine stood still", account->xruns - account->caused, "xruns",
              0);
    bench_row(bench, "  a minute, beside a server without us", account->xruns / account->minutes, "xruns",
              without->xruns / without->minutes);
    bench_row(bench, "  and as much of the time it stood still", 100 * account->excused, "%",
              100 * without->excused);
    bench_row(bench, "frames analysed, beside all that there are", (double)(after->frames - before->frames),
              "frames", account->minutes * 60 * RATE / HOP);
    bench_row(bench, "worst callback, beside the period", after->worst_callback_us, "us", period_us);
    bench_row(bench, "worst wait of a thread above JACK's", account->worst_stall_us, "us", period_us);
    bench_row(bench, "gaps in what was analysed", (double)(after->gaps - before->gaps), "gaps", 0);
    bench_row(bench, "rate of the slowest of 50 clients", clients->rate_hz, "Hz", 0);
    bench_row(bench, "age of the sound on arrival, p50", clients->p50_ms, "ms", 0);
}

/* A server with sound in it, and nothing of ours. */
static struct stretch run_without(char *server, char *sound, double seconds)
{
    char *const player[] = {PLAYER, "-s", server, "--loop", sound, NULL};
    const pid_t pid = child_start(player, CHILD_ANYWHERE, NULL, 0);
    struct stretch stretch;
    fprintf(stderr, "%.0f s without us\n", seconds);
    sleep((unsigned)settle_s);
    stretch.begin_us = bench_now_us();
    sleep((unsigned)seconds);
    stretch.end_us = bench_now_us();
    child_stop(pid);
    return stretch;
}

int main(int argc, char **argv)
{
    static struct witness witnesses[PROCESSORS_MAX];
    static struct moments xruns;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t processors = online < PROCESSORS_MAX ? (size_t)online : PROCESSORS_MAX;
    char name[NAME];
    char line[LINE];
    char inputs[2 * NAME];
    char sounds[2][LINE];
    double seconds = 600;
    if (argc > 2 && strcmp(argv[argc - 2], "--seconds") == 0) {
        seconds = strtod(argv[argc - 1], NULL);
        argc -= 2;
    }
    if (!(seconds >= SECONDS_MIN)) {
        fprintf(stderr, "soak: --seconds %s: give %d or more\n", argv[argc + 1], SECONDS_MIN);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that was dropped is counted, not died of */
    const struct bench bench = bench_open("soak", argc, argv);
    snprintf(name, sizeof name, "soak%d", (int)getpid());
    snprintf(inputs, sizeof inputs, "%s:in_*", name);
    bench_recording(sounds[0], LINE, "loop_amen");
    bench_recording(sounds[1], LINE, "ambi_drone");

    char *const jackd[] = {"jackd", "-R", "-P",    "10", "-n",  name, "-d",
                           "dummy", "-r", "48000", "-p", "128", NULL};
    char *const analyser[] = {ANALYSER, "-n", name, "-s", name, "-c", "8", NULL};
    char *const player[] = {PLAYER,    "-s",      name,      "--loop",  "--connect", inputs,
                            sounds[0], sounds[1], sounds[0], sounds[1], NULL};
    char *const broadcaster[] = {BROADCASTER, "-n", name, "-p", "0", "--osc", "none", NULL};

    const pid_t server = child_start(jackd, CHILD_ANYWHERE, NULL, 0);
    jack_client_t *client = open_when_ready("witness", name);
    jack_set_xrun_callback(client, on_xrun, &xruns);
    if (jack_activate(client) != 0) {
        child_fail("the witness's client");
    }
    for (size_t p = 0; p < processors; p++) {
        if (!witness_start(&witnesses[p], p)) {
            fprintf(stderr,
                    "soak: no realtime threads for this user; be in the group audio (docs/latency.md)\n");
            return 1;
        }
    }
    const struct stretch alone = run_without(name, sounds[0], seconds / 5);

    const pid_t children[] = {child_start(player, CHILD_ANYWHERE, NULL, 0),
                              child_start(analyser, CHILD_ANYWHERE, NULL, 0),
                              child_start(broadcaster, CHILD_ANYWHERE, line, sizeof line)};
    struct load *load =
        load_open((uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10), CLIENTS, "/ws/metrics", false, false);
    load_run(load, settle_s);
    const struct analyser_status before = status_of(name);
    struct stretch stretch = {.begin_us = bench_now_us()};
    const struct load_result clients = run(load, seconds, &xruns);
    stretch.end_us = bench_now_us();
    const struct analyser_status after = status_of(name);

    atomic_store(&ended, true);
    for (size_t p = 0; p < processors; p++) {
        pthread_join(witnesses[p].thread, NULL);
        check_room(&witnesses[p].stalls);
    }
    check_room(&xruns);
    const struct account without = settle_account(&xruns, witnesses, processors, alone);
    const struct account account = settle_account(&xruns, witnesses, processors, stretch);
    print(&bench, &account, &without, &before, &after, &clients);
    load_close(load);
    jack_client_close(client);
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        child_stop(children[i]);
    }
    child_stop(server);
    return 0;
}
