/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/control.h"

#include "jack-client/control/clocks.h"
#include "jack-client/control/report.h"
#include "shared/log.h"

#include <errno.h>
#include <grp.h>
#include <string.h>

enum {
    TICK_MS = 50,           /* from look to look while all is well */
    RETRY_MS = 1000,        /* from try to try while there is no server */
    SETTLING_MS = 1000,     /* PipeWire: ports may appear this much later than the graph says */
    DEAD_MS = 1000,         /* no callback for so long: the server has forgotten us */
    NAME_RELEASE_MS = 2000, /* a killed predecessor's name may take this long to be free */
};

#define LOAD(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)

static struct telemetry *telemetry_of(const struct control_side *c)
{
    return c->segment.memory;
}

/* --- opening
 * ------------------------------------------------------------------------------------------------ */

static enum status find_group(const char *name, gid_t *gid)
{
    *gid = (gid_t)-1;
    if (name) {
        errno = 0;
        const struct group *group = getgrnam(name);
        if (!group) {
            log_error("--group %s: there is no such group; see getent group", name);
            return STATUS_NOT_FOUND;
        }
        *gid = group->gr_gid;
    }
    return STATUS_OK;
}

static enum status take_segment(struct control_side *c)
{
    const char *name = c->options->name;
    gid_t gid;
    enum status status = find_group(c->options->group, &gid);
    if (status) {
        return status;
    }
    status = segment_create(&c->segment, &telemetry_kind, name, gid);
    if (status == STATUS_BUSY) {
        log_error("a phicast-jack named %s is already running (process %u); choose another name with -n",
                  name, segment_owner(&telemetry_kind, name));
    } else if (status == STATUS_BAD_ARG) {
        log_error("--name %s: use up to 60 letters, digits and \"-_.\", no others", name);
    } else if (status) {
        log_error("cannot make the shared memory /phicast.%s.telemetry: %s; look at /dev/shm", name,
                  status_str(status));
    }
    return status;
}

static void explain(const struct control_side *c, enum status status)
{
    if (status == STATUS_BUSY) {
        log_error("the JACK server already has a client named %s; choose another name with -n",
                  c->options->name);
    } else if (status == STATUS_NOT_FOUND) {
        log_error("no JACK server%s%s answers; start one (jackd, or PipeWire), or name it with -s",
                  c->options->server ? " named " : "", c->options->server ? c->options->server : "");
    } /* others have been logged where they arose */
}

static void opened(struct control_side *c)
{
    const struct rt *rt = &c->rt;
    c->opened_ms = c->callbacks_ms = clocks_now_ms();
    c->callbacks = LOAD(rt->reports.callbacks);
    c->stream_logged = false;
    log_info("%u channels at %u Hz, %u samples a period, as JACK client %s", rt->channels, rt->sample_rate,
             jack_get_buffer_size(c->session.client), jack_get_client_name(c->session.client));
}

static enum status open_first_session(struct control_side *c)
{
    const uint64_t give_up = clocks_now_ms() + NAME_RELEASE_MS;
    enum status status;
    bool ended = false;
    while ((status = session_open(&c->session)) == STATUS_BUSY && clocks_now_ms() < give_up && !ended) {
        ended = wake_wait(&c->wake, TICK_MS);
    }
    if (status) {
        explain(c, status);
    } else {
        opened(c);
    }
    return status;
}

enum status control_open(struct control_side *c, const struct jack_options *options)
{
    *c = (struct control_side){
        .options = options,
        .segment = SEGMENT_NONE,
        .connections = {.connect = &options->connect, .follow = &options->follow},
    };
    c->session.options = options;
    c->session.wake = &c->wake;
    c->session.rt = &c->rt;
    enum status status = wake_open(&c->wake);
    if (status) {
        log_error("cannot set up signals: %s", status_str(status));
        return status;
    }
    status = take_segment(c);
    if (status == STATUS_OK) {
        c->rt.telemetry = telemetry_of(c);
        status = open_first_session(c);
    }
    if (status) {
        control_close(c);
    }
    return status;
}

void control_close(struct control_side *c)
{
    session_close(&c->session);
    connections_clear(&c->connections);
    segment_close(&c->segment);
    wake_close(&c->wake);
}

/* --- running
 * ------------------------------------------------------------------------------------------------ */

static void log_changes(struct control_side *c)
{
    const struct rt_reports *reports = &c->rt.reports;
    const uint64_t gaps = LOAD(reports->gaps);
    const uint64_t xruns = LOAD(c->session.xruns);
    const uint32_t start = LOAD(reports->stream_start);

    if (LOAD(reports->callbacks) > c->callbacks && (!c->stream_logged || start != c->stream_start)) {
        log_info("stream starts at JACK frame %u", start);
        c->stream_start = start;
        c->stream_logged = true;
    }
    if (gaps != c->gaps || xruns != c->xruns) {
        log_warning("sound was missed: %llu xruns, %llu gaps so far; the window starts anew after each gap",
                    (unsigned long long)xruns, (unsigned long long)gaps);
        c->gaps = gaps;
        c->xruns = xruns;
    }
}

/* PipeWire may forget a client without a word: no callback for a second is as good as a shutdown. */
static bool is_lost(struct control_side *c, uint64_t now_ms)
{
    const uint64_t callbacks = LOAD(c->rt.reports.callbacks);
    if (callbacks != c->callbacks) {
        c->callbacks = callbacks;
        c->callbacks_ms = now_ms;
    }
    return atomic_load(&c->session.lost) || now_ms - c->callbacks_ms > DEAD_MS;
}

static void leave_session(struct control_side *c, const char *why)
{
    log_warning("%s", why);
    connections_server_lost(&c->connections);
    session_close(&c->session);
}

static void tend_session(struct control_side *c, uint64_t now_ms)
{
    log_changes(c);
    if (is_lost(c, now_ms)) {
        atomic_store(&c->session.lost, true);
        leave_session(c, "the JACK server has gone; trying again every second");
    } else if (atomic_load(&c->session.rate_changed)) {
        leave_session(c, "the sample rate has changed; starting over");
    } else if (atomic_exchange(&c->session.graph_changed, false) || now_ms - c->opened_ms < SETTLING_MS) {
        connections_update(&c->connections, c->session.client, &c->rt, now_ms);
    }
}

static void try_session(struct control_side *c)
{
    if (session_open(&c->session) == STATUS_OK) {
        opened(c);
    }
}

void control_run(struct control_side *c)
{
    bool ended = false;
    uint64_t next_try_ms = 0;

    while (!ended) {
        const uint64_t now_ms = clocks_now_ms();
        if (c->session.client) {
            clocks_update(&c->rt.inputs);
            tend_session(c, now_ms);
        } else if (now_ms >= next_try_ms) {
            next_try_ms = now_ms + RETRY_MS;
            try_session(c);
        }
        report_write(telemetry_of(c), &c->session);
        ended = wake_wait(&c->wake, TICK_MS);
    }
}
