/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More than 400 lines because every state of a link, and each way from one to another, is here. */
#include "broadcaster/sinks/osc/link.h"

#include "broadcaster/sinks/osc/service.h"
#include "broadcaster/sinks/osc/socket.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SOON_US = 5000,       /* between two looks at something that is under way */
    LOOK_US = 200000,     /* between two looks at a socket that is idle */
    CONNECT_US = 5000000, /* how long one address has to answer */
    PROBE_US = 100000,    /* a refusal comes sooner than that, if at all */
    LENGTH_BYTES = 4      /* in front of a packet on TCP: its length, big end first (OSC 1.0) */
};

const char *osc_link_state_str(enum link_state state)
{
    static const char *const names[] = {"waiting", "resolving", "connecting", "open", "refused"};
    return names[state];
}

bool osc_link_sends(const struct osc_link *link)
{
    return link->state == LINK_OPEN || link->state == LINK_REFUSED;
}

bool osc_link_seems_alive(const struct osc_link *link)
{
    return link->state == LINK_OPEN;
}

/* Tells of the link's new state, of one that comes and goes the 1st, 2nd, 4th, 8th ... time. That a target is
 * there is news if it was missed. */
static void log_state(struct osc_link *link, uint64_t now_us)
{
    char url[OSC_URL_MAX];
    const bool is_there = link->state == LINK_OPEN;
    osc_choice_url(link->choice, url);
    if (now_us - link->changed_us >= LINK_CALM_US) {
        link->changes = 0;
    }
    link->changed_us = now_us;
    const bool is_news = !link->quiet && (!is_there || link->missed);
    link->changes += is_news ? 1 : 0;
    if (!is_news || (link->changes & (link->changes - 1)) != 0) {
        log_detail("OSC target %.200s: %s", url, link->why);
    } else if (is_there) {
        log_info("OSC target %.200s: %s", url, link->why);
    } else {
        log_warning("OSC target %.200s: %s", url, link->why);
    }
    link->missed = !is_there;
}

