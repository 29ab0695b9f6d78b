/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void child_fail(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

void child_pin(enum child_place place)
{
    cpu_set_t set;
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    const bool all = place == CHILD_ANYWHERE || count < 2;
    const long first = all || place == CHILD_FIRST ? 0 : 1;
    const long end = all || place == CHILD_OTHERS ? count : 1;
    CPU_ZERO(&set);
    for (long i = first; i < end; i++) {
        CPU_SET((size_t)i, &set);
    }
    sched_setaffinity(0, sizeof set, &set);
}

pid_t child_split(enum child_place place)
{
    const pid_t pid = fork();
    if (pid < 0) {
        child_fail("fork");
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        child_pin(place);
    }
    return pid;
}

pid_t child_start(char *const argv[], enum child_place place, char *line, size_t size)
{
    int ends[2];
    if (pipe(ends) != 0) {
        child_fail("pipe");
    }
    const pid_t pid = child_split(place);
    if (pid == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDERR_FILENO);
        dup2(line ? ends[1] : nowhere, STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], argv);
        _exit(1);
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (!out || (line && !fgets(line, (int)size, out))) {
        child_fail(argv[0]);
    }
    fclose(out);
    return pid;
}

void child_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

double child_cpu_us(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        child_fail("a program's clock");
    }
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec * 1e-3;
}

double child_memory_kib(pid_t pid, const char *key)
{
    char path[64];
    char line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0) {
            kib = strtod(line + strlen(key), NULL);
        }
    }
    if (file) {
        fclose(file);
    }
    return kib;
}
