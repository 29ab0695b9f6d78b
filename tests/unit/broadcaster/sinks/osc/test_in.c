/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes in over OSC, good, bad and random: nothing but a good packet moves anything. More than 400 lines
 * because all cases share one analyser that listens. */
#include "broadcaster/osc/commands.h"
#include "broadcaster/sinks/osc/in.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <lo/lo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static struct osc_in in;
static struct remote remote;
static struct control control;
static struct segment control_segment = {.fd = -1, .memory = &control};
static const struct source_kind live; /* it is no replay */
static struct source source;          /* an analyser is there if it has a writer */
static uint64_t next;                 /* command to be read */
static struct sockaddr_storage from;
static char bytes[4096];

static void open_in(void)
{
    memset(&control, 0, sizeof control);
    memset(&source, 0, sizeof source);
    source.kind = &live;
    source.writer = 1; /* anything */
    source.takes_commands = true;
    remote = (struct remote){.control = &control_segment, .source = &source};
    in = (struct osc_in){.remote = &remote};
    next = 0;
    ((struct sockaddr_in *)&from)->sin_family = AF_INET;
    ((struct sockaddr_in *)&from)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static size_t serialise(lo_message message, const char *address)
{
    size_t length = sizeof bytes;
    CU_ASSERT_PTR_NOT_NULL_FATAL(lo_message_serialise(message, address, bytes, &length));
    lo_message_free(message);
    return length;
}

/* From a block of exactly its size, so that a sanitizer sees whatever is read beyond its end. */
static void give_bytes(size_t length)
{
    char *block = malloc(length > 0 ? length : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    memcpy(block, bytes, length);
    osc_in_packet(&in, block, length, -1, &from);
    free(block);
}

static void send_message(lo_message message, const char *address)
{
    give_bytes(serialise(message, address));
}

static lo_message one(char type, double value)
{
    lo_message message = lo_message_new();
    switch (type) {
    case 'f': lo_message_add_float(message, (float)value); break;
    case 'i': lo_message_add_int32(message, (int32_t)value); break;
    case 'd': lo_message_add_double(message, value); break;
    case 'h': lo_message_add_int64(message, (int64_t)value); break;
    case 'T': lo_message_add_true(message); break;
    case 'F': lo_message_add_false(message); break;
    case 's': lo_message_add_string(message, "0.5"); break;
    case 'N': lo_message_add_nil(message); break;
    default: break;
    }
    return message;
}

static void refused(lo_message message, const char *address)
{
    const uint64_t before = in.refused;
    send_message(message, address);
    CU_ASSERT_EQUAL(in.refused, before + 1);
    CU_ASSERT_EQUAL(ring_head(&control.commands), next);
}

static void moves(lo_message message, const char *address, uint32_t kind, double value)
{
    struct command command;
    const uint64_t before = in.refused;
    send_message(message, address);
    CU_ASSERT_EQUAL(in.refused, before);
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, kind);
    CU_ASSERT_EQUAL(command.value, value);
    CU_ASSERT_EQUAL(ring_head(&control.commands), next);
}

static void wrong_messages(void)
{
    open_in();
    refused(one('f', 0.5), "/");
    refused(one('f', 0.5), "/phicast");
    refused(one('f', 0.5), "/phicast/set");
    refused(one('f', 0.5), "/phicast/set/");
    refused(one('f', 0.5), "/phicast/set/dept");
    refused(one('f', 0.5), "/phicast/set/depth/");
    refused(one('f', 0.5), "/phicast/set/*");
    refused(one('f', 0.5), "/phicast/set/calibrate");
    refused(one('f', 0.5), "/other/set/depth");
    refused(one(0, 0), "/phicast/set/depth");
    refused(one('s', 0), "/phicast/set/depth");
    refused(one('N', 0), "/phicast/set/depth");
    refused(one('T', 0), "/phicast/set/depth");
    refused(one('f', 1.01), "/phicast/set/depth");
    refused(one('f', -0.01), "/phicast/set/depth");
    refused(one('i', 2), "/phicast/set/depth");
    refused(one('f', (double)NAN), "/phicast/set/depth");
    refused(one('f', (double)INFINITY), "/phicast/set/phase");
    refused(one('d', (double)-INFINITY), "/phicast/set/phase");
    refused(one('f', 0), "/phicast/set/rate");
    refused(one('f', 0.009999999), "/phicast/set/rate"); /* the float next to that of 0.01 */
    refused(one('f', 0.5), "/phicast/set/breathing");
    refused(one('i', -1), "/phicast/set/auto");
    refused(one('s', 0), "/phicast/set/auto");
    lo_message two = one('f', 0.5);
    lo_message_add_float(two, 0.5F);
    refused(two, "/phicast/set/depth");
    CU_ASSERT_EQUAL(in.packets, 25);
    CU_ASSERT_EQUAL(in.commands, 0);
}

static void good_messages(void)
{
    open_in();
    moves(one('f', 0.25), "/phicast/set/depth", COMMAND_DEPTH, 0.25);
    moves(one('i', 1), "/phicast/set/depth", COMMAND_DEPTH, 1);
    moves(one('d', 0.1), "/phicast/set/depth", COMMAND_DEPTH, 0.1);
    moves(one('h', 0), "/phicast/set/depth", COMMAND_DEPTH, 0);
    moves(one('f', -3), "/phicast/set/phase", COMMAND_PHASE, -3);
    moves(one('i', 2), "/phicast/set/rate", COMMAND_RATE, 2);
    moves(one('f', 0.01), "/phicast/set/rate", COMMAND_RATE, 0.01);
    moves(one('i', 1), "/phicast/set/breathing", COMMAND_BREATHING, 1);
    moves(one('T', 0), "/phicast/set/breathing", COMMAND_BREATHING, 1);
    moves(one('f', 0), "/phicast/set/auto", COMMAND_AUTO, 0);
    moves(one('F', 0), "/phicast/set/auto", COMMAND_AUTO, 0);
    CU_ASSERT_EQUAL(in.commands, 11);
    source.writer = 0;
    refused(one('f', 0.25), "/phicast/set/depth");
}

/* A bundle, `depth` deep, of n good messages and, if bad, one more that is not. */
static size_t bundle_of(int depth, int n, bool bad)
{
    lo_bundle bundle = lo_bundle_new(LO_TT_IMMEDIATE);
    size_t length = sizeof bytes;
    for (int i = 0; i < n; i++) {
        lo_bundle_add_message(bundle, "/phicast/set/depth", one('f', 0.5));
    }
    if (bad) {
        lo_bundle_add_message(bundle, "/phicast/set/depth", one('f', 2));
    }
    for (; depth > 1; depth--) {
        lo_bundle outer = lo_bundle_new(LO_TT_IMMEDIATE);
        lo_bundle_add_bundle(outer, bundle);
        bundle = outer;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(lo_bundle_serialise(bundle, bytes, &length));
    lo_bundle_free_recursive(bundle);
    return length;
}

static void send_bundle(int depth, int n, bool bad, uint64_t commands)
{
    const uint64_t head = ring_head(&control.commands);
    const uint64_t before = in.refused;
    const size_t length = bundle_of(depth, n, bad);
    give_bytes(length);
    CU_ASSERT_EQUAL(ring_head(&control.commands), head + commands);
    CU_ASSERT_EQUAL(in.refused, before + (commands == 0 && (n > 0 || bad) ? 1 : 0));
}

static void bundles(void)
{
    open_in();
    send_bundle(OSC_NESTING_MAX + 1, 1, false, 0);
    send_bundle(40, 1, false, 0);
    send_bundle(1, 3, true, 0); /* whole or nothing */
    send_bundle(1, OSC_COMMANDS_MAX + 1, false, 0);
    send_bundle(1, OSC_COMMANDS_MAX, false, OSC_COMMANDS_MAX);
    send_bundle(1, 3, false, 3);
    send_bundle(OSC_NESTING_MAX, 2, false, 2);
    send_bundle(1, 0, false, 0);
    for (size_t cut = 0; cut < bundle_of(2, 2, false); cut++) { /* every length but the right one */
        const uint64_t head = ring_head(&control.commands);
        (void)bundle_of(2, 2, false);
        give_bytes(cut);
        CU_ASSERT_EQUAL(ring_head(&control.commands), head);
    }
}

/* liblo would look for the blob's length behind the end of the first. */
static void crafted(void)
{
    static const struct {
        size_t length;
        const char *bytes;
    } rows[] = {
        {8, "/a\0\0,b\0\0"},
        {24, "/phicast/set/depth\0\0,b\0\0"},
        {28, "/phicast/set/depth\0\0,b\0\0\377\377\377\377"},
        {28, "/phicast/set/depth\0\0,fb\0?\0\0\0"},
        {24, "/phicast/set/*\0\0,bbbbbb\0"},
        {28, "#bundle\0\0\0\0\0\0\0\0\1\0\0\0\10/a\0\0,b\0\0"},
        {16, "/phicast/ping\0\0\0"},
        {20, "/phicast/ping\0\0\0,bb\0"},
    };
    open_in();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(bytes, rows[i].bytes, rows[i].length);
        give_bytes(rows[i].length);
        CU_ASSERT_EQUAL(in.refused, i + 1);
    }
    CU_ASSERT_EQUAL(ring_head(&control.commands), 0);
}

static void patterns(void)
{
    struct command command;
    open_in();
    moves(one('f', 0.25), "/phicast/set/dep?h", COMMAND_DEPTH, 0.25);
    moves(one('f', 0.5), "/*/set/depth", COMMAND_DEPTH, 0.5);
    moves(one('f', 2), "/phicast/set/[q-s]*", COMMAND_RATE, 2);
    moves(one('T', 0), "/phicast/set/{auto,manual}", COMMAND_AUTO, 1);
    send_message(one('i', 1), "/phicast/set/*"); /* good for all of them */
    for (uint32_t kind = COMMAND_DEPTH; kind <= COMMAND_AUTO; kind++) {
        CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
        CU_ASSERT(command.kind == kind && command.value == 1);
    }
    refused(one('f', 0.5), "/phicast/set/*"); /* not for a switch: so for none */
    refused(one('f', 0.5), "/*");
    refused(one('f', 0.5), "/phicast/*/*/*");
    refused(one('f', 0.5), "/phicast/set/[d");
    refused(one('f', 0.5), "/phicast/set/{depth");
}

/* What others are meant by does not keep ours from being done; what is wrong with ours does. */
static void foreign_addresses(void)
{
    lo_bundle outer = lo_bundle_new(LO_TT_IMMEDIATE);
    lo_bundle inner = lo_bundle_new(LO_TT_IMMEDIATE);
    struct command command;
    size_t length = sizeof bytes;
    lo_message blob = lo_message_new();
    lo_blob data = lo_blob_new(3, "abc");
    lo_message_add_blob(blob, data);
    lo_blob_free(data);

    open_in();
    lo_bundle_add_message(outer, "/1/fader1", one('f', 0.7));
    lo_bundle_add_message(inner, "/elsewhere", blob);
    lo_bundle_add_message(inner, "/phicast/set/phase", one('f', 0.5));
    lo_bundle_add_message(inner, "/else/*", one('N', 0));
    lo_bundle_add_bundle(outer, inner);
    lo_bundle_add_message(outer, "/phicast/set/depth", one('f', 0.25));
    CU_ASSERT_PTR_NOT_NULL_FATAL(lo_bundle_serialise(outer, bytes, &length));
    give_bytes(length);
    CU_ASSERT_EQUAL(in.refused, 0);
    CU_ASSERT_EQUAL(in.commands, 2);
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT(command.kind == COMMAND_PHASE && command.value == 0.5);
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT(command.kind == COMMAND_DEPTH && command.value == 0.25);

    lo_bundle_add_message(outer, "/phicast/set/depth", one('f', 7));
    length = sizeof bytes;
    CU_ASSERT_PTR_NOT_NULL_FATAL(lo_bundle_serialise(outer, bytes, &length));
    give_bytes(length);
    CU_ASSERT_EQUAL(in.refused, 1);
    lo_bundle_free_recursive(outer);

    outer = lo_bundle_new(LO_TT_IMMEDIATE);
    lo_bundle_add_message(outer, "/1/fader1", one('f', 0.7));
    length = sizeof bytes;
    CU_ASSERT_PTR_NOT_NULL_FATAL(lo_bundle_serialise(outer, bytes, &length));
    give_bytes(length);
    CU_ASSERT_EQUAL(in.refused, 2); /* nothing in it is for us */
    CU_ASSERT_EQUAL(ring_head(&control.commands), next);
    lo_bundle_free_recursive(outer);
}

/* What the log says of the first packet that is refused. */
static void expect_refusal(lo_message message, const char *address, const char *words)
{
    char text[512] = "";
    int ends[2];
    open_in();
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    const int terminal = dup(2);
    dup2(ends[1], 2);
    send_message(message, address);
    dup2(terminal, 2);
    close(terminal);
    close(ends[1]);
    CU_ASSERT(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, words));
    CU_ASSERT_EQUAL(strcspn(text, "\n"), strlen(text) - 1);
}

