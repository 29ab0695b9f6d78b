/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/in.h"

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/osc/message.h"
#include "broadcaster/sinks/osc/packet.h"
#include "broadcaster/sinks/osc/pattern.h"
#include "shared/log.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_MAX = 64,      /* packets in one go */
    READ_BYTES = 65536, /* or so many bytes: patterns take time */
    WRONG_MAX = 256,
    PINGS_MAX = 4,       /* answers to one packet */
    PING_PORT_MIN = 1024 /* nobody is to make us write to the machine's own services */
};

struct ping {
    uint16_t port;
    char path[MAP_ADDRESS_MAX];
};

/* Where a kind of command is taken, kind 0 being a ping; NULL: nowhere. */
static const char *own_address(uint32_t kind)
{
    const struct command_row *row = command_row(kind);
    return kind == 0 ? "/phicast/ping" : row ? row->address : NULL;
}

/* What a packet asks for, before any of it is done. */
struct asked {
    uint32_t command_count;
    uint32_t ping_count;
    struct command command[OSC_IN_COMMANDS_MAX];
    struct ping ping[PINGS_MAX];
    const struct sockaddr_storage *from;
    const char *address; /* the message's that is being taken, or was last; NULL: none of ours so far */
    const char *foreign; /* the first that is not ours */
    char wrong[WRONG_MAX];
};

/* Says what is wrong, with the address in front if it is one message's fault. Always false. */
__attribute__((format(printf, 3, 4))) static bool refuse(struct asked *asked, const char *address,
                                                         const char *format, ...)
{
    va_list args;
    const int used = address ? snprintf(asked->wrong, WRONG_MAX, "%.80s: ", address) : 0;
    va_start(args, format);
    vsnprintf(asked->wrong + used, WRONG_MAX - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* The float that stands for an end of the range may lie just beyond it: 0.01 does. */
static double to_range(double value, const struct command_row *row)
{
    return value == (double)(float)row->low    ? row->low
           : value == (double)(float)row->high ? row->high
                                               : value;
}

/* Each of those that take something returns false if it is refused. */
static bool take_set(struct asked *asked, uint32_t kind, const struct osc_message *message)
{
    const struct osc_argument *argument = &message->argument[0];
    const bool is_switch = command_is_switch(kind);
    struct command command = {.kind = kind, .value = to_range(argument->number, command_row(kind))};
    bool good = message->count == 1 && argument->type == 'f';
    if (message->count == 1 && is_switch && (argument->type == 'T' || argument->type == 'F')) {
        command.value = argument->type == 'T' ? 1 : 0;
        good = true;
    }
    if (!good || command_check(&command)) {
        return refuse(asked, asked->address, "give %s%s", is_switch ? "1 or 0, " : "",
                      command_range_str(kind));
    }
    if (asked->command_count == OSC_IN_COMMANDS_MAX) {
        return refuse(asked, NULL, "more than %d commands in one packet", OSC_IN_COMMANDS_MAX);
    }
    asked->command[asked->command_count++] = command;
    return true;
}

/* Whether the host that stands in a URL may be the one that sent it. A name is taken for the sender's. */
static bool is_sender(const char *host, const struct sockaddr_storage *from)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return from->ss_family == AF_INET &&
               ((const struct sockaddr_in *)(const void *)from)->sin_addr.s_addr == v4.s_addr;
    }
    if (inet_pton(AF_INET6, host, &v6) == 1) {
        return from->ss_family == AF_INET6 &&
               IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, &v6);
    }
    return strchr(host, ':') == NULL;
}

static bool is_address(const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < length; i++) {
        if (path[i] <= ' ' || path[i] > '~' || strchr("#*,?[]{}", path[i])) {
            return false;
        }
    }
    return path[0] == '/' && length > 1 && length < MAP_ADDRESS_MAX;
}

/* The answer, one message without arguments, is shorter than the question, and goes to the address that the
 * question came from and no other: nobody can be flooded in somebody else's name through us. */
static bool take_ping(struct asked *asked, const struct osc_message *message)
{
    struct osc_choice choice;
    char error[OPTION_ERROR_MAX];
    if (message->count != 2 || message->argument[0].type != 's' || message->argument[1].type != 's') {
        return refuse(asked, asked->address, "give two strings, a URL and an OSC address");
    }
    if (osc_choice_parse(&choice, message->argument[0].string, false, error) || choice.tcp ||
        choice.service || !is_sender(choice.host, asked->from)) {
        return refuse(asked, asked->address,
                      "give the sender's own address, osc.udp://HOST:PORT; no other is answered");
    }
    const char *path = message->argument[1].string;
    const unsigned long port = strtoul(choice.port, NULL, 10);
    if (port < PING_PORT_MIN || !is_address(path)) {
        return refuse(asked, asked->address, "give a port from %d and an OSC address", PING_PORT_MIN);
    }
    if (asked->ping_count == PINGS_MAX) {
        return refuse(asked, NULL, "more than %d pings in one packet", PINGS_MAX);
    }
    struct ping *ping = &asked->ping[asked->ping_count++];
    ping->port = (uint16_t)port;
    snprintf(ping->path, sizeof ping->path, "%s", path);
    return true;
}

