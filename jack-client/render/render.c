/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/render.h"

#include "jack-client/dsp/float_mode.h"
#include "jack-client/engine.h"
#include "jack-client/render/audio_out.h"
#include "jack-client/render/csv.h"
#include "jack-client/render/same_file.h"
#include "jack-client/render/sound_file.h"
#include "jack-client/render/spool.h"
#include "shared/json/messages.h"
#include "shared/log.h"
#include "shared/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Where the lines go. */
struct output {
    FILE *metrics;
    bool csv;       /* rather than JSON */
    uint64_t lines; /* of metrics */
    FILE *events;   /* NULL: nobody asked */
    const char *events_name;
    struct message message;
    struct audio_out audio;
    struct progress progress;
};

static enum status write_failed(const char *name)
{
    const int err = errno;
    log_error("%s: %s; what was written is not all", name,
              err == EPIPE ? "closed by its reader" : strerror(err));
    return STATUS_IO;
}

/* made: how the message came about. */
static enum status print_message(enum status made, const struct message *message, FILE *out, const char *name)
{
    if (made) {
        log_error("%s: a line could not be made: %s", name, status_str(made));
        return made;
    }
    return fprintf(out, "%s\n", message->text) < 0 ? write_failed(name) : STATUS_OK;
}

static enum status print_values(const struct metrics_snapshot *snapshot, struct output *output)
{
    const bool good = (output->lines > 0 || csv_print_names(output->metrics, snapshot)) &&
                      csv_print_frame(output->metrics, snapshot);
    return good ? STATUS_OK : write_failed("standard output");
}

static enum status print_metrics(const struct metrics_snapshot *snapshot, uint32_t parts,
                                 struct output *output)
{
    if (output->csv) {
        return print_values(snapshot, output);
    }
    return print_message(message_metrics(&output->message, snapshot, parts), &output->message,
                         output->metrics, "standard output");
}

static enum status print_frame(struct engine *engine, const struct analysis_frame *frame, double seconds,
                               struct output *output)
{
    struct metrics_snapshot snapshot = {0};
    struct event events[ENGINE_EVENTS_MAX];
    const uint32_t count = engine_describe(engine, frame, seconds, &snapshot, events);
    enum status status = print_metrics(&snapshot, engine->always, output);
    output->lines++;
    for (uint32_t i = 0; i < count && output->events && status == STATUS_OK; i++) {
        status = print_message(message_event(&output->message, &events[i]), &output->message, output->events,
                               output->events_name);
    }
    return status;
}

static enum status flush(FILE *out, const char *name)
{
    return out && fflush(out) != 0 ? write_failed(name) : STATUS_OK;
}

/* Through the engine, whose breathing may change it, and out. */
static enum status pass_block(struct engine *engine, struct sound_file *file, uint32_t count,
                              struct output *output)
{
    char error[AUDIO_OUT_ERROR_MAX];
    enum status status = STATUS_OK;
    engine_pass(engine, (const float *const *)file->channel, file->channel, count, false);
    if (output->audio.path) {
        status = audio_out_write(&output->audio, file->channel, count, error);
        if (status) {
            log_error("%s", error);
        }
    }
    return status;
}

static enum status render_blocks(struct engine *engine, const struct analysis_config *config,
                                 struct sound_file *file, struct output *output)
{
    struct analysis_frame frame;
    enum status status = STATUS_OK;
    uint64_t passed = 0;
    uint32_t count;

    while (status == STATUS_OK && (count = sound_file_read(file)) > 0) {
        status = pass_block(engine, file, count, output);
        while (status == STATUS_OK && engine_step(engine, &frame)) {
            const double centre = (double)passed + engine_centre(engine, &frame);
            status = print_frame(engine, &frame, centre / config->sample_rate, output);
        }
        passed += count;
        progress_tell(&output->progress, (double)passed / config->sample_rate,
                      (double)file->promised / config->sample_rate);
    }
    progress_end(&output->progress);
    if (status == STATUS_OK) {
        status = flush(output->metrics, "standard output");
    }
    return status ? status : flush(output->events, output->events_name);
}