static void refusals_name_the_address(void)
{
    char longest[300] = "/";
    memset(longest + 1, 'x', sizeof longest - 2);
    expect_refusal(one('f', 0.5), "/phicast/set/dept",
                   "refused: /phicast/set/dept: no address of ours; docs/osc.md");
    expect_refusal(one('f', 2), "/phicast/set/depth",
                   "refused: /phicast/set/depth: give a number from 0 to 1");
    expect_refusal(one('s', 2), "/phicast/set/rate",
                   "/phicast/set/rate: give a number of Hz from 0.01 to 10");
    expect_refusal(one('f', 2), "/phicast/set/a*", "/phicast/set/auto: give 1 or 0, true or false");
    expect_refusal(one('f', 2), "/phicast/ping", "/phicast/ping: give two strings");
    expect_refusal(one('f', 2), "/\n\33[2J", "refused: /??[2J: no address of ours");
    expect_refusal(one('f', 2), longest, "xxx: no address of ours");
}

static lo_message ping(const char *url, const char *path)
{
    lo_message message = lo_message_new();
    lo_message_add_string(message, url);
    lo_message_add_string(message, path);
    return message;
}

static void pings(void)
{
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    const unsigned port = ntohs(address.sin_port);

    open_in();
    snprintf(url, sizeof url, "osc.udp://127.0.0.2:%u/", port);
    refused(ping(url, "/pong"), "/phicast/ping"); /* somebody else's address */
    snprintf(url, sizeof url, "osc.udp://[::1]:%u/", port);
    refused(ping(url, "/pong"), "/phicast/ping");
    snprintf(url, sizeof url, "osc.tcp://127.0.0.1:%u/", port);
    refused(ping(url, "/pong"), "/phicast/ping");
    refused(ping("osc.udp://127.0.0.1:53", "/pong"), "/phicast/ping");
    refused(ping("nonsense", "/pong"), "/phicast/ping");
    snprintf(url, sizeof url, "osc.udp://127.0.0.1:%u/", port);
    refused(ping(url, "pong"), "/phicast/ping");
    refused(ping(url, "/po ng"), "/phicast/ping");
    refused(ping(url, "/"), "/phicast/ping");
    refused(one('s', 0), "/phicast/ping");
    CU_ASSERT_EQUAL(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), -1);

    const size_t asked = serialise(ping(url, "/pong"), "/phicast/ping");
    osc_in_packet(&in, bytes, asked, fd, &from);
    CU_ASSERT_EQUAL(in.pings, 1);
    const ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    CU_ASSERT(got == 12 && (size_t)got < asked);
    CU_ASSERT_STRING_EQUAL(bytes, "/pong");
    snprintf(url, sizeof url, "osc.udp://some-name.local:%u/", port); /* as lo_server_get_url gives it */
    const size_t named = serialise(ping(url, "/pong"), "/phicast/ping");
    osc_in_packet(&in, bytes, named, fd, &from);
    CU_ASSERT_EQUAL(in.pings, 2);
    close(fd);
}

