/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/clock_map.h"

#include <math.h>

/* The share of the distance that is made up per second, within the slew. */
static const double follow_per_s = 2;

static void jump(struct clock_map *map, int64_t offset_us)
{
    map->set = true;
    map->offset_us = (double)offset_us;
    map->far_readings = 0;
}

bool clock_map_read(struct clock_map *map, int64_t now_us, int64_t offset_us, int64_t *jump_us)
{
    const double passed_us = (double)(now_us - map->last_us);
    map->last_us = now_us;
    if (!map->set) {
        jump(map, offset_us);
        return false;
    }
    const double distance = (double)offset_us - map->offset_us;
    if (fabs(distance) > CLOCK_MAP_STEP_US) {
        if (++map->far_readings < CLOCK_MAP_STEP_READINGS) {
            return false;
        }
        *jump_us = (int64_t)distance;
        jump(map, offset_us);
        return true;
    }
    map->far_readings = 0;
    const double most = CLOCK_MAP_SLEW * passed_us;
    const double wanted = distance * fmin(1, follow_per_s * passed_us * 1e-6);
    map->offset_us += fmin(fmax(wanted, -most), most);
    return false;
}
