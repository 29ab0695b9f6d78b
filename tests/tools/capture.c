/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-capture: records ports into a float WAV file, every bit kept. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capture_options {
    const char *name;
    const char *server;
    struct option_list connect;
    uint32_t frames;
};

/* All that the process callback touches. */
struct recorder {
    jack_client_t *client;
    int count;
    size_t frames; /* to record */
    size_t position;
    float *samples;       /* interleaved */
    atomic_bool go;       /* set by main */
    atomic_bool done;     /* set here */
    atomic_bool started;  /* set here, after `first` */
    jack_nframes_t first; /* JACK frame of the first sample */
    jack_port_t *port[TOOL_CHANNELS_MAX];
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client name (default phicast-capture)",
     offsetof(struct capture_options, name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct capture_options, server), 0,
     0},
    {"frames", 'f', OPTION_UINT, "N", "how many frames to record (default 48000)",
     offsetof(struct capture_options, frames), 1, 1e8},
};

static const struct option_table table = {
    .program = "phicast-capture",
    .usage = "[options] FILE.wav PORT...",
    .about =
        "Records JACK's output ports, one channel each, and ends. Prints the JACK frame of the first sample.",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
};

static int process(jack_nframes_t frames, void *arg)
{
    struct recorder *recorder = arg;
    const size_t left = recorder->frames - recorder->position;
    const size_t count = frames < left ? frames : left;

    if (!atomic_load(&recorder->go) || count == 0) {
        return 0;
    }
    if (!atomic_load(&recorder->started)) {
        recorder->first = jack_last_frame_time(recorder->client);
        atomic_store(&recorder->started, true);
    }
    for (int c = 0; c < recorder->count; c++) {
        const float *in = jack_port_get_buffer(recorder->port[c], frames);
        float *out = recorder->samples + recorder->position * (size_t)recorder->count + c;
        for (size_t i = 0; i < count; i++) {
            memcpy(out + i * (size_t)recorder->count, in + i, sizeof *in); /* keeps a signalling NaN one */
        }
    }
    recorder->position += count;
    if (recorder->position == recorder->frames) {
        atomic_store(&recorder->done, true);
    }
    return 0;
}

static int run(struct recorder *recorder, const struct option_list *sources, const char *path)
{
    bool stopped = false;
    bool told = false;

    jack_set_process_callback(recorder->client, process, recorder);
    if (jack_activate(recorder->client) != 0) {
        log_error("JACK refused to activate the client");
        return EXIT_FAILURE;
    }
    if (!tool_connect(recorder->client, recorder->port, recorder->count, sources, JackPortIsOutput)) {
        return EXIT_FAILURE;
    }
    atomic_store(&recorder->go, true);
    while (!stopped && !atomic_load(&recorder->done)) {
        stopped = tool_stopped();
        if (!told && atomic_load(&recorder->started)) {
            told = true;
            printf("first sample at JACK frame %u\n", recorder->first);
            fflush(stdout);
        }
    }
    jack_deactivate(recorder->client);
    return sound_write(path, (int)jack_get_sample_rate(recorder->client), recorder->count, recorder->position,
                       recorder->samples)
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

/* Takes the operands after the file as sources, one input port for each; false after saying why not. */
static bool prepare(struct recorder *recorder, struct option_list *sources, int count, char **ports)
{
    if (count < 1 || count > OPTION_LIST_MAX) {
        log_error("give 1 to %d ports to record", OPTION_LIST_MAX);
        return false;
    }
    for (int c = 0; c < count; c++) {
        char name[16];
        snprintf(name, sizeof name, "in_%d", c + 1);
        sources->item[sources->count++] = ports[c];
        recorder->port[c] =
            jack_port_register(recorder->client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    }
    recorder->count = count;
    recorder->samples = calloc(recorder->frames * (size_t)count, sizeof *recorder->samples);
    if (!recorder->samples || !recorder->port[count - 1]) {
        log_error("no port or no memory");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct recorder recorder;
    struct capture_options options = {.name = "phicast-capture", .frames = 48000};
    struct option_list sources = {0};
    int operand;
    int code = tool_parse(&table, &options, argc, argv, &operand);

    if (code >= 0) {
        return code;
    }
    tool_block_signals();
    recorder.frames = options.frames;
    recorder.client = tool_open(options.name, options.server);
    if (!recorder.client) {
        return EXIT_FAILURE;
    }
    code = prepare(&recorder, &sources, argc - operand - 1, argv + operand + 1)
               ? run(&recorder, &sources, argv[operand])
               : EXIT_FAILURE;
    jack_client_close(recorder.client);
    return code;
}
