/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One target that is there, is not, comes late, goes, or does not read. Real sockets, the test's own clock.
 * More than 400 lines because all cases share the peers. */
#include "broadcaster/sinks/osc/link.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What "moving.test" stands for, in place of the system's own idea; NULL: it has none. */
static const char *meaning[3];
static int lookups;

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    return found;
}

/* Asked for by other threads as well, one at a time. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **list)
{
    int (*ask)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&ask = real("getaddrinfo");
    if (strcmp(host, "moving.test") != 0 || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        return ask(host, port, hints, list);
    }
    struct addrinfo **end = list;
    *list = NULL;
    lookups++;
    for (size_t i = 0; meaning[i]; i++) {
        CU_ASSERT_EQUAL_FATAL(ask(meaning[i], port, hints, end), 0);
        end = &(*end)->ai_next; /* a number gives one */
    }
    return *list ? 0 : EAI_NONAME;
}

static void stand_for(const char *first, const char *second)
{
    meaning[0] = first;
    meaning[1] = first ? second : NULL;
}

static struct osc_choice choice;
static struct osc_link line;
static uint64_t now;

static void choose(const char *scheme, const char *host, uint16_t port)
{
    char url[200];
    char error[OPTION_ERROR_MAX];
    snprintf(url, sizeof url, "osc.%s://%s:%u", scheme, host, port);
    CU_ASSERT_EQUAL_FATAL(osc_choice_parse(&choice, url, false, error), STATUS_OK);
    now = 1000000000;
    osc_link_init(&line, &choice, false);
}

