/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/rt_guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Thread_local bool in_rt;
static uint32_t calls;
static const char *first = "";

void rt_guard_enter(void)
{
    calls = 0;
    first = "";
    in_rt = true;
}

uint32_t rt_guard_leave(void)
{
    in_rt = false;
    return calls;
}

const char *rt_guard_first(void)
{
    return first;
}

#ifdef RT_GUARD_OFF

bool rt_guard_armed(void)
{
    return false;
}

#else

bool rt_guard_armed(void)
{
    return true;
}

static void forbidden(const char *name)
{
    if (in_rt) {
        if (calls++ == 0) {
            first = name;
        }
    }
}

/* --- memory: glibc's own names, because dlsym itself allocates --------------------------------------------
 */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    forbidden("malloc");
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    forbidden("calloc");
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    forbidden("realloc");
    return __libc_realloc(memory, size);
}

void free(void *memory)
{
    forbidden("free");
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size);

void *memalign(size_t alignment, size_t size)
{
    forbidden("memalign");
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    forbidden("aligned_alloc");
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    forbidden("posix_memalign");
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

/* --- the rest: the next definition, looked up at the first call --------------------------------------------
 */

/* Defines `result name(parameters)`, which counts itself and calls the library's. */
#define GUARDED(result, name, parameters, arguments)                                                         \
    result name parameters                                                                                   \
    {                                                                                                        \
        static result(*next) parameters;                                                                     \
        forbidden(#name);                                                                                    \
        if (!next) {                                                                                         \
            void *found = dlsym(RTLD_NEXT, #name);                                                           \
            memcpy(&next, &found, sizeof next);                                                              \
        }                                                                                                    \
        return next arguments;                                                                               \
    }

GUARDED(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
GUARDED(int, pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex))
GUARDED(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
GUARDED(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
GUARDED(int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock))
GUARDED(int, pthread_cond_wait, (pthread_cond_t * cond, pthread_mutex_t *mutex), (cond, mutex))
GUARDED(int, pthread_cond_signal, (pthread_cond_t * cond), (cond))
GUARDED(int, sem_wait, (sem_t * semaphore), (semaphore))
GUARDED(int, sem_post, (sem_t * semaphore), (semaphore))
GUARDED(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
GUARDED(ssize_t, read, (int fd, void *bytes, size_t count), (fd, bytes, count))
GUARDED(int, close, (int fd), (fd))
GUARDED(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
GUARDED(int, usleep, (useconds_t us), (us))
GUARDED(int, nanosleep, (const struct timespec *wanted, struct timespec *left), (wanted, left))
GUARDED(int, clock_nanosleep,
        (clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left),
        (clock, flags, wanted, left))
GUARDED(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
        (at, size, protection, flags, fd, offset))
GUARDED(int, munmap, (void *at, size_t size), (at, size))
GUARDED(int, vfprintf, (FILE * out, const char *format, va_list arguments), (out, format, arguments))
GUARDED(size_t, fwrite, (const void *bytes, size_t size, size_t count, FILE *out), (bytes, size, count, out))
GUARDED(int, fputs, (const char *text, FILE *out), (text, out))

int open(const char *path, int flags, ...)
{
    static int (*next)(const char *, int, ...);
    va_list arguments;
    mode_t mode = 0;
    forbidden("open");
    if (!next) {
        void *found = dlsym(RTLD_NEXT, "open");
        memcpy(&next, &found, sizeof next);
    }
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return next(path, flags, mode);
}

#endif