/* A pattern that matches several is done for all of them. */
static bool take_message(struct asked *asked, const unsigned char *bytes, size_t length)
{
    struct osc_message message;
    const char *address = osc_message_address(bytes, length);
    bool ours = false;
    if (!address) {
        return refuse(asked, NULL, "malformed: no OSC address where there must be one");
    }
    for (uint32_t kind = 0; kind <= COMMAND_CALIBRATE; kind++) {
        const char *own = own_address(kind);
        if (!own || !osc_pattern_match(address, own)) {
            continue;
        }
        ours = true;
        asked->address = own;
        if (osc_message_read(&message, bytes, length) == STATUS_CORRUPT) {
            return refuse(asked, own, "malformed arguments");
        }
        if (kind != 0 ? !take_set(asked, kind, &message) : !take_ping(asked, &message)) {
            return false;
        }
    }
    asked->foreign = ours || asked->foreign ? asked->foreign : address;
    return true;
}

static bool take_packet(struct asked *asked, const unsigned char *bytes, size_t length, int nesting);

static bool take_bundle(struct asked *asked, const unsigned char *bytes, size_t length, int nesting)
{
    enum { HEAD = 16, SIZE = 4 };
    if (length < HEAD) {
        return refuse(asked, NULL, "malformed: a bundle ends too early");
    }
    if (nesting == OSC_IN_NESTING_MAX) {
        return refuse(asked, NULL, "bundles more than %d deep", OSC_IN_NESTING_MAX);
    }
    for (size_t at = HEAD; at < length;) {
        uint32_t size = 0;
        if (length - at >= SIZE) {
            memcpy(&size, bytes + at, sizeof size);
            size = ntohl(size);
        }
        if (size == 0 || size > length - at - SIZE) {
            return refuse(asked, NULL, "malformed: a bundle's element has the wrong size");
        }
        if (!take_packet(asked, bytes + at + SIZE, size, nesting + 1)) {
            return false;
        }
        at += SIZE + size;
    }
    return true;
}

static bool take_packet(struct asked *asked, const unsigned char *bytes, size_t length, int nesting)
{
    static const char bundle[8] = "#bundle";
    if (length >= sizeof bundle && memcmp(bytes, bundle, sizeof bundle) == 0) {
        return take_bundle(asked, bytes, length, nesting);
    }
    return take_message(asked, bytes, length);
}

static void answer(struct osc_in *in, int fd, const struct sockaddr_storage *from, const struct ping *ping)
{
    struct sockaddr_storage to = *from;
    struct osc_packet packet;
    if (to.ss_family == AF_INET) {
        ((struct sockaddr_in *)(void *)&to)->sin_port = htons(ping->port);
    } else {
        ((struct sockaddr_in6 *)(void *)&to)->sin6_port = htons(ping->port);
    }
    const socklen_t length =
        to.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (osc_pack_plain(&packet, ping->path) == STATUS_OK &&
        sendto(fd, packet.bytes, packet.length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to,
               length) == (ssize_t)packet.length) {
        in->pings++;
    }
}

/* Gives the commands, all or none. */
static bool give(struct osc_in *in, struct asked *asked)
{
    if (asked->command_count == 0) {
        return true;
    }
    const enum status status = remote_send(in->remote, asked->command, asked->command_count);
    return status == STATUS_OK ||
           refuse(asked, asked->address, "%s",
                  status == STATUS_NOT_FOUND ? "no analyser is running" : remote_refusal(in->remote, status));
}

void osc_in_packet(struct osc_in *in, const void *bytes, size_t length, int fd,
                   const struct sockaddr_storage *from)
{
    struct asked asked;
    asked.command_count = 0;
    asked.ping_count = 0;
    asked.from = from;
    asked.address = asked.foreign = NULL;
    in->packets++;
    bool good = take_packet(&asked, bytes, length, 0);
    if (good && !asked.address && asked.foreign) {
        good = refuse(&asked, asked.foreign, "no address of ours; docs/osc.md lists them");
    }
    if (!good || !give(in, &asked)) {
        log_repeated(&in->refused, "OSC packet refused: %s", asked.wrong);
        return;
    }
    in->commands += asked.command_count;
    for (uint32_t i = 0; i < asked.ping_count; i++) {
        answer(in, fd, from, &asked.ping[i]);
    }
}

void osc_in_read(struct osc_in *in)
{
    static unsigned char bytes[OSC_IN_PACKET_MAX];
    for (uint32_t i = 0; i < in->count; i++) {
        size_t sum = 0;
        for (int taken = 0; taken < READ_MAX && sum < READ_BYTES; taken++) {
            struct sockaddr_storage from = {0};
            socklen_t from_length = sizeof from;
            const ssize_t got = recvfrom(in->fd[i], bytes, sizeof bytes, MSG_DONTWAIT,
                                         (struct sockaddr *)&from, &from_length);
            if (got < 0) {
                break;
            }
            sum += (size_t)got;
            osc_in_packet(in, bytes, (size_t)got, in->fd[i], &from);
        }
    }
}

void osc_in_report(const struct osc_in *in, struct osc_report *report)
{
    report->url_count = in->count;
    for (uint32_t i = 0; i < in->count; i++) {
        report->url[i] = in->url[i];
    }
    report->packets = in->packets;
    report->commands = in->commands;
    report->pings = in->pings;
    report->refused = in->refused;
}
