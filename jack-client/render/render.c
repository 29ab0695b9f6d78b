/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/render.h"

#include "jack-client/dsp/float_mode.h"
#include "jack-client/engine.h"
#include "jack-client/render/sound_file.h"
#include "shared/json/messages.h"
#include "shared/log.h"

#include <errno.h>
#include <string.h>

/* Where the lines go. */
struct output {
    FILE *metrics;
    FILE *events; /* NULL: nobody asked */
    const char *events_name;
    struct message message;
};

static enum status print_line(const struct message *message, FILE *out, const char *name)
{
    if (fprintf(out, "%s\n", message->text) < 0) {
        log_error("%s: %s", name, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status print_frame(struct engine *engine, const struct analysis_frame *frame, double seconds,
                               struct output *output)
{
    struct metrics_snapshot snapshot;
    struct event events[ENGINE_EVENTS_MAX];
    const uint32_t count = engine_tell(engine, frame, seconds, &snapshot, events);
    enum status status = message_metrics(&output->message, &snapshot);
    if (status == STATUS_OK) {
        status = print_line(&output->message, output->metrics, "standard output");
    }
    for (uint32_t i = 0; i < count && output->events && status == STATUS_OK; i++) {
        status = message_event(&output->message, &events[i]);
        if (status == STATUS_OK) {
            status = print_line(&output->message, output->events, output->events_name);
        }
    }
    return status;
}

static enum status flush(FILE *out, const char *name)
{
    if (out && fflush(out) != 0) {
        log_error("%s: %s", name, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status render_blocks(struct engine *engine, const struct analysis_config *config,
                                 struct sound_file *file, struct output *output)
{
    struct analysis_frame frame;
    enum status status = STATUS_OK;
    uint64_t passed = 0;
    uint32_t count;

    while (status == STATUS_OK && (count = sound_file_read(file)) > 0) {
        engine_pass(engine, (const float *const *)file->channel, file->channel, count, false);
        while (status == STATUS_OK && engine_step(engine, &frame)) {
            const double centre = (double)passed + engine_centre(engine, &frame);
            status = print_frame(engine, &frame, centre / config->sample_rate, output);
        }
        passed += count;
    }
    if (status == STATUS_OK) {
        status = flush(output->metrics, "standard output");
    }
    return status ? status : flush(output->events, output->events_name);
}

static enum status open_events(struct output *output, const char *path)
{
    output->events_name = path;
    if (path) {
        output->events = fopen(path, "w");
        if (!output->events) {
            const int err = errno;
            log_error("--events %s: %s; give a file that can be written", path, strerror(err));
            return status_from_errno(err);
        }
    }
    return STATUS_OK;
}

static enum status render_sound(const struct render_options *options, struct sound_file *file,
                                struct output *output)
{
    struct engine engine = {0};
    struct engine_config config = options->engine;
    config.analysis.sample_rate = file->sample_rate;
    config.analysis.channels = file->channels;
    enum status status = engine_prepare(&engine, &config);
    if (status) {
        log_error("%s: cannot set up the analysis: %s", options->file, status_str(status));
        return status;
    }
    float_mode_flush_denormals();
    status = render_blocks(&engine, &config.analysis, file, output);
    engine_release(&engine);
    return status;
}

enum status render_file(const struct render_options *options, FILE *out)
{
    struct sound_file file;
    struct output output = {.metrics = out};
    char error[SOUND_FILE_ERROR_MAX];
    enum status status = sound_file_open(&file, options->file, error);
    if (status) {
        log_error("%s", error);
        return status;
    }
    status = open_events(&output, options->events);
    if (status == STATUS_OK) {
        status = render_sound(options, &file, &output);
    }
    if (output.events && fclose(output.events) != 0 && status == STATUS_OK) {
        log_error("--events %s: %s", options->events, strerror(errno));
        status = STATUS_IO;
    }
    message_free(&output.message);
    sound_file_close(&file);
    return status;
}
