/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/notify.h"
#include "broadcaster/server/server.h"
#include "broadcaster/server/server_state.h"
#include "broadcaster/server/ticker.h"
#include "broadcaster/server/watchdog.h"
#include "broadcaster/sinks/ws/extension.h"
#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libwebsockets does not look for clients that have gone: ws.c does, without a timer for each in a list that
 * is walked through at every pong. */
static const lws_retry_bo_t never = {0};

/* Clients can bring about many of these lines. After a quiet minute the next one is news again. */
static void log_lws(int level, const char *line)
{
    enum { QUIET_US = 60000000 };
    static uint64_t times;
    static uint64_t last_us;
    const uint64_t now_us = clock_now_us();
    (void)level;
    if (now_us - last_us > QUIET_US) {
        times = 0;
    }
    last_us = now_us;
    log_repeated(&times, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/* libev cannot go on after either, and would end the process without our name to it. */
static void give_up(const char *what)
{
    log_error("%s: %s; ending, to be started anew", what, strerror(errno));
    _exit(EXIT_FAILURE);
}

static void *allocate(void *memory, long size)
{
    if (size == 0) {
        free(memory);
        return NULL;
    }
    void *grown = realloc(memory, (size_t)size);
    if (!grown) {
        give_up("the event loop needs memory");
    }
    return grown;
}

static enum status make_context(struct server *server, char *error)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
    ev_set_allocator(allocate);
    ev_set_syserr_cb(give_up);
    server->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    void *loops[] = {server->loop};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV,
        .pt_serv_buf_size = MESSAGE_MAX,
        .user = server,
    };
    server->context = server->loop ? lws_create_context(&info) : NULL;
    if (!server->context) {
        snprintf(error, OPTION_ERROR_MAX,
                 "libwebsockets could not be set up; is there memory left, and its part for libev "
                 "(Debian: libwebsockets-evlib-ev)?");
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* Where streams are opened, of sockets that are connected already. */
static enum status make_streams(struct server *server, char *error)
{
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = "streams",
        .protocols = server_public_protocols,
        .extensions = extensions,
        .retry_and_idle_policy = &never,
    };
    server->streams = lws_create_vhost(server->context, &info);
    if (!server->streams) {
        snprintf(error, OPTION_ERROR_MAX, "libwebsockets could not be set up: out of memory");
        return STATUS_NO_MEMORY;
    }
    server->relays = (struct relays){.loop = server->loop};
    server->connections = (struct connections){.loop = server->loop,
                                               .site = &server->site,
                                               .limits = &server->limits,
                                               .open_stream = server_open_stream,
                                               .arg = server};
    listener_start(&server->listener, &server->connections, &server->plan,
                   server->tls.context ? &server->tls : NULL);
    return STATUS_OK;
}

/* libwebsockets closes the descriptor with its context, and also if it refuses it. */
static bool adopt(struct lws_vhost *vhost, int fd, const char *protocol)
{
    const lws_sock_file_fd_type descriptor = {.filefd = fd};
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, protocol, NULL) != NULL;
}

static enum status make_wakers(struct server *server, char *error)
{
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .vhost_name = "wakers",
        .protocols = server_private_protocols,
    };
    struct lws_vhost *vhost = lws_create_vhost(server->context, &info);
    server->timer = ticker_open_timer();
    server->signals = ticker_open_signals();
    if (!vhost || server->timer < 0 || server->signals < 0 || !adopt(vhost, server->timer, "timer") ||
        !adopt(vhost, server->signals, "signal")) {
        snprintf(error, OPTION_ERROR_MAX, "timers could not be set up: %s; are there descriptors left?",
                 strerror(errno));
        return STATUS_IO;
    }
    for (uint32_t i = 0; i < server->osc_in.count; i++) {
        /* A copy: libwebsockets closes what it adopts, and osc_in what it opened. */
        const int copy = fcntl(server->osc_in.fd[i], F_DUPFD_CLOEXEC, 0);
        if (copy < 0 || !adopt(vhost, copy, "osc")) {
            snprintf(error, OPTION_ERROR_MAX,
                     "OSC sockets could not be set up: %s; are there descriptors left?", strerror(errno));
            return STATUS_IO;
        }
    }
    ticker_arm(server->timer, clock_now_us());
    return STATUS_OK;
}

