/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file in, JSON lines out: the lines are the analysis' frames, and their times are those of the file.
 */
#include "jack-client/render/render.h"
#include "shared/log.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/render/wave.h"
#include "tests/unit/jack-client/scene.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <unistd.h>

static struct render_options options_for(const char *path)
{
    struct render_options options = {.engine = ENGINE_DEFAULTS, .file = path};
    return options;
}

/* Renders into memory; free the text. */
static enum status render(const struct render_options *options, char **text)
{
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    const enum status status = render_file(options, out);
    fclose(out);
    return status;
}

/* Standard error is put aside while messages are expected on it. */
static enum status render_quietly(const struct render_options *options, FILE *out)
{
    fflush(stderr);
    const int kept = dup(2);
    FILE *null = fopen("/dev/null", "w");
    CU_ASSERT_FATAL(kept >= 0 && null != NULL);
    dup2(fileno(null), 2);
    const enum status status = render_file(options, out);
    dup2(kept, 2);
    close(kept);
    fclose(null);
    return status;
}

static void what_cannot_be_read_fails(void)
{
    const struct render_options missing = options_for("/no/such/file.wav");
    CU_ASSERT_EQUAL(render_quietly(&missing, stdout), STATUS_NOT_FOUND);
    wave_write_bytes("empty.wav", "", 0);
    const struct render_options empty = options_for(wave_path("empty.wav"));
    CU_ASSERT_EQUAL(render_quietly(&empty, stdout), STATUS_CORRUPT);
}

