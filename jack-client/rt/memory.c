/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CALLBACK_STACK = 65536 };

struct range {
    uintptr_t start;
    uintptr_t end;
};

static uintptr_t page_size(void)
{
    return (uintptr_t)sysconf(_SC_PAGESIZE);
}

static struct range whole_pages(uintptr_t start, uintptr_t end)
{
    const uintptr_t page = page_size();
    return (struct range){start / page * page, (end + page - 1) / page * page};
}

static void *address(uintptr_t number)
{
    return (void *)number; /* NOLINT(performance-no-int-to-ptr): the kernel and the linker speak in numbers */
}

/* Written, not only read: a page that was only read may be the one page of zeros. */
static void touch(volatile char *byte)
{
    const char value = *byte;
    *byte = value;
}

bool memory_hold(void *start, size_t bytes)
{
    const struct range pages = whole_pages((uintptr_t)start, (uintptr_t)start + bytes);
    for (size_t at = 0; at < bytes; at += page_size()) {
        touch((char *)start + at);
    }
    if (bytes > 0) {
        touch((char *)start + bytes - 1);
    }
    return mlock(address(pages.start), pages.end - pages.start) == 0;
}

struct object {
    uintptr_t inside;
    unsigned int flags; /* mlock2's */
    bool held;
    int error;
};

static bool has(const struct dl_phdr_info *info, uintptr_t inside)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && inside - (info->dlpi_addr + part->p_vaddr) < part->p_memsz) {
            return true;
        }
    }
    return false;
}

/* The end of what the linker has made read-only again at the head of the writable part. */
static uintptr_t end_of_relro(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_GNU_RELRO) {
            const uintptr_t page = page_size();
            return (info->dlpi_addr + part->p_vaddr + part->p_memsz) / page * page;
        }
    }
    return 0;
}

/* By the kernel, because other threads may be writing there. */
static bool hold_part(const struct dl_phdr_info *info, const ElfW(Phdr) * part, unsigned int flags)
{
    const uintptr_t start = info->dlpi_addr + part->p_vaddr;
    struct range pages = whole_pages(start, start + part->p_memsz);
    if (mlock2(address(pages.start), pages.end - pages.start, flags) == 0) {
        return true;
    }
    if (flags & MLOCK_ONFAULT) {
        return false;
    }
    const int error = errno;
    (void)madvise(address(pages.start), pages.end - pages.start, MADV_POPULATE_READ);
    if (part->p_flags & PF_W) {
        const uintptr_t relro = end_of_relro(info);
        pages.start = relro > pages.start && relro < pages.end ? relro : pages.start;
        (void)madvise(address(pages.start), pages.end - pages.start, MADV_POPULATE_WRITE);
    }
    errno = error;
    return false;
}

static int hold_if_it(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct object *object = arg;
    (void)size;
    if (!has(info, object->inside)) {
        return 0;
    }
    object->held = true;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && !hold_part(info, part, object->flags)) {
            object->held = false;
            object->error = errno;
        }
    }
    return 1;
}

bool memory_hold_object(const void *inside, bool used)
{
    struct object object = {
        .inside = (uintptr_t)inside,
        .flags = used ? MLOCK_ONFAULT : 0,
        .error = ENOENT,
    };
    (void)dl_iterate_phdr(hold_if_it, &object);
    if (!object.held) {
        errno = object.error;
    }
    return object.held;
}

bool memory_hold_used(const void *inside)
{
    char line[512];
    bool held = false;
    int error = ENOENT;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && !held && fgets(line, sizeof line, maps)) {
        struct range range;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &range.start, &range.end) == 2 &&
            (uintptr_t)inside - range.start < range.end - range.start) {
            held = mlock2(address(range.start), range.end - range.start, MLOCK_ONFAULT) == 0;
            error = errno;
            break;
        }
    }
    if (maps) {
        (void)fclose(maps);
    }
    if (!held) {
        errno = error;
    }
    return held;
}

bool memory_hold_stack(void)
{
    char stack[CALLBACK_STACK] = {0};
    return memory_hold(stack, sizeof stack);
}
