/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plays the analyser without any sound: a live telemetry segment with frames in it, numbered events at a
 * steady rate when SIGUSR1 asks for them, and a line on standard output for each command that arrives.
 *
 * Event n is a critical_event with criticality n and duration n, but for two of eight: n mod 8 = 3 is a
 * phi_adaptation with old depth (n mod 1000) / 1000, n mod 8 = 5 a state_change with that confidence.
 * Timestamps are the moment of the push. SIGUSR2 stops the heartbeat, and starts it again. */
#include "shared/control.h"
#include "shared/log.h"
#include "shared/options.h"
#include "shared/telemetry.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define AT(member) offsetof(struct flood_options, member)

enum { EXIT_USAGE = 2, TICK_US = 500, FRAME_US = 10667, LOOK_US = 50000 };

struct flood_options {
    const char *name;
    uint32_t count;
    uint32_t rate;
    uint32_t channels;
    bool lively;
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "the segment's name", AT(name), 0, 0},
    {"count", 0, OPTION_UINT, "N", "events per SIGUSR1 (default 10000)", AT(count), 1, 10000000},
    {"rate", 0, OPTION_UINT, "HZ", "events a second (default 500)", AT(rate), 1, 1000000},
    {"channels", 'c', OPTION_UINT, "N", "channels in a frame (default 4)", AT(channels), 1, CHANNELS_MAX},
    {"lively", 0, OPTION_FLAG, NULL, "numbers that change from frame to frame, in a round of 16", AT(lively),
     0, 0},
};

static const struct option_table table = {.program = "phicast-flood",
                                          .usage = "[options]",
                                          .about = "Plays the analyser for tests of the broadcaster.",
                                          .rows = rows,
                                          .count = sizeof rows / sizeof rows[0]};

struct flood {
    const struct flood_options *options;
    struct telemetry *telemetry;
    struct segment control;
    uint64_t command_next;
    uint64_t look_us; /* when the control segment is looked for again */
    uint64_t frame;
    uint64_t frame_us; /* when the next frame is due */
    uint64_t event;    /* number of the next */
    uint64_t asked;    /* events to be pushed before the next pause */
    uint64_t start_us; /* when event `first` was due */
    uint64_t first;
    bool beating;
};

static uint64_t now_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void push_event(struct flood *flood)
{
    const uint64_t n = flood->event++;
    const float share = (float)(n % 1000) / 1000.0F;
    struct event event = {.timestamp = (double)now_us(CLOCK_REALTIME) / 1e6,
                          .frame = flood->frame,
                          .published_us = now_us(CLOCK_MONOTONIC)};
    if (n % 8 == 3) {
        event.kind = EVENT_PHI_ADAPTATION;
        event.phi_adaptation = (struct phi_adaptation){.old_depth = share, .new_depth = 1};
    } else if (n % 8 == 5) {
        event.kind = EVENT_STATE_CHANGE;
        event.state_change = (struct state_change){.to_state = STATE_AMBIENT, .confidence = share};
    } else {
        event.kind = EVENT_CRITICAL;
        event.critical = (struct critical_event){.criticality = (float)n, .duration_ms = (float)n};
    }
    event_push(&flood->telemetry->events, &event);
}

static void push_events(struct flood *flood, uint64_t now)
{
    while (flood->event < flood->asked &&
           flood->start_us + (flood->event - flood->first) * 1000000U / flood->options->rate <= now) {
        push_event(flood);
        if (flood->event == flood->asked) {
            printf("pushed %" PRIu64 "\n", flood->event);
        }
    }
}

enum { VARIANTS = 16 }; /* of lively frames: the same number's are the same in every run */

/* As many random digits as a measured value has. */
static float near(float value)
{
    return value * (1 + (float)(random() % 100000) / 1e6F);
}

static void make_lively(struct metrics_snapshot *frame)
{
    srandom((unsigned)(frame->frame % VARIANTS) + 1); /* 0 is the same as 1 */
    frame->ici = near(frame->ici);
    frame->criticality = near(frame->criticality);
    frame->phase_coherence = near(frame->phase_coherence);
    frame->spectral_centroid = near(frame->spectral_centroid);
    for (uint32_t i = 0; i < frame->channel_count; i++) {
        struct channel_metrics *channel = &frame->channel[i];
        channel->frequency = near(channel->frequency);
        channel->amplitude = near(channel->amplitude);
        channel->phase = near(channel->phase);
    }
}

