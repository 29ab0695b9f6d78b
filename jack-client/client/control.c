/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/control.h"

#include "jack-client/client/libjack.h"
#include "jack-client/client/metadata.h"
#include "jack-client/client/report.h"
#include "jack-client/client/server_call.h"
#include "jack-client/client/server_choice.h"
#include "shared/log.h"
#include "shared/relaxed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 10,        /* from look to look: how long a command may wait */
    REPORT_MS = 50,      /* from one publication of status and latency to the next */
    RETRY_MS = 1000,     /* from try to try while there is no server, */
    BUSY_MS = 100,       /* or while it still holds our name */
    SETTLING_MS = 1000,  /* PipeWire: ports may appear this much later than the graph says */
    NAMES_MS = 100,      /* from look to look at what ports are called, while properties change */
    QUIET_MS = 40,       /* connections are looked at when the graph has not changed for so long */
    JACK_LOOK_MS = 1000, /* in PipeWire: from look to look for the JACK server that there was */
    TROUBLE_MS = 10000,  /* xruns and gaps are summed up over so long */
    STALLED_MS = 1000,   /* no callback for so long is worth a line */
    STOPPED_MS = 500,    /* no look for so long: it was us who were stopped */
};

/* --- running --- */

/* JACK says when it throws us out; PipeWire may forget a client without a word. */
static bool is_in_pipewire(const struct control_side *c)
{
    return !c->session.host && libjack_is_pipewires();
}

static void log_joined(const struct control_side *c)
{
    if (is_in_pipewire(c)) {
        const char *version = strstr(jack_get_version_string(), "PipeWire");
        log_info("joined %.*s", (int)strcspn(version, ")"), version);
    } else if (!c->session.host) {
        log_info("joined JACK server %s", server_name(c->options));
    }
}

/* What may wait until the client runs already. */
static void settle_in(struct control_side *c)
{
    struct rt *rt = &c->rt;
    c->fresh = false;
    c->hangs = 0;
    c->watch.quiet = false;
    c->stalled = false;
    c->opened_ms = c->callbacks_ms = c->tick_ms = clocks_now_ms();
    c->callbacks = load_relaxed(rt->reports.callbacks);
    c->named_ms = c->opened_ms;
    c->stream_logged = false;
    c->midi_listeners = 0;
    log_joined(c);
    const uint32_t period = jack_get_buffer_size(c->session.client);
    char samples[40] = ""; /* PipeWire 1.4 may not know them yet */
    if (period > 0) {
        snprintf(samples, sizeof samples, " %u samples a period,", period);
    }
    log_info("%u channels at %u Hz,%s as JACK client %s", rt->ports.channels, rt->sample_rate, samples,
             jack_get_client_name(c->session.client));
    watch_beat(&c->watch, WATCH_PATIENCE_MS);
    metadata_set(c->session.client, &rt->ports);
    watch_beat(&c->watch, WATCH_OWN_MS);
}

