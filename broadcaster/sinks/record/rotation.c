/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/rotation.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 6 };

static const struct {
    const char *name;
    uint64_t bytes;
    uint64_t us;
} units[] = {{"K", 1U << 10U, 0},
             {"M", 1U << 20U, 0},
             {"G", 1U << 30U, 0},
             {"min", 0, 60000000},
             {"h", 0, 3600000000}};

enum status rotation_read(struct rotation *rotation, const char *text, char error[OPTION_ERROR_MAX])
{
    *rotation = (struct rotation){0};
    if (!text) {
        return STATUS_OK;
    }
    const size_t digits = strspn(text, "0123456789");
    const uint64_t number = digits <= DIGITS_MAX ? strtoul(text, NULL, 10) : 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (number > 0 && strcmp(text + digits, units[i].name) == 0) {
            *rotation = (struct rotation){number * units[i].bytes, number * units[i].us};
            return STATUS_OK;
        }
    }
    snprintf(error, OPTION_ERROR_MAX,
             "--record-rotate %.64s: give a size, as 100M (or K, G), or a time, as 1h or 30min", text);
    return STATUS_BAD_ARG;
}
