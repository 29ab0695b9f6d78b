/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_MAX = 64 };

/* The bytes without blanks around them. False: they are too many, or no text. */
static bool take_text(char out[VALUE_MAX], const void *bytes, size_t length)
{
    static const char blanks[] = " \t\r\n";
    const char *text = bytes;
    while (length > 0 && text[0] != '\0' && strchr(blanks, text[0])) {
        text++;
        length--;
    }
    while (length > 0 && text[length - 1] != '\0' && strchr(blanks, text[length - 1])) {
        length--;
    }
    if (length >= VALUE_MAX || (length > 0 && memchr(text, '\0', length))) {
        return false;
    }
    if (length > 0) {
        memcpy(out, text, length);
    }
    out[length] = '\0';
    return true;
}

static bool take_switch(const char *text, double *value)
{
    static const char *const words[] = {"false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *value = (double)(i % 2);
            return true;
        }
    }
    return false;
}

/* Decimal, as JSON writes it: neither "inf" nor "0x1p3". */
static bool take_number(const char *text, double *value)
{
    char *end;
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
        return false;
    }
    *value = strtod(text, &end);
    return *end == '\0';
}

static uint32_t find_kind(const char *name)
{
    uint32_t kind = COMMAND_DEPTH;
    while (command_kind_str(kind) && strcmp(command_kind_str(kind), name) != 0) {
        kind++;
    }
    return kind;
}

static enum status take_value(struct request *request, const char *name, const void *bytes, size_t length,
                              char *error)
{
    char text[VALUE_MAX];
    const uint32_t kind = find_kind(name);
    struct command command = {.kind = kind, .value = COMMAND_LEVEL_DEFAULT};
    if (!command_kind_str(kind)) {
        snprintf(error, REQUEST_ERROR_MAX, "there is no such command; docs/mqtt.md has those that there are");
        return STATUS_BAD_ARG;
    }
    bool good = take_text(text, bytes, length);
    if (good && (kind != COMMAND_CALIBRATE || text[0] != '\0')) { /* which has a value of its own */
        good =
            command_is_switch(kind) ? take_switch(text, &command.value) : take_number(text, &command.value);
    }
    if (!good || command_check(&command)) {
        snprintf(error, REQUEST_ERROR_MAX, "give %s", command_range_str(kind));
        return STATUS_BAD_ARG;
    }
    request->count = 1;
    request->command[0] = command;
    request->name[0] = command_kind_str(kind);
    return STATUS_OK;
}

enum status mqtt_order_read(struct request *request, const char *level, const void *bytes, size_t length,
                            char error[REQUEST_ERROR_MAX])
{
    *request = (struct request){0};
    if (length > MQTT_ORDER_MAX) {
        snprintf(error, REQUEST_ERROR_MAX, "more than %d bytes", MQTT_ORDER_MAX);
        return STATUS_BAD_ARG;
    }
    return level[0] == '/' ? take_value(request, level + 1, bytes, length, error)
                           : request_phi(request, length > 0 ? bytes : "", length, error);
}
