/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/load.h"

#include "tests/bench/bench.h"
#include "tests/bench/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER = 8192,
    TEXT_MAX = 16384,
    AGED = 8,
    AGES_MAX = 1 << 20,
    EVENTS = 4096,
    IN_A_ROW = 64, /* that are read before those whose ages are taken get their turn */
    RSV1 = 0x40,
    PING = 9,
    PING_MAX = 125
};

/* Between two rounds of reading. Without it a message to a sleeping reader would cost the sender waking it
 * up, and more often so the slower the sender is: but real clients are on other machines. */
static const struct timespec pause_between = {.tv_nsec = 500000};

struct peer {
    struct link link;
    uint32_t used;
    uint32_t messages;
    bool aged;
    bool closed;
    unsigned char buffer[BUFFER];
};

struct load {
    uint32_t count;
    uint32_t first; /* of those that are read */
    uint32_t end;   /* and the one after the last of them */
    int epoll;
    int epoll_aged; /* those whose messages' ages are taken */
    z_stream stream;
    uint64_t bytes;
    uint32_t closed;
    uint32_t age_count;
    double *ages;
    double *rates;           /* of each */
    char text[TEXT_MAX + 1]; /* of the last message looked into */
    struct peer *peer;
};

static double unix_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void shake_hands(struct peer *peer, const char *path, bool deflate)
{
    link_ask(&peer->link, path, deflate);
    while (!link_answered(peer->buffer, &peer->used, deflate)) {
        const ssize_t got = link_read(&peer->link, peer->buffer + peer->used, BUFFER - peer->used);
        if (got <= 0 && got != LINK_AGAIN) {
            link_fail("the answer to the handshake");
        }
        peer->used += got > 0 ? (uint32_t)got : 0;
    }
}

static void watch(struct load *load, struct peer *peer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(peer->aged ? load->epoll_aged : load->epoll, EPOLL_CTL_ADD, peer->link.fd, &event) != 0) {
        link_fail("epoll");
    }
}

static void unwatch(struct load *load, struct peer *peer)
{
    epoll_ctl(peer->aged ? load->epoll_aged : load->epoll, EPOLL_CTL_DEL, peer->link.fd, NULL);
}

void load_choose(struct load *load, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < load->count; i++) {
        struct peer *peer = &load->peer[i];
        const bool was = i >= load->first && i < load->end;
        const bool is = i >= first && i < first + count;
        if (is && !was && !peer->closed) {
            watch(load, peer);
        } else if (was && !is && !peer->closed) {
            unwatch(load, peer);
        }
    }
    load->first = first;
    load->end = first + count;
}

/* The text of a frame, ending in zero. */
static const char *text_of(struct load *load, const unsigned char *payload, size_t length, bool packed)
{
    char *text = load->text;
    static const unsigned char tail[] = {0, 0, 0xff, 0xff};
    static unsigned char whole[BUFFER + sizeof tail];
    if (!packed) {
        memcpy(text, payload, length);
        text[length] = '\0';
        return text;
    }
    memcpy(whole, payload, length);
    memcpy(whole + length, tail, sizeof tail);
    inflateReset(&load->stream);
    load->stream.next_in = whole;
    load->stream.avail_in = (uInt)(length + sizeof tail);
    load->stream.next_out = (unsigned char *)text;
    load->stream.avail_out = TEXT_MAX;
    if (inflate(&load->stream, Z_SYNC_FLUSH) != Z_OK || load->stream.avail_in != 0) {
        fprintf(stderr, "load: a message could not be inflated\n");
        exit(1);
    }
    text[load->stream.total_out] = '\0';
    return text;
}

static void take_age(struct load *load, const char *text)
{
    static const char key[] = "\"timestamp\":";
    const char *at = strstr(text, key);
    if (!at || text[0] != '{' || text[strlen(text) - 1] != '}') {
        fprintf(stderr, "load: not a message: %.80s\n", text);
        exit(1);
    }
    if (load->age_count < AGES_MAX) {
        load->ages[load->age_count++] = (unix_s() - strtod(at + sizeof key - 1, NULL)) * 1e3;
    }
}

/* Else the server takes us for dead. Masked with zeros. A socket that has been written to takes itself for
 * one of a dialogue, and acknowledges what comes next when it comes, not when it is read: on one machine that
 * is within the sender's send, whose time it costs. But real clients are on other machines. */
static void answer_ping(const struct peer *peer, const unsigned char *payload, size_t length)
{
    unsigned char pong[6 + PING_MAX] = {0x8a, (unsigned char)(0x80 | length)};
    const int no_dialogue = 1;
    if (length <= PING_MAX) {
        memcpy(pong + 6, payload, length);
        link_write(&peer->link, pong, 6 + length);
        setsockopt(peer->link.fd, IPPROTO_TCP, TCP_QUICKACK, &no_dialogue, sizeof no_dialogue);
    }
}

