/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many sends in one system call, where the kernel has io_uring and lets us use it: else there is none, and
 * each is sent by itself. None of them waits. The event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_BATCH_H
#define PHICAST_BROADCASTER_SINKS_WS_BATCH_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

/* What came of one: as send returns it, but for a negated errno. BATCH_LOST: nobody knows. */
typedef void batch_done(void *context, const struct iovec *bytes, ssize_t result);

enum { BATCH_LOST = -0xffff }; /* no errno */

struct batch;

/* NULL: there is no io_uring, or no memory. */
struct batch *batch_open(batch_done *done);

/* Whether nothing more can be added before batch_send. */
bool batch_is_full(const struct batch *batch);

/* The bytes must stay until batch_send. flags: of send(2), MSG_DONTWAIT among them. */
void batch_add(struct batch *batch, int fd, const struct iovec *bytes, int flags, void *context);

/* Sends all that have been added, and calls `done` for each. False: the kernel has failed, and the batch can
 * only be closed. */
bool batch_send(struct batch *batch);

void batch_close(struct batch *batch);

#endif
