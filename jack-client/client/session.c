/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/session.h"

#include "jack-client/client/libjack.h"
#include "jack-client/client/metadata.h"
#include "jack-client/client/server_call.h"
#include "jack-client/client/server_name.h"
#include "jack-client/dsp/float_mode.h"
#include "jack-client/rt/memory.h"
#include "shared/log.h"
#include "shared/relaxed.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- JACK's callbacks: set a flag, wake the control thread, nothing else --- */

static void notify(struct session *session, _Atomic bool *flag)
{
    atomic_store_explicit(flag, true, memory_order_release);
    wake_up(session->wake);
}

static void on_shutdown(void *arg)
{
    struct session *session = arg;
    atomic_store(&session->shut, true);
    notify(session, &session->lost);
}

static void on_info_shutdown(jack_status_t code, const char *reason, void *arg)
{
    (void)code;
    (void)reason;
    on_shutdown(arg);
}

static void on_port_registration(jack_port_id_t port, int registered, void *arg)
{
    struct session *session = arg;
    if (registered) {
        arrivals_add(&session->arrivals, port);
    }
    notify(session, &session->graph_changed);
}

/* A client whose ports were there before has become active, for instance. */
static int on_graph_order(void *arg)
{
    struct session *session = arg;
    notify(session, &session->graph_changed);
    return 0;
}

static void on_port_rename(jack_port_id_t port, const char *before, const char *after, void *arg)
{
    struct session *session = arg;
    (void)port;
    (void)before;
    (void)after;
    notify(session, &session->graph_changed);
}

static void on_port_connect(jack_port_id_t a, jack_port_id_t b, int connected, void *arg)
{
    struct session *session = arg;
    (void)a;
    (void)b;
    (void)connected;
    notify(session, &session->graph_changed);
}

/* A port may have got a pretty name. */
static void on_property(jack_uuid_t subject, const char *key, jack_property_change_t change, void *arg)
{
    struct session *session = arg;
    (void)subject;
    (void)key;
    (void)change;
    notify(session, &session->renamed);
}

static int on_sample_rate(jack_nframes_t rate, void *arg)
{
    struct session *session = arg;
    if (rate != session->rt->sample_rate) {
        notify(session, &session->rate_changed);
    }
    return 0;
}

/* On PipeWire this runs in the realtime thread: an atomic and no more. */
static int on_xrun(void *arg)
{
    struct session *session = arg;
    atomic_fetch_add_explicit(&session->xruns, 1, memory_order_relaxed);
    return 0;
}

static void on_freewheel(int starting, void *arg)
{
    struct session *session = arg;
    atomic_store_explicit(&session->rt->inputs.freewheeling, starting != 0, memory_order_relaxed);
}

static void on_thread_init(void *arg)
{
    (void)arg;
    (void)memory_hold_stack(); /* a limit on what may be locked has been complained of by hold_memory */
    float_mode_flush_denormals();
}

static void on_latency(jack_latency_callback_mode_t mode, void *arg)
{
    struct session *session = arg;
    struct rt *rt = session->rt;
    const jack_nframes_t largest = ports_pass_latency(&rt->ports, mode);
    if (mode == JackCaptureLatency) {
        atomic_store_explicit(&rt->inputs.capture_latency, largest, memory_order_relaxed);
    }
}

/* --- opening --- */

/* libjack talks to standard error on its own; what matters of it is said by us, once and in plain words. */
static void keep_quiet(const char *text)
{
    (void)text;
}

static enum status open_client(struct session *session)
{
    const struct jack_options *options = session->options;
    const jack_options_t how = JackNoStartServer | JackUseExactName;
    jack_status_t status = 0;

    if (session->host) {
        session->client = session->host;
        return STATUS_OK;
    }
    if (server_of_name(options->client) != 0) {
        return STATUS_BAD_ARG;
    }
    jack_set_error_function(keep_quiet);
    jack_set_info_function(keep_quiet);
    session->client = options->server
                          ? jack_client_open(options->client, how | JackServerName, &status, options->server)
                          : jack_client_open(options->client, how, &status);
    if (session->client) {
        return STATUS_OK;
    }
    /* JACK2's library drops the word for a taken name, but says that a server answered. */
    return status & (JackNameNotUnique | JackServerError) ? STATUS_BUSY : STATUS_NOT_FOUND;
}

enum status session_probe(const struct jack_options *options)
{
    struct session session = {.options = options};
    const enum status status = open_client(&session);
    if (status == STATUS_OK) {
        jack_client_close(session.client);
    }
    return status;
}

