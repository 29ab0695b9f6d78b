/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/control.h"
#include "jack-client/client/libjack.h"
#include "jack-client/client/resume.h"
#include "jack-client/client/server_choice.h"
#include "shared/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 10,           /* from try to try while a name is taken */
    BRIEF_MS = 500,         /* a name taken for so short a time is not worth a line */
    JACK_RETURN_MS = 10000, /* a JACK server that has gone may be starting anew: so long PipeWire waits */
    NAME_RELEASE_MS = 5000, /* a killed predecessor's name may take this long to be free */
};

static const char out_of_reach[] =
    "PipeWire answers, but its JACK library is not installed; install it (Debian: pipewire-jack)";

static void explain_absence(const struct jack_options *options)
{
    if (server_choose_after(options) == SERVER_OUT_OF_REACH) {
        log_error("%s, or start a JACK server", out_of_reach);
    } else if (libjack_is_pipewires()) {
        log_error("no PipeWire server answers; start one (systemctl --user start pipewire)");
    } else if (server_is_named(options)) {
        log_error("no JACK server named %s answers; start it, or name another with -s", server_name(options));
    } else {
        log_error("no JACK server answers; start one (jackd, or PipeWire), or name it with -s");
    }
}

static void explain(const struct jack_options *options, enum status status)
{
    if (status == STATUS_BUSY) {
        log_error("the JACK server already has a client named %s; choose another name with -n",
                  options->client);
    } else if (status == STATUS_NOT_FOUND) {
        explain_absence(options);
    } else if (status == STATUS_BAD_ARG) {
        log_error(
            "--name %s: a JACK server of that name is running, whose socket a client of that name would take "
            "away; choose another name with -n",
            options->client);
    } /* others have been logged where they arose */
}

enum status control_check(const struct jack_options *options)
{
    enum status status = session_probe(options);
    const bool other = status == STATUS_NOT_FOUND && server_choose_after(options) == SERVER_PIPEWIRE;
    if (status == STATUS_OK || other) {
        status = STATUS_OK;
        printf("the options are right, and %s answers\n",
               other || libjack_is_pipewires() ? "PipeWire" : "JACK");
    } else {
        explain(options, status);
    }
    return status;
}

static void explain_waiting(const struct control_side *c, enum status status)
{
    if (status == STATUS_BUSY) {
        log_warning("the JACK server has a client named %s already; waiting for it to go",
                    c->options->client);
    } else if (status == STATUS_BAD_ARG) {
        explain(c->options, status);
    }
}

static struct resume what_goes_on(const struct control_side *c)
{
    return (struct resume){.hangs = c->hangs,
                           .going = c->going,
                           .jack_before = c->jack_before,
                           .jack_left = c->jack_left,
                           .next_frame = c->rt.engine.next_frame};
}

/* Both ways of starting anew that do not come back end here. */
_Noreturn static void give_up(struct control_side *c)
{
    log_error("cannot start anew: %s; start phicast-jack again", strerror(errno));
    publication_withdraw(&c->publication);
    _exit(1);
}

/* With the other libjack. Returns if a signal has come; one that comes later waits for the next start,
 * because it stays blocked. */
void control_change_libjack(struct control_side *c, enum server_choice choice)
{
    const struct resume resume = what_goes_on(c);
    watch_close(&c->watch);
    if (wake_wait(&c->wake, 0)) {
        return;
    }
    if (server_prepare_start(choice)) {
        resume_exec(c->options->argv, &resume, &c->connections.lost, c->project.nsm);
    }
    give_up(c);
}

static void log_out_of_reach(struct control_side *c)
{
    if (!c->logged_out_of_reach) {
        log_warning("%s; waiting for a JACK server", out_of_reach);
        c->logged_out_of_reach = true;
    }
}

static void look_elsewhere(struct control_side *c)
{
    if (c->jack_before && clocks_now_ms() - c->jack_ms < JACK_RETURN_MS) {
        return;
    }
    const enum server_choice choice = server_choose_after(c->options);
    if (choice == SERVER_PIPEWIRE) {
        control_change_libjack(c, choice);
    } else if (choice == SERVER_OUT_OF_REACH && c->going) {
        log_out_of_reach(c);
    }
}

enum status control_join(struct control_side *c)
{
    const bool program = !c->session.host;
    if (program && server_choose_before(c->jack_left) == SERVER_JACK) {
        control_change_libjack(c, SERVER_JACK);
        return STATUS_NOT_FOUND; /* on the way out */
    }
    if (!libjack_is_pipewires()) {
        c->jack_left = server_usual();
    }
    const enum status status = session_open(&c->session);
    if (program && status == STATUS_NOT_FOUND) {
        look_elsewhere(c);
    }
    c->fresh = status == STATUS_OK;
    c->going = c->going || c->fresh;
    c->jack_before = c->jack_before || (c->fresh && program && !libjack_is_pipewires());
    return status;
}

