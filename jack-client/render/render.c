/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/render.h"

#include "jack-client/dsp/float_mode.h"
#include "jack-client/render/sound_file.h"
#include "jack-client/snapshot.h"
#include "shared/json/messages.h"
#include "shared/log.h"

#include <errno.h>
#include <string.h>

static enum status print_frame(const struct analysis_frame *frame, const struct analysis_config *config,
                               struct message *message, FILE *out)
{
    struct metrics_snapshot snapshot;
    snapshot_from_frame(&snapshot, frame, config->channels);
    snapshot.timestamp = ((double)frame->end - 0.5 * config->window) / config->sample_rate;
    enum status status = message_metrics(message, &snapshot);
    if (status) {
        log_error("frame %llu: %s", (unsigned long long)frame->frame, status_str(status));
    } else if (fprintf(out, "%s\n", message->text) < 0) {
        status = STATUS_IO;
        log_error("standard output: %s", strerror(errno));
    }
    return status;
}

static enum status render_blocks(struct analysis *analysis, const struct analysis_config *config,
                                 struct sound_file *file, FILE *out)
{
    struct message message = {0};
    struct analysis_frame frame;
    enum status status = STATUS_OK;
    uint32_t count;

    while (status == STATUS_OK && (count = sound_file_read(file)) > 0) {
        analysis_feed(analysis, file->channel, count);
        while (status == STATUS_OK && analysis_step(analysis, &frame)) {
            status = print_frame(&frame, config, &message, out);
        }
    }
    if (status == STATUS_OK && fflush(out) != 0) {
        status = STATUS_IO;
        log_error("standard output: %s", strerror(errno));
    }
    message_free(&message);
    return status;
}

enum status render_file(const struct render_options *options, FILE *out)
{
    struct sound_file file;
    struct analysis *analysis;
    char error[SOUND_FILE_ERROR_MAX];
    enum status status = sound_file_open(&file, options->file, error);
    if (status) {
        log_error("%s", error);
        return status;
    }
    struct analysis_config config = options->analysis;
    config.sample_rate = file.sample_rate;
    config.channels = file.channels;
    status = analysis_create(&config, &analysis);
    if (status) {
        log_error("%s: cannot set up the analysis: %s", options->file, status_str(status));
    } else {
        float_mode_flush_denormals();
        status = render_blocks(analysis, &config, &file, out);
        analysis_destroy(analysis);
    }
    sound_file_close(&file);
    return status;
}