/* Says how the reading went. */
static enum status print_end(const struct engine *engine, const struct analysis_config *config,
                             const struct sound_file *file, const struct output *output, const char *name)
{
    char text[SOUND_FILE_ERROR_MAX];
    const enum status status = sound_file_end(file, text);
    const uint64_t refused = analysis_refused_samples(engine->analysis);
    if (status) {
        log_error("%s", text);
    } else if (text[0] != '\0') {
        log_warning("%s", text);
    }
    if (refused > 0) {
        log_warning("%s: %" PRIu64 " samples are no numbers, or absurd, and counted as 0", name, refused);
    }
    if (status == STATUS_OK && output->lines == 0) {
        log_warning("%s: its %" PRIu64 " samples (%.3f s) are fewer than one window of %" PRIu32
                    ", so there is no frame; give a smaller --window, or a longer sound",
                    name, file->passed, (double)file->passed / config->sample_rate, config->window);
    }
    return status;
}

/* What is in the file is kept until both outputs have a file of their own. */
static enum status open_events(struct output *output, const struct sound_file *file, const char *path)
{
    output->events_name = path;
    if (!path) {
        return STATUS_OK;
    }
    if (sound_file_is(file, path)) {
        log_error("--events %s: is the file that is to be measured; give another one", path);
        return STATUS_BUSY;
    }
    output->events = fopen(path, "a");
    if (!output->events) {
        const int err = errno;
        log_error("--events %s: %s; give a file that can be written", path, strerror(err));
        return status_from_errno(err);
    }
    return STATUS_OK;
}

static enum status open_audio(struct output *output, const struct sound_file *file,
                              const struct render_options *options)
{
    char error[AUDIO_OUT_ERROR_MAX];
    const char *path = options->audio_out;
    if (!path) {
        return STATUS_OK;
    }
    if (output->events && same_file(fileno(output->events), path)) {
        log_error("--audio-out %s: is the file of --events; give each a file of its own", path);
        return STATUS_BUSY;
    }
    const enum status status = audio_out_open(&output->audio, path, options->audio_format, file, error);
    if (status) {
        log_error("%s", error);
    }
    return status;
}

static enum status open_outputs(struct output *output, const struct sound_file *file,
                                const struct render_options *options)
{
    enum status status = open_events(output, file, options->events);
    if (status == STATUS_OK) {
        status = open_audio(output, file, options);
    }
    if (status == STATUS_OK && output->events) {
        (void)!ftruncate(fileno(output->events), 0); /* a pipe has no length */
    }
    return status;
}

/* The first thing that went wrong, `status` if that was before. */
static enum status close_outputs(struct output *output, enum status status)
{
    char error[AUDIO_OUT_ERROR_MAX];
    const enum status closed = audio_out_close(&output->audio, error);
    if (closed && error[0] != '\0') {
        log_error("%s", error);
    } else if (error[0] != '\0') {
        log_warning("%s", error);
    }
    status = status ? status : closed;
    if (output->events && fclose(output->events) != 0 && status == STATUS_OK) {
        status = write_failed(output->events_name);
    }
    return status;
}

static enum status render_sound(const struct render_options *options, struct sound_file *file,
                                struct output *output)
{
    struct engine engine = {0};
    struct engine_config config = options->engine;
    config.analysis.sample_rate = file->sample_rate;
    config.analysis.channels = file->channels;
    config.analysis.repeatable = true;
    enum status status = engine_prepare(&engine, &config);
    if (status) {
        log_error("%s: cannot set up the analysis: %s", spool_name(options->file), status_str(status));
        return status;
    }
    float_mode_flush_denormals();
    progress_begin(&output->progress, output->metrics);
    status = render_blocks(&engine, &config.analysis, file, output);
    if (status == STATUS_OK) {
        status = print_end(&engine, &config.analysis, file, output, spool_name(options->file));
    }
    engine_release(&engine);
    return status;
}

enum status render_file(const struct render_options *options, FILE *out)
{
    struct sound_file file;
    struct output output = {.metrics = out, .csv = options->csv};
    char error[SOUND_FILE_ERROR_MAX];
    enum status status = sound_file_open(&file, options->file, error);
    if (status) {
        log_error("%s", error);
        return status;
    }
    status = open_outputs(&output, &file, options);
    if (status == STATUS_OK) {
        status = render_sound(options, &file, &output);
    }
    status = close_outputs(&output, status);
    message_free(&output.message);
    sound_file_close(&file);
    return status;
}
