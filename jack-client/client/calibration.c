/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/calibration.h"

#include "jack-client/rt/memory.h"
#include "shared/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double longest_delay_s = 1.2; /* a second, and what long periods add to it */

/* --- what a port is connected with --- */

/* The device behind the port's first connection: the alias of a sound card's port without its channel, else
 * the client's name. False if the port is connected with nothing. */
static bool device_behind(jack_client_t *client, const jack_port_t *port, char device[CALIBRATION_DEVICE_MAX])
{
    const char **others = jack_port_get_all_connections(client, port);
    const bool found = others && others[0];
    if (found) {
        const size_t size = (size_t)jack_port_name_size();
        char *aliases[2] = {calloc(1, size), calloc(1, size)};
        const jack_port_t *other = jack_port_by_name(client, others[0]);
        const bool has_alias = other && aliases[0] && aliases[1] && jack_port_get_aliases(other, aliases) > 0;
        snprintf(device, CALIBRATION_DEVICE_MAX, "%s", has_alias ? aliases[0] : others[0]);
        char *colon = strrchr(device, ':');
        if (colon) {
            *colon = '\0';
        }
        free(aliases[0]);
        free(aliases[1]);
    }
    jack_free(others);
    return found;
}

static struct calibration_entry present_place(const struct session *session)
{
    return (struct calibration_entry){.rate = session->rt->sample_rate,
                                      .period = jack_get_buffer_size(session->client)};
}

/* Where what is analysed comes from; the device is empty if that is nowhere. */
static struct calibration_entry place_of_inputs(const struct session *session)
{
    const struct rt *rt = session->rt;
    struct calibration_entry place = present_place(session);
    for (uint32_t i = 0; i < rt->ports.channels && place.device[0] == '\0'; i++) {
        (void)device_behind(session->client, rt->ports.in[i], place.device);
    }
    if (place.device[0] == '\0') { /* a card that is only being measured */
        (void)device_behind(session->client, rt->ports.calibration_in, place.device);
    }
    return place;
}

static bool same_place(const struct calibration_entry *a, const struct calibration_entry *b)
{
    return a->rate == b->rate && a->period == b->period && strcmp(a->device, b->device) == 0;
}

/* --- keeping --- */

static void keep(const struct calibration_entry *entry)
{
    char path[CALIBRATION_PATH_MAX];
    enum status status = calibrations_path(path);
    if (status == STATUS_OK) {
        status = calibrations_keep(path, entry);
    }
    if (status) {
        log_warning("the calibration holds for now, but could not be kept in the state folder: %s",
                    status_str(status));
    }
}

static void use(struct calibration *c, const struct calibration_entry *entry, bool valid, struct rt *rt)
{
    c->current = *entry;
    c->valid = valid;
    atomic_store_explicit(&rt->inputs.extra_latency, (int32_t)lround(calibration_extra(c)),
                          memory_order_relaxed);
}

void calibration_recall(struct calibration *c, const struct session *session)
{
    char path[CALIBRATION_PATH_MAX];
    struct calibration_entry entry = place_of_inputs(session);
    bool found = false;
    if (entry.device[0] != '\0' && calibrations_path(path) == STATUS_OK) {
        const enum status status = calibrations_find(path, &entry);
        found = status == STATUS_OK;
        if (status && status != STATUS_NOT_FOUND) {
            log_warning("%s: %s; calibrate again to have it made anew", path, status_str(status));
        }
    }
    if (found != c->valid) {
        log_info(found ? "calibrated: %.1f samples round trip at this rate and period, kept from earlier"
                       : "not calibrated for this rate, period and device",
                 entry.round_trip);
        if (!c->running && (found || c->state == CALIBRATION_DONE)) {
            c->state = found ? CALIBRATION_DONE : CALIBRATION_NONE;
        }
    }
    if (found || c->valid) {
        use(c, &entry, found, session->rt);
    }
}

double calibration_extra(const struct calibration *c)
{
    return c->valid ? 0.5 * c->current.extra : 0;
}

/* --- measuring --- */

static void free_buffers(struct calibration *c)
{
    free(c->signal);
    free(c->recording);
    c->signal = c->recording = NULL;
    c->running = false;
}

static enum status refuse(struct calibration *c, enum status status, const char *why)
{
    if (!c->running) {
        c->state = CALIBRATION_REFUSED;
    }
    log_repeated(&c->refusals, "calibration refused: %s", why);
    return status;
}

