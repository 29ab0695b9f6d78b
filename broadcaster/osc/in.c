/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/osc/in.h"

#include "broadcaster/osc/choice.h"
#include "broadcaster/osc/packet.h"
#include "shared/log.h"

#include <arpa/inet.h>
#include <lo/lo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_MAX = 64,       /* packets in one go */
    PINGS_MAX = 4,       /* answers to one packet */
    PING_PORT_MIN = 1024 /* nobody is to make us write to the machine's own services */
};

struct ping {
    uint16_t port;
    char path[MAP_ADDRESS_MAX];
};

/* What a packet asks for, before any of it is done. */
struct wishes {
    uint32_t command_count;
    uint32_t ping_count;
    struct command command[OSC_IN_COMMANDS_MAX];
    struct ping ping[PINGS_MAX];
    const struct sockaddr_storage *from;
};

/* A number or a switch, whatever type it came as; what is out of range is found later. liblo's arguments
 * stand at multiples of four bytes, which is too little for its own union of them: they are copied out. */
static bool take_value(char type, const lo_arg *arg, bool is_switch, double *value)
{
    float f;
    int32_t i;
    int64_t h;
    switch (type) {
    case LO_FLOAT:
        memcpy(&f, arg, sizeof f);
        *value = (double)f;
        return true;
    case LO_INT32:
        memcpy(&i, arg, sizeof i);
        *value = (double)i;
        return true;
    case LO_INT64:
        memcpy(&h, arg, sizeof h);
        *value = (double)h;
        return true;
    case LO_DOUBLE: memcpy(value, arg, sizeof *value); return true;
    case LO_TRUE: *value = 1; return is_switch;
    case LO_FALSE: *value = 0; return is_switch;
    default: return false;
    }
}

static const char *take_set(struct wishes *wishes, const char *name, lo_message message)
{
    const uint32_t kind = command_kind_of(name);
    struct command command = {.kind = kind};
    if (kind == 0) {
        return "unknown address";
    }
    if (lo_message_get_argc(message) != 1 ||
        !take_value(lo_message_get_types(message)[0], lo_message_get_argv(message)[0],
                    command_is_switch(kind), &command.value)) {
        return "wrong type or number of arguments";
    }
    if (command_check(&command)) {
        return "out of range";
    }
    if (wishes->command_count == OSC_IN_COMMANDS_MAX) {
        return "too many messages in one bundle";
    }
    wishes->command[wishes->command_count++] = command;
    return NULL;
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
static const char *take_ping(struct wishes *wishes, lo_message message)
{
    struct osc_choice choice;
    char error[OPTION_ERROR_MAX];
    if (strcmp(lo_message_get_types(message), "ss") != 0) {
        return "wrong type or number of arguments";
    }
    const char *url = (const char *)lo_message_get_argv(message)[0];
    const char *path = (const char *)lo_message_get_argv(message)[1];
    if (osc_choice_parse(&choice, url, false, error) || choice.tcp || !is_sender(choice.host, wishes->from)) {
        return "a ping is answered by UDP and to the sender's own address only";
    }
    const unsigned long port = strtoul(choice.port, NULL, 10);
    if (port < PING_PORT_MIN || !is_address(path) || wishes->ping_count == PINGS_MAX) {
        return "a ping needs a port from 1024 and an OSC address";
    }
    struct ping *ping = &wishes->ping[wishes->ping_count++];
    ping->port = (uint16_t)port;
    snprintf(ping->path, sizeof ping->path, "%s", path);
    return NULL;
}

/* Each of these three returns NULL, or what is wrong. */
static const char *take_message(struct wishes *wishes, char *bytes, size_t length)
{
    static const char set[] = "/phicast/set/";
    int result = 0;
    lo_message message = lo_message_deserialise(bytes, length, &result);
    const char *wrong = "unknown address";
    if (!message) {
        return "malformed";
    }
    if (strncmp(bytes, set, sizeof set - 1) == 0) {
        wrong = take_set(wishes, bytes + sizeof set - 1, message);
    } else if (strcmp(bytes, "/phicast/ping") == 0) {
        wrong = take_ping(wishes, message);
    }
    lo_message_free(message);
    return wrong;
}

static const char *take_packet(struct wishes *wishes, char *bytes, size_t length, int nesting);

static const char *take_bundle(struct wishes *wishes, char *bytes, size_t length, int nesting)
{
    enum { HEAD = 16, SIZE = 4 };
    const char *wrong = NULL;
    if (length < HEAD || nesting == OSC_IN_NESTING_MAX) {
        return "malformed or too deeply nested bundle";
    }
    for (size_t at = HEAD; at < length && !wrong;) {
        uint32_t size = 0;
        if (length - at >= SIZE) {
            memcpy(&size, bytes + at, sizeof size);
            size = ntohl(size);
        }
        if (size == 0 || size % 4 != 0 || size > length - at - SIZE) {
            return "malformed bundle";
        }
        wrong = take_packet(wishes, bytes + at + SIZE, size, nesting + 1);
        at += SIZE + size;
    }
    return wrong;
}

static const char *take_packet(struct wishes *wishes, char *bytes, size_t length, int nesting)
{
    static const char bundle[8] = "#bundle";
    if (length < 8 || length % 4 != 0) { /* the shortest message is an address and no arguments */
        return "malformed";
    }
    return memcmp(bytes, bundle, sizeof bundle) == 0 ? take_bundle(wishes, bytes, length, nesting)
                                                     : take_message(wishes, bytes, length);
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

void osc_in_packet(struct osc_in *in, void *bytes, size_t length, int fd, const struct sockaddr_storage *from)
{
    struct wishes wishes;
    wishes.command_count = 0;
    wishes.ping_count = 0;
    wishes.from = from;
    in->packets++;
    const char *wrong = take_packet(&wishes, bytes, length, 0);
    if (!wrong && wishes.command_count > 0 &&
        hands_give(in->hands, wishes.command, wishes.command_count) != STATUS_OK) {
        wrong = "no analyser is running";
    }
    if (wrong) {
        log_repeated(&in->refused, "OSC packet refused: %s", wrong);
        return;
    }
    in->commands += wishes.command_count;
    for (uint32_t i = 0; i < wishes.ping_count; i++) {
        answer(in, fd, from, &wishes.ping[i]);
    }
}

void osc_in_read(struct osc_in *in)
{
    static _Alignas(8) char bytes[OSC_IN_PACKET_MAX]; /* liblo reads words */
    for (uint32_t i = 0; i < in->count; i++) {
        for (int taken = 0; taken < READ_MAX; taken++) {
            struct sockaddr_storage from = {0};
            socklen_t from_length = sizeof from;
            const ssize_t got = recvfrom(in->fd[i], bytes, sizeof bytes, MSG_DONTWAIT,
                                         (struct sockaddr *)&from, &from_length);
            if (got < 0) {
                break;
            }
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
