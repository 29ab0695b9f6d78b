/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-midi: sends MIDI messages to a JACK port, byte by byte as given. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <jack/midiport.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MESSAGES_MAX = 256, MESSAGE_SIZE_MAX = 16 };

struct midi_options {
    const char *server;
    const char *to;
};

struct message {
    size_t size;
    jack_midi_data_t bytes[MESSAGE_SIZE_MAX];
};

/* All that the process callback touches. */
struct sender {
    jack_port_t *port;
    int count;
    atomic_bool go;    /* set by main: the port is connected */
    atomic_int sent;   /* set here; one message a period */
    atomic_int cycles; /* that have begun */
    struct message message[MESSAGES_MAX];
};

static const struct option_row rows[] = {
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct midi_options, server), 0, 0},
    {"to", 0, OPTION_STRING, "PORT", "the port to send to", offsetof(struct midi_options, to), 0, 0},
};

static const struct option_table table = {
    .program = "phicast-midi",
    .usage = "--to PORT [-s SERVER] BYTES...",
    .about = "Sends each BYTES, a MIDI message such as b0:01:7f, to a JACK MIDI port, one a period.",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
};

static int process(jack_nframes_t frames, void *arg)
{
    struct sender *sender = arg;
    void *buffer = jack_port_get_buffer(sender->port, frames);
    const int next = atomic_load(&sender->sent);

    atomic_fetch_add(&sender->cycles, 1);
    jack_midi_clear_buffer(buffer);
    if (atomic_load(&sender->go) && next < sender->count) {
        const struct message *message = &sender->message[next];
        if (jack_midi_event_write(buffer, 0, message->bytes, message->size) == 0) {
            atomic_store(&sender->sent, next + 1);
        }
    }
    return 0;
}

/* Hexadecimal bytes, colons between them. */
static bool parse(const char *text, struct message *message)
{
    while (message->size < MESSAGE_SIZE_MAX) {
        char *end;
        const unsigned long byte = strtoul(text, &end, 16);
        if (end == text || byte > 255) {
            break;
        }
        message->bytes[message->size++] = (jack_midi_data_t)byte;
        if (*end == '\0') {
            return true;
        }
        text = end + (*end == ':');
    }
    log_error("%s: give up to %d bytes such as b0:01:7f", text, MESSAGE_SIZE_MAX);
    return false;
}

/* A connection stands from the next cycle on, and what a cycle brings has been heard by everybody when the
 * next one has begun, however slow the server is. */
static void wait_for_cycles(struct sender *sender)
{
    enum { ENOUGH = 3 };
    const int begun = atomic_load(&sender->cycles);
    while (atomic_load(&sender->cycles) < begun + ENOUGH && !tool_stopped()) {
    }
}

static bool send_all(jack_client_t *client, struct sender *sender, const char *to)
{
    jack_set_process_callback(client, process, sender);
    sender->port = jack_port_register(client, "out", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, 0);
    if (!sender->port || jack_activate(client) != 0 ||
        jack_connect(client, jack_port_name(sender->port), to) != 0) {
        log_error("cannot connect to %s", to);
        return false;
    }
    wait_for_cycles(sender);
    atomic_store(&sender->go, true);
    while (atomic_load(&sender->sent) < sender->count && !tool_stopped()) {
    }
    wait_for_cycles(sender);
    return atomic_load(&sender->sent) == sender->count;
}

int main(int argc, char **argv)
{
    static struct sender sender;
    struct midi_options options = {0};
    int operand;
    const int code = tool_parse(&table, &options, argc, argv, &operand);

    if (code >= 0) {
        return code;
    }
    for (; operand < argc && sender.count < MESSAGES_MAX; operand++) {
        if (!parse(argv[operand], &sender.message[sender.count++])) {
            return 2;
        }
    }
    if (!options.to) {
        log_error("give the port, --to");
        return 2;
    }
    tool_block_signals();
    jack_client_t *client = tool_open("phicast-midi", options.server);
    if (!client) {
        return EXIT_FAILURE;
    }
    const bool sent = send_all(client, &sender, options.to);
    jack_client_close(client);
    return sent ? EXIT_SUCCESS : EXIT_FAILURE;
}
