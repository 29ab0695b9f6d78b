/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/in.h"

#include "broadcaster/osc/commands.h"
#include "broadcaster/osc/pack.h"
#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/osc/map.h"
#include "shared/log.h"
#include "shared/osc/message.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_MAX = 64,       /* packets in one go */
    READ_BYTES = 65536,  /* or so many bytes: patterns take time */
    PINGS_MAX = 4,       /* answers to one packet */
    PING_PORT_MIN = 1024 /* nobody is to make us write to the machine's own services */
};

struct ping {
    uint16_t port;
    char path[MAP_ADDRESS_MAX];
};

/* What a packet asks for besides commands. */
struct asked {
    struct osc_commands commands;
    uint32_t ping_count;
    struct ping ping[PINGS_MAX];
    const struct sockaddr_storage *from;
};

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
static bool take_ping(struct osc_commands *commands, const struct osc_message *message)
{
    struct asked *asked = (struct asked *)((char *)commands - offsetof(struct asked, commands));
    struct osc_choice choice;
    char error[OPTION_ERROR_MAX];
    if (message->count != 2 || message->argument[0].type != 's' || message->argument[1].type != 's') {
        return osc_commands_refuse(commands, commands->address, "give two strings, a URL and an OSC address");
    }
    if (osc_choice_parse(&choice, message->argument[0].string, false, error) || choice.tcp ||
        choice.service || !is_sender(choice.host, asked->from)) {
        return osc_commands_refuse(
            commands, commands->address,
            "give the sender's own address, osc.udp://HOST:PORT; no other is answered");
    }
    const char *path = message->argument[1].string;
    const unsigned long port = strtoul(choice.port, NULL, 10);
    if (port < PING_PORT_MIN || !is_address(path)) {
        return osc_commands_refuse(commands, commands->address, "give a port from %d and an OSC address",
                                   PING_PORT_MIN);
    }
    if (asked->ping_count == PINGS_MAX) {
        return osc_commands_refuse(commands, NULL, "more than %d pings in one packet", PINGS_MAX);
    }
    struct ping *ping = &asked->ping[asked->ping_count++];
    ping->port = (uint16_t)port;
    snprintf(ping->path, sizeof ping->path, "%s", path);
    return true;
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

void osc_in_packet(struct osc_in *in, const void *bytes, size_t length, int fd,
                   const struct sockaddr_storage *from)
{
    static const struct osc_extra ping = {"/phicast/ping", take_ping};
    struct asked asked;
    asked.ping_count = 0;
    asked.from = from;
    in->packets++;
    if (!osc_commands_read(&asked.commands, &ping, bytes, length) ||
        !osc_commands_give(&asked.commands, in->remote)) {
        log_repeated(&in->refused, "OSC packet refused: %s", asked.commands.wrong);
        return;
    }
    in->commands += asked.commands.count;
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
