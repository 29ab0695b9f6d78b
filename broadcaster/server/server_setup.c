/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/relay.h"
#include "broadcaster/server/notify.h"
#include "broadcaster/server/offers.h"
#include "broadcaster/server/server.h"
#include "broadcaster/server/server_state.h"
#include "broadcaster/server/ticker.h"
#include "broadcaster/server/watchdog.h"
#include "broadcaster/sinks/list.h"
#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"
#include "shared/state_file.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static enum status make_loop(struct server *server, char *error)
{
    ev_set_allocator(allocate);
    ev_set_syserr_cb(give_up);
    server->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!server->loop) {
        snprintf(error, OPTION_ERROR_MAX,
                 "the event loop could not be set up; are there memory and descriptors left?");
        return STATUS_NO_MEMORY;
    }
    server->connections =
        (struct connections){.loop = server->loop, .site = &server->site, .limits = &server->limits};
    return STATUS_OK;
}

static void watch(struct server *server, ev_io *watcher, void (*on_ready)(struct ev_loop *, ev_io *, int),
                  int fd)
{
    ev_io_init(watcher, on_ready, fd, EV_READ);
    watcher->data = server;
    ev_io_start(server->loop, watcher);
}

/* A timerfd and a signalfd rather than libev's own watchers: see ticker.h. */
static enum status make_watchers(struct server *server, char *error)
{
    const int timer = ticker_open_timer();
    const int signals = ticker_open_signals();
    if (timer >= 0) {
        watch(server, &server->timer, server_on_timer, timer);
    }
    if (signals >= 0) {
        watch(server, &server->signals, server_on_signal, signals);
    }
    if (timer < 0 || signals < 0) {
        snprintf(error, OPTION_ERROR_MAX, "timers could not be set up: %s; are there descriptors left?",
                 strerror(errno));
        return STATUS_IO;
    }
    ticker_arm(timer, clock_now_us());
    return STATUS_OK;
}

static void stop_watching(struct server *server, ev_io *watcher)
{
    if (watcher->data) {
        ev_io_stop(server->loop, watcher);
        close(watcher->fd);
    }
}

/* What a dead broadcaster of that name noted of the events it has sent; all zeros if there was none. */
struct past {
    struct event_cursor cursor;
    struct channel_note note[CHANNEL_NOTES];
};

