/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader's side: whose file it is, and a copy of what stands in it.
 *
 * Why a copy by pread is as good as the loads of seqlock.h: a round reads the front (with the ring's head),
 * then what has changed, then the front again, and is thrown away unless both fronts are the same. Each pread
 * is a system call of its own, and order_loads stands between them, so all that an earlier one loads is
 * loaded before what a later one loads. If a word of a snapshot came from a newer write, the odd sequence
 * that was stored before it is therefore seen by the second front, as in seqlock_read; sequences never return
 * to an earlier value. A message of the ring that was copied is one below the head that both fronts show, and
 * at most RING_SLOTS - 1 below it: its slot is not written again before the head has gone on. Within one
 * pread the kernel may copy in any order, and in pieces as small as it likes: a word of the front that was
 * split by its writer's store is whole in the second front, or was split by another store and differs; so it
 * is thrown away. (Two stores that split it twice alike would have to change the same byte to and fro; heads,
 * sequences and times only count up.)
 */
#include "shared/ring.h"
#include "shared/segment_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRONT_MAX = 512, /* the ring's head included */
    READ_TRIES = 100 /* a round takes a microsecond or two; writers come hundreds of times a second */
};

static void order_loads(void)
{
#if defined(__x86_64__) || defined(__i386__)
    /* Loads stay in order, and the compiler moves none across a call that it cannot see into. */
#elif defined(__aarch64__)
    __asm__ volatile("dmb ishld" ::: "memory");
#else
    atomic_thread_fence(memory_order_acquire);
#endif
}

static bool read_at(const struct segment *segment, void *to, size_t size, size_t from)
{
    return pread(segment->fd, to, size, (off_t)from) == (ssize_t)size;
}

static uint64_t word_at(const void *memory, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const char *)memory + offset, sizeof word);
    return word;
}

/* Half-written ones are left for a later round, or, if they stay so, with their odd sequence. */
static bool copy_snapshots(struct segment *segment, const void *front)
{
    char *memory = segment->memory;
    const struct segment_snapshot *snapshot = segment->kind->snapshot;
    for (int i = 0; i < SEGMENT_SNAPSHOTS_MAX && snapshot[i].size > 0; i++) {
        static const uint64_t dirty = 1;
        const uint64_t sequence = word_at(front, snapshot[i].sequence);
        if (sequence == word_at(memory, snapshot[i].sequence) || sequence % 2 != 0) {
            continue;
        }
        memcpy(memory + snapshot[i].sequence, &dirty, sizeof dirty);
        if (!read_at(segment, memory + snapshot[i].payload, snapshot[i].size, snapshot[i].payload)) {
            return false;
        }
    }
    return true;
}

/* The messages since the last round, as many as are safe. */
static bool copy_messages(struct segment *segment, const void *front)
{
    const size_t ring = segment->kind->ring;
    const uint64_t head = word_at(front, ring);
    const uint64_t known = word_at(segment->memory, ring);
    uint64_t next = head < RING_SLOTS ? 0 : head - RING_SLOTS + 1;
    if (known <= head && known > next) {
        next = known;
    }
    while (next < head) {
        const uint64_t slot = next % RING_SLOTS;
        const uint64_t left = head - next;
        const uint64_t count = left < RING_SLOTS - slot ? left : RING_SLOTS - slot;
        const size_t at = ring + offsetof(struct ring, slots) + slot * sizeof(struct ring_slot);
        if (!read_at(segment, (char *)segment->memory + at, count * sizeof(struct ring_slot), at)) {
            return false;
        }
        next += count;
    }
    return true;
}

static size_t words_of(const struct segment_kind *kind)
{
    return kind->front ? kind->front : sizeof(struct segment_header);
}

/* The front, and with it, in one call, the ring's head. */
static bool read_front(const struct segment *segment, char *front)
{
    const struct segment_kind *kind = segment->kind;
    return read_at(segment, front, kind->front ? kind->ring + sizeof(uint64_t) : words_of(kind), 0);
}

static bool same_front(const struct segment_kind *kind, const char *a, const char *b)
{
    return memcmp(a, b, words_of(kind)) == 0 &&
           (!kind->front || memcmp(a + kind->ring, b + kind->ring, sizeof(uint64_t)) == 0);
}

