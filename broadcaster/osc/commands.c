/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/osc/commands.h"

#include "broadcaster/osc/pattern.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a kind of command is taken, kind 0 being the extra one; NULL: nowhere. */
static const char *own_address(const struct osc_extra *extra, uint32_t kind)
{
    const struct command_row *row = command_row(kind);
    return kind == 0 && extra ? extra->address : row ? row->address : NULL;
}

bool osc_commands_refuse(struct osc_commands *asked, const char *address, const char *format, ...)
{
    va_list args;
    const int used = address ? snprintf(asked->wrong, OSC_WRONG_MAX, "%.80s: ", address) : 0;
    va_start(args, format);
    vsnprintf(asked->wrong + used, OSC_WRONG_MAX - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* The float that stands for an end of the range may lie just beyond it: 0.01 does. */
static double to_range(double value, const struct command_row *row)
{
    return value == (double)(float)row->low    ? row->low
           : value == (double)(float)row->high ? row->high
                                               : value;
}

/* Each of those that take something returns false if it is refused. */
static bool take_set(struct osc_commands *asked, uint32_t kind, const struct osc_message *message)
{
    const struct osc_argument *argument = &message->argument[0];
    const bool is_switch = command_is_switch(kind);
    struct command command = {.kind = kind, .value = to_range(argument->number, command_row(kind))};
    bool good = message->count == 1 && argument->type == 'f';
    if (message->count == 1 && is_switch && (argument->type == 'T' || argument->type == 'F')) {
        command.value = argument->type == 'T' ? 1 : 0;
        good = true;
    }
    if (!good || command_check(&command)) {
        return osc_commands_refuse(asked, asked->address, "give %s%s", is_switch ? "1 or 0, " : "",
                                   command_range_str(kind));
    }
    if (asked->count == OSC_COMMANDS_MAX) {
        return osc_commands_refuse(asked, NULL, "more than %d commands in one packet", OSC_COMMANDS_MAX);
    }
    asked->command[asked->count++] = command;
    return true;
}

/* A pattern that matches several is done for all of them. */
static bool take_message(struct osc_commands *asked, const unsigned char *bytes, size_t length)
{
    struct osc_message message;
    const char *address = osc_message_address(bytes, length);
    bool ours = false;
    if (!address) {
        return osc_commands_refuse(asked, NULL, "malformed: no OSC address where there must be one");
    }
    for (uint32_t kind = 0; kind <= COMMAND_CALIBRATE; kind++) {
        const char *own = own_address(asked->extra, kind);
        if (!own || !osc_pattern_match(address, own)) {
            continue;
        }
        ours = true;
        asked->address = own;
        if (osc_message_read(&message, bytes, length) == STATUS_CORRUPT) {
            return osc_commands_refuse(asked, own, "malformed arguments");
        }
        if (kind != 0 ? !take_set(asked, kind, &message) : !asked->extra->take(asked, &message)) {
            return false;
        }
    }
    asked->foreign = ours || asked->foreign ? asked->foreign : address;
    return true;
}

static bool take_packet(struct osc_commands *asked, const unsigned char *bytes, size_t length, int nesting);

static bool take_bundle(struct osc_commands *asked, const unsigned char *bytes, size_t length, int nesting)
{
    enum { HEAD = 16, SIZE = 4 };
    if (length < HEAD) {
        return osc_commands_refuse(asked, NULL, "malformed: a bundle ends too early");
    }
    if (nesting == OSC_NESTING_MAX) {
        return osc_commands_refuse(asked, NULL, "bundles more than %d deep", OSC_NESTING_MAX);
    }
    for (size_t at = HEAD; at < length;) {
        uint32_t size = 0;
        if (length - at >= SIZE) {
            memcpy(&size, bytes + at, sizeof size);
            size = ntohl(size);
        }
        if (size == 0 || size > length - at - SIZE) {
            return osc_commands_refuse(asked, NULL, "malformed: a bundle's element has the wrong size");
        }
        if (!take_packet(asked, bytes + at + SIZE, size, nesting + 1)) {
            return false;
        }
        at += SIZE + size;
    }
    return true;
}

static bool take_packet(struct osc_commands *asked, const unsigned char *bytes, size_t length, int nesting)
{
    static const char bundle[8] = "#bundle";
    if (length >= sizeof bundle && memcmp(bytes, bundle, sizeof bundle) == 0) {
        return take_bundle(asked, bytes, length, nesting);
    }
    return take_message(asked, bytes, length);
}

bool osc_commands_read(struct osc_commands *asked, const struct osc_extra *extra, const void *bytes,
                       size_t length)
{
    asked->extra = extra;
    asked->count = 0;
    asked->address = asked->foreign = NULL;
    if (!take_packet(asked, bytes, length, 0)) {
        return false;
    }
    return asked->address || !asked->foreign ||
           osc_commands_refuse(asked, asked->foreign, "no address of ours; docs/osc.md lists them");
}

bool osc_commands_give(struct osc_commands *asked, struct remote *remote)
{
    if (asked->count == 0) {
        return true;
    }
    const enum status status = remote_send(remote, asked->command, asked->count);
    return status == STATUS_OK ||
           osc_commands_refuse(asked, asked->address, "%s",
                               status == STATUS_NOT_FOUND ? "no analyser is running"
                                                          : remote_refusal(remote, status));
}
