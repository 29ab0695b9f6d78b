/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/link.h"

#include "broadcaster/sinks/mqtt/connection.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    SOON_US = 5000,     /* between two looks at the thread */
    MISC_US = 1000000,  /* between two looks at whether the broker must be pinged, or has not answered */
    UNSENT_MOST = 2048, /* bytes: a socket that holds more takes nothing */
    SUBSCRIPTION_REFUSED = 0x80
};

struct mqtt_link {
    struct mqtt_plan plan;
    struct mqtt_user user;
    struct ev_loop *loop;
    ev_io io;
    enum mqtt_state state;
    char why[MQTT_WHY_MAX];
    struct mqtt_connection *connection; /* NULL: none, nor an attempt at one */
    bool handed_over;                   /* its thread is done */
    bool reached;                       /* its socket is connected */
    bool accepted;                      /* by the broker, which opened() has not heard yet */
    bool refused;
    bool broken;
    bool reading;
    bool ending;
    bool not_v4;       /* the next attempt is at IPv6 first */
    uint64_t since_us; /* of this state */
    uint64_t misc_us;  /* when to look again */
    uint64_t retry_us; /* waiting: until when */
    uint32_t failures; /* since a connection that was a good one */
    uint64_t openings;
    uint64_t troubles;
    bool missed; /* it was said that there is none */
    uint64_t subscriptions_refused;
};

static void set_why(struct mqtt_link *link, const char *why, const char *more)
{
    snprintf(link->why, sizeof link->why, "%.120s%s", why, more);
}

/* What TLS has to say first depends on what it hears: a library that then wants to write, as versions after
 * 2.0.11 do, would have the loop turn for nothing. */
static bool wants_write(const struct mqtt_link *link)
{
    const bool in_handshake = link->plan.url->tls && link->state == MQTT_CONNECTING;
    return !link->reached || (!in_handshake && mosquitto_want_write(link->connection->mosq));
}

static void watch(struct mqtt_link *link)
{
    const int fd = mosquitto_socket(link->connection->mosq);
    const int events = EV_READ | (wants_write(link) ? EV_WRITE : 0);
    if (fd < 0) {
        ev_io_stop(link->loop, &link->io);
    } else if (!ev_is_active(&link->io) || link->io.fd != fd ||
               (link->io.events & (EV_READ | EV_WRITE)) != events) {
        ev_io_stop(link->loop, &link->io);
        ev_io_set(&link->io, fd, events);
        ev_io_start(link->loop, &link->io);
    }
}

/* The connection has ended, or none has come about. The next is tried after a pause. */
static void lose(struct mqtt_link *link, const char *why, uint64_t now_us)
{
    char broker[MQTT_BROKER_MAX];
    const bool was_open = link->state == MQTT_CONNECTED;
    const bool is_news = strncmp(link->why, why, strlen(why)) != 0 || was_open;
    ev_io_stop(link->loop, &link->io);
    if (was_open && now_us >= link->since_us + MQTT_CALM_US) {
        link->failures = 0;
    }
    link->state = link->ending ? MQTT_ENDED : link->refused ? MQTT_REFUSED : MQTT_WAITING;
    link->retry_us = now_us + backoff_us(link->failures++);
    link->not_v4 = !link->not_v4 && !was_open;
    set_why(link, why, link->ending ? "" : "; trying again");
    if (is_news && !link->ending && log_is_due(&link->troubles)) {
        log_warning("MQTT broker %s: %s", mqtt_url_broker(link->plan.url, broker), link->why);
        link->missed = true;
    }
    if (link->connection) {
        mqtt_connection_end(link->connection);
        link->connection = NULL;
    }
    link->handed_over = link->reached = link->accepted = link->refused = link->broken = false;
    if (was_open) {
        link->user.closed(link->user.arg);
    }
}