static uint32_t seed = 12345;

static uint32_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Random bytes, and good packets with a few bytes changed. Whatever gets through is a good command all the
 * same. */
static void noise(void)
{
    struct command command;
    uint64_t through = 0;
    open_in();
    if (dup2(open("/dev/null", 1), 2) < 0) { /* the log */
        CU_FAIL("no /dev/null");
    }
    for (int i = 0; i < 200000; i++) {
        size_t length = random_word() % 200;
        if (i % 2 == 0) {
            for (size_t k = 0; k < length; k++) {
                bytes[k] = (char)random_word();
            }
            if (i % 8 == 0) {
                memcpy(bytes, "#bundle", 8);
            }
        } else {
            length = i % 4 == 1 ? bundle_of(1 + i / 4 % 5, 1 + i / 16 % 3, false)
                                : serialise(one("fidhTF"[i / 4 % 6], 0.5), "/phicast/set/depth");
            for (uint32_t k = 0; k <= random_word() % 3; k++) {
                bytes[random_word() % length] = (char)random_word();
            }
            length -= random_word() % 8 == 0 ? random_word() % length : 0;
        }
        give_bytes(length);
        while (command_read(&control.commands, &next, &command, NULL) == STATUS_OK) {
            CU_ASSERT_EQUAL(command_check(&command), STATUS_OK);
            through++;
        }
    }
    CU_ASSERT_EQUAL(in.packets, 200000);
    CU_ASSERT_EQUAL(in.commands, through);
    CU_ASSERT(in.refused > 100000);
}

