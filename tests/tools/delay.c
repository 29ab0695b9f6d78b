/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-delay: a JACK client that gives back what it gets, so many samples later, with noise beside it or a
 * second return if asked. It stands in for the cable, the converters and the air between an output and an
 * input. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE = 1 << 18 /* samples */ };

struct delay_options {
    const char *name;
    const char *server;
    uint32_t samples;
    uint32_t echo;
    double noise;
    double gain;
};

/* All that the process callback touches. */
struct delay {
    jack_port_t *in;
    jack_port_t *out;
    uint32_t samples;
    uint32_t echo; /* 0: none */
    float noise;   /* peak of the uniform noise */
    float gain;
    uint32_t at;
    uint32_t random;
    float line[LINE];
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client name (default delay)",
     offsetof(struct delay_options, name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct delay_options, server), 0,
     0},
    {"delay", 'd', OPTION_UINT, "N", "samples from in to out (default 0)",
     offsetof(struct delay_options, samples), 0, LINE - 1},
    {"echo", 'e', OPTION_UINT, "N", "a second return after so many samples",
     offsetof(struct delay_options, echo), 0, LINE - 1},
    {"noise", 0, OPTION_DOUBLE, "RMS", "white noise beside it (default 0)",
     offsetof(struct delay_options, noise), 0, 1},
    {"gain", 'g', OPTION_DOUBLE, "X", "what is given back, times this (default 1)",
     offsetof(struct delay_options, gain), -100, 100},
};

static const struct option_table table = {
    .program = "phicast-delay",
    .usage = "[options]",
    .about = "Gives back at its port out what it gets at its port in, so many samples later.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static float noise(struct delay *d)
{
    d->random ^= d->random << 13;
    d->random ^= d->random >> 17;
    d->random ^= d->random << 5;
    return d->noise * (2 * (float)(d->random >> 8) / (float)(1 << 24) - 1);
}

static float clip(float x)
{
    return x > 1 ? 1 : x < -1 ? -1 : x; /* as a converter does */
}

static int process(jack_nframes_t count, void *arg)
{
    struct delay *d = arg;
    const float *in = jack_port_get_buffer(d->in, count);
    float *out = jack_port_get_buffer(d->out, count);
    for (jack_nframes_t n = 0; n < count; n++, d->at++) {
        d->line[d->at % LINE] = in[n];
        float x = d->line[(d->at - d->samples) % LINE];
        if (d->echo) {
            x += d->line[(d->at - d->echo) % LINE];
        }
        out[n] = clip(d->gain * x + noise(d));
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct delay delay = {.random = 0x12345678};
    struct delay_options options = {.name = "delay", .gain = 1};
    const int code = tool_parse(&table, &options, argc, argv, NULL);
    if (code >= 0) {
        return code;
    }
    tool_block_signals();
    jack_client_t *client = tool_open(options.name, options.server);
    if (!client) {
        return 1;
    }
    delay.samples = options.samples;
    delay.echo = options.echo;
    delay.noise = (float)(options.noise * 1.7320508); /* a uniform value's peak over its RMS */
    delay.gain = (float)options.gain;
    delay.in = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    delay.out = jack_port_register(client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    jack_set_process_callback(client, process, &delay);
    if (!delay.in || !delay.out || jack_activate(client) != 0) {
        log_error("the JACK server refused the client");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (!tool_stopped()) {
    }
    jack_client_close(client);
    return 0;
}
