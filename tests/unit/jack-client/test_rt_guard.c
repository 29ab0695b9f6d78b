/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard of the realtime tests bites: each forbidden call, planted, is seen. */
#include "tests/unit/jack-client/rt_guard.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void *volatile memory; /* volatile: the compiler may not leave the calls out */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool woken;
static int null_fd;

static void plant_malloc(void)
{
    memory = malloc(16);
}

static void plant_calloc(void)
{
    memory = calloc(1, 16);
}

static void plant_realloc(void)
{
    memory = realloc(memory, 32);
}

static void plant_free(void)
{
    free(memory);
    memory = NULL;
}

static void plant_posix_memalign(void)
{
    void *got = NULL;
    if (posix_memalign(&got, 64, 64) == 0) {
        memory = got;
    }
}

static void plant_aligned_alloc(void)
{
    memory = aligned_alloc(64, 64);
}

/* A library's own call, through a pointer that no linker option could have wrapped. */
static void plant_strdup(void)
{
    memory = strdup("copy");
}

static void plant_mutex(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void *wake_planter(void *unused)
{
    pthread_mutex_lock(&mutex);
    woken = true;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void plant_write(void)
{
    CU_ASSERT_EQUAL(write(null_fd, "x", 1), 1);
}

static void plant_read(void)
{
    char byte;
    CU_ASSERT_EQUAL(read(null_fd, &byte, 1), 0);
}

static void plant_open(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CU_ASSERT(fd >= 0);
    close(fd);
}

static void plant_poll(void)
{
    CU_ASSERT_EQUAL(poll(NULL, 0, 0), 0);
}

static void plant_usleep(void)
{
    CU_ASSERT_EQUAL(usleep(1), 0);
}

static void plant_nanosleep(void)
{
    const struct timespec wait = {0, 1};
    CU_ASSERT_EQUAL(clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL), 0);
}

static void plant_print(void)
{
    const char *volatile text = "";
    fputs(text, stdout);
}

static const struct {
    const char *name;
    void (*plant)(void);
} plants[] = {
    {"malloc", plant_malloc}, {"realloc", plant_realloc},
    {"free", plant_free},     {"calloc", plant_calloc},
    {"free", plant_free},     {"posix_memalign", plant_posix_memalign},
    {"free", plant_free},     {"aligned_alloc", plant_aligned_alloc},
    {"free", plant_free},     {"malloc", plant_strdup},
    {"free", plant_free},     {"pthread_mutex_lock", plant_mutex},
    {"write", plant_write},   {"read", plant_read},
    {"open", plant_open},     {"poll", plant_poll},
    {"usleep", plant_usleep}, {"clock_nanosleep", plant_nanosleep},
    {"fputs", plant_print},
};

static void every_planted_call_is_seen(void)
{
    CU_ASSERT_FATAL(rt_guard_armed());
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
        rt_guard_enter();
        plants[i].plant();
        const uint32_t calls = rt_guard_leave();
        CU_ASSERT(calls >= 1);
        CU_ASSERT_STRING_EQUAL(rt_guard_first(), plants[i].name);
    }
    close(null_fd);
}

static void waiting_is_seen(void)
{
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, wake_planter, NULL), 0);
    rt_guard_enter();
    while (!woken) {
        pthread_cond_wait(&cond, &mutex);
    }
    CU_ASSERT(rt_guard_leave() >= 1);
    CU_ASSERT_STRING_EQUAL(rt_guard_first(), "pthread_cond_wait");
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
}

static void harmless_work_is_not_seen(void)
{
    char copy[64];
    rt_guard_enter();
    memset(copy, 1, sizeof copy);
    memory = copy;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    CU_ASSERT_EQUAL(rt_guard_leave(), 0);
    CU_ASSERT_STRING_EQUAL(rt_guard_first(), "");
    memory = NULL;
}

static void calls_outside_are_not_seen(void)
{
    rt_guard_enter();
    CU_ASSERT_EQUAL(rt_guard_leave(), 0);
    plant_malloc();
    plant_free();
    CU_ASSERT_EQUAL(rt_guard_leave(), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every planted call is seen", every_planted_call_is_seen},
        {"waiting is seen", waiting_is_seen},
        {"harmless work is not seen", harmless_work_is_not_seen},
        {"calls outside are not seen", calls_outside_are_not_seen},
        CU_TEST_INFO_NULL,
    };
    return unit_run("rt_guard", tests);
}