/* One round. STATUS_TORN: it was in vain. */
static enum status copy(struct segment *segment)
{
    _Alignas(8) char before[FRONT_MAX];
    _Alignas(8) char after[FRONT_MAX];
    const struct segment_kind *kind = segment->kind;
    if (!read_front(segment, before)) {
        return STATUS_TRUNCATED;
    }
    const enum status status = segment_check_header((const struct segment_header *)(void *)before, kind);
    if (status) {
        return status;
    }
    if (same_front(kind, before, segment->memory)) {
        return STATUS_OK; /* the usual case: nothing has happened since the last round */
    }
    order_loads();
    if (!copy_snapshots(segment, before) || (kind->front && !copy_messages(segment, before))) {
        return STATUS_TRUNCATED;
    }
    order_loads();
    if (!read_front(segment, after)) {
        return STATUS_TRUNCATED;
    }
    if (!same_front(kind, before, after)) {
        return STATUS_TORN;
    }
    memcpy(segment->memory, before, words_of(kind));
    if (kind->front) {
        memcpy((char *)segment->memory + kind->ring, before + kind->ring, sizeof(uint64_t));
    }
    return STATUS_OK;
}

enum status segment_refresh(struct segment *segment)
{
    enum status status = segment->fd >= 0 ? STATUS_TORN : STATUS_NOT_FOUND;
    for (int attempt = 0; status == STATUS_TORN && attempt < READ_TRIES; attempt++) {
        status = copy(segment);
    }
    return status;
}

static bool is_trusted(const struct stat *file, const struct segment_trust *trust)
{
    return file->st_uid == geteuid() || file->st_uid == 0 ||
           (trust->user != (uid_t)-1 && file->st_uid == trust->user) ||
           (trust->group != (gid_t)-1 && file->st_gid == trust->group);
}

/* Whose it is, what kind it is, and only then what it holds. The version is judged before the length: another
 * version's segment may well be shorter. */
static enum status take_in(struct segment *segment, const struct segment_trust *trust)
{
    const struct segment_kind *kind = segment->kind;
    struct segment_header header;
    struct stat file;
    if (fstat(segment->fd, &file) != 0) {
        return status_from_errno(errno);
    }
    segment->owner = file.st_uid;
    if (!is_trusted(&file, trust)) {
        return STATUS_FOREIGN;
    }
    if (S_ISREG(file.st_mode) && file.st_size == 0) {
        return STATUS_NOT_READY; /* perhaps not even locked yet */
    }
    if (!S_ISREG(file.st_mode) || !segment_peek(segment->fd, &header)) {
        return STATUS_TRUNCATED;
    }
    if (header.magic != 0) { /* so the rest is ready, if not yet in that copy */
        order_loads();
        (void)segment_peek(segment->fd, &header);
    }
    const enum status status = segment_check_header(&header, kind);
    if (status) {
        return status;
    }
    if ((uint64_t)file.st_size < kind->size) {
        return STATUS_TRUNCATED;
    }
    segment->memory = calloc(1, kind->size);
    return segment->memory ? segment_refresh(segment) : STATUS_NO_MEMORY;
}

enum status segment_attach(struct segment *segment, const struct segment_kind *kind, const char *name,
                           struct segment_trust trust)
{
    *segment = (struct segment){.fd = -1, .kind = kind, .owner = (uid_t)-1};
    enum status status = segment_make_path(segment->path, kind, name);
    if (status) {
        return status;
    }
    segment->fd = segment_open_path(segment->path, O_RDONLY);
    if (segment->fd < 0) {
        status = status_from_errno(errno);
        segment->owner = segment_path_owner(segment->path);
        const bool foreign = status == STATUS_NO_ACCESS && segment->owner != geteuid();
        return foreign && segment->owner != (uid_t)-1 ? STATUS_FOREIGN : status;
    }
    status = take_in(segment, &trust);
    if (status) {
        const uid_t owner = segment->owner;
        segment_leave(segment);
        segment->owner = owner;
    }
    return status;
}
