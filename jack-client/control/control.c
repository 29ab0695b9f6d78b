/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/control.h"

#include "jack-client/control/metadata.h"
#include "jack-client/control/report.h"
#include "jack-client/control/resume.h"
#include "shared/log.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 10,           /* from look to look: how long a person's wish may wait */
    REPORT_MS = 50,         /* from one publication of status and latency to the next */
    RETRY_MS = 1000,        /* from try to try while there is no server */
    SETTLING_MS = 1000,     /* PipeWire: ports may appear this much later than the graph says */
    QUIET_MS = 40,          /* connections are looked at when the graph has not changed for so long */
    TROUBLE_MS = 10000,     /* xruns and gaps are summed up over so long */
    DEAD_MS = 1000,         /* no callback for so long: the server has forgotten us */
    NAME_RELEASE_MS = 2000, /* a killed predecessor's name may take this long to be free */
};

#define LOAD(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)

static struct telemetry *telemetry_of(const struct control_side *c)
{
    return c->publication.segment.memory;
}

/* --- opening
 * ------------------------------------------------------------------------------------------------ */

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

/* resumed: a run that goes on is not ended by a server that is not there yet. */
static enum status open_first_session(struct control_side *c, bool resumed)
{
    const uint64_t give_up = clocks_now_ms() + NAME_RELEASE_MS;
    enum status status;
    bool ended = false;
    while ((status = session_open(&c->session)) == STATUS_BUSY && clocks_now_ms() < give_up && !ended) {
        ended = wake_wait(&c->wake, TICK_MS);
    }
    c->fresh = status == STATUS_OK;
    if (status && resumed) {
        return STATUS_OK;
    }
    if (status) {
        explain(c, status);
    }
    return status;
}

/* libjack hangs in closing. On the way out that is no matter; else only a fresh process can go on. */
static void on_hang(void *arg)
{
    struct control_side *c = arg;
    if (c->ending) {
        _exit(c->failed ? 1 : 0);
    }
    log_warning("libjack does not come back from closing the lost client; starting anew");
    resume_exec(c->options->argv, c->rt.engine.next_frame, &c->connections.lost);
    log_error("cannot start anew: %s; start phicast-jack again", strerror(errno));
    _exit(1);
}

enum status control_open(struct control_side *c, const struct jack_options *options, jack_client_t *host)
{
    *c = (struct control_side){
        .options = options,
        .publication = {.segment = SEGMENT_NONE, .retired = SEGMENT_NONE},
        .connections = {.connect = &options->connect, .follow = &options->follow},
    };
    hands_init(&c->hands, options->name);
    c->session.host = host;
    c->session.on_hang = on_hang;
    c->session.on_hang_arg = c;
    const bool resumed = !host && resume_take(&c->rt.engine.next_frame, &c->connections.lost);
    c->session.options = options;
    c->session.wake = &c->wake;
    c->session.rt = &c->rt;
    enum status status = host ? wake_open_for_guest(&c->wake) : wake_open_for_signals(&c->wake);
    if (status) {
        log_error("cannot set up what wakes the control thread: %s", status_str(status));
        return status;
    }
    status = publication_open(&c->publication, options->name, options->group);
    if (status == STATUS_OK) {
        c->rt.telemetry = telemetry_of(c);
        status = open_first_session(c, resumed);
    }
    if (status) {
        control_close(c);
    }
    return status;
}

void control_close(struct control_side *c)
{
    c->ending = true;
    session_close(&c->session);
    calibration_drop(&c->calibration, &c->session);
    connections_clear(&c->connections);
    hands_close(&c->hands);
    publication_close(&c->publication);
    wake_close(&c->wake);
}

/* --- running
 * ------------------------------------------------------------------------------------------------ */

/* What may wait until the client runs already. */
static void settle_in(struct control_side *c)
{
    const struct rt *rt = &c->rt;
    c->fresh = false;
    c->opened_ms = c->callbacks_ms = clocks_now_ms();
    c->callbacks = LOAD(rt->reports.callbacks);
    c->stream_logged = false;
    log_info("%u channels at %u Hz, %u samples a period, as JACK client %s", rt->channels, rt->sample_rate,
             jack_get_buffer_size(c->session.client), jack_get_client_name(c->session.client));
    metadata_set(c->session.client, rt);
}

static void log_stream_start(struct control_side *c)
{
    const uint32_t start = LOAD(c->rt.reports.stream_start);
    if (LOAD(c->rt.reports.callbacks) > c->callbacks && (!c->stream_logged || start != c->stream_start)) {
        if (c->stream_logged) {
            log_detail("stream starts at JACK frame %u", start);
        } else {
            log_info("stream starts at JACK frame %u", start);
        }
        c->stream_start = start;
        c->stream_logged = true;
    }
}