static void read_past(struct past *past, const char *name, const struct identity *identity)
{
    /* Root's predecessor was the user that we are going to be, too. */
    const struct segment_trust trust = {.user = identity->name ? identity->uid : (uid_t)-1,
                                        .group = (gid_t)-1};
    struct segment old;
    if (segment_attach(&old, &control_kind, name, trust) == STATUS_OK) {
        if (!segment_alive(&old)) {
            past->cursor = control_load_cursor(old.memory);
            control_load_notes(&old, past->note);
        }
        segment_close(&old);
    }
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

static void announce(const struct server *server)
{
    for (uint32_t i = 0; i < server->plan.at.count; i++) {
        char url[64 + INET6_ADDRSTRLEN];
        listen_url(&server->plan, &server->plan.at.address[i], url, sizeof url);
        printf("listening on %s\n", url);
    }
    sinks_announce(&server->hub, stdout);
    fflush(stdout);
}

static enum status make_access(struct server *server, const struct broadcaster_options *options, char *error)
{
    struct access *who = &server->access;
    who->origins = &options->allow_origin;
    who->refusals = &server->refusals;
    gethostname(who->hostname, sizeof who->hostname - 1);
    who->open = listen_find_reachable(&options->listen_at) != NULL;
    if (who->open && !options->token_file) {
        log_warning("other machines are let in without a token (--insecure-open)");
    } else if (who->open && !options->tls_cert) {
        log_warning(
            "the token crosses the network unencrypted; give --tls-cert and --tls-key to change that");
    }
    return tokens_load(&who->tokens, options->token_file, options->viewer_token_file, error);
}

static enum status open_sinks(struct server *server, const struct past *past, char *error)
{
    const struct sink_context context = {.options = server->options,
                                         .loop = server->loop,
                                         .hub = &server->hub,
                                         .remote = &server->remote,
                                         .recorder = &server->recorder,
                                         .limits = &server->limits,
                                         .connections = &server->connections,
                                         .past = past->note};
    return sinks_open(&context, error);
}

/* The recording, if one is to be played: then no analyser is looked for, and its name not taken. */
static enum status make_source(struct server *server, struct past *past, char *error)
{
    const struct broadcaster_options *options = server->options;
    struct segment_trust trust = SEGMENT_TRUST_NONE;
    enum status status = find_group(options->group, &trust.group, error);
    if (status == STATUS_OK && options->replay.path) {
        status = replay_open(&server->replay, &options->replay, options->name, error);
        server->source = &server->replay.base;
        ticker_block_signals();
        return status;
    }
    if (status == STATUS_OK) {
        read_past(past, options->name, &server->identity);
        ticker_block_signals(); /* from here on they wait for the loop: there is a segment to take away */
        status = take_name(server, options->name, error);
        live_init(&server->live, options->name, trust);
        server->source = &server->live.base;
    }
    return status;
}

/* The name, the streams, and all that they go to. */
static enum status make_core(struct server *server, char *error)
{
    const struct broadcaster_options *options = server->options;
    const uint64_t now_us = clock_now_us();
    struct past past = {0};
    enum status status = make_source(server, &past, error);
    if (!server->source) {
        return status;
    }
    hub_init(&server->hub, server->source, &server->control, &past.cursor, now_us);
    server->remote = (struct remote){.control = &server->control, .source = server->source};
    server->site = (struct site){.hub = &server->hub,
                                 .remote = &server->remote,
                                 .recorder = &server->recorder,
                                 .access = &server->access,
                                 .limits = &server->limits,
                                 .plan = &server->plan,
                                 .started_us = now_us};
    limits_init(&server->limits, options->max_clients, options->max_per_address,
                options->tls_cert ? RELAY_DESCRIPTORS : 1);
    if (status == STATUS_OK) {
        status = make_loop(server, error);
    }
    return status == STATUS_OK ? open_sinks(server, &past, error) : status;
}

static enum status make_listener(struct server *server, char *error)
{
    const struct broadcaster_options *options = server->options;
    const enum status status = listen_open(&server->plan, &options->listen_at, options->port, error);
    server->plan.tls = options->tls_cert != NULL;
    if (status == STATUS_OK) {
        listener_start(&server->listener, &server->connections, &server->plan,
                       server->tls.context ? &server->tls : NULL);
    }
    return status;
}

/* The label is what people need to know of us. */
static void enter_session(struct server *server)
{
    char url[64 + INET6_ADDRSTRLEN];
    listen_url(&server->plan, &server->plan.at.address[0], url, sizeof url);
    watch(server, &server->session, server_on_session, server->nsm->fd);
    nsm_set_label(server->nsm, url);
    if (server->nsm->asked == NSM_OPEN) {
        nsm_reply(server->nsm, "opened");
    }
}

/* The folder that a file is in, which is there; "": none. */
static void folder_of(char folder[PATH_MAX], const char *path)
{
    snprintf(folder, PATH_MAX, "%s", path ? path : "");
    char *name = strrchr(folder, '/');
    *(name ? name : folder) = '\0';
}

static enum status drop_privileges(struct server *server, char *error)
{
    const struct broadcaster_options *options = server->options;
    const bool stays_root = server->identity.root && !server->identity.name;
    char state[STATE_PATH_MAX] = "";
    char session[PATH_MAX];
    folder_of(session, server->nsm ? server->nsm->path : NULL);
    if (stays_root && state_file_path(state, "") == STATUS_OK) {
        (void)state_file_make_folders(state);
    }
    const char *ca = options->mqtt_at.ca_file[0] ? options->mqtt_at.ca_file : NULL;
    const char *const files[] = {options->token_file, options->viewer_token_file, options->tls_cert,
                                 options->tls_key, ca};
    const char *const folders[] = {state, session, server->recorder.folder};
    const struct file_needs needs = {.file = files,
                                     .file_count = sizeof files / sizeof files[0],
                                     .folder = folders,
                                     .folder_count = sizeof folders / sizeof folders[0]};
    return privileges_drop(&server->identity, server->control.fd, &needs, error);
}

enum status server_open(struct server **out, const struct broadcaster_options *options, struct nsm *nsm,
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
    server->nsm = nsm;
    server->tls.on_work = watchdog_turn;
    enum status status = privileges_choose(&server->identity, options->user, error);
    if (status == STATUS_OK) {
        status = make_access(server, options, error);
    }
    if (status == STATUS_OK && options->tls_cert) {
        status = tls_load(&server->tls, options->tls_cert, options->tls_key, error);
    }
    if (status == STATUS_OK) {
        status = make_core(server, error);
    }
    if (status == STATUS_OK) {
        status = make_listener(server, error);
    }
    if (status == STATUS_OK) {
        status = drop_privileges(server, error);
    }
    if (status == STATUS_OK) {
        status = make_watchers(server, error);
    }
    if (status == STATUS_OK && options->replay.path) {
        status = replay_start(&server->replay, error); /* its threads have the privileges of here */
    }
    if (status == STATUS_OK) {
        status = limits_fit(&server->limits,
                            offers_descriptors(options) + edge_urls_descriptors(&options->publish_to) +
                                (options->mqtt ? 1 : 0),
                            error);
    }
    if (status) {
        server_close(server);
        return status;
    }
    watchdog_start();
    announce(server);
    offers_open(server);
    if (nsm) {
        enter_session(server);
    }
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
    return server->stopped_by == SIGTERM && server->live.base.kind && live_is_alive(&server->live);
}

void server_close(struct server *server)
{
    if (!server) {
        return;
    }
    offers_close(server);
    listener_stop(&server->listener);
    listen_close(&server->plan);
    connections_close(&server->connections);
    sinks_close(&server->hub);
    tls_free(&server->tls);
    stop_watching(server, &server->timer);
    stop_watching(server, &server->signals);
    if (server->session.data) {
        ev_io_stop(server->loop, &server->session); /* the socket goes on */
    }
    if (server->loop) {
        ev_loop_destroy(server->loop);
    }
    const bool to_be_continued = is_to_be_continued(server);
    hub_close(&server->hub);
    if (server->source) { /* else it came to no more than the first steps */
        source_close(server->source);
    }
    message_free(&server->site.scratch);
    privileges_free(&server->identity);
    if (to_be_continued) {
        segment_leave(&server->control);
    } else {
        segment_close(&server->control);
    }
    free(server);
    watchdog_stop();
}