/* What a dead broadcaster of that name noted of the events it has sent; all zeros if there was none. */
static struct event_cursor read_past(const char *name, const struct identity *identity)
{
    /* Root's predecessor was the user that we are going to be, too. */
    const struct segment_trust trust = {.user = identity->name ? identity->uid : (uid_t)-1,
                                        .group = (gid_t)-1};
    struct event_cursor past = {0};
    struct segment old;
    if (segment_attach(&old, &control_kind, name, trust) == STATUS_OK) {
        if (!segment_alive(&old)) {
            past = control_load_cursor(old.memory);
        }
        segment_close(&old);
    }
    return past;
}

/* The one that --group names. */
static enum status find_group(const char *name, gid_t *gid, char *error)
{
    const struct group *group = name ? getgrnam(name) : NULL;
    if (name && !group) {
        snprintf(error, OPTION_ERROR_MAX, "--group %.64s: there is no such group; see getent group", name);
        return STATUS_BAD_ARG;
    }
    *gid = group ? group->gr_gid : (gid_t)-1;
    return STATUS_OK;
}

static enum status take_name(struct server *server, const char *name, char *error)
{
    const enum status status = segment_create(&server->control, &control_kind, name, (gid_t)-1);
    char owner[SEGMENT_OWNER_MAX];
    char process[32] = "";
    const pid_t pid = status == STATUS_BUSY ? segment_holder(&control_kind, name) : 0;
    if (pid > 0) {
        snprintf(process, sizeof process, ", pid %d", (int)pid);
    }
    switch (status) {
    case STATUS_OK: break;
    case STATUS_BUSY:
        snprintf(error, OPTION_ERROR_MAX,
                 "a broadcaster for \"%s\" is running already (%s%s); stop it (for more addresses repeat "
                 "--bind), or serve another analyser with -n NAME",
                 name, segment_owner_str(&server->control, owner), process);
        break;
    case STATUS_FOREIGN:
        snprintf(error, OPTION_ERROR_MAX,
                 SEGMENT_PATH_FORMAT
                 " belongs to %s; have it removed, or serve another analyser with -n NAME",
                 name, control_kind.suffix, segment_owner_str(&server->control, owner));
        break;
    default:
        snprintf(error, OPTION_ERROR_MAX,
                 SEGMENT_PATH_FORMAT ": %s; is there room in /dev/shm (df /dev/shm)?", name,
                 control_kind.suffix, status_str(status));
    }
    return status;
}

static void announce(const struct listen_plan *plan, const struct osc_in *osc_in)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        char url[64 + INET6_ADDRSTRLEN];
        listen_url(plan, i, url, sizeof url);
        printf("listening on %s\n", url);
    }
    for (uint32_t i = 0; i < osc_in->count; i++) {
        printf("listening for OSC on %s\n", osc_in->url[i]);
    }
    fflush(stdout);
}

static enum status make_osc(struct server *server, const struct broadcaster_options *options, char *error)
{
    enum status status =
        osc_out_open(&server->osc_out, &options->osc, options->osc_metrics, clock_now_us(), error);
    if (status == STATUS_OK && options->osc_listen != OSC_LISTEN_OFF) {
        status =
            osc_in_open(&server->osc_in, &server->remote, options->osc_listen, &options->osc_bind, error);
    }
    return status;
}

static enum status make_access(struct access *who, const struct broadcaster_options *options, char *error)
{
    who->origins = &options->allow_origin;
    gethostname(who->hostname, sizeof who->hostname - 1);
    for (uint32_t i = 0; i < options->bind.count; i++) {
        struct listen_address address;
        who->open |= listen_parse(options->bind.item[i], &address) == STATUS_NO_ACCESS;
    }
    if (who->open && !options->token_file) {
        log_warning("other machines are let in without a token (--insecure-open)");
    } else if (who->open && !options->tls_cert) {
        log_warning(
            "the token crosses the network unencrypted; give --tls-cert and --tls-key to change that");
    }
    return options->token_file ? token_load(&who->token, options->token_file, error) : STATUS_OK;
}