static void set_open(struct mqtt_link *link, uint64_t now_us)
{
    char broker[MQTT_BROKER_MAX];
    char topic[MQTT_TOPIC_MAX + 4];
    link->accepted = false;
    link->state = MQTT_CONNECTED;
    link->since_us = now_us;
    link->openings++;
    set_why(link, "connected", "");
    if (link->missed) {
        log_info("MQTT broker %s: connected", mqtt_url_broker(link->plan.url, broker));
    }
    link->missed = false;
    snprintf(topic, sizeof topic, "%s/#", link->plan.commands);
    if (mosquitto_subscribe(link->connection->mosq, NULL, topic, 1) != MOSQ_ERR_SUCCESS) {
        link->broken = true;
    }
    link->user.opened(link->user.arg);
}

/* Their arg is the connection; they only take notes, or pass on what asks for no answer. */
static struct mqtt_link *link_of(void *arg)
{
    return ((struct mqtt_connection *)arg)->arg;
}

static void on_connect(struct mosquitto *mosq, void *arg, int result)
{
    struct mqtt_connection *connection = arg;
    (void)mosq;
    link_of(arg)->accepted = result == 0;
    link_of(arg)->refused = result != 0;
    if (result != 0) {
        mqtt_connection_note(connection, "the broker refuses us: ", mosquitto_connack_string(result));
    }
}

static void on_publish(struct mosquitto *mosq, void *arg, int mid)
{
    const struct mqtt_link *link = link_of(arg);
    (void)mosq;
    if (link->reading) { /* of QoS 0 it is told when they leave */
        link->user.acknowledged(link->user.arg, mid);
    }
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted)
{
    struct mqtt_link *link = link_of(arg);
    (void)mosq, (void)mid;
    if (count > 0 && granted[0] == SUBSCRIPTION_REFUSED) {
        set_why(link, "connected; the broker does not let us subscribe, so no command comes", "");
        log_repeated(&link->subscriptions_refused,
                     "MQTT: the broker does not let us subscribe to %s/#, so no command comes",
                     link->plan.commands);
    }
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
    const struct mqtt_user *user = &link_of(arg)->user;
    (void)mosq;
    user->message(user->arg, message->topic, message->payload, (size_t)message->payloadlen, message->retain);
}

/* A handshake that is carried on by reading and writing would not notice that there is nobody. */
static int socket_error(int fd)
{
    int err = 0;
    socklen_t size = sizeof err;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) == 0 ? err : errno;
}

/* Looks at what has come of calls to the library: 0 or its error. */
static void settle(struct mqtt_link *link, int result, uint64_t now_us)
{
    if (result != MOSQ_ERR_SUCCESS || mosquitto_socket(link->connection->mosq) < 0) {
        char why[MQTT_WHY_MAX];
        snprintf(why, sizeof why, "%s",
                 link->ending ? "ended" : mqtt_connection_reason(link->connection, result));
        lose(link, why, now_us);
        return;
    }
    if (link->accepted) {
        set_open(link, now_us);
    } else if (mqtt_link_takes(link)) {
        link->user.room(link->user.arg);
    }
    if (link->connection) {
        watch(link);
    }
}

static void on_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct mqtt_link *link = watcher->data;
    struct mosquitto *mosq = link->connection->mosq;
    const uint64_t now_us = clock_now_us();
    (void)loop, (void)events;
    const int err = link->reached ? 0 : socket_error(watcher->fd);
    if (err) {
        lose(link, strerror(err), now_us);
        return;
    }
    link->reached = true;
    link->reading = true;
    int result = mosquitto_loop_read(mosq, 1); /* carries TLS on as well */
    link->reading = false;
    if (result == MOSQ_ERR_SUCCESS && mosquitto_socket(mosq) >= 0) {
        result = mosquitto_loop_write(mosq, 1);
    }
    settle(link, result, now_us);
}

