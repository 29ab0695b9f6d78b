/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/arrive.h"

#include "tests/bench/bench.h"
#include "tests/bench/link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 8192, EVENTS = 256, REST_MOST_MS = 40, TEXT = 0x81, TEXT_DEFLATED = 0xc1 };

enum step { SHAKING, ASKED, OPENED, THERE };

struct guest {
    struct link link;
    enum step step;
    double called_us;
    uint32_t used;
    unsigned char buffer[BUFFER];
};

struct party {
    const struct arrive_wish *wish;
    int epoll;
    uint32_t called;
    uint32_t there;
    struct guest *guests;
    double *waits_ms;
};

static void watch(const struct party *party, struct guest *guest, int how, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = guest};
    if (epoll_ctl(party->epoll, how, guest->link.fd, &event) != 0) {
        link_fail("epoll");
    }
}

static void call(struct party *party)
{
    struct guest *guest = &party->guests[party->called++];
    guest->called_us = bench_now_us();
    link_open(&guest->link, party->wish->port, party->wish->tls, false);
    watch(party, guest, EPOLL_CTL_ADD, EPOLLOUT);
}

static void shake(const struct party *party, struct guest *guest)
{
    const int result = link_shake(&guest->link);
    if (result == LINK_LOST) {
        link_fail("the TLS handshake");
    }
    watch(party, guest, EPOLL_CTL_MOD, EPOLLIN);
    if (result == 0) {
        link_ask(&guest->link, party->wish->path, party->wish->deflate);
        guest->step = ASKED;
    }
}

/* That is there is not read any more: what comes next fits into its socket. */
static void settle(struct party *party, struct guest *guest)
{
    epoll_ctl(party->epoll, EPOLL_CTL_DEL, guest->link.fd, NULL);
    guest->step = THERE;
    party->waits_ms[party->there++] = (bench_now_us() - guest->called_us) * 1e-3;
}

static void hear(struct party *party, struct guest *guest)
{
    const ssize_t got = link_read(&guest->link, guest->buffer + guest->used, BUFFER - guest->used);
    if (got == LINK_AGAIN) {
        return;
    }
    if (got <= 0) {
        link_fail("a client that came");
    }
    guest->used += (uint32_t)got;
    if (guest->step == ASKED && link_answered(guest->buffer, &guest->used, party->wish->deflate)) {
        guest->step = OPENED;
    }
    const bool message = guest->used > 0 && (guest->buffer[0] == TEXT || guest->buffer[0] == TEXT_DEFLATED);
    if (guest->step == OPENED && (message || party->wish->silent)) {
        settle(party, guest);
    }
}

static void attend(struct party *party)
{
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(party->epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
        struct guest *guest = events[i].data.ptr;
        if (guest->step == SHAKING) {
            shake(party, guest);
        }
        do {
            if (guest->step != SHAKING && guest->step != THERE) {
                hear(party, guest);
            }
        } while (guest->step != THERE && guest->link.ssl && SSL_pending(guest->link.ssl) > 0);
    }
}

/* One that comes alone does so at any moment between two messages. */
static void rest(void)
{
    const struct timespec pause = {.tv_nsec = (rand() % REST_MOST_MS) * 1000000L};
    nanosleep(&pause, NULL);
}

struct arrive_result arrive(const struct arrive_wish *wish)
{
    struct party party = {.wish = wish, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (!(party.guests = calloc(wish->count, sizeof *party.guests)) ||
        !(party.waits_ms = calloc(wish->count, sizeof *party.waits_ms))) {
        link_fail("memory");
    }
    const double start = bench_now_us();
    while (party.there < wish->count) {
        while (party.called < wish->count && party.called - party.there < wish->at_once) {
            if (wish->at_once == 1) {
                rest();
            }
            call(&party);
        }
        attend(&party);
    }
    struct arrive_result result = {.seconds = (bench_now_us() - start) * 1e-6};
    result.p50_ms = bench_quantile(party.waits_ms, wish->count, 0.5);
    result.p99_ms = bench_quantile(party.waits_ms, wish->count, 0.99);
    for (uint32_t i = 0; i < wish->count; i++) {
        link_close(&party.guests[i].link);
    }
    close(party.epoll);
    free(party.guests);
    free(party.waits_ms);
    return result;
}