/* Everything but libwebsockets. */
static enum status make_core(struct server *server, const struct broadcaster_options *options, char *error)
{
    const uint64_t now_us = clock_now_us();
    struct segment_trust trust = SEGMENT_TRUST_NONE;
    enum status status = find_group(options->group, &trust.group, error);
    if (status) {
        return status;
    }
    const struct event_cursor past = read_past(options->name, &server->identity);
    ticker_block_signals(); /* from here on they wait for the loop: there is a segment to take away */
    status = take_name(server, options->name, error);
    if (status == STATUS_OK) {
        status = make_osc(server, options, error);
    }
    hub_init(&server->hub, options->name, trust, &server->control, server->osc_out, &past, now_us);
    server->remote = (struct remote){.control = &server->control, .source = &server->hub.source};
    server->site = (struct site){.hub = &server->hub,
                                 .remote = &server->remote,
                                 .osc_in = &server->osc_in,
                                 .access = &server->access,
                                 .limits = &server->limits,
                                 .started_us = now_us};
    limits_init(&server->limits, options->max_clients, options->max_per_address,
                options->tls_cert ? RELAY_DESCRIPTORS : 1);
    return status;
}

enum status server_open(struct server **out, const struct broadcaster_options *options,
                        char error[OPTION_ERROR_MAX])
{
    struct server *server = calloc(1, sizeof *server);
    *out = NULL;
    if (!server) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    server->control = SEGMENT_NONE;
    server->options = options;
    enum status status = privileges_choose(&server->identity, options->user, error);
    if (status == STATUS_OK) {
        status = make_access(&server->access, options, error);
    }
    if (status == STATUS_OK && options->tls_cert) {
        status = tls_load(&server->tls, options->tls_cert, options->tls_key, error);
    }
    if (status == STATUS_OK) {
        status = make_core(server, options, error);
    }
    if (status == STATUS_OK) {
        status = listen_open(&server->plan, &options->bind, options->port, error);
        server->plan.tls = options->tls_cert != NULL;
    }
    if (status == STATUS_OK) {
        status = make_context(server, error);
    }
    if (status == STATUS_OK) {
        status = make_streams(server, error);
    }
    if (status == STATUS_OK) {
        const char *const files[] = {options->token_file, options->tls_cert, options->tls_key};
        status = privileges_drop(&server->identity, server->control.fd, files, 3, error);
    }
    if (status == STATUS_OK) {
        status = make_wakers(server, error);
    }
    if (status == STATUS_OK) {
        status = limits_fit(&server->limits, options->osc.count, error);
    }
    if (status) {
        server_close(server);
        return status;
    }
    watchdog_start();
    announce(&server->plan, &server->osc_in);
    server->watchdog_us = notify_watchdog_us();
    notify_send("READY=1");
    *out = server;
    return STATUS_OK;
}

/* Whether a successor is likely to want our note of the events sent: SIGTERM is how a service is started
 * anew, while SIGINT is somebody's hand on the keyboard. Without an analyser there is nothing to go on with.
 */
static bool is_to_be_continued(const struct server *server)
{
    return server->stopped_by == SIGTERM && segment_alive(&server->hub.source.segment);
}

void server_close(struct server *server)
{
    if (!server) {
        return;
    }
    listener_stop(&server->listener);
    listen_close(&server->plan);
    connections_close(&server->connections);
    if (server->context) {
        lws_context_destroy(server->context);
    }
    relays_close(&server->relays);
    tls_free(&server->tls);
    if (server->loop) {
        ev_loop_destroy(server->loop);
    }
    const bool to_be_continued = is_to_be_continued(server);
    hub_close(&server->hub);
    osc_out_close(server->osc_out);
    osc_in_close(&server->osc_in);
    message_free(&server->site.scratch);
    privileges_free(&server->identity);
    if (to_be_continued) {
        segment_leave(&server->control);
    } else {
        segment_close(&server->control);
    }
    free(server);
}
