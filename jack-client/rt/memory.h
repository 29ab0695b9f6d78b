/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the process callback touches, brought into memory beforehand and locked there. Only that: all of the
 * process would take JACK's port buffers and every library with it.
 *
 * Setup thread, all of them. What cannot be locked is brought in all the same; false then, with errno set. */
#ifndef PHICAST_JACK_CLIENT_RT_MEMORY_H
#define PHICAST_JACK_CLIENT_RT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that no other thread writes to meanwhile. */
bool memory_hold(void *start, size_t bytes);

/* The program or library that has `inside`, code and data. used: only the pages that are in use already. */
bool memory_hold_object(const void *inside, bool used);

/* The pages in use of the mapping that has `inside`, such as a heap. */
bool memory_hold_used(const void *inside);

/* The calling thread's stack, as deep as a callback may ever need it. */
bool memory_hold_stack(void);

#endif