static void write_frame(struct flood *flood, uint64_t now)
{
    struct metrics_snapshot frame = {.frame = flood->frame++,
                                     .timestamp = (double)now_us(CLOCK_REALTIME) / 1e6,
                                     .centre_us = now - 20000,
                                     .published_us = now,
                                     .ici = 0.5F,
                                     .criticality = 1.25F,
                                     .phase_coherence = 0.75F,
                                     .spectral_centroid = 1000,
                                     .phi_depth = 0.25F,
                                     .phi_phase = 3,
                                     .phi_breathing_active = 1,
                                     .active_channels = flood->options->channels,
                                     .channel_count = flood->options->channels};
    for (uint32_t i = 0; i < flood->options->channels; i++) {
        frame.channel[i] = (struct channel_metrics){
            .frequency = 100 * (float)(i + 1), .amplitude = 0.5F, .phase = -1, .active = 1};
    }
    if (flood->options->lively) {
        make_lively(&frame);
    }
    telemetry_write_metrics(flood->telemetry, &frame);
    flood->frame_us = now + FRAME_US;
}

static void find_control(struct flood *flood, uint64_t now)
{
    if (flood->control.memory && now >= flood->look_us && !segment_alive(&flood->control)) {
        segment_close(&flood->control);
    }
    if (now < flood->look_us) {
        return;
    }
    flood->look_us = now + LOOK_US;
    if (!flood->control.memory && segment_attach(&flood->control, &control_kind, flood->options->name,
                                                 SEGMENT_TRUST_NONE) == STATUS_OK) {
        flood->command_next = 0;
    }
}

static void print_commands(struct flood *flood)
{
    const struct control *control = flood->control.memory;
    struct command command;
    enum status status = segment_refresh(&flood->control);
    while (control && status != STATUS_EMPTY) {
        status = command_read(&control->commands, &flood->command_next, &command, NULL);
        if (status == STATUS_OK) {
            printf("command %" PRIu32 " %.9g\n", command.kind, command.value);
        } else if (status != STATUS_EMPTY) {
            printf("bad command: %s\n", status_str(status));
        }
    }
}

/* False: time to end. */
static bool take_signals(struct flood *flood, const sigset_t *set, uint64_t now)
{
    const struct timespec tick = {.tv_nsec = TICK_US * 1000L};
    switch (sigtimedwait(set, NULL, &tick)) {
    case SIGUSR1:
        flood->first = flood->event;
        flood->asked += flood->options->count; /* beside those that are still to be pushed */
        flood->start_us = now;
        return true;
    case SIGUSR2: flood->beating = !flood->beating; return true;
    case SIGINT:
    case SIGTERM: return false;
    default: return true;
    }
}

static void play(struct flood *flood, const sigset_t *set)
{
    uint64_t now = now_us(CLOCK_MONOTONIC);
    printf("ready\n");
    while (take_signals(flood, set, now)) {
        now = now_us(CLOCK_MONOTONIC);
        if (flood->beating) {
            atomic_store_explicit(&flood->telemetry->heartbeat_us, now, memory_order_release);
        }
        if (flood->beating && now >= flood->frame_us) {
            write_frame(flood, now);
        }
        push_events(flood, now);
        find_control(flood, now);
        print_commands(flood);
    }
}

int main(int argc, char **argv)
{
    char error[OPTION_ERROR_MAX];
    struct flood_options options = {.name = "phicast", .count = 10000, .rate = 500, .channels = 4};
    struct flood flood = {.options = &options, .control = SEGMENT_NONE, .beating = true};
    struct segment segment;
    sigset_t set;
    int operands;

    log_open(table.program);
    setvbuf(stdout, NULL, _IOLBF, 0);
    switch (options_parse(&table, &options, argc, argv, &operands, error)) {
    case OPTIONS_RUN: break;
    case OPTIONS_ERROR: log_error("%s", error); return EXIT_USAGE;
    default: options_help(&table, NULL, stdout); return EXIT_SUCCESS;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    const enum status status = segment_create(&segment, &telemetry_kind, options.name, (gid_t)-1);
    if (status) {
        log_error("segment of %s: %s", options.name, status_str(status));
        return EXIT_FAILURE;
    }
    flood.telemetry = segment.memory;
    play(&flood, &set);
    segment_close(&flood.control);
    segment_close(&segment);
    return EXIT_SUCCESS;
}
