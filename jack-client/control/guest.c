/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/guest.h"

#include <pthread.h>
#include <stddef.h>

static _Thread_local struct guest *mine;

void guest_bind(struct guest *guest)
{
    mine = guest;
}

static bool go_over(struct guest *guest, enum guest_state from, enum guest_state to)
{
    return atomic_compare_exchange_strong(&guest->state, &from, to);
}

void guest_asks(void)
{
    if (mine) {
        (void)go_over(mine, GUEST_AT_HOME, GUEST_ASKING);
    }
}

void guest_hears(void)
{
    if (mine && !go_over(mine, GUEST_ASKING, GUEST_AT_HOME)) {
        struct guest *guest = mine;
        mine = NULL;
        guest->leave(guest->context);
        pthread_exit(NULL);
    }
}

bool guest_throw_out(struct guest *guest)
{
    return go_over(guest, GUEST_ASKING, GUEST_THROWN_OUT);
}
