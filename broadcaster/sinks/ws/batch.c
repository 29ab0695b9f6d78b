/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/batch.h"

#if PHICAST_URING

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { ROOM = 512 }; /* more than a cohort usually has clients */

struct entry {
    struct iovec bytes;
    void *context;
};

struct batch {
    struct io_uring ring;
    batch_done *done;
    unsigned count;
    struct entry entry[ROOM];
};

struct batch *batch_open(batch_done *done)
{
    const unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch || io_uring_queue_init(ROOM, &batch->ring, flags) != 0) {
        free(batch);
        return NULL;
    }
    batch->done = done;
    return batch;
}

bool batch_is_full(const struct batch *batch)
{
    return batch->count == ROOM;
}

void batch_add(struct batch *batch, int fd, const struct iovec *bytes, int flags, void *context)
{
    struct entry *entry = &batch->entry[batch->count];
    struct io_uring_sqe *send = io_uring_get_sqe(&batch->ring); /* as many as there are entries */
    *entry = (struct entry){*bytes, context};
    io_uring_prep_send(send, fd, bytes->iov_base, bytes->iov_len, flags);
    io_uring_sqe_set_data64(send, batch->count++);
}

/* Takes what is known by now. */
static unsigned take_results(struct batch *batch)
{
    struct io_uring_cqe *result;
    unsigned head;
    unsigned count = 0;
    io_uring_for_each_cqe(&batch->ring, head, result)
    {
        struct entry *entry = &batch->entry[io_uring_cqe_get_data64(result)];
        batch->done(entry->context, &entry->bytes, result->res);
        entry->context = NULL;
        count++;
    }
    io_uring_cq_advance(&batch->ring, count);
    return count;
}

/* They do not wait, so that all are done when the kernel comes back; but a signal may have it come back
 * before. */
bool batch_send(struct batch *batch)
{
    unsigned open = batch->count;
    int result = 0;
    while (open > 0 && (result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY)) {
        result = io_uring_submit_and_wait(&batch->ring, open);
        open -= take_results(batch);
    }
    for (unsigned i = 0; open > 0 && i < batch->count; i++) {
        if (batch->entry[i].context) {
            batch->done(batch->entry[i].context, &batch->entry[i].bytes, BATCH_LOST);
        }
    }
    batch->count = 0;
    return open == 0;
}

void batch_close(struct batch *batch)
{
    if (batch) {
        io_uring_queue_exit(&batch->ring);
        free(batch);
    }
}

#else

struct batch *batch_open(batch_done *done)
{
    (void)done;
    return NULL;
}

bool batch_is_full(const struct batch *batch)
{
    (void)batch;
    return true;
}

void batch_add(struct batch *batch, int fd, const struct iovec *bytes, int flags, void *context)
{
    (void)batch, (void)fd, (void)bytes, (void)flags, (void)context;
}

bool batch_send(struct batch *batch)
{
    (void)batch;
    return true;
}

void batch_close(struct batch *batch)
{
    (void)batch;
}

#endif
