/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/server_call.h"

#include <pthread.h>
#include <stddef.h>

static _Thread_local struct server_call *mine;

void server_call_bind(struct server_call *call)
{
    mine = call;
}

static bool go_over(struct server_call *call, enum server_call_state from, enum server_call_state to)
{
    return atomic_compare_exchange_strong(&call->state, &from, to);
}

void server_call_begin(void)
{
    if (mine) {
        (void)go_over(mine, CALL_NONE, CALL_WAITING);
    }
}

void server_call_end(void)
{
    if (mine && !go_over(mine, CALL_WAITING, CALL_NONE)) {
        struct server_call *call = mine;
        mine = NULL;
        call->leave(call->context);
        pthread_exit(NULL);
    }
}

bool server_call_abandon(struct server_call *call)
{
    return go_over(call, CALL_WAITING, CALL_ABANDONED);
}
