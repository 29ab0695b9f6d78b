/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/dump/dump.h"

#include "shared/clock.h"
#include "shared/control.h"
#include "shared/dump/printer.h"
#include "shared/log.h"
#include "shared/metric.h"
#include "shared/telemetry.h"

#include <inttypes.h>
#include <string.h>

struct dump {
    struct printer to;
    const struct dump_options *options;
    uint64_t now_us; /* CLOCK_MONOTONIC */
    bool good;
};

/* How long ago; negative: ahead. */
static void print_age(struct dump *dump, const char *name, uint64_t then_us)
{
    const double ahead = then_us > dump->now_us ? (double)(then_us - dump->now_us) : 0;
    const double ago = then_us > dump->now_us ? 0 : (double)(dump->now_us - then_us);
    print_number(&dump->to, name, (ago - ahead) / 1e3);
}

static void print_header(struct dump *dump, const struct segment *segment)
{
    const struct segment_header *header = segment->memory;
    print_text(&dump->to, "path", segment->path);
    print_count(&dump->to, "owner_uid", segment->owner);
    print_flag(&dump->to, "writer_alive", segment_alive(segment));
    print_count(&dump->to, "writer_pid", header->writer_pid);
    print_count(&dump->to, "abi", header->abi);
    print_count(&dump->to, "size", header->size);
    print_count(&dump->to, "start_time_us", header->start_time_us);
    print_count(&dump->to, "generation", header->generation);
}

static void print_metric(struct printer *to, const struct metric *metric, const void *snapshot)
{
    const double value = metric_read(metric, snapshot);
    switch (metric->type) {
    case METRIC_TIME: print_seconds(to, metric->name, value); break;
    case METRIC_FLAG: print_flag(to, metric->name, value != 0); break;
    case METRIC_COUNT: print_count(to, metric->name, (uint64_t)value); break;
    case METRIC_SERIAL: print_count(to, metric->name, metric_serial(metric, snapshot)); break;
    default: print_number(to, metric->name, value); break;
    }
}

static void print_all(struct printer *to, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        print_metric(to, &metric[i], snapshot);
    }
}

/* A row for each channel or band, or the numbers themselves. */
static void print_group(struct printer *to, const struct metric_group *group,
                        const struct metrics_snapshot *m)
{
    const struct metric_extent extent = metric_extent(group, m);
    struct metric_place place = {.group = group};
    if (!group->key) {
        print_all(to, group->metric, group->count, metric_struct(&place, m));
        return;
    }
    print_list(to, group->key);
    for (place.channel = 0; place.channel < extent.channels; place.channel++) {
        for (place.band = 0; place.band < extent.bands; place.band++) {
            print_row(to);
            if (group->channel_step) {
                print_count(to, "channel", place.channel);
            }
            if (group->band_step) {
                print_count(to, "number", place.band);
            }
            print_all(to, group->metric, group->count, metric_struct(&place, m));
            print_row_end(to);
        }
    }
    print_list_end(to);
}

static void print_requested(struct printer *to, const struct metrics_snapshot *m)
{
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        if (m->parts & metric_group[g].part) {
            print_group(to, &metric_group[g], m);
        }
    }
}

static void print_metrics(struct dump *dump, const struct metrics_snapshot *m)
{
    struct printer *to = &dump->to;
    print_object(to, "metrics");
    print_all(to, frame_metric, FRAME_METRICS, m);
    print_count(to, "centre_us", m->centre_us);
    print_count(to, "published_us", m->published_us);
    print_age(dump, "age_ms", m->published_us);
    print_list(to, "channel");
    for (uint32_t i = 0; i < m->channel_count; i++) {
        print_row(to);
        print_count(to, "channel", i);
        print_all(to, channel_metric, CHANNEL_METRICS, &m->channel[i]);
        print_row_end(to);
    }
    print_list_end(to);
    print_requested(to, m);
    print_object_end(to);
}

static void print_latency(struct dump *dump, const struct latency_snapshot *l)
{
    struct printer *to = &dump->to;
    print_object(to, "latency");
    print_number(to, "hardware_ms", l->hardware_ms);
    print_number(to, "buffer_ms", l->buffer_ms);
    print_number(to, "jitter_ms", l->jitter_ms);
    print_flag(to, "calibrated", l->calibrated);
    print_flag(to, "compensated", l->compensated);
    print_object_end(to);
}

