/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/dump/dump.h"

#include "shared/clock.h"
#include "shared/control.h"
#include "shared/dump/printer.h"
#include "shared/dump/snapshots.h"
#include "shared/log.h"
#include "shared/telemetry.h"

#include <inttypes.h>
#include <string.h>

struct dump {
    struct printer to;
    const struct dump_options *options;
    uint64_t now_us; /* CLOCK_MONOTONIC */
    bool good;
};

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
        if (command_is_patch(command.kind)) {
            print_text(&dump->to, "kind", command.kind == COMMAND_CONNECT ? "connect" : "disconnect");
            print_count(&dump->to, "source", command.source);
        } else {
            print_text(&dump->to, "kind", command_kind_str(command.kind));
        }
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
    return ((t->metrics_sequence | t->latency_sequence | t->status_sequence | t->names_sequence |
             t->patchbay_sequence) &
            1U) != 0;
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
    struct channel_names names;
    struct patchbay patchbay;
    const struct telemetry *telemetry = segment->memory;
    const uint64_t heartbeat_us = telemetry->heartbeat_us;
    print_count(&dump->to, "heartbeat_us", heartbeat_us);
    if (heartbeat_us > 0) {
        print_age(&dump->to, "heartbeat_age_ms", heartbeat_us, dump->now_us);
    }
    if (is_readable(dump, segment, "metrics", telemetry_read_metrics(telemetry, &metrics))) {
        print_metrics(&dump->to, &metrics, dump->now_us);
    }
    if (is_readable(dump, segment, "latency", telemetry_read_latency(telemetry, &latency))) {
        print_latency(&dump->to, &latency);
    }
    if (is_readable(dump, segment, "status", telemetry_read_status(telemetry, &status))) {
        print_status(&dump->to, &status);
    }
    if (is_readable(dump, segment, "names", telemetry_read_names(telemetry, &names))) {
        print_names(&dump->to, &names);
    }
    if (is_readable(dump, segment, "patchbay", telemetry_read_patchbay(telemetry, &patchbay))) {
        print_patchbay(&dump->to, &patchbay);
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
    print_parts(&dump->to, "wanted", control_wanted(control));
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
