/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

/* Read by the handler, in whichever thread has faulted. A start of 0 is a free place; it is set last. */
static struct place {
    _Atomic uintptr_t start;
    _Atomic size_t size;
    _Atomic bool cut;
} places[MAPPINGS_MAX];

static pthread_mutex_t change = PTHREAD_MUTEX_INITIALIZER; /* of places, but for `cut` */
static struct sigaction before;                            /* our handler; set once */
static bool watching;

static struct place *place_of(uintptr_t address)
{
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        const uintptr_t start = atomic_load(&places[i].start);
        if (start != 0 && address >= start && address - start < atomic_load(&places[i].size)) {
            return &places[i];
        }
    }
    return NULL;
}

/* Atomics and system calls alone. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    const int err = errno;
    struct place *place = info->si_code > 0 ? place_of((uintptr_t)info->si_addr) : NULL;
    (void)context;
    if (place) {
        void *const start = (void *)atomic_load(&place->start); /* NOLINT(performance-no-int-to-ptr) */
        const void *memory = mmap(start, atomic_load(&place->size), PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        atomic_store(&place->cut, memory != MAP_FAILED);
        place = memory != MAP_FAILED ? place : NULL;
    }
    if (!place) {
        sigaction(number, &before, NULL); /* a fault comes again when we return; what was sent does not */
        if (info->si_code <= 0) {
            raise(number);
        }
    }
    errno = err;
}

/* Under the lock. */
static bool watch(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    watching = watching || sigaction(SIGBUS, &action, &before) == 0;
    return watching;
}

static bool register_place(uintptr_t start, size_t size)
{
    bool placed = false;
    pthread_mutex_lock(&change);
    for (size_t i = 0; watch() && i < MAPPINGS_MAX && !placed; i++) {
        if (atomic_load(&places[i].start) == 0) {
            atomic_store(&places[i].size, size);
            atomic_store(&places[i].cut, false);
            atomic_store(&places[i].start, start);
            placed = true;
        }
    }
    pthread_mutex_unlock(&change);
    return placed;
}

enum status mapping_make(void **memory, int fd, size_t size)
{
    /* All pages at once: the realtime thread must not be the first to touch one. */
    void *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    *memory = NULL;
    if (made == MAP_FAILED) {
        return status_from_errno(errno);
    }
    if (!register_place((uintptr_t)made, size)) {
        munmap(made, size);
        return STATUS_NO_MEMORY;
    }
    *memory = made;
    return STATUS_OK;
}

void mapping_drop(void *memory, size_t size)
{
    if (!memory) {
        return;
    }
    pthread_mutex_lock(&change);
    struct place *place = place_of((uintptr_t)memory);
    if (place) {
        atomic_store(&place->start, 0);
    }
    munmap(memory, size);
    pthread_mutex_unlock(&change);
}

bool mapping_is_cut(const void *memory)
{
    const struct place *place = place_of((uintptr_t)memory);
    return place && atomic_load(&place->cut);
}