static void take_over(struct mqtt_link *link, uint64_t now_us)
{
    struct mosquitto *mosq = link->connection->mosq;
    const int most = UNSENT_MOST;
    link->handed_over = true;
    if (link->connection->failed) {
        char why[MQTT_WHY_MAX];
        snprintf(why, sizeof why, "%s", link->connection->why);
        lose(link, why, now_us);
        return;
    }
    mosquitto_connect_callback_set(mosq, on_connect);
    mosquitto_publish_callback_set(mosq, on_publish);
    mosquitto_subscribe_callback_set(mosq, on_subscribe);
    mosquitto_message_callback_set(mosq, on_message);
    setsockopt(mosquitto_socket(mosq), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
    link->misc_us = now_us + MISC_US;
    watch(link);
}

static void begin(struct mqtt_link *link, uint64_t now_us)
{
    link->connection = mqtt_connection_start(&link->plan, !link->not_v4, link);
    link->since_us = now_us;
    link->state = MQTT_CONNECTING;
    if (!link->connection) {
        lose(link, "out of memory or threads", now_us);
    }
}

uint64_t mqtt_link_beat(struct mqtt_link *link, uint64_t now_us)
{
    if (!link->connection && link->state != MQTT_ENDED && now_us >= link->retry_us) {
        begin(link, now_us);
    }
    if (link->connection && !link->handed_over && mqtt_connection_is_done(link->connection)) {
        link->since_us = now_us;
        take_over(link, now_us);
    }
    if (link->connection && link->handed_over) {
        if (link->broken) {
            lose(link, "the broker has closed the connection", now_us);
        } else if (link->state == MQTT_CONNECTING && now_us >= link->since_us + MQTT_CONNECT_US) {
            lose(link, "no answer", now_us);
        } else if (now_us >= link->misc_us) {
            link->misc_us = now_us + MISC_US;
            settle(link, mosquitto_loop_misc(link->connection->mosq), now_us);
        }
    }
    return !link->connection    ? (link->state == MQTT_ENDED ? UINT64_MAX : link->retry_us)
           : !link->handed_over ? now_us + SOON_US
                                : link->misc_us;
}

bool mqtt_link_takes(const struct mqtt_link *link)
{
    return link->state == MQTT_CONNECTED && !link->broken && !link->ending &&
           !mosquitto_want_write(link->connection->mosq);
}

bool mqtt_link_publish(struct mqtt_link *link, const char *topic, const void *bytes, size_t length, int qos,
                       bool retain, int *mid)
{
    if (mosquitto_publish(link->connection->mosq, mid, topic, (int)length, bytes, qos, retain) !=
        MOSQ_ERR_SUCCESS) {
        link->broken = true;
    }
    watch(link);
    return !link->broken;
}

void mqtt_link_end(struct mqtt_link *link)
{
    link->ending = true;
    if (mosquitto_disconnect(link->connection->mosq) != MOSQ_ERR_SUCCESS) {
        link->broken = true;
    }
    watch(link);
    link->misc_us = 0;
}

enum mqtt_state mqtt_link_state(const struct mqtt_link *link)
{
    return link->state;
}

const char *mqtt_link_why(const struct mqtt_link *link)
{
    return link->why;
}

uint64_t mqtt_link_openings(const struct mqtt_link *link)
{
    return link->openings;
}

enum status mqtt_link_open(struct mqtt_link **out, const struct mqtt_plan *plan, const struct mqtt_user *user,
                           struct ev_loop *loop, char *error)
{
    static bool ready;
    struct mqtt_link *link = calloc(1, sizeof *link);
    *out = link;
    if (!link || (!ready && mosquitto_lib_init() != MOSQ_ERR_SUCCESS)) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        free(link);
        *out = NULL;
        return STATUS_NO_MEMORY;
    }
    ready = true; /* until the program ends: a thread may still be at work */
    link->plan = *plan;
    link->user = *user;
    link->loop = loop;
    set_why(link, "not tried yet", "");
    ev_init(&link->io, on_ready);
    link->io.data = link;
    return STATUS_OK;
}

void mqtt_link_close(struct mqtt_link *link)
{
    if (link) {
        ev_io_stop(link->loop, &link->io);
        if (link->connection) {
            mqtt_connection_end(link->connection);
        }
        free(link);
    }
}