static void log_stream_start(struct control_side *c)
{
    const uint32_t start = load_relaxed(c->rt.reports.stream_start);
    if (load_relaxed(c->rt.reports.callbacks) > c->callbacks &&
        (!c->stream_logged || start != c->stream_start)) {
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
    const uint64_t gaps = load_relaxed(c->rt.reports.gaps);
    const uint64_t xruns = load_relaxed(c->session.xruns);
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

static void log_midi_lost(struct control_side *c)
{
    const uint64_t lost = load_relaxed(c->rt.reports.midi_lost);
    if (lost != c->midi_lost) {
        c->midi_lost = lost;
        log_repeated(&c->midi_losses,
                     "%llu MIDI messages so far had no room in their period; send fewer "
                     "(--midi-out-cc METRIC=none)",
                     (unsigned long long)lost);
    }
}

static void note_callbacks(struct control_side *c, uint64_t now_ms)
{
    const uint64_t callbacks = load_relaxed(c->rt.reports.callbacks);
    if (callbacks != c->callbacks || now_ms - c->tick_ms > STOPPED_MS) {
        if (c->stalled) {
            log_info("the JACK server goes on");
        }
        c->callbacks = callbacks;
        c->callbacks_ms = now_ms;
        c->stalled = false;
    } else if (!c->stalled && now_ms - c->callbacks_ms > STALLED_MS) {
        c->stalled = true;
        if (!is_in_pipewire(c)) {
            log_warning("the JACK server stands still, or a client before this one does; waiting for it");
        }
    }
    c->tick_ms = now_ms;
}

static bool is_lost(const struct control_side *c)
{
    return atomic_load(&c->session.lost) || (c->stalled && is_in_pipewire(c));
}

static void leave_session(struct control_side *c, const char *why)
{
    log_warning("%s", why);
    c->jack_ms = clocks_now_ms();
    connections_server_lost(&c->connections);
    names_server_lost(&c->names);
    sources_server_lost(&c->sources);
    session_close(&c->session);
    calibration_drop(&c->calibration, &c->session);
}

/* Whoever has been in a JACK server is drawn back by one that starts. */
static bool jack_has_started(struct control_side *c, uint64_t now_ms)
{
    if (!c->jack_before || !is_in_pipewire(c) || now_ms - c->jack_ms < JACK_LOOK_MS) {
        return false;
    }
    c->jack_ms = now_ms;
    return server_choose_before(c->jack_left) == SERVER_JACK;
}

/* After each look at the graph; and when properties change, of which somebody may set any number. A plug-in
 * waits for quiet in either case. */
static void tend_names(struct control_side *c, uint64_t now_ms)
{
    const bool graph = c->named_ms == 0;
    if (graph || (!c->session.host && now_ms - c->named_ms >= NAMES_MS &&
                  atomic_exchange(&c->session.renamed, false))) {
        c->named_ms = now_ms;
        watch_beat(&c->watch, WATCH_PATIENCE_MS);
        names_update(&c->names, c->session.client, &c->rt.ports);
        sources_update(&c->sources, c->session.client, &c->rt.ports);
        watch_beat(&c->watch, WATCH_OWN_MS);
    }
}

/* Whoever joins late knows no value that does not change. */
static void greet_midi_listeners(struct control_side *c)
{
    const int count = c->rt.ports.midi_out ? jack_port_connected(c->rt.ports.midi_out) : 0;
    if (count > c->midi_listeners) {
        store_relaxed(c->rt.inputs.midi_newcomer, true);
    }
    c->midi_listeners = count;
}

/* What people have asked for by way of the broadcaster. */
static void carry_out_patches(struct control_side *c)
{
    for (uint32_t i = 0; i < c->inbox.patch_count; i++) {
        const struct command *command = &c->inbox.patch[i];
        const uint32_t channel = (uint32_t)command->value;
        char *source = sources_find(c->session.client, command->source);
        if (source && channel < c->rt.ports.channels) {
            connections_patch(&c->connections, c->session.client, source,
                              jack_port_name(c->rt.ports.in[channel]), command->kind == COMMAND_CONNECT);
        } else {
            log_warning("a port that somebody wanted to patch is not there any more");
        }
        free(source);
    }
    c->inbox.patch_count = 0;
}

/* The graph changes in bursts, and the last one of a plug-in's life is its own removal, when it must touch
 * nothing: so wait for quiet. */
static void tend_connections(struct control_side *c, uint64_t now_ms)
{
    const bool renamed = c->session.host && atomic_exchange(&c->session.renamed, false);
    if (atomic_exchange(&c->session.graph_changed, false) || renamed) {
        c->changed_ms = now_ms;
    }
    const bool settling = !c->session.host && now_ms - c->opened_ms < SETTLING_MS;
    const bool quiet = c->changed_ms != 0 && now_ms - c->changed_ms >= QUIET_MS;
    const bool pending = c->changed_ms == 0 && connections_pending(&c->connections);
    if (c->changed_ms == 0 && !c->stalled && c->inbox.patch_count > 0) {
        watch_beat(&c->watch, WATCH_PATIENCE_MS);
        carry_out_patches(c);
        watch_beat(&c->watch, WATCH_OWN_MS);
    }
    /* In a server that stands still nothing comes of waiting; one that tells of changes does not. */
    if (quiet || (!c->stalled && (settling || pending))) {
        c->changed_ms = 0;
        watch_beat(&c->watch, WATCH_PATIENCE_MS);
        connections_update(&c->connections, c->session.client, &c->rt.ports, &c->session.arrivals, quiet,
                           now_ms);
        watch_beat(&c->watch, WATCH_OWN_MS);
        calibration_recall(&c->calibration, &c->session);
        greet_midi_listeners(c);
        c->named_ms = 0;
    }
    tend_names(c, now_ms);
    if (!c->patterns_logged && !settling && (!c->session.host || quiet)) {
        c->patterns_logged = true;
        watch_beat(&c->watch, WATCH_PATIENCE_MS);
        connections_name_idle(&c->connections, c->session.client);
        watch_beat(&c->watch, WATCH_OWN_MS);
    }
}

static void tend_session(struct control_side *c, uint64_t now_ms)
{
    if (c->fresh) {
        settle_in(c);
    }
    log_stream_start(c);
    log_trouble(c, now_ms);
    log_midi_lost(c);
    note_callbacks(c, now_ms);
    if (is_lost(c)) {
        atomic_store(&c->session.lost, true);
        c->jack_left = 0; /* without PipeWire, any JACK server is worth a try */
        leave_session(c, c->session.host     ? "the JACK server is ending"
                         : is_in_pipewire(c) ? "PipeWire has gone; trying again every second"
                                             : "the JACK server has gone; trying again every second");
    } else if (atomic_load(&c->session.rate_changed)) {
        leave_session(c, "the sample rate has changed; starting over");
    } else if (jack_has_started(c, now_ms)) {
        leave_session(c, "a JACK server has started; going back to it");
        control_change_libjack(c, SERVER_JACK);
    } else {
        tend_connections(c, now_ms);
    }
}

/* A plug-in's server takes it along. */
static bool may_join_again(const struct control_side *c)
{
    return !c->session.host || !atomic_load(&c->session.lost);
}

static void report(struct control_side *c, uint64_t now_ms)
{
    if (now_ms - c->reported_ms >= REPORT_MS) {
        c->reported_ms = now_ms;
        report_write(c->publication.segment.memory, &c->session, c->stalled, &c->calibration);
    }
}

/* --- calibrating --- */

/* A server that ignores the request (jackd -a) says that it was done; one that has done it shows so a cycle
 * later. */
static bool stands(const jack_port_t *port, const char *other)
{
    enum { LOOKS_MAX = 100, LOOK_US = 10000 };
    int looks = 0;
    while (jack_port_connected_to(port, other) <= 0) {
        if (++looks == LOOKS_MAX) {
            return false;
        }
        usleep(LOOK_US);
    }
    return true;
}

static bool connect_calibration_port(jack_client_t *client, const char *option, const jack_port_t *port,
                                     const char *other)
{
    const bool is_output = (jack_port_flags(port) & JackPortIsOutput) != 0;
    const char *own = jack_port_name(port);
    if (!other || jack_port_connected_to(port, other) > 0) {
        return true;
    }
    server_call_begin();
    const int result = jack_connect(client, is_output ? own : other, is_output ? other : own);
    server_call_end();
    if (result == 0 && stands(port, other)) {
        return true;
    }
    log_error("%s %s: cannot be connected; jack_lsp shows the ports there are, and a server started with -a "
              "may forbid "
              "it",
              option, other);
    return false;
}

static bool connect_calibration(const struct control_side *c)
{
    const struct jack_options *options = c->options;
    jack_client_t *client = c->session.client;
    return connect_calibration_port(client, "--calibrate-out", c->rt.ports.calibration_out,
                                    options->calibrate_out) &&
           connect_calibration_port(client, "--calibrate-in", c->rt.ports.calibration_in,
                                    options->calibrate_in);
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
    const uint32_t period = load_relaxed(c->rt.reports.period);
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

/* --- all together --- */

enum status control_run(struct control_side *c)
{
    bool ended = wake_wait(&c->wake, 0);
    uint64_t next_try_ms = 0;

    while (!ended && !project_listen(&c->project)) {
        const uint64_t now_ms = clocks_now_ms();
        double wanted_level = NAN;
        watch_beat(&c->watch, WATCH_OWN_MS);
        inbox_poll(&c->inbox, &c->rt.inputs.commands, &wanted_level, now_ms);
        store_relaxed(c->rt.inputs.wanted, c->inbox.wanted);
        if (c->session.client) {
            clocks_update(&c->session.clocks, &c->rt.inputs);
            tend_session(c, now_ms);
        } else if (now_ms >= next_try_ms && may_join_again(c)) {
            next_try_ms = now_ms + (control_join_again(c) == STATUS_BUSY ? BUSY_MS : RETRY_MS);
        }
        if (!c->session.client) {
            c->inbox.patch_count = 0; /* there is nothing to be connected */
        }
        if (c->session.client) {
            ended = tend_calibration(c, wanted_level);
        }
        publication_tend(&c->publication, &c->rt, c->session.client != NULL, now_ms);
        names_publish(&c->names, c->publication.segment.memory);
        sources_publish(&c->sources, c->publication.segment.memory);
        report(c, now_ms);
        project_tend(&c->project, &c->rt, c->session.client && !c->stalled, now_ms);
        ended = wake_wait(&c->wake, ended ? 0 : TICK_MS) || ended;
    }
    return c->failed ? STATUS_IO : STATUS_OK;
}

void control_end(struct control_side *c)
{
    wake_end(&c->wake);
}