static void log_trouble(struct control_side *c, uint64_t now_ms)
{
    const uint64_t gaps = LOAD(c->rt.reports.gaps);
    const uint64_t xruns = LOAD(c->session.xruns);
    if ((gaps != c->gaps || xruns != c->xruns) &&
        (c->trouble_ms == 0 || now_ms - c->trouble_ms >= TROUBLE_MS)) {
        log_warning("%llu xruns and %llu gaps in the last %d s; after a gap the window fills anew",
                    (unsigned long long)(xruns - c->xruns), (unsigned long long)(gaps - c->gaps),
                    TROUBLE_MS / 1000);
        c->gaps = gaps;
        c->xruns = xruns;
        c->trouble_ms = now_ms;
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
    return atomic_load(&c->session.lost) || (!c->session.host && now_ms - c->callbacks_ms > DEAD_MS);
}

static void leave_session(struct control_side *c, const char *why)
{
    log_warning("%s", why);
    connections_server_lost(&c->connections);
    session_close(&c->session);
    calibration_drop(&c->calibration, &c->session);
}

/* The graph changes in bursts, and the last one of a plug-in's life is its own removal, when it must touch
 * nothing: so wait for quiet. */
static void tend_connections(struct control_side *c, uint64_t now_ms)
{
    if (atomic_exchange(&c->session.graph_changed, false)) {
        c->changed_ms = now_ms;
    }
    const bool settling = !c->session.host && now_ms - c->opened_ms < SETTLING_MS;
    const bool quiet = c->changed_ms != 0 && now_ms - c->changed_ms >= QUIET_MS;
    if (settling || quiet) {
        c->changed_ms = 0;
        connections_update(&c->connections, c->session.client, &c->rt, now_ms);
        calibration_recall(&c->calibration, &c->session);
    }
}

static void tend_session(struct control_side *c, uint64_t now_ms)
{
    if (c->fresh) {
        settle_in(c);
    }
    log_stream_start(c);
    log_trouble(c, now_ms);
    if (is_lost(c, now_ms)) {
        atomic_store(&c->session.lost, true);
        leave_session(c, "the JACK server has gone; trying again every second");
    } else if (atomic_load(&c->session.rate_changed)) {
        leave_session(c, "the sample rate has changed; starting over");
    } else {
        tend_connections(c, now_ms);
    }
}

static void try_session(struct control_side *c)
{
    c->fresh = session_open(&c->session) == STATUS_OK;
}

static void report(struct control_side *c, uint64_t now_ms)
{
    if (now_ms - c->reported_ms >= REPORT_MS) {
        c->reported_ms = now_ms;
        report_write(telemetry_of(c), &c->session, &c->calibration);
    }
}

/* --- calibrating
 * -------------------------------------------------------------------------------------------- */

static bool connect_calibration(const struct control_side *c)
{
    const struct jack_options *options = c->options;
    jack_client_t *client = c->session.client;
    const char *out = jack_port_name(c->rt.calibration_out);
    const char *in = jack_port_name(c->rt.calibration_in);
    if (options->calibrate_out && jack_connect(client, out, options->calibrate_out) != 0 &&
        !jack_port_connected_to(c->rt.calibration_out, options->calibrate_out)) {
        log_error("--calibrate-out %s: cannot be connected; jack_lsp shows the ports there are",
                  options->calibrate_out);
        return false;
    }
    if (options->calibrate_in && jack_connect(client, options->calibrate_in, in) != 0 &&
        !jack_port_connected_to(c->rt.calibration_in, options->calibrate_in)) {
        log_error("--calibrate-in %s: cannot be connected; jack_lsp shows the ports there are",
                  options->calibrate_in);
        return false;
    }
    return true;
}

/* --calibrate: true when all is done. */
static bool calibrate_once(struct control_side *c, bool measured)
{
    if (measured) {
        c->failed = c->calibration.state != CALIBRATION_DONE;
        return true;
    }
    if (!c->calibration.running && c->stream_logged) {
        c->failed = !connect_calibration(c) ||
                    calibration_start(&c->calibration, &c->session, c->options->calibrate_level) != STATUS_OK;
    }
    return c->failed;
}

/* True when it was all there was to do, and is done. */
static bool tend_calibration(struct control_side *c, double wanted_level)
{
    const uint32_t period = LOAD(c->rt.reports.period);
    if (period != c->period) {
        c->period = period;
        calibration_recall(&c->calibration, &c->session);
    }
    const bool measured = calibration_poll(&c->calibration, &c->session);
    if (!isnan(wanted_level)) {
        (void)!calibration_start(&c->calibration, &c->session, wanted_level); /* a refusal has been logged */
    }
    return c->options->calibrate && calibrate_once(c, measured);
}

/* --- all together
 * ------------------------------------------------------------------------------------------- */

enum status control_run(struct control_side *c)
{
    bool ended = false;
    uint64_t next_try_ms = 0;

    while (!ended) {
        const uint64_t now_ms = clocks_now_ms();
        double wanted_level = NAN;
        hands_poll(&c->hands, &c->rt.inputs.commands, &wanted_level, now_ms);
        if (c->session.client) {
            clocks_update(&c->session.clocks, &c->rt.inputs);
            tend_session(c, now_ms);
        } else if (now_ms >= next_try_ms) {
            next_try_ms = now_ms + RETRY_MS;
            try_session(c);
        }
        if (c->session.client) {
            ended = tend_calibration(c, wanted_level);
        }
        publication_tend(&c->publication, &c->rt, c->session.client != NULL, now_ms);
        report(c, now_ms);
        ended = wake_wait(&c->wake, ended ? 0 : TICK_MS) || ended;
    }
    return c->failed ? STATUS_IO : STATUS_OK;
}

void control_end(struct control_side *c)
{
    wake_end(&c->wake);
}
