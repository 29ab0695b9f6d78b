/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/osc/message.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is still to be read. Whatever takes something leaves it as it was if there is not enough. */
struct rest {
    const unsigned char *bytes;
    size_t length;
};

/* A string ends with one to four NULs, at a multiple of four bytes. NULL: it does not. */
static const char *take_string(struct rest *rest)
{
    const char *string = (const char *)rest->bytes;
    const size_t length = strnlen(string, rest->length);
    const size_t padded = (length / 4 + 1) * 4;
    if (padded > rest->length) {
        return NULL;
    }
    for (size_t i = length; i < padded; i++) {
        if (string[i] != '\0') {
            return NULL;
        }
    }
    rest->bytes += padded;
    rest->length -= padded;
    return string;
}

/* Big end first. */
static bool take_word(struct rest *rest, size_t size, uint64_t *word)
{
    if (rest->length < size) {
        return false;
    }
    *word = 0;
    for (size_t i = 0; i < size; i++) {
        *word = *word << 8 | rest->bytes[i];
    }
    rest->bytes += size;
    rest->length -= size;
    return true;
}

static bool take_float(struct rest *rest, double *number)
{
    uint64_t word;
    float value;
    if (!take_word(rest, sizeof value, &word)) {
        return false;
    }
    const uint32_t bits = (uint32_t)word;
    memcpy(&value, &bits, sizeof value);
    *number = (double)value;
    return true;
}

static bool take_double(struct rest *rest, double *number)
{
    uint64_t word;
    if (!take_word(rest, sizeof *number, &word)) {
        return false;
    }
    memcpy(number, &word, sizeof *number);
    return true;
}

static bool take_integer(struct rest *rest, size_t size, double *number)
{
    uint64_t word;
    if (!take_word(rest, size, &word)) {
        return false;
    }
    *number = size == 4 ? (double)(int32_t)(uint32_t)word : (double)(int64_t)word;
    return true;
}

static enum status take_argument(struct rest *rest, char type, struct osc_argument *argument)
{
    bool whole = true;
    *argument = (struct osc_argument){.type = 'f'};
    switch (type) {
    case 'f': whole = take_float(rest, &argument->number); break;
    case 'd': whole = take_double(rest, &argument->number); break;
    case 'i': whole = take_integer(rest, 4, &argument->number); break;
    case 'h': whole = take_integer(rest, 8, &argument->number); break;
    case 's':
        argument->string = take_string(rest);
        argument->type = type;
        whole = argument->string != NULL;
        break;
    case 'T':
    case 'F': argument->type = type; break;
    default: return STATUS_BAD_ARG;
    }
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

const char *osc_message_address(const void *bytes, size_t length)
{
    struct rest rest = {bytes, length};
    const char *address = length % 4 == 0 ? take_string(&rest) : NULL;
    return address && address[0] == '/' ? address : NULL;
}

static enum status read_arguments(struct osc_message *message, struct rest *rest, const char *types)
{
    for (; *types; types++) {
        if (message->count == OSC_ARGUMENTS_MAX) {
            return STATUS_BAD_ARG;
        }
        const enum status status = take_argument(rest, *types, &message->argument[message->count++]);
        if (status) {
            return status;
        }
    }
    return rest->length == 0 ? STATUS_OK : STATUS_CORRUPT;
}

enum status osc_message_read(struct osc_message *message, const void *bytes, size_t length)
{
    struct rest rest = {bytes, length};
    struct osc_message read = {0};
    const char *types = take_string(&rest) ? take_string(&rest) : NULL;
    enum status status = STATUS_CORRUPT;
    if (types && types[0] == ',') {
        status = read_arguments(&read, &rest, types + 1);
    }
    if (status) {
        read.count = 0;
    }
    *message = read;
    return status;
}

/* What is written of a message; `used` beyond `size`: it does not fit. */
struct writing {
    unsigned char *bytes;
    size_t size;
    size_t used;
};

static void put(struct writing *w, const void *bytes, size_t length)
{
    const size_t padded = (length + 3) / 4 * 4;
    if (w->used <= w->size && padded <= w->size - w->used) {
        memset(w->bytes + w->used, 0, padded);
        memcpy(w->bytes + w->used, bytes, length);
        w->used += padded;
    } else {
        w->used = w->size + 1;
    }
}

static void put_integer(struct writing *w, int value)
{
    const uint32_t bits = (uint32_t)value;
    const unsigned char bytes[] = {(unsigned char)(bits >> 24U), (unsigned char)(bits >> 16U),
                                   (unsigned char)(bits >> 8U), (unsigned char)bits};
    put(w, bytes, sizeof bytes);
}

size_t osc_message_vwrite(void *bytes, size_t size, const char *address, const char *types, va_list values)
{
    struct writing w = {.bytes = bytes, .size = size};
    char tags[2 + OSC_WRITTEN_MAX];
    const int length = snprintf(tags, sizeof tags, ",%s", types);
    if ((size_t)length >= sizeof tags) {
        return 0;
    }
    put(&w, address, strlen(address) + 1);
    put(&w, tags, (size_t)length + 1);
    for (; *types; types++) {
        if (*types == 's') {
            const char *text = va_arg(values, const char *);
            put(&w, text, strlen(text) + 1);
        } else {
            put_integer(&w, va_arg(values, int));
        }
    }
    return w.used <= size ? w.used : 0;
}

size_t osc_message_write(void *bytes, size_t size, const char *address, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    const size_t length = osc_message_vwrite(bytes, size, address, types, values);
    va_end(values);
    return length;
}
