/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/control.h"
#include "jack-client/control/resume.h"
#include "shared/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 10,           /* from try to try while a name is taken */
    BRIEF_MS = 500,         /* a name taken for so short a time is not worth a line */
    NAME_RELEASE_MS = 5000, /* a killed predecessor's name may take this long to be free */
};

static void explain(const struct control_side *c, enum status status)
{
    const struct jack_options *options = c->options;
    if (status == STATUS_BUSY) {
        log_error("the JACK server already has a client named %s; choose another name with -n",
                  options->name);
    } else if (status == STATUS_NOT_FOUND) {
        log_error("no JACK server%s%s answers; start one (jackd, or PipeWire), or name it with -s",
                  options->server ? " named " : "", options->server ? options->server : "");
    } else if (status == STATUS_BAD_ARG) {
        log_error(
            "--name %s: a JACK server of that name is running, whose socket a client of that name would take "
            "away; choose another name with -n",
            options->name);
    } /* others have been logged where they arose */
}

static void explain_waiting(const struct control_side *c, enum status status)
{
    if (status == STATUS_BUSY) {
        log_warning("the JACK server has a client named %s already; waiting for it to go", c->options->name);
    } else if (status == STATUS_BAD_ARG) {
        explain(c, status);
    }
}

enum status control_join(struct control_side *c)
{
    const enum status status = session_open(&c->session);
    c->fresh = status == STATUS_OK;
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

/* resumed: a run that goes on is not ended by a server that is not there yet. */
static enum status open_first_session(struct control_side *c, bool resumed)
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
    if (status && (resumed || ended)) {
        return STATUS_OK;
    }
    if (status) {
        explain(c, status);
    }
    return status;
}

/* libjack does not come back. On the way out that is no matter, once our segment has gone; else only a fresh
 * process can go on. */
static void on_hang(void *arg, bool ending)
{
    struct control_side *c = arg;
    if (ending) {
        publication_withdraw(&c->publication);
        hands_close(&c->hands);
        _exit(c->failed ? 1 : 0);
    }
    const struct resume resume = {.hangs = c->hangs + 1, .next_frame = c->rt.engine.next_frame};
    if ((resume.hangs & c->hangs) == 0) { /* the 1st, 2nd, 4th, 8th ... time */
        log_warning("libjack does not come back; starting anew");
    }
    connections_server_lost(&c->connections);
    resume_exec(c->options->argv, &resume, &c->connections.lost);
    log_error("cannot start anew: %s; start phicast-jack again", strerror(errno));
    publication_withdraw(&c->publication);
    _exit(1);
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

enum status control_open(struct control_side *c, const struct jack_options *options, jack_client_t *host)
{
    *c = (struct control_side){
        .options = options,
        .publication = {.segment = SEGMENT_NONE, .retired = SEGMENT_NONE},
        .watch = WATCH_NONE,
        .connections = {.connect = &options->connect, .follow = &options->follow},
    };
    hands_init(&c->hands, options->name);
    arrivals_init(&c->session.arrivals);
    c->session.host = host;
    c->session.options = options;
    c->session.wake = &c->wake;
    c->session.watch = &c->watch;
    c->session.rt = &c->rt;
    if (!host) {
        const struct resume resume = resume_take(&c->connections.lost);
        c->hangs = resume.hangs;
        c->rt.engine.next_frame = resume.next_frame;
    }
    enum status status = open_wake(c);
    if (status) {
        return status;
    }
    status = publication_open(&c->publication, options->name, options->group);
    if (status == STATUS_OK) {
        c->rt.telemetry = c->publication.segment.memory;
        status = open_first_session(c, c->hangs > 0);
    }
    if (status) {
        control_close(c);
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
    hands_close(&c->hands);
    publication_close(&c->publication);
    wake_close(&c->wake);
}
