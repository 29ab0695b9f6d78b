/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard of the realtime tests bites: each forbidden call, planted, is seen. More than 400 lines because
 * there is a case for each call that is forbidden. */
#include "shared/log.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void *volatile memory; /* volatile: the compiler may not leave the calls out */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool woken;
static int null_fd;
static int event_fd;
static int sockets[2];

enum { PAGES = 65536 };
static char *volatile pages;

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

static void plant_printf(void)
{
    const char *volatile text = "";
    printf("%s%s", text, text);
}

static void plant_fprintf(void)
{
    const char *volatile text = "";
    fprintf(stdout, "%s%s", text, text);
}

static void plant_timedwait(void)
{
    const struct timespec past = {0};
    pthread_mutex_lock(&mutex);
    rt_guard_enter(); /* the lock is another plant's */
    CU_ASSERT_EQUAL(pthread_cond_timedwait(&cond, &mutex, &past), ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static void plant_signal(void)
{
    pthread_cond_signal(&cond);
}

static void plant_broadcast(void)
{
    pthread_cond_broadcast(&cond);
}

static void plant_futex(void)
{
    static uint32_t word;
    CU_ASSERT_EQUAL(syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

static void plant_syscall(void)
{
    CU_ASSERT_EQUAL(syscall(SYS_getpid), getpid());
}

static void plant_ioctl(void)
{
    int waiting = 0;
    (void)ioctl(null_fd, FIONREAD, &waiting);
}

static void plant_fcntl(void)
{
    CU_ASSERT(fcntl(null_fd, F_GETFL) >= 0);
}

static void plant_eventfd(void)
{
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CU_ASSERT(fd >= 0);
    close(fd);
}

static void plant_eventfd_write(void)
{
    CU_ASSERT_EQUAL(eventfd_write(event_fd, 1), 0);
}

static void plant_eventfd_read(void)
{
    eventfd_t value = 0;
    CU_ASSERT_EQUAL(eventfd_read(event_fd, &value), 0);
}

static void plant_send(void)
{
    CU_ASSERT_EQUAL(send(sockets[0], "x", 1, MSG_DONTWAIT), 1);
}

static void plant_sendto(void)
{
    CU_ASSERT_EQUAL(sendto(sockets[0], "x", 1, MSG_DONTWAIT, NULL, 0), 1);
}

static void plant_sendmsg(void)
{
    struct iovec part = {"x", 1};
    const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CU_ASSERT_EQUAL(sendmsg(sockets[0], &message, MSG_DONTWAIT), 1);
}

static void plant_recv(void)
{
    char byte;
    CU_ASSERT_EQUAL(recv(sockets[1], &byte, 1, MSG_DONTWAIT), 1);
}

static void plant_writev(void)
{
    const struct iovec part = {"x", 1};
    CU_ASSERT_EQUAL(writev(null_fd, &part, 1), 1);
}

static void plant_select(void)
{
    struct timeval none = {0};
    CU_ASSERT_EQUAL(select(0, NULL, NULL, NULL, &none), 0);
}

static void plant_madvise(void)
{
    CU_ASSERT_EQUAL(madvise(pages, PAGES, MADV_DONTNEED), 0);
}

static void plant_log_info(void)
{
    log_info("planted");
}

static void plant_log_warning(void)
{
    log_warning("planted");
}

static void plant_log_error(void)
{
    log_error("planted");
}

/* A warning that is not written, being the third, is forbidden all the same. */
static void plant_log_repeated(void)
{
    uint64_t times = 2;
    log_repeated(&times, "planted %d", 3);
}

static const struct {
    const char *name;
    void (*plant)(void);
} plants[] = {
    {"malloc", plant_malloc},
    {"realloc", plant_realloc},
    {"free", plant_free},
    {"calloc", plant_calloc},
    {"free", plant_free},
    {"posix_memalign", plant_posix_memalign},
    {"free", plant_free},
    {"aligned_alloc", plant_aligned_alloc},
    {"free", plant_free},
    {"malloc", plant_strdup},
    {"free", plant_free},
    {"pthread_mutex_lock", plant_mutex},
    {"write", plant_write},
    {"read", plant_read},
    {"open", plant_open},
    {"poll", plant_poll},
    {"usleep", plant_usleep},
    {"clock_nanosleep", plant_nanosleep},
    {"fputs", plant_print},
    {"printf", plant_printf},
    {"fprintf", plant_fprintf},
    {"pthread_cond_timedwait", plant_timedwait},
    {"pthread_cond_signal", plant_signal},
    {"pthread_cond_broadcast", plant_broadcast},
    {"futex", plant_futex},
    {"syscall", plant_syscall},
    {"ioctl", plant_ioctl},
    {"fcntl", plant_fcntl},
    {"eventfd", plant_eventfd},
    {"eventfd_write", plant_eventfd_write},
    {"eventfd_read", plant_eventfd_read},
    {"send", plant_send},
    {"sendto", plant_sendto},
    {"sendmsg", plant_sendmsg},
    {"recv", plant_recv},
    {"writev", plant_writev},
    {"select", plant_select},
    {"madvise", plant_madvise},
    {"log_info", plant_log_info},
    {"log_warning", plant_log_warning},
    {"log_error", plant_log_error},
    {"log_repeated", plant_log_repeated},
};

static void every_planted_call_is_seen(void)
{
    CU_ASSERT_FATAL(rt_guard_armed());
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    pages = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(pages != MAP_FAILED);
    for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
        rt_guard_enter();
        plants[i].plant();
        const uint32_t calls = rt_guard_leave();
        CU_ASSERT(calls >= 1);
        CU_ASSERT_STRING_EQUAL(rt_guard_first(), plants[i].name);
    }
    close(null_fd);
    close(event_fd);
    close(sockets[0]);
    close(sockets[1]);
    munmap(pages, PAGES);
}

static void page_faults_are_seen(void)
{
    pages = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(pages != MAP_FAILED);
    rt_guard_enter();
    *(volatile char *)pages = 1;
    CU_ASSERT_EQUAL(rt_guard_leave(), 0);
    CU_ASSERT_EQUAL(rt_guard_faults(), 1);
    rt_guard_enter();
    *(volatile char *)pages = 2;
    (void)rt_guard_leave();
    CU_ASSERT_EQUAL(rt_guard_faults(), 0);
    CU_ASSERT_EQUAL(madvise(pages, PAGES, MADV_DONTNEED), 0);
    rt_guard_enter();
    *(volatile char *)pages = 3;
    (void)rt_guard_leave();
    CU_ASSERT_EQUAL(rt_guard_faults(), 1);
    munmap(pages, PAGES);
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
        {"page faults are seen", page_faults_are_seen},
        {"waiting is seen", waiting_is_seen},
        {"harmless work is not seen", harmless_work_is_not_seen},
        {"calls outside are not seen", calls_outside_are_not_seen},
        CU_TEST_INFO_NULL,
    };
    return unit_run("rt_guard", tests);
}
