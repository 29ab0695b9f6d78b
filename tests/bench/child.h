/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs that a benchmark starts: on which processors, and what they used up. Failures end the
 * benchmark, and the benchmark's end ends them. Main thread. */
#ifndef PHICAST_TESTS_BENCH_CHILD_H
#define PHICAST_TESTS_BENCH_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* What is measured has the first processor to itself; what loads it has the others (if there are others). */
enum child_place { CHILD_ANYWHERE, CHILD_FIRST, CHILD_OTHERS };

/* Says what failed and why, and exits with 1. */
_Noreturn void child_fail(const char *what);

/* The calling process is moved there. */
void child_pin(enum child_place place);

/* Forks: 0 in the child. */
pid_t child_split(enum child_place place);

/* Starts argv[0]; with a line to fill, returns when the program has printed its first line on standard
 * output. What it says on standard error is dropped. */
pid_t child_start(char *const argv[], enum child_place place, char *line, size_t size);

/* Asks it to end, and waits for that. */
void child_stop(pid_t pid);

/* User and system time so far, us. */
double child_cpu_us(pid_t pid);

/* A figure of /proc/PID/status, as "VmRSS:"; KiB. */
double child_memory_kib(pid_t pid, const char *key);

#endif
