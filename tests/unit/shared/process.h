/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tests of several processes need: children that die with their parent, time limits, a sweep at the end.
 */
#ifndef PHICAST_TESTS_UNIT_SHARED_PROCESS_H
#define PHICAST_TESTS_UNIT_SHARED_PROCESS_H

#include "tests/unit/unit.h"

#include <assert.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How much smaller the stress tests are under a sanitizer. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { STRESS_DIVISOR = 10 };
#else
enum { STRESS_DIVISOR = 1 };
#endif

/* Long after any honest end; a test that gets there fails by its assertions. */
enum { LIMIT_SECONDS = 300 };

static inline double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Gives the processor away once `progress` has stood still for a while: often enough on one core, and seldom
 * enough where a yield costs another program's whole time slice. Start from {0}. */
struct patience {
    uint64_t progress;
    double since;
};

static inline void wait_a_bit(struct patience *patience, uint64_t progress)
{
    const double now = now_seconds();
    if (progress != patience->progress) {
        *patience = (struct patience){progress, now};
    } else if (now - patience->since > 200e-6) {
        sched_yield();
        patience->since = now_seconds();
    }
}

/* Runs body(arg) in a child and gives its pid; the child's exit code is what body returns. */
static inline pid_t spawn(int (*body)(void *), void *arg)
{
    const pid_t parent = getpid();
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == parent ? body(arg) : EXIT_FAILURE);
    }
    return child;
}

/* Waits for a child: its exit code, or 1000 + the signal that ended it. */
static inline int reap(pid_t child)
{
    int wstatus = 0;
    if (child <= 0 || waitpid(child, &wstatus, 0) != child) {
        return -1;
    }
    return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 1000 + WTERMSIG(wstatus);
}

/* Zeroed memory that children share with their parent. */
static inline void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        abort();
    }
    return memory;
}

/* A segment name no other test run uses. The pid is the supervisor's, so that the sweep finds it. */
enum { TEST_NAME_MAX = 64 };
static pid_t supervisor;

static inline const char *test_name(char out[TEST_NAME_MAX], const char *tag)
{
    snprintf(out, TEST_NAME_MAX, "test%d-%s", (int)supervisor, tag);
    return out;
}

/* Removes whatever segments this run left; returns how many there were. */
static inline size_t sweep(void)
{
    char pattern[TEST_NAME_MAX];
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "/dev/shm/phicast.test%d-*", (int)supervisor);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            fprintf(stderr, "left behind: %s\n", found.gl_pathv[i]);
            remove(found.gl_pathv[i]);
        }
    }
    const size_t count = found.gl_pathc;
    globfree(&found);
    return count;
}

struct supervised {
    const char *suite;
    const CU_TestInfo *tests;
};

static inline int supervised_body(void *arg)
{
    const struct supervised *run = arg;
    exit(unit_run(run->suite, run->tests)); /* not _exit: the leak checker runs at exit */
}

/* As unit_run, but in a child, so that segments are removed even when the tests crash. Leavings are a
 * failure. */
static inline int unit_run_supervised(const char *suite, const CU_TestInfo *tests)
{
    struct supervised run = {suite, tests};
    supervisor = getpid();
    const int code = reap(spawn(supervised_body, &run));
    return sweep() == 0 && code == EXIT_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