static enum status set_callbacks(struct session *session)
{
    jack_client_t *client = session->client;
    const bool bad = jack_set_process_callback(client, rt_process, session->rt) != 0 ||
                     jack_set_thread_init_callback(client, on_thread_init, session) != 0 ||
                     jack_set_xrun_callback(client, on_xrun, session) != 0 ||
                     jack_set_latency_callback(client, on_latency, session) != 0 ||
                     jack_set_freewheel_callback(client, on_freewheel, session) != 0 ||
                     jack_set_sample_rate_callback(client, on_sample_rate, session) != 0 ||
                     jack_set_port_registration_callback(client, on_port_registration, session) != 0 ||
                     jack_set_graph_order_callback(client, on_graph_order, session) != 0 ||
                     jack_set_port_rename_callback(client, on_port_rename, session) != 0 ||
                     jack_set_port_connect_callback(client, on_port_connect, session) != 0;
    metadata_watch(client, on_property, session);
    jack_on_shutdown(client, on_shutdown, session);
    jack_on_info_shutdown(client, on_info_shutdown, session);
    if (bad) {
        log_error("the JACK server refused a callback");
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status register_ports(struct session *session)
{
    struct port port = {0};
    while (ports_next(&session->rt->ports, &port)) {
        server_call_begin();
        *port.handle = jack_port_register(session->client, port.name, port.type, port.flags, 0);
        server_call_end();
        watch_beat(session->watch, WATCH_PATIENCE_MS);
        if (!*port.handle) {
            log_error("the JACK server refused port %s: it may have run out of ports (jackd -p)", port.name);
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

static enum status prepare(struct session *session)
{
    struct engine_config config = session->options->engine;
    config.analysis.sample_rate = jack_get_sample_rate(session->client);
    session->rt->client = session->client;
    session->rt->midi_map = session->options->midi;
    session->rt->midi_out_map = session->options->midi_out_map;
    session->rt->ports.sends_midi = session->options->midi_out;
    session->rt->ports.cv = session->options->cv;
    session->rt->ports.cv_parts = session->options->cv_add;
    atomic_store(&session->rt->inputs.ending, false);
    atomic_store(&session->rt->inputs.uncompensated, session->options->no_compensation);
    clocks_update(&session->clocks, &session->rt->inputs);
    const enum status status = rt_prepare(session->rt, &config);
    if (status) {
        log_error("cannot set up the analysis at %u Hz: %s", config.analysis.sample_rate, status_str(status));
    }
    return status;
}

/* The callback must never wait for a page. What it touches is held one by one; the rest, JACK's own memory
 * above all, only as far as it is used, and not in a plug-in: that is its server's business. */
static void hold_memory(struct session *session)
{
    if (!session->host) {
        (void)mlockall(MCL_CURRENT | MCL_ONFAULT);
    }
    if (!rt_hold(session->rt)) {
        log_warning(
            "memory cannot be locked (%s), so a busy machine may page us out: raise the memlock limit, "
            "as the audio group has it (ulimit -l)",
            strerror(errno));
    }
}

enum status session_open(struct session *session)
{
    atomic_store(&session->lost, false);
    atomic_store(&session->shut, false);
    atomic_store(&session->rate_changed, false);
    atomic_store(&session->graph_changed, true);
    arrivals_clear(&session->arrivals);
    watch_beat(session->watch, WATCH_PATIENCE_MS);
    enum status status = open_client(session);
    watch_beat(session->watch, WATCH_OWN_MS);
    if (status) {
        return status;
    }
    status = prepare(session);
    watch_beat(session->watch, WATCH_PATIENCE_MS);
    if (status == STATUS_OK) {
        status = set_callbacks(session);
    }
    if (status == STATUS_OK) {
        status = register_ports(session);
    }
    if (status == STATUS_OK) {
        hold_memory(session);
        server_call_begin();
        const bool refused = jack_activate(session->client) != 0;
        server_call_end();
        if (refused) {
            log_error("the JACK server refused to activate the client");
            status = STATUS_IO;
        }
    }
    watch_beat(session->watch, WATCH_OWN_MS);
    if (status) {
        session_close(session);
        return status;
    }
    return STATUS_OK;
}

/* --- closing --- */

/* A note that sounds when we go would sound for ever. The cycle after the one that ends them has passed it
 * on.
 */
static void end_notes(struct session *session)
{
    enum { CYCLES = 3, LOOKS_MAX = 200, LOOK_US = 1000 }; /* a server that stands still is not waited for */
    const uint64_t callbacks = load_relaxed(session->rt->reports.callbacks);
    atomic_store(&session->rt->inputs.ending, true);
    for (int i = 0; i < LOOKS_MAX && load_relaxed(session->rt->reports.callbacks) < callbacks + CYCLES; i++) {
        usleep(LOOK_US);
    }
}

void session_close(struct session *session)
{
    if (session->client) {
        const bool lost = atomic_load(&session->lost);
        watch_beat(session->watch, lost ? WATCH_CLOSING_MS : WATCH_PATIENCE_MS);
        if (!lost && session->rt->ports.sends_midi) {
            end_notes(session);
        }
        if (!lost) {
            metadata_remove(session->client, &session->rt->ports);
            server_call_begin();
            jack_deactivate(session->client);
            server_call_end();
        }
        if (atomic_load(&session->shut) && libjack_is_pipewires()) {
            /* It would free twice what a connected client of a server that is dead has mapped (seen
             * in 1.4.2): such a client is silenced, and left. */
            jack_deactivate(session->client);
        } else if (!session->host) {
            /* libjack may never return from this: see resume.h. */
            jack_client_close(session->client);
        }
        session->client = NULL;
    }
    watch_beat(session->watch, WATCH_OWN_MS);
    rt_release(session->rt);
}
