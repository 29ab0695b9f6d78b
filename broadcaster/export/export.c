/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/export/export.h"

#include "broadcaster/export/mcap.h"
#include "broadcaster/source/lines.h"
#include "shared/json/recording.h"
#include "shared/log.h"
#include "shared/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char cure[] = "give what --record wrote or phicast-render printed";

struct stream {
    const char *topic;
    const char *schema_name;
    uint16_t number; /* 0: none has come yet */
};

struct export
{
    const char *path;
    char *error;
    struct lines lines;
    struct mcap *mcap;
    struct stream stream[RECORDED_EVENT + 1];
    struct recorded recorded;
    struct message text;
    struct message schema;
    double first; /* its time */
    uint64_t messages;
    uint64_t useless; /* lines */
    struct progress progress;
};

__attribute__((format(printf, 3, 4))) static enum status refuse(const struct export *export,
                                                                enum status status, const char *format, ...)
{
    char why[JSON_WHY_MAX + 64];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    snprintf(export->error, OPTION_ERROR_MAX, "--export of %.60s: %.180s", export->path, why);
    return status;
}

static enum status refuse_to_write(const struct export *export, enum status status)
{
    const char *why = status == STATUS_IO ? strerror(errno) : status_str(status);
    return refuse(export, status, "%s; what was written is not all",
                  errno == EPIPE ? "closed by its reader" : why);
}

static enum status add_topic(struct export *export, struct stream *stream)
{
    const enum status status = recording_schema(&export->schema, &export->text);
    return status ? status
                  : mcap_add_topic(export->mcap, &stream->number, stream->topic, stream->schema_name,
                                   export->schema.text);
}

static enum status add_message(struct export *export)
{
    struct stream *stream = &export->stream[export->recorded.kind];
    const double t = export->recorded.t;
    enum status status = stream->number == 0 ? add_topic(export, stream) : STATUS_OK;
    if (status == STATUS_OK) {
        status = mcap_add(export->mcap, stream->number, t > 0 ? (uint64_t)llround(t * 1e9) : 0,
                          export->text.text, export->text.length);
    }
    if (status) {
        return refuse_to_write(export, status);
    }
    export->first = export->messages == 0 ? t : export->first;
    export->messages++;
    progress_tell(&export->progress, t - export->first, 0);
    return STATUS_OK;
}

/* A line that is of no use: before any good one, the whole file is not. */
static enum status pass_over(struct export *export, const char *why)
{
    if (export->messages == 0) {
        return refuse(export, STATUS_CORRUPT, "line %" PRIu64 ": %s; %s", export->lines.number, why, cure);
    }
    log_repeated(&export->useless, "%s: line %" PRIu64 ": %s; it is passed over", export->path,
                 export->lines.number, why);
    return STATUS_OK;
}

static enum status take_line(struct export *export, const struct line *line)
{
    char why[JSON_WHY_MAX];
    if (line->length == 0) {
        return STATUS_OK;
    }
    if (recording_read_text(&export->recorded, &export->text, line->text, line->length, why)) {
        return line->is_whole || export->messages == 0 ? pass_over(export, why) : STATUS_OK;
    }
    return export->recorded.kind >= RECORDED_METRICS ? add_message(export) : STATUS_OK;
}

/* Nothing more can be read. */
static enum status end_lines(struct export *export, enum status status)
{
    const char *why = status == STATUS_CORRUPT ? "the compressed data are damaged" : strerror(errno);
    if (status == STATUS_EMPTY && export->messages == 0) {
        return refuse(export, STATUS_CORRUPT, "%s; %s",
                      export->lines.number == 0 ? "is empty" : "holds no message of ours", cure);
    }
    if (status != STATUS_EMPTY && export->messages == 0) {
        return refuse(export, status, "after line %" PRIu64 ": %s; give another file", export->lines.number,
                      why);
    }
    if (status != STATUS_EMPTY) {
        log_warning("%s: after line %" PRIu64 ": %s; what comes before is exported", export->path,
                    export->lines.number, why);
    }
    return STATUS_OK;
}

/* Until the lines end, or what comes next is damaged. */
static enum status take_lines(struct export *export)
{
    char why[JSON_WHY_MAX];
    struct line line;
    enum status status = STATUS_OK;
    while (status == STATUS_OK || status == STATUS_BUSY) {
        status = lines_next(&export->lines, &line);
        if (status == STATUS_OK) {
            status = take_line(export, &line);
        } else if (status == STATUS_OVERRUN) {
            snprintf(why, sizeof why, "longer than %d bytes", RECORDING_LINE_MAX);
            status = pass_over(export, why);
        } else if (status == STATUS_EMPTY || status == STATUS_CORRUPT || status == STATUS_IO) {
            return end_lines(export, status);
        }
    }
    return status;
}

static enum status run(struct export *export, FILE *out)
{
    progress_begin(&export->progress, out);
    enum status status = take_lines(export);
    if (status == STATUS_OK) {
        status = mcap_end(export->mcap);
        status = status ? refuse_to_write(export, status) : STATUS_OK;
    }
    progress_end(&export->progress);
    return status;
}

enum status export_run(const char *path, FILE *out, char error[OPTION_ERROR_MAX])
{
    static struct export export; /* too large for a stack */
    export = (struct export){.path = path,
                             .error = error,
                             .stream = {[RECORDED_METRICS] = {"/phicast/metrics", "phicast.metrics", 0},
                                        [RECORDED_LATENCY] = {"/phicast/latency", "phicast.latency", 0},
                                        [RECORDED_EVENT] = {"/phicast/events", "phicast.events", 0}}};
    if (isatty(fileno(out))) {
        return refuse(&export, STATUS_BAD_ARG, "standard output is a terminal; add > show.mcap");
    }
    const bool is_input = strcmp(path, "-") == 0;
    const int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return refuse(&export, status_from_errno(errno), "%s; give a recording", strerror(errno));
    }
    enum status status = mcap_open(&export.mcap, out);
    if (status == STATUS_OK) {
        status = lines_open(&export.lines, fd, -1);
        if (status == STATUS_OK) {
            status = run(&export, out);
            lines_close(&export.lines);
        }
    }
    if (status == STATUS_NO_MEMORY) {
        refuse(&export, status, "out of memory");
    }
    mcap_close(export.mcap);
    message_free(&export.text);
    message_free(&export.schema);
    if (!is_input) {
        close(fd);
    }
    return status;
}
