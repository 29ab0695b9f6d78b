/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/print.h"

#include <stdlib.h>
#include <string.h>

enum status message_print(struct message *message, struct json_object *object, int flags)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(object, flags, &length);
    if (text && length >= message->capacity) {
        char *grown = realloc(message->text, length * 2);
        if (grown) {
            message->text = grown;
            message->capacity = length * 2;
        }
    }
    if (!text || length >= message->capacity) {
        return STATUS_NO_MEMORY;
    }
    memcpy(message->text, text, length + 1);
    message->length = length;
    return STATUS_OK;
}
