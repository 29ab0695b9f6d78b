/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/player.h"

#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void finish(struct player *player, enum player_state state)
{
    atomic_store_explicit(&player->state, state, memory_order_release);
}

RT_SAFE void player_pass(struct player *player, const float *in, float *out, uint32_t count, bool gap)
{
    memset(out, 0, count * sizeof *out);
    if (atomic_load_explicit(&player->state, memory_order_acquire) != PLAYER_RUNNING) {
        return;
    }
    const uint32_t at = player->position;
    if (gap && at > 0) {
        finish(player, PLAYER_SPOILED);
        return;
    }
    if (at < player->signal_length) {
        memcpy(out, player->signal + at, smaller(count, player->signal_length - at) * sizeof *out);
    }
    const uint32_t take = smaller(count, player->length - at);
    memcpy(player->recording + at, in, take * sizeof *in);
    player->position = at + take;
    if (player->position == player->length) {
        finish(player, PLAYER_DONE);
    }
}
