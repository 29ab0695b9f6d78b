/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process callback meets no page for the first time: ten thousand periods, in which everything that it
 * can do is done for the first time in this process, without a page fault or a forbidden call (the rig checks
 * each). */
#include "jack-client/dsp/loopback.h"
#include "jack-client/rt/memory.h"
#include "tests/unit/jack-client/rt/rig.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    CALLBACKS = 10000,
    RATE = 8000, /* slow, so that the many seconds that a thousand events take are few samples */
    PERIOD = 256,
    RECORDING = 3 * RATE,
};

/* Like all of a JACK server's memory, the player's buffers are brought in by others than rt_hold. */
static float signal[LOOPBACK_SIGNAL];
static float recording[RECORDING];

static int forget(struct dl_phdr_info *info, size_t size, void *unused)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W)) {
            const uintptr_t start = (info->dlpi_addr + part->p_vaddr) / page * page;
            const uintptr_t end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
            (void)madvise((void *)start, end - start, MADV_DONTNEED); /* the kernel's own page cannot be */
        }
    }
    return 0;
}

/* As if the program had just been loaded: no page of code is mapped. */
static void begin_cold(void)
{
    dl_iterate_phdr(forget, NULL);
}

static void command(struct rig *rig, enum command_kind kind, double value)
{
    const struct command command = {.kind = kind, .value = value};
    command_push(&rig->rt->inputs.commands, &command);
}

static void controller(struct rig *rig, uint8_t number, uint8_t value)
{
    const uint8_t message[] = {0xB0, number, value};
    rig_midi(rig, message, sizeof message);
}

/* What people do, each thing for the first time at a moment of its own. */
static void ask(struct rig *rig, uint32_t n)
{
    const struct midi_map map = rig->rt->midi_map;
    switch (n) {
    case 100: command(rig, COMMAND_BREATHING, 1); break;
    case 200: command(rig, COMMAND_DEPTH, 0.3); break;
    case 300: command(rig, COMMAND_RATE, 2); break;
    case 400: command(rig, COMMAND_PHASE, -40); break;
    case 500: command(rig, COMMAND_AUTO, 1); break;
    case 3000: command(rig, COMMAND_AUTO, 0); break;
    case 3100: controller(rig, (uint8_t)map.rate, 77); break;
    case 3200: controller(rig, (uint8_t)map.depth, 100); break;
    case 3300: controller(rig, (uint8_t)map.phase, 3); break;
    case 3400: controller(rig, (uint8_t)map.breathing, 0); break;
    case 3500: controller(rig, (uint8_t)map.breathing, 127); break;
    case 3600: controller(rig, (uint8_t)map.auto_phi, 127); break;
    default: break;
    }
}

/* What the control thread does. */
static void steer(struct rig *rig, uint32_t n)
{
    struct rt_inputs *inputs = &rig->rt->inputs;
    struct player *player = &rig->rt->player;
    switch (n) {
    case 600: atomic_store(&inputs->capture_latency, PERIOD); break;
    case 700: atomic_store(&inputs->extra_latency, -1000); break;
    case 800: atomic_store(&inputs->uncompensated, true); break;
    case 900: atomic_store(&inputs->uncompensated, false); break;
    case 1000: atomic_fetch_add(&inputs->realtime_offset_us, -3600000000); break;
    case 1010: atomic_fetch_add(&inputs->clock_steps, 1); break;
    case 1100: atomic_store(&inputs->freewheeling, true); break;
    case 1200: atomic_store(&inputs->freewheeling, false); break;
    case 1300: offline_cycle_times(false); break;
    case 1400: offline_cycle_times(true); break;
    case 4000:
    case 5000:
        loopback_signal(signal, 0.1F);
        player->signal = signal;
        player->signal_length = LOOPBACK_SIGNAL;
        player->recording = recording;
        player->length = RECORDING;
        player->position = 0;
        atomic_store(&player->state, PLAYER_RUNNING);
        break;
    case 4500: CU_ASSERT_EQUAL(atomic_load(&player->state), PLAYER_DONE); break;
    case 5010: rig_skip(rig, 1000); break;
    case 5100: CU_ASSERT_EQUAL(atomic_load(&player->state), PLAYER_SPOILED); break;
    default: break;
    }
}