/* A socket on a port of its own at 127.0.0.LAST; a listening one for SOCK_STREAM. */
static int receiver_at(int last, int type, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(*port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)last - 1)};
    socklen_t length = sizeof address;
    const int on = 1;
    const int fd = socket(AF_INET, type, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (type == SOCK_STREAM) {
        CU_ASSERT_EQUAL_FATAL(listen(fd, 4), 0);
    }
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int receiver(int type, uint16_t *port)
{
    return receiver_at(1, type, port);
}

static void send_number(unsigned number, bool keep)
{
    struct osc_packet packet;
    char address[16];
    snprintf(address, sizeof address, "/%06u", number);
    CU_ASSERT_EQUAL(osc_pack_plain(&packet, address), STATUS_OK);
    osc_link_send(&line, &packet, keep, now);
}

static bool readable(int fd)
{
    struct pollfd ask = {.fd = fd, .events = POLLIN};
    return poll(&ask, 1, 60000) == 1;
}

/* Beats, real milliseconds apart, until the state is reached. */
static void until(enum link_state state)
{
    for (int i = 0; i < 60000 && line.state != state; i++) {
        usleep(1000);
        now += 1000;
        osc_link_beat(&line, now);
    }
    CU_ASSERT_EQUAL(line.state, state);
}

static void expect_udp(int fd, unsigned number)
{
    char bytes[100] = "";
    char address[16];
    snprintf(address, sizeof address, "/%06u", number);
    CU_ASSERT_TRUE_FATAL(readable(fd));
    CU_ASSERT_EQUAL(recv(fd, bytes, sizeof bytes, 0), 12);
    CU_ASSERT_STRING_EQUAL(bytes, address);
}

/* 4 bytes of length, "/nnnnnn" and ",". */
static void expect_tcp(int fd, unsigned number)
{
    char bytes[16] = "";
    char address[16];
    snprintf(address, sizeof address, "/%06u", number);
    CU_ASSERT_TRUE_FATAL(readable(fd));
    CU_ASSERT_EQUAL_FATAL(recv(fd, bytes, sizeof bytes, MSG_WAITALL), 16);
    CU_ASSERT_EQUAL(memcmp(bytes, "\0\0\0\14", 4), 0);
    CU_ASSERT_STRING_EQUAL(bytes + 4, address);
}

static void nobody(void)
{
    choose("udp", "no-such-host.invalid", 1);
    CU_ASSERT_EQUAL(line.state, LINK_WAITING);
    send_number(1, true);
    send_number(2, false);
    CU_ASSERT_EQUAL(line.queue.count, 1);
    CU_ASSERT_EQUAL(line.dropped, 1);
    osc_link_beat(&line, now);
    CU_ASSERT_EQUAL(line.state, LINK_RESOLVING);
    until(LINK_WAITING);
    CU_ASSERT_TRUE(line.retry_us > now);
    CU_ASSERT_EQUAL(osc_link_beat(&line, now), line.retry_us);
    now += LINK_PATIENCE_US + 1;
    osc_link_beat(&line, now);
    CU_ASSERT_EQUAL(line.queue.count, 0); /* too old to be of use */
    CU_ASSERT_EQUAL(line.dropped, 2);
    osc_link_close(&line); /* while a name is being asked for */
}

static void pauses_grow(void)
{
    uint16_t port = 0;
    uint64_t last = 0;
    close(receiver(SOCK_STREAM, &port));
    choose("tcp", "127.0.0.1", port);
    for (int i = 0; i < 8; i++) {
        now = line.retry_us;
        osc_link_beat(&line, now); /* resolving */
        until(LINK_WAITING);
        const uint64_t pause = line.retry_us - now;
        CU_ASSERT(pause >= last && pause <= LINK_PAUSE_MAX_US);
        last = pause;
    }
    CU_ASSERT(last + 100000 > LINK_PAUSE_MAX_US);
    osc_link_close(&line);
}

static void udp(void)
{
    uint16_t port = 0;
    const int fd = receiver(SOCK_DGRAM, &port);
    stand_for("127.0.0.1", NULL); /* no machine need know what "localhost" is */
    choose("udp", "moving.test", port);
    send_number(1, true); /* before the name is known: waits */
    until(LINK_OPEN);
    send_number(2, true);
    send_number(3, false);
    expect_udp(fd, 1);
    expect_udp(fd, 2);
    expect_udp(fd, 3);
    CU_ASSERT_EQUAL(line.sent, 3);
    CU_ASSERT_EQUAL(line.dropped, 0);
    close(fd);
    osc_link_close(&line);
}

static void udp_comes_late(void)
{
    uint16_t port = 0;
    close(receiver(SOCK_DGRAM, &port));
    choose("udp", "127.0.0.1", port);
    until(LINK_OPEN);
    send_number(1, true);
    until(LINK_REFUSED);
    CU_ASSERT_FALSE(osc_link_seems_alive(&line));
    const int fd = receiver(SOCK_DGRAM, &port);
    send_number(2, true); /* goes out all the same */
    expect_udp(fd, 2);
    until(LINK_OPEN);
    CU_ASSERT_TRUE(osc_link_seems_alive(&line));
    close(fd);
    osc_link_close(&line);
}

static void tcp(void)
{
    uint16_t port = 0;
    const int server = receiver(SOCK_STREAM, &port);
    choose("tcp", "127.0.0.1", port);
    send_number(1, true);
    until(LINK_OPEN);
    send_number(2, true);
    send_number(3, false);
    const int fd = accept(server, NULL, NULL);
    for (unsigned i = 1; i <= 3; i++) {
        expect_tcp(fd, i);
    }
    CU_ASSERT_EQUAL(send(fd, "what it says is not listened to", 31, 0), 31);
    usleep(1000);
    osc_link_beat(&line, now);
    CU_ASSERT_EQUAL(line.state, LINK_OPEN);
    close(fd);
    until(LINK_WAITING);
    send_number(4, true); /* waits for it to come back */
    now = line.retry_us;
    until(LINK_OPEN);
    const int again = accept(server, NULL, NULL);
    expect_tcp(again, 4);
    close(again);
    close(server);
    osc_link_close(&line);
}

/* One that is connected and never reads: bounded, then disconnected; nothing of it blocks. */
static void tcp_that_does_not_read(void)
{
    uint16_t port = 0;
    const int server = receiver(SOCK_STREAM, &port);
    const int small = 4096;
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    choose("tcp", "127.0.0.1", port);
    until(LINK_OPEN);
    const int fd = accept(server, NULL, NULL);
    unsigned number = 0;
    while (line.queue.count == 0 && number < 1000000) {
        send_number(number++, true);
    }
    CU_ASSERT(line.queue.count == 1 && number < 1000000);
    const uint64_t dropped = line.dropped;
    send_number(0, false);
    CU_ASSERT_EQUAL(line.dropped, dropped + 1); /* metrics do not wait behind events */
    for (unsigned i = 1; i < OSC_QUEUE_MAX; i++) {
        send_number(number++, true);
    }
    CU_ASSERT_EQUAL(line.state, LINK_OPEN);
    CU_ASSERT_EQUAL(line.queue.count, OSC_QUEUE_MAX);
    /* Reading it all at last: every event is there, in order. */
    for (unsigned i = 0; i < number; i++) {
        expect_tcp(fd, i);
        osc_link_beat(&line, now);
    }
    CU_ASSERT_EQUAL(line.queue.count, 0);
    CU_ASSERT_EQUAL(line.sent, number);
    while (line.queue.count == 0) {
        send_number(number++, true);
    }
    now += LINK_PATIENCE_US;
    osc_link_beat(&line, now);
    CU_ASSERT_EQUAL(line.state, LINK_WAITING);
    CU_ASSERT_EQUAL(line.queue.count, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(line.why, "takes nothing"));
    close(fd);
    close(server);
    osc_link_close(&line);
}

static void a_full_queue(void)
{
    choose("udp", "no-such-host.invalid", 1);
    for (unsigned i = 0; i < OSC_QUEUE_MAX + 10; i++) {
        send_number(i, true);
    }
    CU_ASSERT_EQUAL(line.queue.count, OSC_QUEUE_MAX);
    CU_ASSERT_EQUAL(line.dropped, 10);
    CU_ASSERT_STRING_EQUAL((const char *)line.queue.first->bytes, "/000010"); /* the oldest went */
    osc_link_close(&line);
}

/* Lets the time pass after which the name is asked for again, and the answer come. */
static void look_again(uint64_t passed_us)
{
    const int before = lookups;
    now += passed_us;
    for (int i = 0; i < 60000 && (lookups == before || line.resolve); i++) {
        osc_link_beat(&line, now);
        usleep(1000);
    }
    CU_ASSERT_EQUAL(lookups, before + 1);
}

static void udp_that_moves(void)
{
    uint16_t port = 0;
    const int old = receiver_at(2, SOCK_DGRAM, &port);
    const int new = receiver_at(3, SOCK_DGRAM, &port);
    stand_for("127.0.0.2", NULL);
    choose("udp", "moving.test", port);
    until(LINK_OPEN);
    send_number(1, true);
    expect_udp(old, 1);
    stand_for("127.0.0.3", "127.0.0.2"); /* still one of them: it stays */
    look_again(LINK_LOOKUP_US);
    send_number(2, true);
    expect_udp(old, 2);
    stand_for(NULL, NULL); /* the name server is away */
    look_again(LINK_LOOKUP_US);
    send_number(3, true);
    expect_udp(old, 3);
    stand_for("127.0.0.3", NULL);
    const int before = lookups;
    now += LINK_LOOKUP_US / 2;
    osc_link_beat(&line, now);
    CU_ASSERT_EQUAL(lookups, before); /* not yet */
    look_again(LINK_LOOKUP_US / 2);
    send_number(4, true);
    expect_udp(new, 4);
    close(old);
    close(new);
    osc_link_close(&line);
}

static void udp_that_is_refused_and_moves(void)
{
    uint16_t port = 0;
    const int new = receiver_at(3, SOCK_DGRAM, &port);
    stand_for("127.0.0.2", NULL);
    choose("udp", "moving.test", port);
    until(LINK_OPEN);
    send_number(1, true);
    until(LINK_REFUSED);
    look_again(LINK_LOOKUP_REFUSED_US);
    CU_ASSERT_EQUAL(line.state, LINK_REFUSED);
    stand_for("127.0.0.3", "127.0.0.2"); /* nobody listens at the old one: the first is tried */
    look_again(LINK_LOOKUP_REFUSED_US);
    CU_ASSERT_EQUAL(line.state, LINK_OPEN);
    send_number(2, true);
    expect_udp(new, 2);
    close(new);
    osc_link_close(&line);
}

static void tcp_that_moves(void)
{
    uint16_t port = 0;
    const int old = receiver_at(2, SOCK_STREAM, &port);
    const int new = receiver_at(3, SOCK_STREAM, &port);
    stand_for("127.0.0.2", NULL);
    choose("tcp", "moving.test", port);
    until(LINK_OPEN);
    stand_for("127.0.0.3", NULL);
    look_again(LINK_LOOKUP_US);
    until(LINK_OPEN);
    send_number(1, true);
    const int fd = accept(new, NULL, NULL);
    expect_tcp(fd, 1);
    close(fd);
    close(old);
    close(new);
    stand_for("127.0.0.2", NULL);
    until(LINK_WAITING);
    now = line.retry_us; /* after a failure the attempt begins with the name, too */
    const int again = receiver_at(2, SOCK_STREAM, &port);
    until(LINK_OPEN);
    close(again);
    osc_link_close(&line);
}

/* Thirty times within a calm minute: 1st, 2nd, 4th, 8th, 16th and 32nd of the changes are told, and after the
 * minute the next. */
static void flapping(void)
{
    uint16_t port = 0;
    char text[8192] = "";
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const int server = receiver(SOCK_STREAM, &port);
    const int terminal = dup(2);
    dup2(fileno(file), 2);
    choose("tcp", "127.0.0.1", port);
    for (int i = 0; i <= 30; i++) {
        now = line.retry_us > now ? line.retry_us : now;
        now += i == 30 ? LINK_CALM_US : 0;
        until(LINK_OPEN);
        close(accept(server, NULL, NULL));
        until(LINK_WAITING);
    }
    dup2(terminal, 2);
    close(terminal);
    rewind(file);
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    int lines = 0;
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n' ? 1 : 0;
    }
    CU_ASSERT(lines >= 7 && lines <= 8);
    close(server);
    osc_link_close(&line);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nobody", nobody},
        {"pauses grow", pauses_grow},
        {"UDP", udp},
        {"UDP that comes late", udp_comes_late},
        {"TCP", tcp},
        {"TCP that does not read", tcp_that_does_not_read},
        {"a full queue", a_full_queue},
        {"flapping", flapping},
        {"UDP that moves", udp_that_moves},
        {"UDP that is refused and moves", udp_that_is_refused_and_moves},
        {"TCP that moves", tcp_that_moves},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc link", tests);
}
