/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads an OSC message that anybody may have sent, without going past its end. Not by liblo, which looks for
 * the length of a blob behind the last byte of a message that promises one and ends there. Also writes a
 * plain one, for programs that have no liblo. Pure. */
#ifndef PHICAST_SHARED_OSC_MESSAGE_H
#define PHICAST_SHARED_OSC_MESSAGE_H

#include "shared/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum { OSC_ARGUMENTS_MAX = 4 /* read */, OSC_WRITTEN_MAX = 8 };

struct osc_argument {
    char type;          /* 'f': number; 's': string; 'T', 'F': neither */
    double number;      /* of f, d, i or h */
    const char *string; /* within the message */
};

struct osc_message {
    uint32_t count;
    struct osc_argument argument[OSC_ARGUMENTS_MAX];
};

/* The address or address pattern that `length` bytes of a packet begin with; NULL if they do not. The bytes
 * may stand anywhere in memory. */
const char *osc_message_address(const void *bytes, size_t length);

/* Reads the arguments of a message whose address is good; on failure there are none. STATUS_CORRUPT: the
 * message is not whole, or more than that. STATUS_BAD_ARG: well-formed so far, but there are types or numbers
 * of arguments in it that nothing here takes. */
MUST_CHECK enum status osc_message_read(struct osc_message *message, const void *bytes, size_t length);

/* Writes a message whose arguments are strings ('s': const char *) and integers ('i': int), and returns its
 * length in bytes; 0: it does not fit. */
size_t osc_message_write(void *bytes, size_t size, const char *address, const char *types, ...);
size_t osc_message_vwrite(void *bytes, size_t size, const char *address, const char *types, va_list values);

#endif
