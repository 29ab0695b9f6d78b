/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A writer's mapping of its own file, which does not kill the writer when the file is cut short.
 *
 * A page that the file no longer has is a SIGBUS to whoever touches it next, and that may be the realtime
 * thread, long before anybody could look at the file. A handler puts zeroed memory of our own in the
 * mapping's place, and the write goes there: nobody sees it, but nobody dies of it. Whoever tends the file
 * finds mapping_is_cut and makes the file anew. Faults anywhere else go to the handler that was there before.
 */
#ifndef PHICAST_SHARED_MAPPING_H
#define PHICAST_SHARED_MAPPING_H

#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>

/* At a time: a JACK server may have several plug-ins, each with one. */
enum { MAPPINGS_MAX = 64 };

/* Any thread. Maps the file for reading and writing, all pages there. STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status mapping_make(void **memory, int fd, size_t size);

/* Any thread. Nobody may use the memory any more. Does nothing for NULL. */
void mapping_drop(void *memory, size_t size);

/* Any thread, RT-safe. Whether the handler had to step in. */
bool mapping_is_cut(const void *memory);

#endif
