/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One OSC packet from the network, on all its way to the commands. */
#include "broadcaster/osc/commands.h"
#include "broadcaster/sinks/osc/in.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <unistd.h>

static struct control control;
static struct segment control_segment = {.fd = -1, .memory = &control};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct source_kind live; /* it is no replay */
    static struct source source = {.kind = &live, .writer = 1 /* anything */, .takes_commands = true};
    static struct sockaddr_storage from;
    static struct remote remote = {.control = &control_segment, .source = &source};
    static struct osc_in in = {.remote = &remote};
    if (from.ss_family == 0) {
        ((struct sockaddr_in *)(void *)&from)->sin_family = AF_INET;
        ((struct sockaddr_in *)(void *)&from)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    uint64_t next = ring_head(&control.commands);
    const uint64_t refused = in.refused;
    osc_in_packet(&in, data, size, -1, &from);
    const uint64_t given = ring_head(&control.commands) - next;
    FUZZ_CHECK(given <= OSC_COMMANDS_MAX);
    FUZZ_CHECK(given == 0 || in.refused == refused); /* whole or not at all */
    for (uint64_t i = 0; i < given; i++) {
        struct command command;
        FUZZ_CHECK(command_read(&control.commands, &next, &command, NULL) == STATUS_OK);
    }
    return 0;
}
