/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/answer.h"

#include <stdbool.h>
#include <string.h>

enum { ID_MAX = 64 };

/* What stands behind one of the two names; NULL: neither is there. */
static const char *find(const char *text, const char *name, const char *other)
{
    const char *at = strstr(text, name);
    const char *at_other = strstr(text, other);
    return at ? at + strlen(name) : at_other ? at_other + strlen(other) : NULL;
}

static bool read_count(uint64_t *count, const char *text)
{
    size_t digits = 0;
    *count = 0;
    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        *count = 10 * *count + (uint64_t)(text[digits] - '0');
    }
    return digits > 0 && digits < 19;
}

/* An id is digits, with signs between that nchan gives a meaning. */
static bool read_id(uint32_t *id, const char *text)
{
    const size_t length = strspn(text, "0123456789:,-[]");
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    }
    *id = (hash ^ hash >> EDGE_LAST_BITS) & ((1U << EDGE_LAST_BITS) - 1);
    *id += *id == 0;
    return length > 0 && length < ID_MAX;
}

enum status edge_answer_read(struct edge_answer *answer, const char *text, size_t length)
{
    char line[EDGE_ANSWER_MAX + 1];
    if (length > EDGE_ANSWER_MAX || memchr(text, '\0', length)) {
        return STATUS_CORRUPT;
    }
    memcpy(line, text, length);
    line[length] = '\0';
    const char *messages = find(line, "\"messages\": ", "queued messages: ");
    const char *last = find(line, "\"last_message_id\": \"", "last message id: ");
    return messages && last && read_count(&answer->messages, messages) && read_id(&answer->last, last)
               ? STATUS_OK
               : STATUS_CORRUPT;
}
