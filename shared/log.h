/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line per message on standard error: "PROGRAM: LEVEL: text". Control threads only, never the RT thread.
 */
#ifndef PHICAST_SHARED_LOG_H
#define PHICAST_SHARED_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Sets the name that lines start with; the string must live on. */
void log_open(const char *program);

/* Whether the lines of log_detail are shown; at first they are not. Plug-ins in one server share it. */
void log_set_verbose(bool verbose);

/* What only --verbose shows. A normal start is five lines of the others at most. */
__attribute__((format(printf, 1, 2))) void log_detail(const char *format, ...);

__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

/* What this thread's last log_error said, for others who want to know; "" if it has not. */
const char *log_last_error(void);

/* Counts one more; true the 1st, 2nd, 4th, 8th ... time. */
bool log_is_due(uint64_t *times);

/* A warning that may come again and again: written the 1st, 2nd, 4th, 8th ... time, from the 2nd on with how
 * often it has come, so that nothing from outside can fill the log. *times counts; it is the caller's, one
 * for each thing that is warned of, and starts at 0. */
__attribute__((format(printf, 2, 3))) void log_repeated(uint64_t *times, const char *format, ...);

#endif
