/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/server.h"

#include "broadcaster/server/notify.h"
#include "broadcaster/server/project.h"
#include "broadcaster/server/server_state.h"
#include "broadcaster/server/ticker.h"
#include "broadcaster/server/watchdog.h"
#include "broadcaster/sinks/list.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

enum { STOP_US = 500000 };  /* how long clients have to answer the close frame */
enum { GOING_AWAY = 1001 }; /* RFC 6455 */

void server_on_timer(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    const uint64_t now_us = clock_now_us();
    uint64_t next = hub_beat(&server->hub, now_us);
    remote_beat(&server->remote, now_us);
    if (server->nsm) {
        project_beat(server, now_us);
    }
    if (server->watchdog_us > 0 && now_us >= server->watchdog_next) {
        notify_send("WATCHDOG=1");
        server->watchdog_next = now_us + server->watchdog_us;
    }
    const uint64_t latest = now_us + WATCHDOG_TURN_US;
    ticker_arm(watcher->fd, next < latest ? next : latest);
}

/* What can be read anew: the tokens, and the certificate for those who connect from now on. */
static void reload(struct server *server)
{
    const struct broadcaster_options *options = server->options;
    char error[OPTION_ERROR_MAX];
    const bool both = options->viewer_token_file != NULL;
    if (tokens_load(&server->access.tokens, options->token_file, options->viewer_token_file, error)) {
        log_error("Hangup: %s; the old token%s", error, both ? "s stay" : " stays");
    } else if (options->token_file) {
        log_info("Hangup: token%s read again", both ? "s" : "");
    }
    if (options->tls_cert && tls_load(&server->tls, options->tls_cert, options->tls_key, error)) {
        log_error("Hangup: %s; the old certificate stays", error);
    } else if (options->tls_cert) {
        log_info("Hangup: certificate and key read again");
    }
}

/* A second reason does not wait for the clients' answers. */
static void stop(struct server *server, const char *why)
{
    notify_send("STOPPING=1");
    log_info("%s: closing %" PRIu32 " clients and ending", why, hub_client_count(&server->hub));
    server->stop_at_us = clock_now_us() + (server->stop_at_us == 0 ? STOP_US : 0);
    listener_stop(&server->listener);
    hub_close_clients(&server->hub, (struct client_close){GOING_AWAY, "server stops"}, clock_now_us());
}

void server_on_session(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)events;
    struct server *server = watcher->data;
    const enum nsm_asked asked = nsm_poll(server->nsm);
    if (asked == NSM_SAVE) {
        project_save(server);
    } else if (asked == NSM_OPEN) {
        ev_io_stop(loop, watcher); /* what comes after it waits for our successor */
        stop(server, "another session");
    }
}

void server_on_signal(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    const int number = ticker_take_signal(watcher->fd);
    if (number == SIGHUP) {
        reload(server);
    } else if (number != 0) {
        server->stopped_by = number;
        stop(server, strsignal(number));
    }
}

static bool is_done(const struct server *server)
{
    return server->stop_at_us != 0 && (!sinks_are_busy(&server->hub) || clock_now_us() >= server->stop_at_us);
}

void server_run(struct server *server)
{
    while (!is_done(server)) {
        ev_run(server->loop, EVRUN_ONCE);
        watchdog_turn();
    }
}
