/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-midi-monitor: prints what comes at its port in, with JACK's frame count of each message. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <jack/midiport.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEARD = 1 << 16, SIZE_MAX_HEARD = 3 };

struct monitor_options {
    const char *name;
    const char *server;
    const char *from;
};

struct message {
    jack_nframes_t frame;
    size_t size;
    jack_midi_data_t bytes[SIZE_MAX_HEARD];
};

/* All that the process callback touches. */
struct monitor {
    jack_client_t *client;
    jack_port_t *in;
    _Atomic uint32_t count; /* released after the message; main reads it with acquire */
    struct message message[HEARD];
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client name (default midi-monitor)",
     offsetof(struct monitor_options, name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct monitor_options, server), 0,
     0},
    {"from", 0, OPTION_STRING, "PORT", "the port to listen to", offsetof(struct monitor_options, from), 0, 0},
};

static const struct option_table table = {
    .program = "phicast-midi-monitor",
    .usage = "--from PORT [-s SERVER] [-n NAME]",
    .about = "Prints each MIDI message: JACK's frame count, and the bytes as b0:01:7f. Up to three bytes of "
             "it, and\n"
             "up to 65536 messages.",
    .rows = rows,
    .count = sizeof rows / sizeof rows[0],
};

static int process(jack_nframes_t count, void *arg)
{
    struct monitor *monitor = arg;
    void *buffer = jack_port_get_buffer(monitor->in, count);
    const jack_nframes_t frame = jack_last_frame_time(monitor->client);
    uint32_t heard = atomic_load_explicit(&monitor->count, memory_order_relaxed);
    jack_midi_event_t event;
    for (uint32_t i = 0; heard < HEARD && jack_midi_event_get(&event, buffer, i) == 0; i++) {
        struct message *message = &monitor->message[heard++];
        message->frame = frame + event.time;
        message->size = event.size < SIZE_MAX_HEARD ? event.size : SIZE_MAX_HEARD;
        for (size_t k = 0; k < message->size; k++) {
            message->bytes[k] = event.buffer[k];
        }
    }
    atomic_store_explicit(&monitor->count, heard, memory_order_release);
    return 0;
}

static uint32_t print_from(const struct monitor *monitor, uint32_t next)
{
    const uint32_t count = atomic_load_explicit(&monitor->count, memory_order_acquire);
    for (; next < count; next++) {
        const struct message *message = &monitor->message[next];
        printf("%u ", message->frame);
        for (size_t k = 0; k < message->size; k++) {
            printf("%s%02x", k > 0 ? ":" : "", message->bytes[k]);
        }
        putchar('\n');
    }
    fflush(stdout);
    return next;
}

int main(int argc, char **argv)
{
    static struct monitor monitor;
    struct monitor_options options = {.name = "midi-monitor"};
    const int code = tool_parse(&table, &options, argc, argv, NULL);
    uint32_t printed = 0;

    if (code >= 0) {
        return code;
    }
    tool_block_signals();
    monitor.client = tool_open(options.name, options.server);
    if (!monitor.client) {
        return EXIT_FAILURE;
    }
    jack_set_process_callback(monitor.client, process, &monitor);
    monitor.in = jack_port_register(monitor.client, "in", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, 0);
    if (!options.from || !monitor.in || jack_activate(monitor.client) != 0 ||
        jack_connect(monitor.client, options.from, jack_port_name(monitor.in)) != 0) {
        log_error("cannot listen to %s", options.from ? options.from : "nothing; give --from PORT");
        jack_client_close(monitor.client);
        return EXIT_FAILURE;
    }
    puts("listening");
    while (!tool_stopped()) {
        printed = print_from(&monitor, printed);
    }
    jack_deactivate(monitor.client);
    (void)print_from(&monitor, printed);
    jack_client_close(monitor.client);
    return EXIT_SUCCESS;
}
