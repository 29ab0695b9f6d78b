/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/connection.h"

#include "shared/thread.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* At the end a thread that only reads certificates is waited for: what it uses ends with the program. */
enum { LOOKS = 100, LOOK_NS = 1000000 };

void mqtt_connection_note(struct mqtt_connection *connection, const char *what, const char *text)
{
    const char *colon = strrchr(text, ':');
    if (connection->why[0] == '\0') {
        text = colon && colon[1] ? colon + 1 : text;
        text += strspn(text, " ");
        snprintf(connection->why, sizeof connection->why, "%s%.*s", what, (int)strcspn(text, "."), text);
    }
}

static void on_log(struct mosquitto *mosq, void *arg, int level, const char *text)
{
    struct mqtt_connection *connection = arg;
    (void)mosq;
    if (level == MOSQ_LOG_ERR) {
        mqtt_connection_note(connection, connection->tls ? "TLS: " : "", text);
    }
}

const char *mqtt_connection_reason(const struct mqtt_connection *connection, int result)
{
    return connection->why[0]             ? connection->why
           : result == MOSQ_ERR_EAI       ? gai_strerror(errno)
           : result == MOSQ_ERR_ERRNO     ? strerror(errno)
           : result == MOSQ_ERR_KEEPALIVE ? "the broker does not answer"
           : result == MOSQ_ERR_SUCCESS || result == MOSQ_ERR_CONN_LOST || result == MOSQ_ERR_NO_CONN
               ? "the broker has closed the connection"
               : mosquitto_strerror(result);
}

static void let_go(struct mqtt_connection *connection)
{
    if (atomic_fetch_sub(&connection->owners, 1) == 1) {
        mosquitto_destroy(connection->mosq);
        free(connection);
    }
}

/* From 0.0.0.0 nothing but IPv4 is to be reached, and from :: nothing but IPv6. (A bind address that was set
 * cannot be taken back: libmosquitto 2.0.11 goes on with what it has freed.) */
static int attempt(struct mqtt_connection *connection, bool v4)
{
    mosquitto_string_option(connection->mosq, MOSQ_OPT_BIND_ADDRESS, v4 ? "0.0.0.0" : "::");
    return mosquitto_connect_async(connection->mosq, connection->host, connection->port, MQTT_KEEPALIVE_S);
}

/* How binding a socket of the other family fails. */
static bool has_no_address(int err)
{
    return err == EINVAL || err == EAFNOSUPPORT;
}

static void *run(void *arg)
{
    struct mqtt_connection *connection = arg;
    int result = attempt(connection, connection->v4);
    int err = errno;
    if (result == MOSQ_ERR_ERRNO) {
        const int second = attempt(connection, !connection->v4);
        const bool tells_more = second != MOSQ_ERR_ERRNO || has_no_address(err);
        err = tells_more ? errno : err;
        result = tells_more ? second : result;
    }
    errno = err;
    connection->failed = result > MOSQ_ERR_SUCCESS;
    if (connection->failed) {
        const char *why = mqtt_connection_reason(connection, result);
        if (why != connection->why) {
            snprintf(connection->why, sizeof connection->why, "%s", why);
        }
    }
    atomic_store_explicit(&connection->done, true, memory_order_release);
    let_go(connection);
    return NULL;
}

static int set_up(struct mosquitto *mosq, const struct mqtt_plan *plan)
{
    static const char offline[] = "offline";
    const struct mqtt_url *url = plan->url;
    int result = mosquitto_will_set(mosq, plan->status, sizeof offline - 1, offline, 1, true);
    mosquitto_log_callback_set(mosq, on_log);
    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
    if (result == MOSQ_ERR_SUCCESS && url->user[0]) {
        result = mosquitto_username_pw_set(mosq, url->user, plan->password);
    }
    if (result == MOSQ_ERR_SUCCESS && url->tls) {
        result = url->ca_file[0] ? mosquitto_tls_set(mosq, url->ca_file, NULL, NULL, NULL, NULL)
                                 : mosquitto_int_option(mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    }
    return result;
}

/* What cannot be set up counts as an attempt that failed. */
struct mqtt_connection *mqtt_connection_start(const struct mqtt_plan *plan, bool v4, void *arg)
{
    const struct mqtt_url *url = plan->url;
    struct mqtt_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        return NULL;
    }
    connection->arg = arg;
    connection->port = url->port;
    connection->tls = url->tls;
    connection->v4 = v4;
    snprintf(connection->host, sizeof connection->host, "%s", url->host);
    connection->mosq = mosquitto_new(plan->id, true, connection);
    if (!connection->mosq) {
        free(connection);
        return NULL;
    }
    atomic_init(&connection->owners, 2);
    if (set_up(connection->mosq, plan) != MOSQ_ERR_SUCCESS) {
        snprintf(connection->why, sizeof connection->why, "%s",
                 url->ca_file[0] ? "the CA's file cannot be read" : "out of memory");
        connection->failed = true;
        atomic_init(&connection->owners, 1);
        atomic_init(&connection->done, true);
        return connection;
    }
    if (!thread_start(NULL, run, connection)) {
        atomic_init(&connection->owners, 1);
        let_go(connection);
        return NULL;
    }
    return connection;
}

bool mqtt_connection_is_done(const struct mqtt_connection *connection)
{
    return atomic_load_explicit(&connection->done, memory_order_acquire);
}

void mqtt_connection_end(struct mqtt_connection *connection)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    for (int i = 0; i < LOOKS && !mqtt_connection_is_done(connection); i++) {
        nanosleep(&look, NULL);
    }
    let_go(connection);
}
