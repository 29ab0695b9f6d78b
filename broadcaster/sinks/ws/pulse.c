/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/pulse.h"

/* A pong may come this much later than the fastest one did. With PULSE_OFTEN_US before it, less than a second
 * of messages goes to a client that has stopped reading. */
enum { LATE_US = 250000 };

/* What of the fastest one counts: a client that has slept over its first ping is not that far away. */
enum { DISTANCE_MOST_US = 1000000 };

/* After this, another ping: not everybody answers the first. */
enum { AGAIN_US = 10000000 };

void pulse_start(struct pulse *pulse, uint64_t now_us)
{
    *pulse = (struct pulse){.heard_us = now_us, .pinged_us = now_us};
}

bool pulse_is_due(const struct pulse *pulse, uint64_t every_us, uint64_t now_us)
{
    const uint64_t first_us = pulse->fastest_us > 0 || every_us > PULSE_FIRST_US ? every_us : PULSE_FIRST_US;
    return now_us - pulse->pinged_us >= (pulse->waits ? AGAIN_US : first_us);
}

void pulse_pinged(struct pulse *pulse, uint64_t now_us)
{
    pulse->pinged_us = now_us;
    pulse->waits = true;
}

bool pulse_take_pong(struct pulse *pulse, uint64_t pinged_us, uint64_t now_us)
{
    pulse->heard_us = now_us;
    if (!pulse->waits || pinged_us != pulse->pinged_us) {
        return false;
    }
    const bool was_late = pulse_is_late(pulse, now_us);
    const uint64_t took_us = now_us - pinged_us;
    if (pulse->fastest_us == 0 || took_us < pulse->fastest_us) {
        pulse->fastest_us = took_us > 0 ? took_us : 1;
    }
    pulse->waits = false;
    return was_late;
}

bool pulse_is_late(const struct pulse *pulse, uint64_t now_us)
{
    const uint64_t distance_us = pulse->fastest_us < DISTANCE_MOST_US ? pulse->fastest_us : DISTANCE_MOST_US;
    return pulse->waits && pulse->fastest_us > 0 && now_us - pulse->pinged_us > LATE_US + distance_us;
}

bool pulse_is_gone(const struct pulse *pulse, uint64_t now_us)
{
    return now_us - pulse->heard_us > PULSE_GONE_US;
}
