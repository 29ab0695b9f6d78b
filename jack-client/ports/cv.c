/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/cv.h"

#include "jack-client/ports/scale.h"

#include <string.h>

RT_TRUST(void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t count);)

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* --- writing --- */

static void write_line(const struct cv_voltage *v, uint32_t done, uint32_t at, uint32_t count)
{
    float *out = v->out + at;
    for (uint32_t n = 0; n < count; n++) {
        out[n] = v->from + v->step * (float)(done + n);
    }
}

static void write_trigger(struct cv *cv, uint32_t count)
{
    float *out = cv->trigger_out + cv->filled;
    const uint32_t high = smaller(cv->high, count);
    for (uint32_t n = 0; n < count; n++) {
        out[n] = n < high ? 1 : 0;
    }
    cv->high -= high;
}

/* The line is over: rounding ends with it. */
static void arrive(struct cv *cv)
{
    for (uint32_t i = 0; i < cv->count; i++) {
        cv->voltage[i].from = cv->voltage[i].to;
        cv->voltage[i].step = 0;
    }
}

static void fill(struct cv *cv, uint32_t to)
{
    while (cv->filled < to) {
        const bool moving = cv->done < cv->hop;
        const uint32_t left = to - cv->filled;
        const uint32_t count = moving ? smaller(left, cv->hop - cv->done) : left;
        for (uint32_t i = 0; i < cv->count; i++) {
            write_line(&cv->voltage[i], cv->done, cv->filled, count);
        }
        write_trigger(cv, count);
        cv->filled += count;
        cv->done += moving ? count : 0;
        if (moving && cv->done == cv->hop) {
            arrive(cv);
        }
    }
}

/* --- frames --- */

static float voltage_of(const struct cv_voltage *v, const struct metrics_snapshot *snapshot)
{
    float value;
    memcpy(&value, (const char *)snapshot + v->at, sizeof value);
    return (float)scale_to_unit((double)value, (double)v->low, (double)v->high, v->logarithmic);
}

/* The moment of the frame that waits has come. The last line is over by then, and its step 0: moments are a
 * hop apart at least, over a gap as well, because no window is shorter than a hop. */
static void set_out(struct cv *cv)
{
    const uint32_t moment = cv->moment > 0 ? (uint32_t)cv->moment : 0;
    fill(cv, smaller(moment, cv->length));
    for (uint32_t i = 0; i < cv->count; i++) {
        struct cv_voltage *v = &cv->voltage[i];
        v->to = v->next;
        v->step = (v->to - v->from) / (float)cv->hop;
    }
    cv->done = 0;
    cv->high = cv->onset ? cv->trigger : cv->high;
    cv->waiting = false;
}

RT_SAFE void cv_begin(struct cv *cv, const struct ports *ports, uint32_t count)
{
    cv->length = count;
    cv->filled = 0;
    cv->trigger_out = jack_port_get_buffer(ports->cv_port[CV_ONSET], count);
    for (uint32_t i = 0; i < cv->count; i++) {
        cv->voltage[i].out = jack_port_get_buffer(*cv->voltage[i].port, count);
    }
}

RT_SAFE void cv_frame(struct cv *cv, const struct metrics_snapshot *snapshot, bool onset, int64_t end)
{
    if (cv->waiting) {
        set_out(cv);
    }
    for (uint32_t i = 0; i < cv->count; i++) {
        cv->voltage[i].next = voltage_of(&cv->voltage[i], snapshot);
    }
    cv->onset = onset;
    cv->moment = end + cv->lag;
    cv->waiting = true;
}

RT_SAFE void cv_end(struct cv *cv)
{
    if (cv->waiting && cv->moment <= (int64_t)cv->length) {
        set_out(cv);
    }
    fill(cv, cv->length);
    cv->moment -= cv->length;
}
