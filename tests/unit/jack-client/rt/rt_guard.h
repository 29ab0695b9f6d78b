/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catches what a realtime thread must not do. Between rt_guard_enter and rt_guard_leave, in the calling
 * thread, every call of a function that allocates, locks, waits, logs or talks to the kernel is counted and
 * still carried out; and so is every page fault.
 *
 * The functions are defined by this program, so that calls from inside libraries (FFTW) are seen as well;
 * only our own log_... are wrapped at link time. Sanitizers bring their own malloc, and touch memory of their
 * own: under one the guard counts nothing (rt_guard_armed).
 */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_RT_RT_GUARD_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_RT_RT_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this build can guard at all. */
bool rt_guard_armed(void);

/* Starts counting from 0. */
void rt_guard_enter(void);

/* Stops; returns the number of forbidden calls. */
uint32_t rt_guard_leave(void);

/* Page faults, minor and major, between the latest rt_guard_enter and rt_guard_leave. */
uint32_t rt_guard_faults(void);

/* The first forbidden call since the latest rt_guard_enter, "" if there was none. */
const char *rt_guard_first(void);

#endif