enum status calibration_start(struct calibration *c, struct session *session, double level_dbfs)
{
    struct rt *rt = session->rt;
    if (c->running) {
        return refuse(c, STATUS_BUSY, "one is under way");
    }
    c->pending = present_place(session);
    if (!jack_port_connected(rt->ports.calibration_out)) {
        return refuse(c, STATUS_NOT_FOUND,
                      "calibration_out is connected with nothing; connect it with the output that "
                      "the cable leaves from");
    }
    if (!device_behind(session->client, rt->ports.calibration_in, c->pending.device)) {
        return refuse(c, STATUS_NOT_FOUND,
                      "calibration_in is connected with nothing; connect it with the input that the "
                      "cable comes back to");
    }
    const uint32_t length = LOOPBACK_SIGNAL + (uint32_t)(longest_delay_s * rt->sample_rate);
    c->signal = malloc(LOOPBACK_SIGNAL * sizeof *c->signal);
    c->recording = malloc(length * sizeof *c->recording);
    if (!c->signal || !c->recording) {
        free_buffers(c);
        return refuse(c, STATUS_NO_MEMORY, "out of memory");
    }
    /* No page of them is to be touched first in the callback. */
    (void)memory_hold(c->signal, LOOPBACK_SIGNAL * sizeof *c->signal);
    (void)memory_hold(c->recording, length * sizeof *c->recording);
    c->running = true;
    c->state = CALIBRATION_RUNNING;
    c->level = (float)pow(10, level_dbfs / 20);
    loopback_signal(c->signal, c->level);
    rt->player.signal = c->signal;
    rt->player.signal_length = LOOPBACK_SIGNAL;
    rt->player.recording = c->recording;
    rt->player.length = length;
    rt->player.position = 0;
    atomic_store_explicit(&rt->player.state, PLAYER_RUNNING, memory_order_release);
    log_info("calibration: sending a signal of %.0f dBFS", level_dbfs);
    return STATUS_OK;
}

/* As jack_iodelay counts it: what the graph knows of the way out and of the way in. */
static uint32_t reported_latency(const struct rt *rt)
{
    jack_latency_range_t out;
    jack_latency_range_t in;
    jack_port_get_latency_range(rt->ports.calibration_out, JackPlaybackLatency, &out);
    jack_port_get_latency_range(rt->ports.calibration_in, JackCaptureLatency, &in);
    return out.max + in.max;
}

static void accept(struct calibration *c, const struct session *session, const struct loopback_result *result)
{
    struct calibration_entry *entry = &c->pending;
    const double ms = 1000.0 / entry->rate;
    entry->round_trip = result->delay;
    entry->extra = result->delay - reported_latency(session->rt);
    entry->confidence = result->confidence;
    log_info("calibrated: round trip %.2f samples (%.3f ms), of which %.2f (%.3f ms) are not reported by "
             "JACK; confidence "
             "%.2f",
             entry->round_trip, entry->round_trip * ms, entry->extra, entry->extra * ms, entry->confidence);
    keep(entry);
    const struct calibration_entry inputs = place_of_inputs(session);
    const bool holds = same_place(entry, &inputs);
    if (!holds) {
        log_warning(
            "that was measured on %s, but the inputs listen to %s: it will hold when they listen to %s",
            entry->device, inputs.device, entry->device);
    }
    if (holds || !c->valid) { /* else the inputs' own stays */
        use(c, entry, holds, session->rt);
    }
}

static enum calibration_state state_of(enum loopback_verdict verdict)
{
    switch (verdict) {
    case LOOPBACK_FOUND: return CALIBRATION_DONE;
    case LOOPBACK_SILENT: return CALIBRATION_SILENT;
    case LOOPBACK_CLIPPED: return CALIBRATION_CLIPPED;
    case LOOPBACK_NOISE: return CALIBRATION_NOISE;
    case LOOPBACK_AMBIGUOUS: break;
    }
    return CALIBRATION_AMBIGUOUS;
}

/* What the recording says; the outcome is logged. */
static enum calibration_state judge(struct calibration *c, const struct session *session)
{
    struct loopback_result result;
    const enum status status = loopback_find(c->recording, session->rt->player.length, c->level, &result);
    if (status) {
        log_warning("calibration failed: %s", status_str(status));
        return CALIBRATION_SPOILED;
    }
    if (result.verdict == LOOPBACK_FOUND) {
        accept(c, session, &result);
    } else {
        log_warning("calibration failed: %s", loopback_verdict_str(result.verdict));
    }
    return state_of(result.verdict);
}

bool calibration_poll(struct calibration *c, struct session *session)
{
    struct player *player = &session->rt->player;
    const uint32_t state = atomic_load_explicit(&player->state, memory_order_acquire);
    if (!c->running || state == PLAYER_RUNNING) {
        return false;
    }
    const struct calibration_entry now = present_place(session);
    if (now.rate != c->pending.rate || now.period != c->pending.period) {
        c->state = CALIBRATION_SPOILED;
        log_warning("calibration failed: the period changed meanwhile; try again");
    } else if (state == PLAYER_DONE) {
        c->state = judge(c, session);
    } else {
        c->state = CALIBRATION_SPOILED;
        log_warning("calibration failed: sound was missed meanwhile (an xrun); try again");
    }
    atomic_store_explicit(&player->state, PLAYER_IDLE, memory_order_release);
    free_buffers(c);
    return true;
}

void calibration_drop(struct calibration *c, struct session *session)
{
    if (c->running) {
        c->state = CALIBRATION_SPOILED;
        log_warning("calibration failed: the JACK server has gone; try again");
        atomic_store_explicit(&session->rt->player.state, PLAYER_IDLE, memory_order_release);
    }
    free_buffers(c);
}