static void wrong_settings_fail(void)
{
    static const float silence[16];
    wave_write("short.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, silence, 16);
    struct render_options options = options_for(wave_path("short.wav"));
    options.engine.analysis.window = 1000;
    CU_ASSERT_EQUAL(render_quietly(&options, stdout), STATUS_BAD_ARG);
}

static void a_full_disk_is_noticed(void)
{
    static const float silence[48000];
    wave_write("silence.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, silence, 48000);
    const struct render_options options = options_for(wave_path("silence.wav"));
    FILE *full = fopen("/dev/full", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    CU_ASSERT_EQUAL(render_quietly(&options, full), STATUS_IO);
    fclose(full);
}

static void a_file_shorter_than_a_window_has_no_line(void)
{
    static const float silence[2047];
    char *text = NULL;
    wave_write("2047.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, silence, 2047);
    const struct render_options options = options_for(wave_path("2047.wav"));
    CU_ASSERT_EQUAL(render(&options, &text), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
}

static double number(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    CU_ASSERT(json_object_object_get_ex(object, key, &value));
    return json_object_get_double(value);
}

static bool close_to(double a, float b)
{
    return fabs(a - (double)b) <= 1e-6 * fmax(1, fabs((double)b));
}

static void compare_line(const char *line, const struct analysis_frame *frame, const struct take *take)
{
    struct json_object *object = json_tokener_parse(line);
    struct json_object *list = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    CU_ASSERT_EQUAL(number(object, "frame"), (double)frame->frame);
    CU_ASSERT_DOUBLE_EQUAL(number(object, "timestamp"), ((double)frame->end - 1024) / 44100, 1e-6);
    CU_ASSERT(close_to(number(object, "ici"), frame->ici));
    CU_ASSERT(close_to(number(object, "criticality"), frame->criticality));
    CU_ASSERT(close_to(number(object, "phase_coherence"), frame->phase_coherence));
    CU_ASSERT(close_to(number(object, "spectral_centroid"), frame->spectral_centroid));
    CU_ASSERT_EQUAL(number(object, "active_channels"), frame->active_channels);
    CU_ASSERT(json_object_object_get_ex(object, "channel_metrics", &list));
    CU_ASSERT_EQUAL(json_object_array_length(list), take->channels);
    for (uint32_t i = 0; i < take->channels; i++) {
        struct json_object *channel = json_object_array_get_idx(list, i);
        CU_ASSERT_EQUAL(number(channel, "channel"), i);
        CU_ASSERT(close_to(number(channel, "frequency"), frame->channel[i].frequency));
        CU_ASSERT(close_to(number(channel, "amplitude"), frame->channel[i].amplitude));
        CU_ASSERT(close_to(number(channel, "phase"), frame->channel[i].phase));
    }
    json_object_put(object);
}

static struct take three_channels(uint32_t length)
{
    struct take take = take_new(3, length);
    struct random random = {2};
    signal_add_tone(take.channel[0], length, 0.5, 0.02, 0);
    signal_add_noise(take.channel[1], length, NOISE_PINK, 0.1, &random);
    return take;
}

static void write_take(const char *name, const struct take *take, int rate)
{
    const uint32_t channels = take->channels;
    float *interleaved = malloc(channels * sizeof *interleaved * take->length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(interleaved);
    for (uint32_t n = 0; n < take->length; n++) {
        for (uint32_t i = 0; i < channels; i++) {
            interleaved[channels * n + i] = take->channel[i][n];
        }
    }
    wave_write(name, SF_FORMAT_WAV | SF_FORMAT_FLOAT, rate, (int)channels, interleaved, take->length);
    free(interleaved);
}

static void the_lines_are_the_frames(void)
{
    struct take take = three_channels(20000);
    write_take("three.wav", &take, 44100);

    const struct render_options options = options_for(wave_path("three.wav"));
    struct analysis_config config = options.engine.analysis;
    config.channels = 3;
    config.sample_rate = 44100;
    struct frames frames = take_analyse(&take, &config, 100);
    char *text = NULL;
    CU_ASSERT_EQUAL(render(&options, &text), STATUS_OK);
    uint32_t lines = 0;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line && line[0]; line = strsep(&rest, "\n")) {
        if (lines < frames.count) {
            compare_line(line, &frames.frame[lines], &take);
        }
        lines++;
    }
    CU_ASSERT_EQUAL(lines, (20000 - 2048) / 512 + 1);
    free(text);
    frames_free(&frames);
    take_free(&take);
}

/* --- events --- */

static uint32_t word(struct json_object *object, const char *key, const char *(*name)(uint32_t))
{
    struct json_object *value = NULL;
    CU_ASSERT_FATAL(json_object_object_get_ex(object, key, &value));
    for (uint32_t i = 0; name(i); i++) {
        if (strcmp(name(i), json_object_get_string(value)) == 0) {
            return i;
        }
    }
    return UINT32_MAX;
}

static struct event parse_event(const char *line)
{
    struct json_object *object = json_tokener_parse(line);
    struct json_object *type = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    CU_ASSERT_FATAL(json_object_object_get_ex(object, "type", &type));
    struct event event = {.timestamp = number(object, "timestamp")};
    if (strcmp(json_object_get_string(type), "state_change") == 0) {
        event.kind = EVENT_STATE_CHANGE;
        event.state_change.from_state = word(object, "from_state", sound_state_str);
        event.state_change.to_state = word(object, "to_state", sound_state_str);
        event.state_change.trigger = word(object, "trigger", state_trigger_str);
        event.state_change.confidence = (float)number(object, "confidence");
    } else if (strcmp(json_object_get_string(type), "critical_event") == 0) {
        event.kind = EVENT_CRITICAL;
        event.critical.criticality = (float)number(object, "criticality");
        event.critical.duration_ms = (float)number(object, "duration_ms");
        event.critical.peak_ici = (float)number(object, "peak_ici");
    }
    json_object_put(object);
    return event;
}

static void the_scene_has_its_events(void)
{
    struct take take = scene_new(0);
    struct event events[SCENE_EVENTS + 1];
    char events_path[WAVE_PATH_MAX];
    char line[1024];
    uint32_t count = 0;
    write_take("scene.wav", &take, SCENE_RATE);
    snprintf(events_path, sizeof events_path, "%s", wave_path("events.json"));
    struct render_options options = options_for(wave_path("scene.wav"));
    options.events = events_path;
    char *text = NULL;
    CU_ASSERT_EQUAL(render(&options, &text), STATUS_OK);
    CU_ASSERT_PTR_NULL(strstr(text, "\"type\"")); /* metrics alone */
    free(text);
    FILE *file = fopen(events_path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) && count <= SCENE_EVENTS) {
        events[count++] = parse_event(line);
    }
    fclose(file);
    scene_check(events, count, 0, 0);
    take_free(&take);
}

static void events_that_cannot_be_written_fail(void)
{
    struct take take = scene_new(0);
    write_take("scene.wav", &take, SCENE_RATE);
    struct render_options options = options_for(wave_path("scene.wav"));
    FILE *null = fopen("/dev/null", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(null);
    options.events = "/no/such/folder/events.json";
    CU_ASSERT_EQUAL(render_quietly(&options, null), STATUS_NOT_FOUND);
    options.events = "/dev/full";
    CU_ASSERT_EQUAL(render_quietly(&options, null), STATUS_IO);
    fclose(null);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what cannot be read fails", what_cannot_be_read_fails},
        {"wrong settings fail", wrong_settings_fail},
        {"a full disk is noticed", a_full_disk_is_noticed},
        {"a file shorter than a window has no line", a_file_shorter_than_a_window_has_no_line},
        {"the lines are the frames", the_lines_are_the_frames},
        {"the scene has its events", the_scene_has_its_events},
        {"events that cannot be written fail", events_that_cannot_be_written_fail},
        CU_TEST_INFO_NULL,
    };
    log_open("test_render");
    wave_open();
    const int code = unit_run("render", tests);
    wave_close();
    return code;
}
