/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/out.h"

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/osc/link.h"
#include "broadcaster/sinks/osc/map.h"
#include "broadcaster/sinks/osc/packet.h"
#include "broadcaster/stream/schedule.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Stays where it is: its link points to its choice. */
struct target {
    uint32_t id;
    bool kept;   /* for the next start */
    char *given; /* what it was asked for with */
    struct osc_choice choice;
    struct osc_map map;
    struct osc_link link;
    struct schedule schedule;
    struct osc_extent most;
    uint64_t unsent;            /* events that could not be packed */
    struct channel_names names; /* as it has been sent them, */
    uint32_t named;             /* of so many channels, */
    uint64_t named_at;          /* and at which of the link's openings all of them */
    char url[OSC_URL_MAX];
};

struct osc_out {
    uint32_t count;
    uint32_t last_id;
    struct target *target[OPTION_LIST_MAX];
};

static void free_target(struct target *target)
{
    osc_link_close(&target->link);
    osc_map_free(&target->map);
    free(target->given);
    free(target);
}

struct osc_out *osc_out_open(void)
{
    return calloc(1, sizeof(struct osc_out));
}

void osc_out_close(struct osc_out *out)
{
    for (uint32_t i = 0; out && i < out->count; i++) {
        free_target(out->target[i]);
    }
    free(out);
}

static enum status open_target(struct target *target, const struct osc_choice *choice, const char *given,
                               bool quiet, uint64_t now_us, char *error)
{
    char why[OPTION_ERROR_MAX];
    target->choice = *choice;
    osc_choice_url(&target->choice, target->url);
    osc_link_init(&target->link, &target->choice, quiet);
    schedule_init(&target->schedule, now_us, choice->rate_hz);
    target->given = strdup(utf8_is_plain(given) ? given : target->url); /* it is going to be printed */
    if (!target->given) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    const enum status status = osc_map_make(&target->map, choice->map, choice->prefix, choice->add, why);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "--osc ... map=%.200s", why);
        return status == STATUS_NO_MEMORY ? status : STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

enum status osc_out_add(struct osc_out *out, const struct osc_choice *choice, const char *given, bool quiet,
                        uint64_t now_us, uint32_t *id, char error[OPTION_ERROR_MAX])
{
    if (out->count == OPTION_LIST_MAX) {
        snprintf(error, OPTION_ERROR_MAX, "there are %d targets, and no more can be; remove one",
                 OPTION_LIST_MAX);
        return STATUS_BUSY;
    }
    struct target *target = calloc(1, sizeof *target);
    if (!target) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    const enum status status = open_target(target, choice, given, quiet, now_us, error);
    if (status) {
        free_target(target);
        return status;
    }
    target->id = *id = ++out->last_id;
    out->target[out->count++] = target;
    return STATUS_OK;
}

/* The place of the target; the number of targets if there is none of that id. */
static uint32_t place_of(const struct osc_out *out, uint32_t id)
{
    uint32_t i = 0;
    while (i < out->count && out->target[i]->id != id) {
        i++;
    }
    return i;
}

bool osc_out_has(const struct osc_out *out, uint32_t id)
{
    return place_of(out, id) < out->count;
}

void osc_out_remove(struct osc_out *out, uint32_t id)
{
    uint32_t i = place_of(out, id);
    free_target(out->target[i]);
    for (out->count--; i < out->count; i++) {
        out->target[i] = out->target[i + 1];
    }
}

uint32_t osc_out_count(const struct osc_out *out)
{
    return out->count;
}

uint32_t osc_out_find(const struct osc_out *out, const struct osc_choice *choice)
{
    char url[OSC_URL_MAX];
    osc_choice_url(choice, url);
    for (uint32_t i = 0; i < out->count; i++) {
        const struct osc_choice *other = &out->target[i]->choice;
        if (strcasecmp(out->target[i]->url, url) == 0 && strcmp(other->prefix, choice->prefix) == 0 &&
            strcmp(other->map, choice->map) == 0 && other->events == choice->events &&
            other->metrics == choice->metrics && other->add == choice->add && other->dated == choice->dated &&
            (other->rate_hz == choice->rate_hz || !choice->metrics)) {
            return out->target[i]->id;
        }
    }
    return 0;
}

const char *osc_out_kept(const struct osc_out *out, uint32_t id)
{
    const struct target *target = out->target[place_of(out, id)];
    return target->kept ? target->given : NULL;
}

enum status osc_out_keep(struct osc_out *out, uint32_t id, const char *url)
{
    struct target *target = out->target[place_of(out, id)];
    char *given = strdup(url);
    if (!given) {
        return STATUS_NO_MEMORY;
    }
    free(target->given);
    target->given = given;
    target->kept = true;
    return STATUS_OK;
}

