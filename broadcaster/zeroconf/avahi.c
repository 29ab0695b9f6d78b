/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/zeroconf/avahi.h"

#include <stdarg.h>
#include <stdio.h>

void avahi_fail(struct avahi *avahi, const char *format, ...)
{
    char detail[OPTION_ERROR_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    zeroconf_say(avahi->zeroconf, ZEROCONF_WAITING, "%s", detail);
    avahi_simple_poll_quit(avahi->poll);
}
