/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *program_name = "phicast";
static atomic_bool show_details;

void log_open(const char *program)
{
    program_name = program;
}

enum { LINE_MAX_BYTES = 1024 };

static _Thread_local char last_error[LINE_MAX_BYTES];

void log_set_verbose(bool verbose)
{
    atomic_store(&show_details, verbose);
}

/* What came from outside (a name, an address, a file's words) must not begin a line of its own, nor move a
 * terminal. */
static void make_plain(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127) {
            *text = '?';
        }
    }
}

/* One buffer, one write: lines of several threads or processes never mix. */
static void line(const char *level, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];
    const int start = snprintf(text, sizeof text, "%s: %s", program_name, level);
    const size_t used = start > 0 && (size_t)start < sizeof text ? (size_t)start : 0;
    vsnprintf(text + used, sizeof text - used, format, args);
    make_plain(text);
    fprintf(stderr, "%s\n", text);
}

void log_detail(const char *format, ...)
{
    va_list args;
    if (atomic_load(&show_details)) {
        va_start(args, format);
        line("", format, args);
        va_end(args);
    }
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("", format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("warning: ", format, args);
    va_end(args);
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(last_error, sizeof last_error, format, args);
    va_end(args);
    va_start(args, format);
    line("error: ", format, args);
    va_end(args);
}

const char *log_last_error(void)
{
    return last_error;
}

bool log_is_due(uint64_t *times)
{
    ++*times;
    return (*times & (*times - 1)) == 0;
}

void log_repeated(uint64_t *times, const char *format, ...)
{
    if (!log_is_due(times)) {
        return;
    }
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (*times == 1) {
        log_warning("%s", text);
    } else {
        log_warning("%s (%" PRIu64 " times so far)", text, *times);
    }
}