/* Every state in turn: silence, then channels alike or not by turns, steady and in bursts. */
static void sound(struct rig *rig, uint32_t n, uint32_t count)
{
    const bool silent = n % 1000 < 50;
    const bool bursts = n % 1000 >= 800;
    const bool alike = bursts ? n % 100 < 60 : n % 20 < 10;
    if (n % 1000 == 700) {
        rig_fill_bits(rig, count);
        return;
    }
    rig_fill_noise(rig, count);
    for (uint32_t i = 0; i < rig->rt->ports.channels; i++) {
        float *in = offline_input(i);
        if (alike) {
            memcpy(in, offline_input(0), count * sizeof *in);
        }
        if (silent || (bursts && n % 10 != 0)) {
            memset(in, 0, count * sizeof *in);
        }
    }
}

static uint32_t count_sent(void)
{
    uint32_t count;
    (void)offline_midi_sent(&count);
    return count;
}

static uint32_t period_of(uint32_t n)
{
    static const uint32_t odd[] = {64, 1024, 37, 8192, 1, 500};
    return n % 1000 < 900 || n < 2000 ? PERIOD : odd[n / 10 % 6];
}

static void no_page_is_met_for_the_first_time(void)
{
    struct rig rig;
    const struct analysis_config config = {.sample_rate = RATE,
                                           .channels = 8,
                                           .window = 256,
                                           .hop = 64,
                                           .gate_db = -60,
                                           .smooth_ms = 50,
                                           .criticality_ms = 500,
                                           .bands = 3,
                                           .band_release_ms = 100,
                                           .onset_threshold = ONSETS_THRESHOLD_DEFAULT};
    char error[OPTION_ERROR_MAX];
    begin_cold();
    (void)memory_hold(signal, sizeof signal);
    (void)memory_hold(recording, sizeof recording);
    rig_cv = true;
    rig_cv_parts = PART_LEVELS | PART_BANDS;
    rig_sends_midi = true;
    rig_midi_map = MIDI_OUT_DEFAULTS;
    CU_ASSERT_EQUAL(midi_out_map_read(&rig_midi_map, &(struct option_list){0}, &(struct option_list){0},
                                      config.channels, config.bands, error),
                    STATUS_OK);
    rig_open(&rig, &config);
    offline_connect_calibration(rig.rt);
    rig.rt->midi_map = MIDI_DEFAULTS;
    rig.breathes = true;

    uint64_t next = 0;
    uint32_t seen[EVENT_ONSET + 1] = {0};
    uint32_t states = 0;
    uint64_t sent = 0;
    for (uint32_t n = 0; n < CALLBACKS; n++) {
        struct event event;
        const uint32_t count = period_of(n);
        ask(&rig, n);
        steer(&rig, n);
        sound(&rig, n, count);
        rig_cycle(&rig, count);
        sent += count_sent();
        while (event_read(&rig.rt->telemetry->events, &next, &event, NULL) == STATUS_OK) {
            seen[event.kind]++;
            states |= event.kind == EVENT_STATE_CHANGE ? 1U << event.state_change.to_state : 0;
        }
    }
    printf("events: %u state changes, %u criticals, %u adaptations\n", seen[EVENT_STATE_CHANGE],
           seen[EVENT_CRITICAL], seen[EVENT_PHI_ADAPTATION]);
    /* It did happen, all of it. */
    CU_ASSERT(sent > 1000);
    CU_ASSERT(ring_head(&rig.rt->telemetry->events) > RING_SLOTS);
    CU_ASSERT(seen[EVENT_CRITICAL] > 0 && seen[EVENT_PHI_ADAPTATION] > 0);
    CU_ASSERT_EQUAL(states, (1U << (STATE_CRITICAL + 1)) - 1);
    CU_ASSERT(atomic_load(&rig.rt->reports.gaps) > 0 && atomic_load(&rig.rt->reports.refused) > 0);
    rig_close(&rig);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no page is met for the first time", no_page_is_met_for_the_first_time},
        CU_TEST_INFO_NULL,
    };
    return unit_run("process_memory", tests);
}