/* Takes the whole frames out of the buffer. */
static void take_frames(struct load *load, struct peer *peer)
{
    size_t at = 0;
    while (peer->used - at >= 4) {
        const unsigned char *head = peer->buffer + at;
        const size_t short_length = head[1] & 0x7fU;
        const size_t skip = short_length == 126 ? 4 : 2;
        const size_t length = short_length == 126 ? (size_t)head[2] << 8 | head[3] : short_length;
        if (peer->used - at < skip + length) {
            break;
        }
        if ((head[0] & 0x0fU) == 1) {
            peer->messages++;
            load->bytes += skip + length;
            if (peer->aged) {
                take_age(load, text_of(load, head + skip, length, (head[0] & RSV1) != 0));
            }
        } else if ((head[0] & 0x0fU) == PING) {
            answer_ping(peer, head + skip, length);
        }
        at += skip + length;
    }
    peer->used -= (uint32_t)at;
    memmove(peer->buffer, peer->buffer + at, peer->used);
}

static void lost(struct load *load, struct peer *peer)
{
    unwatch(load, peer);
    peer->closed = true;
    load->closed++;
}

/* epoll does not know of what TLS has read ahead. */
static void take(struct load *load, struct peer *peer)
{
    do {
        const ssize_t got = link_read(&peer->link, peer->buffer + peer->used, BUFFER - peer->used);
        if (got == 0 || got == LINK_LOST) {
            lost(load, peer);
            return;
        }
        if (got > 0) {
            peer->used += (uint32_t)got;
            take_frames(load, peer);
        }
    } while (peer->link.ssl && SSL_pending(peer->link.ssl) > 0);
}

/* An age is to be the message's, not ours: a thousand others take milliseconds to read. */
static void take_aged(struct load *load)
{
    static struct epoll_event events[EVENTS];
    const int count = epoll_wait(load->epoll_aged, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        take(load, events[i].data.ptr);
    }
}

/* What is there now. */
static void read_all(struct load *load)
{
    static struct epoll_event events[EVENTS];
    const int count = epoll_wait(load->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        if (i % IN_A_ROW == 0) {
            take_aged(load);
        }
        take(load, events[i].data.ptr);
    }
    take_aged(load);
}

struct load *load_open(uint16_t port, uint32_t count, const char *path, bool deflate, bool tls)
{
    struct load *load = calloc(1, sizeof *load);
    if (!load || !(load->peer = calloc(count, sizeof *load->peer)) ||
        !(load->rates = calloc(count, sizeof *load->rates)) ||
        !(load->ages = calloc(AGES_MAX, sizeof *load->ages)) || inflateInit2(&load->stream, -15) != Z_OK) {
        link_fail("memory");
    }
    load->count = load->end = count;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->epoll_aged = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < count; i++) {
        struct peer *peer = &load->peer[i];
        link_open(&peer->link, port, tls, true);
        peer->aged = i % AGED == 0;
        if (path) {
            shake_hands(peer, path, deflate);
        }
        watch(load, peer);
        if (path && i % IN_A_ROW == 0) {
            read_all(load); /* whoever is long in coming with so many others would be taken for dead */
        }
    }
    return load;
}

struct load_result load_run(struct load *load, double seconds)
{
    const double end = bench_now_us() + seconds * 1e6;
    struct load_result result = {0};
    load->bytes = load->age_count = 0;
    for (uint32_t i = 0; i < load->count; i++) {
        load->peer[i].messages = 0;
    }
    while (bench_now_us() < end) {
        read_all(load);
        nanosleep(&pause_between, NULL);
    }
    for (uint32_t i = load->first; i < load->end; i++) {
        load->rates[i - load->first] = load->peer[i].messages / seconds;
        result.messages += load->peer[i].messages;
    }
    result.rate_hz = bench_quantile(load->rates, load->end - load->first, 0);
    result.rate99_hz = bench_quantile(load->rates, load->end - load->first, 0.01);
    result.bytes_per_message = result.messages > 0 ? (double)load->bytes / (double)result.messages : 0;
    result.closed = load->closed;
    load->closed = 0;
    if (load->age_count > 0) {
        result.p50_ms = bench_quantile(load->ages, load->age_count, 0.5);
        result.p99_ms = bench_quantile(load->ages, load->age_count, 0.99);
    }
    return result;
}

const char *load_text(const struct load *load)
{
    return load->text;
}

void load_close(struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++) {
        link_close(&load->peer[i].link);
    }
    close(load->epoll);
    close(load->epoll_aged);
    inflateEnd(&load->stream);
    free(load->ages);
    free(load->rates);
    free(load->peer);
    free(load);
}
