/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/wled/packet.h"

#include "shared/band.h"

#include <math.h>
#include <string.h>

/* Effects are made for what WLED's own scaling (the square root) makes of a well levelled microphone. */
static const double full_volume = 0.5; /* level of the loudest channel */
static const double full_band = 0.3;
static const double smoothing = 0.2; /* share of the new volume, 50 times a second */

/* Hz: the middles of WLED's own columns. */
static const float column_hz[WLED_COLUMNS] = {65,   108,  173,  259,  366,  495,  689,  969,
                                              1270, 1658, 2153, 2713, 3359, 4091, 5792, 8182};

static double scaled(double level, double full)
{
    return 255 * sqrt(fmin(level / full, 1));
}

/* The level at a frequency: that of the bands whose middles lie around it, in between by its logarithm. */
static double level_at(const struct metrics_snapshot *frame, double hz, uint32_t sample_rate)
{
    const uint32_t count = frame->band_count;
    if (count == 0 || sample_rate == 0) {
        return 0;
    }
    const double low = band_edge(0, count, sample_rate);
    const double step = log(band_edge(1, count, sample_rate) / low);
    const double place = fmin(fmax(log(hz / low) / step - 0.5, 0), count - 1.0);
    const uint32_t below = (uint32_t)place;
    const uint32_t above = below + 1 < count ? below + 1 : below;
    const double part = place - below;
    return (1 - part) * (double)frame->requested.band[below] + part * (double)frame->requested.band[above];
}

static double loudest_level(const struct metrics_snapshot *frame)
{
    float level = 0;
    for (uint32_t i = 0; i < frame->channel_count; i++) {
        level = fmaxf(level, frame->requested.level[i].rms);
    }
    return (double)level;
}

static const struct channel_metrics *strongest_channel(const struct metrics_snapshot *frame)
{
    const struct channel_metrics *strongest = &frame->channel[0];
    for (uint32_t i = 1; i < frame->channel_count; i++) {
        strongest = frame->channel[i].amplitude > strongest->amplitude ? &frame->channel[i] : strongest;
    }
    return strongest;
}

static void put_short(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)(value & 0xFFU);
    at[1] = (unsigned char)(value >> 8U);
}

static void put_float(unsigned char *at, double value)
{
    const float number = (float)value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_short(at, (uint16_t)(bits & 0xFFFFU));
    put_short(at + 2, (uint16_t)(bits >> 16U));
}

void wled_pack(struct wled_state *state, const struct metrics_snapshot *frame, uint32_t sample_rate,
               bool onset, unsigned char packet[WLED_PACKET])
{
    const double volume = scaled(loudest_level(frame), full_volume);
    const struct channel_metrics *partial = strongest_channel(frame);
    const double hz = fmin((double)partial->frequency, 11025);

    state->smooth += (float)(smoothing * (volume - (double)state->smooth));
    memset(packet, 0, WLED_PACKET);
    memcpy(packet, "00002", 6);
    packet[6] = (unsigned char)volume;
    packet[7] = (unsigned char)(256 * (volume - floor(volume)));
    put_float(packet + 8, volume);
    put_float(packet + 12, (double)state->smooth);
    packet[16] = onset;
    packet[17] = state->counter++;
    for (int i = 0; i < WLED_COLUMNS; i++) {
        const double level = level_at(frame, (double)column_hz[i], sample_rate);
        packet[18 + i] = (unsigned char)lround(scaled(level, full_band));
    }
    put_short(packet + 34, (uint16_t)(2 * hz * 0.023));
    put_float(packet + 36, 4096 * fmin((double)partial->amplitude, 1));
    put_float(packet + 40, fmax(hz, 1));
}
