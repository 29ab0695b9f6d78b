/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line per message on standard error: "PROGRAM: LEVEL: text". Control threads only, never the RT thread.
 */
#ifndef PHICAST_SHARED_LOG_H
#define PHICAST_SHARED_LOG_H

/* Sets the name that lines start with; the string must live on. */
void log_open(const char *program);

__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

#endif
