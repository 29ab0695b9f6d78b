/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/log.h"

#include <stdarg.h>
#include <stdio.h>

static const char *program_name = "phicast";

void log_open(const char *program)
{
    program_name = program;
}

/* One buffer, one write: lines of several threads or processes never mix. */
static void line(const char *level, const char *format, va_list args)
{
    char text[1024];
    const int start = snprintf(text, sizeof text, "%s: %s", program_name, level);
    const size_t used = start > 0 && (size_t)start < sizeof text ? (size_t)start : 0;
    vsnprintf(text + used, sizeof text - used, format, args);
    fprintf(stderr, "%s\n", text);
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
    line("error: ", format, args);
    va_end(args);
}
