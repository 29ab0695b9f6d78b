/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/rt/rt_guard.h"

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
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static _Thread_local bool in_rt;
static uint32_t calls;
static const char *first = "";
static long faults;

static long faults_so_far(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

void rt_guard_enter(void)
{
    calls = 0;
    first = "";
    faults = faults_so_far();
    in_rt = true;
}

uint32_t rt_guard_leave(void)
{
    in_rt = false;
    faults = faults_so_far() - faults;
    return calls;
}

/* Under an emulator its own are counted as well, and cannot be told apart. */
uint32_t rt_guard_faults(void)
{
    static bool said;
    if (!getenv("PHICAST_TEST_EMULATED")) {
        return (uint32_t)faults;
    }
    if (!said) {
        puts("SKIPPED: page faults are not counted under an emulator");
        said = true;
    }
    return 0;
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

/* --- memory: glibc's own names, because dlsym itself allocates --- */

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

/* --- the rest: the next definition, looked up at the first call --- */

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
GUARDED(int, pthread_cond_timedwait,
        (pthread_cond_t * cond, pthread_mutex_t *mutex, const struct timespec *until), (cond, mutex, until))
GUARDED(int, pthread_cond_signal, (pthread_cond_t * cond), (cond))
GUARDED(int, pthread_cond_broadcast, (pthread_cond_t * cond), (cond))
GUARDED(int, sem_wait, (sem_t * semaphore), (semaphore))
GUARDED(int, sem_post, (sem_t * semaphore), (semaphore))
GUARDED(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
GUARDED(ssize_t, read, (int fd, void *bytes, size_t count), (fd, bytes, count))
GUARDED(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
GUARDED(ssize_t, pread, (int fd, void *bytes, size_t count, off_t at), (fd, bytes, count, at))
GUARDED(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at))
GUARDED(ssize_t, send, (int fd, const void *bytes, size_t count, int flags), (fd, bytes, count, flags))
GUARDED(ssize_t, sendto,
        (int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size),
        (fd, bytes, count, flags, to, size))
GUARDED(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
GUARDED(ssize_t, recv, (int fd, void *bytes, size_t count, int flags), (fd, bytes, count, flags))
GUARDED(int, eventfd, (unsigned int count, int flags), (count, flags))
GUARDED(int, eventfd_read, (int fd, eventfd_t *value), (fd, value))
GUARDED(int, eventfd_write, (int fd, eventfd_t value), (fd, value))
GUARDED(int, close, (int fd), (fd))
GUARDED(int, select, (int count, fd_set *in, fd_set *out, fd_set *bad, struct timeval *most),
        (count, in, out, bad, most))
GUARDED(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
GUARDED(int, usleep, (useconds_t us), (us))
GUARDED(int, nanosleep, (const struct timespec *wanted, struct timespec *left), (wanted, left))
GUARDED(int, clock_nanosleep,
        (clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left),
        (clock, flags, wanted, left))
GUARDED(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
        (at, size, protection, flags, fd, offset))
GUARDED(int, munmap, (void *at, size_t size), (at, size))
GUARDED(int, mprotect, (void *at, size_t size, int protection), (at, size, protection))
GUARDED(int, madvise, (void *at, size_t size, int advice), (at, size, advice))
GUARDED(int, vfprintf, (FILE * out, const char *format, va_list arguments), (out, format, arguments))
GUARDED(size_t, fwrite, (const void *bytes, size_t size, size_t count, FILE *out), (bytes, size, count, out))
GUARDED(int, fputs, (const char *text, FILE *out), (text, out))
GUARDED(int, puts, (const char *text), (text))

/* --- those with a variable end --- */

int printf(const char *format, ...)
{
    va_list arguments;
    forbidden("printf");
    va_start(arguments, format);
    const int result = vfprintf(stdout, format, arguments);
    va_end(arguments);
    return result;
}

int fprintf(FILE *out, const char *format, ...)
{
    va_list arguments;
    forbidden("fprintf");
    va_start(arguments, format);
    const int result = vfprintf(out, format, arguments);
    va_end(arguments);
    return result;
}

/* Passes on as many arguments as the kernel ever takes; those that were not given are not looked at. */
long syscall(long number, ...)
{
    static long (*next)(long, ...);
    va_list arguments;
    long a[6];
    forbidden(number == SYS_futex ? "futex" : "syscall");
    if (!next) {
        void *found = dlsym(RTLD_NEXT, "syscall");
        memcpy(&next, &found, sizeof next);
    }
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(arguments, long);
    }
    va_end(arguments);
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*next)(int, unsigned long, ...);
    va_list arguments;
    forbidden("ioctl");
    if (!next) {
        void *found = dlsym(RTLD_NEXT, "ioctl");
        memcpy(&next, &found, sizeof next);
    }
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return next(fd, request, argument);
}

int fcntl(int fd, int command, ...)
{
    static int (*next)(int, int, ...);
    va_list arguments;
    forbidden("fcntl");
    if (!next) {
        void *found = dlsym(RTLD_NEXT, "fcntl");
        memcpy(&next, &found, sizeof next);
    }
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return next(fd, command, argument);
}

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

/* --- our own log, wrapped by the linker (tests/unit/jack-client/CMakeLists.txt) --- */

enum { LINE_MAX_BYTES = 1024 };

/* Defines the wrapper of `name(format, ...)`; `before` and `given` are what comes before the format. */
#define GUARDED_LOG(name, before, given)                                                                     \
    void __real_##name(before const char *format, ...);                                                      \
    void __wrap_##name(before const char *format, ...);                                                      \
    void __wrap_##name(before const char *format, ...)                                                       \
    {                                                                                                        \
        char text[LINE_MAX_BYTES];                                                                           \
        va_list arguments;                                                                                   \
        forbidden(#name);                                                                                    \
        va_start(arguments, format);                                                                         \
        vsnprintf(text, sizeof text, format, arguments);                                                     \
        va_end(arguments);                                                                                   \
        __real_##name(given "%s", text);                                                                     \
    }
#define NOTHING
#define TIMES uint64_t *times,
#define THE_TIMES times,

GUARDED_LOG(log_info, NOTHING, NOTHING)
GUARDED_LOG(log_warning, NOTHING, NOTHING)
GUARDED_LOG(log_error, NOTHING, NOTHING)
GUARDED_LOG(log_repeated, TIMES, THE_TIMES)

#endif