enum status control_join_again(struct control_side *c)
{
    const enum status status = control_join(c);
    if (status != c->refusal) {
        explain_waiting(c, status);
        c->refusal = status;
    }
    return status;
}

static void log_absence(struct control_side *c)
{
    if (server_choose_after(c->options) == SERVER_OUT_OF_REACH) {
        log_out_of_reach(c);
    } else if (server_is_named(c->options)) {
        log_info("JACK server %s does not answer yet; waiting for it", server_name(c->options));
    } else if (libjack_is_pipewires() && !libjack_was_chosen()) {
        log_info("PipeWire does not answer yet; waiting for it");
    } else {
        log_info("neither JACK nor PipeWire answers yet; waiting for one of them");
    }
}

/* What an absent server, or a name that is taken, comes to at the start. */
static enum status wait_or_end(struct control_side *c, enum status status)
{
    const bool absent = status == STATUS_NOT_FOUND;
    if (!c->options->wait || !(absent || status == STATUS_BUSY)) {
        explain(c->options, status);
        return status;
    }
    if (absent) {
        log_absence(c);
    }
    c->going = true;
    return STATUS_OK;
}

/* A run that goes on is not ended by a server that is not there yet. */
static enum status open_first_session(struct control_side *c)
{
    const uint64_t begin = clocks_now_ms();
    uint64_t waited_ms = 0;
    bool ended = false;
    enum status status = control_join(c);
    while (status == STATUS_BUSY && waited_ms < NAME_RELEASE_MS && !ended) {
        ended = wake_wait(&c->wake, TICK_MS);
        status = waited_ms < BRIEF_MS ? control_join(c) : control_join_again(c);
        waited_ms = clocks_now_ms() - begin;
    }
    if (status == STATUS_OK || c->going || ended || wake_wait(&c->wake, 0)) {
        return STATUS_OK;
    }
    return wait_or_end(c, status);
}

/* libjack does not come back. On the way out that is no matter, once our segment has gone; else only a fresh
 * process can go on. */
static void on_hang(void *arg, bool ending)
{
    struct control_side *c = arg;
    if (ending) {
        publication_withdraw(&c->publication);
        inbox_close(&c->inbox);
        _exit(c->failed ? 1 : 0);
    }
    struct resume resume = what_goes_on(c);
    resume.hangs++;
    resume.going = true;
    if ((resume.hangs & c->hangs) == 0) { /* the 1st, 2nd, 4th, 8th ... time */
        log_warning("libjack does not come back; starting anew");
    }
    connections_server_lost(&c->connections);
    resume_exec(c->options->argv, &resume, &c->connections.lost, c->project.nsm);
    give_up(c);
}

static enum status open_wake(struct control_side *c)
{
    enum status status = wake_open(&c->wake);
    if (status == STATUS_OK && !c->session.host) {
        status = watch_open(&c->watch, &c->wake, c->hangs > 0, on_hang, c);
    }
    if (status) {
        log_error("cannot set up what wakes the control thread: %s", status_str(status));
        wake_close(&c->wake);
    }
    return status;
}

enum status control_open(struct control_side *c, const struct jack_options *options, jack_client_t *host,
                         struct nsm *nsm)
{
    *c = (struct control_side){
        .options = options,
        .publication = {.segment = SEGMENT_NONE, .retired = SEGMENT_NONE},
        .watch = WATCH_NONE,
        .connections = {.connect = &options->connect, .follow = &options->follow},
    };
    inbox_init(&c->inbox, options->name);
    names_init(&c->names, &options->labels);
    project_init(&c->project, nsm, options);
    arrivals_init(&c->session.arrivals);
    c->session.host = host;
    c->session.options = options;
    c->session.wake = &c->wake;
    c->session.watch = &c->watch;
    c->session.rt = &c->rt;
    if (!host) {
        const struct resume resume = resume_take(&c->connections.lost);
        c->hangs = resume.hangs;
        c->going = resume.going || nsm;
        c->jack_before = resume.jack_before;
        c->jack_ms = clocks_now_ms();
        c->jack_left = resume.jack_left;
        c->rt.engine.next_frame = resume.next_frame;
    }
    enum status status = open_wake(c);
    if (status) {
        return status;
    }
    status = publication_open(&c->publication, options->name, options->group);
    if (status == STATUS_OK) {
        c->rt.telemetry = c->publication.segment.memory;
        status = open_first_session(c);
    }
    if (status) {
        control_close(c);
    } else {
        project_opened(&c->project);
    }
    return status;
}

void control_close(struct control_side *c)
{
    watch_ending(&c->watch);
    session_close(&c->session);
    watch_close(&c->watch);
    calibration_drop(&c->calibration, &c->session);
    connections_clear(&c->connections);
    inbox_close(&c->inbox);
    publication_close(&c->publication);
    wake_close(&c->wake);
}