static void print_status(struct dump *dump, const struct analyser_status *s)
{
    struct printer *to = &dump->to;
    print_object(to, "status");
    print_flag(to, "jack_running", s->jack_running);
    print_count(to, "sample_rate", s->sample_rate);
    print_count(to, "period", s->period);
    print_count(to, "window", s->window);
    print_count(to, "hop", s->hop);
    print_count(to, "channel_count", s->channel_count);
    print_number(to, "dsp_load", (double)s->dsp_load);
    print_number(to, "worst_callback_us", (double)s->worst_callback_us);
    print_count(to, "callbacks", s->callbacks);
    print_count(to, "frames", s->frames);
    print_count(to, "xruns", s->xruns);
    print_count(to, "gaps", s->gaps);
    print_count(to, "nonfinite_samples", s->nonfinite_samples);
    print_text(to, "calibration", calibration_state_str(s->calibration));
    print_number(to, "calibration_confidence", (double)s->calibration_confidence);
    print_number(to, "round_trip_ms", s->round_trip_ms);
    print_number(to, "extra_ms", s->extra_ms);
    print_number(to, "ici_threshold", (double)s->ici_threshold);
    print_number(to, "criticality_threshold", (double)s->criticality_threshold);
    print_number(to, "phi_rate", (double)s->phi_rate);
    print_flag(to, "auto_phi", s->auto_phi);
    print_object_end(to);
}

/* Whether a snapshot can be printed; says so in its place if not. */
static bool is_readable(struct dump *dump, const struct segment *segment, const char *what,
                        enum status status)
{
    if (status == STATUS_EMPTY) {
        print_nothing(&dump->to, what, "not written yet");
    } else if (status) {
        log_error("%s: its %s: %s; start phicast-jack again", segment->path, what, status_str(status));
        print_nothing(&dump->to, what, status_str(status));
        dump->good = false;
    }
    return status == STATUS_OK;
}

static void note_refused(struct dump *dump, const struct segment *segment, const char *what, uint32_t refused)
{
    if (refused > 0) {
        log_error("%s: %" PRIu32 " of its %s: %s", segment->path, refused, what, status_str(STATUS_CORRUPT));
        dump->good = false;
    }
}

/* The first of the newest messages that are wanted. */
static uint64_t first_of(const struct dump *dump, const struct ring *ring)
{
    const uint64_t head = ring_head(ring);
    return head > dump->options->last ? head - dump->options->last : 0;
}

static void print_event(struct dump *dump, uint64_t number, const struct event *event)
{
    struct printer *to = &dump->to;
    size_t count;
    const struct event_field *fields = event_fields(event->kind, &count);
    print_row(to);
    print_count(to, "number", number);
    print_text(to, "kind", event_kind_str(event->kind));
    print_seconds(to, "timestamp", event->timestamp);
    print_count(to, "frame", event->frame);
    print_count(to, "published_us", event->published_us);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].word) {
            print_text(to, fields[i].name, event_word(&fields[i], event));
        } else if (fields[i].whole) {
            print_count(to, fields[i].name, (uint64_t)event_number(&fields[i], event));
        } else {
            print_number(to, fields[i].name, (double)event_number(&fields[i], event));
        }
    }
    print_row_end(to);
}

/* Prints the message *next, if it is good; as event_read and command_read. */
typedef enum status print_next(struct dump *dump, const struct ring *ring, uint64_t *next);

static enum status print_next_event(struct dump *dump, const struct ring *ring, uint64_t *next)
{
    struct event event;
    const enum status status = event_read(ring, next, &event, NULL);
    if (status == STATUS_OK) {
        print_event(dump, *next - 1, &event);
    }
    return status;
}

static enum status print_next_command(struct dump *dump, const struct ring *ring, uint64_t *next)
{
    struct command command;
    const enum status status = command_read(ring, next, &command, NULL);
    if (status == STATUS_OK) {
        print_row(&dump->to);
        print_count(&dump->to, "number", *next - 1);
        print_text(&dump->to, "kind", command_kind_str(command.kind));
        print_number(&dump->to, "value", command.value);
        print_row_end(&dump->to);
    }
    return status;
}

static void print_ring(struct dump *dump, const struct segment *segment, const struct ring *ring,
                       const char *what, print_next *print_one)
{
    uint64_t next = first_of(dump, ring);
    uint32_t refused = 0;
    enum status status;
    print_list(&dump->to, what);
    do { /* next goes on each time, up to the copy's head */
        status = print_one(dump, ring, &next);
        refused += status != STATUS_OK && status != STATUS_EMPTY;
    } while (status != STATUS_EMPTY);
    print_list_end(&dump->to);
    note_refused(dump, segment, what, refused);
}

static bool is_half_written(const struct telemetry *t)
{
    return ((t->metrics_sequence | t->latency_sequence | t->status_sequence | t->names_sequence) & 1U) != 0;
}

/* A snapshot that is being written now is whole in a moment, unless its writer was stopped half-way. */
static enum status settle(struct segment *segment)
{
    enum { TRIES = 100 };
    const struct timespec pause = {.tv_nsec = 1000000};
    enum status status = STATUS_OK;
    for (int i = 0;
         i < TRIES && status == STATUS_OK && is_half_written(segment->memory) && segment_alive(segment);
         i++) {
        nanosleep(&pause, NULL);
        status = segment_refresh(segment);
    }
    return status;
}