/* Says so if anything but the passing stages of a new attempt has changed. */
__attribute__((format(printf, 4, 5))) static void set_state(struct osc_link *link, enum link_state state,
                                                            uint64_t now_us, const char *format, ...)
{
    char why[LINK_WHY_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    link->state = state;
    if (state != LINK_RESOLVING && state != LINK_CONNECTING && strcmp(why, link->why) != 0) {
        memcpy(link->why, why, sizeof why);
        log_state(link, now_us);
    }
}

void osc_link_init(struct osc_link *link, const struct osc_choice *choice, bool quiet)
{
    *link = (struct osc_link){
        .choice = choice, .quiet = quiet, .fd = -1, .pause_us = LINK_PAUSE_MIN_US, .why = "not tried yet"};
}

static void close_socket(struct osc_link *link)
{
    if (link->fd >= 0) {
        close(link->fd);
    }
    link->fd = -1;
    link->part = 0; /* what had left in part is sent again from its start */
}

static void forget_addresses(struct osc_link *link)
{
    if (link->list) {
        freeaddrinfo(link->list);
    }
    link->list = link->address = NULL;
}

static void end_lookup(struct osc_link *link)
{
    osc_resolve_end(link->resolve);
    link->resolve = NULL;
}

void osc_link_close(struct osc_link *link)
{
    close_socket(link);
    end_lookup(link);
    forget_addresses(link);
    osc_queue_clear(&link->queue);
}

/* Gives up for now; the next attempt starts from the name. */
static void pause_link(struct osc_link *link, const char *why, uint64_t now_us)
{
    close_socket(link);
    end_lookup(link);
    forget_addresses(link);
    link->retry_us = now_us + link->pause_us;
    link->pause_us = link->pause_us * 2 < LINK_PAUSE_MAX_US ? link->pause_us * 2 : LINK_PAUSE_MAX_US;
    set_state(link, LINK_WAITING, now_us, "%s; trying again", why);
}

static void set_open(struct osc_link *link, uint64_t now_us)
{
    link->openings += link->state != LINK_OPEN;
    link->since_us = now_us;
    link->probe_us = 0;
    link->pause_us = LINK_PAUSE_MIN_US;
    set_state(link, LINK_OPEN, now_us, "%s", link->choice->tcp ? "connected" : "sending");
}

/* Tries the addresses from link->address on until one can at least be begun with. */
static void connect_next(struct osc_link *link, uint64_t now_us)
{
    int err = EADDRNOTAVAIL;
    close_socket(link);
    for (; link->address; link->address = link->address->ai_next) {
        const struct addrinfo *a = link->address;
        link->fd = osc_socket_open(a);
        if (link->fd >= 0) {
            if (connect(link->fd, a->ai_addr, a->ai_addrlen) == 0) {
                set_open(link, now_us);
                return;
            }
            if (errno == EINPROGRESS) {
                link->since_us = now_us;
                set_state(link, LINK_CONNECTING, now_us, "connecting");
                return;
            }
        }
        err = errno;
        close_socket(link);
    }
    pause_link(link, strerror(err), now_us);
}

static bool start_lookup(struct osc_link *link, uint64_t now_us)
{
    link->resolved_us = now_us;
    link->resolved_change = osc_service_changes();
    link->resolve = link->choice->service
                        ? osc_resolve_start_service(link->choice->host)
                        : osc_resolve_start(link->choice->host, link->choice->port, link->choice->tcp);
    return link->resolve != NULL;
}

/* Of a service's name, since it was asked for. */
static bool may_have_changed(const struct osc_link *link)
{
    return link->choice->service && link->resolved_change != osc_service_changes();
}

static void beat_waiting(struct osc_link *link, uint64_t now_us)
{
    if (now_us < link->retry_us && !may_have_changed(link)) {
        return;
    }
    if (!start_lookup(link, now_us)) {
        pause_link(link, "out of memory or threads", now_us);
        return;
    }
    set_state(link, LINK_RESOLVING, now_us, "looking the name up");
}

static void beat_resolving(struct osc_link *link, uint64_t now_us)
{
    const char *why = "";
    const enum status status = osc_resolve_poll(link->resolve, &link->list, &why);
    if (status == STATUS_NOT_READY) {
        return;
    }
    end_lookup(link);
    if (status) {
        pause_link(link, why, now_us);
        return;
    }
    link->address = link->list;
    connect_next(link, now_us);
}

/* Takes over what the name stands for now. While nobody listens where we send, the first address is as good
 * as another; else we stay where we are as long as it is one of them. */
static void move_on(struct osc_link *link, struct addrinfo *list, uint64_t now_us)
{
    char url[OSC_URL_MAX];
    char host[OSC_HOST_MAX];
    struct addrinfo *same = osc_resolve_find(list, link->address);
    const bool stays = same && (same == list || link->state == LINK_OPEN);
    forget_addresses(link);
    link->list = list;
    link->address = stays ? same : list;
    if (stays) {
        return;
    }
    link->openings++;
    osc_choice_url(link->choice, url);
    resolve_number(list, host, sizeof host);
    log_repeated(&link->moves, "OSC target %.200s: its name now means %s", url, host);
    connect_next(link, now_us);
}

/* The name, while we are sending. No answer changes nothing. */
static void look_again(struct osc_link *link, uint64_t now_us)
{
    const char *why;
    struct addrinfo *list;
    const uint64_t pause_us = link->state == LINK_REFUSED ? LINK_LOOKUP_REFUSED_US : LINK_LOOKUP_US;
    const bool is_due = now_us >= link->resolved_us + pause_us || may_have_changed(link);
    if (!link->resolve && (!is_due || !start_lookup(link, now_us))) {
        return;
    }
    const enum status status = osc_resolve_poll(link->resolve, &list, &why);
    if (status == STATUS_NOT_READY) {
        return;
    }
    end_lookup(link);
    if (status == STATUS_OK) {
        move_on(link, list, now_us);
    } else if (link->choice->service && status == STATUS_NOT_FOUND) {
        pause_link(link, why, now_us);
    }
}

static void try_next(struct osc_link *link, const char *why, uint64_t now_us)
{
    link->address = link->address->ai_next;
    if (link->address) {
        connect_next(link, now_us);
    } else {
        pause_link(link, why, now_us);
    }
}

static void beat_connecting(struct osc_link *link, uint64_t now_us)
{
    const int err = osc_socket_error(link->fd);
    if (err) {
        try_next(link, strerror(err), now_us);
    } else if (osc_socket_connected(link->fd)) {
        set_open(link, now_us);
    } else if (now_us >= link->since_us + CONNECT_US) {
        try_next(link, "no answer", now_us);
    }
}

static void set_refused(struct osc_link *link, uint64_t now_us)
{
    link->probe_us = 0;
    set_state(link, LINK_REFUSED, now_us, "nobody listens there; sending on");
}

/* The bytes that left, 0 if the target takes none now, or -1 with errno. */
static ssize_t write_some(struct osc_link *link, const unsigned char *bytes, size_t length, uint64_t now_us)
{
    ssize_t sent = send(link->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == ECONNREFUSED && !link->choice->tcp) {
        set_refused(link, now_us); /* that was about an earlier packet; this one has not left yet */
        sent = send(link->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (sent < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ECONNREFUSED ? 0 : -1;
    }
    link->since_us = now_us;
    if (!link->choice->tcp && link->probe_us == 0) {
        link->probe_us = now_us;
    }
    return sent;
}

/* Sends what waits, as far as it can leave. */
static void flush(struct osc_link *link, uint64_t now_us)
{
    while (link->queue.first) {
        const struct osc_waiting *first = link->queue.first;
        const ssize_t sent = write_some(link, first->bytes + link->part, first->length - link->part, now_us);
        if (sent < 0) {
            pause_link(link, strerror(errno), now_us);
        }
        if (sent <= 0) {
            return;
        }
        link->part += (size_t)sent;
        if (link->part == first->length) {
            link->part = 0;
            link->sent++;
            osc_queue_drop(&link->queue);
        }
    }
}

static void beat_tcp(struct osc_link *link, uint64_t now_us)
{
    const char *why = osc_socket_drain(link->fd);
    if (why) {
        pause_link(link, why, now_us);
    } else {
        flush(link, now_us);
    }
    if (link->state == LINK_OPEN && link->queue.first && now_us >= link->since_us + LINK_PATIENCE_US) {
        link->dropped += osc_queue_clear(&link->queue);
        pause_link(link, "it takes nothing", now_us);
    }
}

static void beat_udp(struct osc_link *link, uint64_t now_us)
{
    if (osc_socket_error(link->fd) == ECONNREFUSED) {
        set_refused(link, now_us);
    } else if (link->probe_us != 0 && now_us >= link->probe_us + PROBE_US) {
        set_open(link, now_us);
    }
    flush(link, now_us);
}

uint64_t osc_link_beat(struct osc_link *link, uint64_t now_us)
{
    if (!osc_link_sends(link)) {
        link->dropped +=
            osc_queue_drop_older(&link->queue, now_us > LINK_PATIENCE_US ? now_us - LINK_PATIENCE_US : 0);
    }
    switch (link->state) {
    case LINK_WAITING: beat_waiting(link, now_us); break;
    case LINK_RESOLVING: beat_resolving(link, now_us); break;
    case LINK_CONNECTING: beat_connecting(link, now_us); break;
    default: break;
    }
    if (osc_link_sends(link)) {
        look_again(link, now_us);
    }
    if (osc_link_sends(link)) {
        link->choice->tcp ? beat_tcp(link, now_us) : beat_udp(link, now_us);
    }
    if (link->state == LINK_WAITING) {
        return link->choice->service ? clock_earlier(link->retry_us, now_us + LOOK_US) : link->retry_us;
    }
    const bool busy = link->queue.first || link->probe_us != 0 || !osc_link_sends(link);
    return now_us + (busy ? SOON_US : LOOK_US);
}

/* Puts a packet at the end of the queue. A queue that is full makes room if nobody is there to take from it,
 * and ends the connection of a target that is there and does not. */
static void keep_packet(struct osc_link *link, const unsigned char *bytes, size_t length, uint64_t now_us)
{
    if (!link->queue.first) {
        link->since_us = link->state == LINK_CONNECTING ? link->since_us : now_us;
    }
    if (link->queue.count == OSC_QUEUE_MAX && osc_link_sends(link)) {
        link->dropped += osc_queue_clear(&link->queue);
        pause_link(link, "it takes nothing", now_us);
    } else if (link->queue.count == OSC_QUEUE_MAX) {
        osc_queue_drop(&link->queue);
        link->dropped++;
    }
    if (!osc_queue_add(&link->queue, bytes, length, now_us)) {
        link->dropped++;
    }
}

void osc_link_send(struct osc_link *link, const struct osc_packet *packet, bool keep, uint64_t now_us)
{
    unsigned char bytes[LENGTH_BYTES + OSC_PACKET_MAX];
    const size_t head = link->choice->tcp ? LENGTH_BYTES : 0;
    const size_t length = head + packet->length;
    ssize_t sent = 0;

    for (size_t i = 0; i < head; i++) {
        bytes[i] = (unsigned char)(packet->length >> (8 * (LENGTH_BYTES - 1 - i)));
    }
    memcpy(bytes + head, packet->bytes, packet->length);
    if (osc_link_sends(link) && !link->queue.first) {
        sent = write_some(link, bytes, length, now_us);
        if (sent == (ssize_t)length) {
            link->sent++;
            return;
        }
        if (sent < 0) {
            pause_link(link, strerror(errno), now_us);
        }
    }
    if (!keep && sent <= 0) {
        link->dropped++;
        return;
    }
    keep_packet(link, bytes, length, now_us);
    link->part = sent > 0 ? (size_t)sent : link->part;
}