static void sockets(void)
{
    char error[OPTION_ERROR_MAX];
    struct osc_in second;
    const struct listen_addresses near = {.count = 1, .address = {{.family = AF_INET, .text = "127.0.0.1"}}};
    const struct listen_addresses far = {
        .count = 1, .address = {{.family = AF_INET, .text = "192.0.2.1", .reachable = true}}};
    CU_ASSERT_NOT_EQUAL(osc_in_open(&in, &remote, 0, &far, error), STATUS_OK);
    CU_ASSERT_EQUAL(in.count, 0);
    CU_ASSERT_EQUAL_FATAL(osc_in_open(&in, &remote, 0, &near, error), STATUS_OK);
    CU_ASSERT(in.count >= 1);
    const uint32_t port = (uint32_t)strtoul(strrchr(in.url[0], ':') + 1, NULL, 10);
    CU_ASSERT(port > 0);
    CU_ASSERT_EQUAL(osc_in_open(&second, &remote, port, &near, error), STATUS_BUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--osc-listen"));
    CU_ASSERT_EQUAL(second.count, 0);
    osc_in_close(&in);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"sockets", sockets},
        {"wrong messages", wrong_messages},
        {"good messages", good_messages},
        {"bundles", bundles},
        {"crafted", crafted},
        {"patterns", patterns},
        {"foreign addresses", foreign_addresses},
        {"refusals name the address", refusals_name_the_address},
        {"pings", pings},
        {"noise", noise},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc in", tests);
}
