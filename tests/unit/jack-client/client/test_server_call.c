/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plug-in that is thrown out while it waits for an answer asks for nothing more. */
#include "jack-client/client/server_call.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

static sem_t asking;
static sem_t answered;

static void leave(void *context)
{
    ++*(int *)context;
}

/* Asks twice; returns how often it heard. */
static void *ask_twice(void *call)
{
    intptr_t heard = 0;
    server_call_bind(call);
    for (; heard < 2; heard++) {
        server_call_begin();
        sem_post(&asking);
        sem_wait(&answered);
        server_call_end();
    }
    return (void *)heard; // NOLINT(performance-no-int-to-ptr)
}

static void run(struct server_call *call, int thrown_out_at)
{
    pthread_t thread;
    void *heard = NULL;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, ask_twice, call), 0);
    for (int i = 0; i < 2 && atomic_load(&call->state) != CALL_ABANDONED; i++) {
        sem_wait(&asking);
        if (i == thrown_out_at) {
            CU_ASSERT_TRUE(server_call_abandon(call));
        }
        sem_post(&answered);
    }
    CU_ASSERT_EQUAL(pthread_join(thread, &heard), 0);
    CU_ASSERT_EQUAL((intptr_t)heard, thrown_out_at < 2 ? 0 : 2);
}

static void thrown_out(void)
{
    for (int at = 0; at < 2; at++) {
        int left = 0;
        struct server_call call = {.leave = leave, .context = &left};
        run(&call, at);
        CU_ASSERT_EQUAL(left, 1);
        CU_ASSERT_FALSE(server_call_abandon(&call)); /* once */
    }
}

static void one_that_stays(void)
{
    int left = 0;
    struct server_call call = {.leave = leave, .context = &left};
    CU_ASSERT_FALSE(server_call_abandon(&call)); /* it is not asking: it will end by itself */
    run(&call, 2);
    CU_ASSERT_FALSE(server_call_abandon(&call));
    CU_ASSERT_EQUAL(left, 0);
}

static void no_plug_in_at_all(void)
{
    server_call_begin(); /* a program's thread: nothing comes of it */
    server_call_end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"thrown out", thrown_out},
        {"one that stays", one_that_stays},
        {"no plug-in at all", no_plug_in_at_all},
        CU_TEST_INFO_NULL,
    };
    sem_init(&asking, 0, 0);
    sem_init(&answered, 0, 0);
    return unit_run("server_call", tests);
}