static void print_telemetry(struct dump *dump, const struct segment *segment)
{
    struct metrics_snapshot metrics;
    struct latency_snapshot latency;
    struct analyser_status status;
    const struct telemetry *telemetry = segment->memory;
    const uint64_t heartbeat_us = telemetry->heartbeat_us;
    print_count(&dump->to, "heartbeat_us", heartbeat_us);
    if (heartbeat_us > 0) {
        print_age(dump, "heartbeat_age_ms", heartbeat_us);
    }
    if (is_readable(dump, segment, "metrics", telemetry_read_metrics(telemetry, &metrics))) {
        print_metrics(dump, &metrics);
    }
    if (is_readable(dump, segment, "latency", telemetry_read_latency(telemetry, &latency))) {
        print_latency(dump, &latency);
    }
    if (is_readable(dump, segment, "status", telemetry_read_status(telemetry, &status))) {
        print_status(dump, &status);
    }
    print_count(&dump->to, "events_written", ring_head(&telemetry->events));
    print_ring(dump, segment, &telemetry->events, "events", print_next_event);
}

/* "ws_next", if it is a sink's place. */
static void print_place(struct printer *to, const struct event_place *place)
{
    char name[SINK_NAME_MAX + sizeof "_next"] = "";
    const size_t length = strnlen(place->sink, SINK_NAME_MAX);
    memcpy(name, place->sink, length);
    if (length > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz") == length) {
        memcpy(name + length, "_next", sizeof "_next");
        print_count(to, name, place->next);
    }
}

static void print_cursor(struct dump *dump, const struct event_cursor *cursor)
{
    struct printer *to = &dump->to;
    const char *state = cursor->state <= UINT32_MAX ? sound_state_str((uint32_t)cursor->state) : NULL;
    print_object(to, "cursor");
    print_count(to, "writer", cursor->writer);
    for (size_t i = 0; i < EVENT_PLACES; i++) {
        print_place(to, &cursor->place[i]);
    }
    print_text(to, "state", state ? state : "unknown");
    print_object_end(to);
}

static void print_control(struct dump *dump, const struct segment *segment)
{
    const struct control *control = segment->memory;
    const struct event_cursor cursor = control_load_cursor(control);
    print_cursor(dump, &cursor);
    print_count(&dump->to, "commands_written", ring_head(&control->commands));
    print_ring(dump, segment, &control->commands, "commands", print_next_command);
}

/* Why a segment that is there cannot be shown. */
static void print_refused(struct dump *dump, const struct segment_kind *kind, const struct segment *segment,
                          enum status status)
{
    char path[SEGMENT_PATH_MAX];
    char owner[SEGMENT_OWNER_MAX];
    snprintf(path, sizeof path, SEGMENT_PATH_FORMAT, dump->options->name, kind->suffix);
    dump->good = false;
    switch (status) {
    case STATUS_FOREIGN:
        log_error("%s belongs to %s; run phicast-dump as that user", path, segment_owner_str(segment, owner));
        break;
    case STATUS_BAD_ABI:
        log_error("%s: %s; use the phicast-dump that was installed with its writer", path,
                  status_str(status));
        break;
    case STATUS_NOT_READY:
    case STATUS_TORN: log_error("%s: %s; try again", path, status_str(status)); break;
    default: log_error("%s: %s; start its writer again, or remove the file", path, status_str(status));
    }
    print_nothing(&dump->to, kind->suffix, status_str(status));
}

/* segment: attached if status is STATUS_OK. */
static void print_segment(struct dump *dump, const struct segment_kind *kind, const struct segment *segment,
                          enum status status, void (*print_body)(struct dump *, const struct segment *))
{
    if (status == STATUS_NOT_FOUND) {
        print_nothing(&dump->to, kind->suffix, "not there");
    } else if (status) {
        print_refused(dump, kind, segment, status);
    } else {
        print_object(&dump->to, kind->suffix);
        print_header(dump, segment);
        print_body(dump, segment);
        print_object_end(&dump->to);
    }
}

bool dump_segments(const struct dump_options *options, FILE *out)
{
    struct segment telemetry;
    struct segment control;
    enum status found = segment_attach(&telemetry, &telemetry_kind, options->name, SEGMENT_TRUST_NONE);
    const enum status asked = segment_attach(&control, &control_kind, options->name, SEGMENT_TRUST_NONE);
    if (found == STATUS_NOT_FOUND && asked == STATUS_NOT_FOUND) {
        log_error("nothing of that name is in shared memory; start phicast-jack -n %s", options->name);
        return false;
    }
    if (found == STATUS_OK) {
        found = settle(&telemetry);
    }
    struct dump dump = {
        .to = printer_begin(out, options->json), .options = options, .now_us = clock_now_us(), .good = true};
    print_text(&dump.to, "name", options->name);
    print_segment(&dump, &telemetry_kind, &telemetry, found, print_telemetry);
    print_segment(&dump, &control_kind, &control, asked, print_control);
    printer_end(&dump.to);
    segment_close(&telemetry);
    segment_close(&control);
    return dump.good;
}
