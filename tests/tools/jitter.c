/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-jitter: a JACK client that measures when it is woken, against what JACK's delay-locked loop
 * predicts, and knows nothing of how phicast-jack does the same. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAKES = 1 << 16, TELL_EVERY = 10 /* of tool_stopped's 10 ms */, REMEMBERED_US = 10000000 };

struct jitter_options {
    const char *name;
    const char *server;
};

/* Written by the process callback, which is more than a minute away from what main reads of it. */
struct watch {
    jack_client_t *client;
    jack_port_t *in;
    jack_port_t *out;
    _Atomic uint64_t count;
    jack_time_t woken_us[WAKES];
    double late_us[WAKES];
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client name (default jitter)",
     offsetof(struct jitter_options, name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct jitter_options, server), 0,
     0},
};

static const struct option_table table = {
    .program = "phicast-jitter",
    .usage = "[options]",
    .about =
        "Prints ten times a second how regularly it is woken: the standard deviation over the last 10 s\n"
        "of the wake-up against JACK's own clock. What it gets at its port in it gives back at its port out.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static int process(jack_nframes_t count, void *arg)
{
    struct watch *w = arg;
    const jack_time_t now = jack_get_time();
    jack_nframes_t frame;
    jack_time_t current;
    jack_time_t next;
    float period_us;
    if (jack_get_cycle_times(w->client, &frame, &current, &next, &period_us) == 0) {
        const uint64_t at = atomic_load_explicit(&w->count, memory_order_relaxed);
        w->woken_us[at % WAKES] = now;
        w->late_us[at % WAKES] = (double)(int64_t)(now - current);
        atomic_store_explicit(&w->count, at + 1, memory_order_release);
    }
    const float *in = jack_port_get_buffer(w->in, count);
    float *out = jack_port_get_buffer(w->out, count);
    for (jack_nframes_t n = 0; n < count; n++) {
        out[n] = in[n];
    }
    return 0;
}

static void tell(const struct watch *w)
{
    const uint64_t end = atomic_load_explicit(&w->count, memory_order_acquire);
    const jack_time_t now = jack_get_time();
    uint64_t begin = end;
    double sum = 0;
    while (begin > 0 && end - begin < WAKES / 2 && w->woken_us[(begin - 1) % WAKES] + REMEMBERED_US > now) {
        begin--;
        sum += w->late_us[begin % WAKES];
    }
    if (end - begin < 2) {
        return;
    }
    const double mean = sum / (double)(end - begin);
    double squares = 0;
    for (uint64_t i = begin; i < end; i++) {
        const double off = w->late_us[i % WAKES] - mean;
        squares += off * off;
    }
    printf("%.6f ms of %.2f s\n", 1e-3 * sqrt(squares / (double)(end - begin - 1)),
           1e-6 * (double)(now - w->woken_us[begin % WAKES]));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct watch watch;
    struct jitter_options options = {.name = "jitter"};
    const int code = tool_parse(&table, &options, argc, argv, NULL);
    if (code >= 0) {
        return code;
    }
    tool_block_signals();
    watch.client = tool_open(options.name, options.server);
    if (!watch.client) {
        return EXIT_FAILURE;
    }
    watch.in = jack_port_register(watch.client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    watch.out = jack_port_register(watch.client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    jack_set_process_callback(watch.client, process, &watch);
    if (!watch.in || !watch.out || jack_activate(watch.client) != 0) {
        log_error("the JACK server refused the client");
        return EXIT_FAILURE;
    }
    for (int i = 1; !tool_stopped(); i++) {
        if (i % TELL_EVERY == 0) {
            tell(&watch);
        }
    }
    jack_client_close(watch.client);
    return EXIT_SUCCESS;
}