void osc_out_event(struct osc_out *out, const struct event *event, uint64_t now_us)
{
    struct osc_packet packet;
    for (uint32_t i = 0; out && i < out->count; i++) {
        struct target *target = out->target[i];
        if (!target->choice.events || (event->kind == EVENT_ONSET && !(target->choice.add & PART_ONSETS))) {
            continue;
        }
        const enum status status =
            osc_pack_event(&packet, event, target->choice.prefix, target->choice.dated);
        if (status) {
            log_repeated(&target->unsent, "event not sent to OSC target %s: %s", target->url,
                         status_str(status));
            continue;
        }
        osc_link_send(&target->link, &packet, true, now_us);
    }
}

/* False: out of memory; the next beat may find some. */
static bool send_name(struct target *target, uint32_t channel, const char *name, uint64_t now_us)
{
    struct osc_packet packet;
    if (osc_pack_name(&packet, target->choice.prefix, channel, name)) {
        return false;
    }
    osc_link_send(&target->link, &packet, true, now_us);
    snprintf(target->names.name[channel], CHANNEL_NAME_MAX, "%s", name);
    target->named = channel >= target->named ? channel + 1 : target->named;
    return true;
}

/* Those that the target does not have: all when it is found, and then what changes. A channel that is no more
 * is nobody's. True if any have been sent. */
static bool send_names(struct target *target, const struct source *source, uint64_t now_us)
{
    const uint32_t channels = source->status_known ? source->status.channel_count : 0;
    bool sent = false;
    if (target->named_at != target->link.openings) {
        target->named_at = target->link.openings;
        target->named = 0;
    }
    const uint32_t count = channels > target->named ? channels : target->named;
    for (uint32_t i = 0; i < count && osc_link_sends(&target->link); i++) {
        const char *name = i < channels ? source->names.name[i] : "";
        if (i >= target->named || strcmp(name, target->names.name[i]) != 0) {
            if (!send_name(target, i, name, now_us)) {
                return sent;
            }
            sent = true;
        }
    }
    return sent;
}

static void send_frame(struct target *target, const struct metrics_snapshot *frame, uint64_t now_us)
{
    struct osc_packet packet;
    uint32_t next = 0;
    struct osc_extent *most = &target->most;
    most->channels = frame->channel_count > most->channels ? frame->channel_count : most->channels;
    most->bands = frame->band_count > most->bands ? frame->band_count : most->bands;
    most->channel_bands = most->channel_bands || (frame->parts & PART_CHANNEL_BANDS);
    while (next < target->map.count) {
        if (target->choice.single
                ? osc_pack_row(&packet, &target->map, &next, frame, *most)
                : osc_pack_frame(&packet, &target->map, &next, frame, *most, target->choice.dated)) {
            return; /* out of memory: the next frame may find some */
        }
        if (packet.length > 0) {
            osc_link_send(&target->link, &packet, false, now_us);
        }
    }
}

static uint64_t beat_target(struct target *target, const struct source *source, uint64_t now_us)
{
    uint64_t next = osc_link_beat(&target->link, now_us);
    const bool mapped = target->choice.map[0] != '\0'; /* its receivers want floats and nothing else */
    if (!mapped && send_names(target, source, now_us)) {
        next = osc_link_beat(&target->link, now_us);
    }
    if (!target->choice.metrics) {
        return next;
    }
    if (schedule_deadline(&target->schedule) <= now_us) {
        schedule_advance(&target->schedule, now_us);
        if (osc_link_sends(&target->link)) {
            struct metrics_snapshot frame;
            source_frame(source, (double)clock_unix_us() / 1e6, &frame);
            send_frame(target, &frame, now_us);
            next = osc_link_beat(&target->link, now_us);
        }
    }
    return clock_earlier(next, schedule_deadline(&target->schedule));
}

uint64_t osc_out_beat(struct osc_out *out, const struct source *source, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; out && i < out->count; i++) {
        next = clock_earlier(next, beat_target(out->target[i], source, now_us));
    }
    return next;
}

bool osc_out_wants_events(const struct osc_out *out)
{
    for (uint32_t i = 0; out && i < out->count; i++) {
        if (out->target[i]->choice.events && osc_link_seems_alive(&out->target[i]->link)) {
            return true;
        }
    }
    return false;
}

uint32_t osc_out_wants_parts(const struct osc_out *out)
{
    uint32_t parts = 0;
    for (uint32_t i = 0; out && i < out->count; i++) {
        const struct target *target = out->target[i];
        parts |= target->choice.metrics ? target->map.parts : 0;
        parts |= target->choice.events ? target->choice.add & PART_ONSETS : 0;
    }
    return parts_to_ask(parts);
}

void osc_out_report(const struct osc_out *out, struct osc_report *report)
{
    for (uint32_t i = 0; out && i < out->count; i++) {
        const struct target *target = out->target[i];
        report->target[i] = (struct osc_target_report){
            .id = target->id,
            .given = target->given,
            .url = target->url,
            .kept = target->kept,
            .state = osc_link_state_str(target->link.state),
            .detail = target->link.why,
            .events = target->choice.events,
            .metrics = target->choice.metrics,
            .rate_hz = target->choice.metrics ? target->choice.rate_hz : 0,
            .sent = target->link.sent,
            .dropped = target->link.dropped,
        };
        report->target_count = i + 1;
    }
}
