/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/osc/pack.h"

#include <lo/lo.h>

enum status osc_pack_message(struct osc_packet *packet, void *message, const char *address)
{
    packet->length = 0;
    if (lo_message_length(message, address) > sizeof packet->bytes) {
        return STATUS_BAD_ARG;
    }
    return lo_message_serialise(message, address, packet->bytes, &packet->length) ? STATUS_OK
                                                                                  : STATUS_NO_MEMORY;
}

enum status osc_pack_plain(struct osc_packet *packet, const char *address)
{
    lo_message message = lo_message_new();
    packet->length = 0;
    if (!message) {
        return STATUS_NO_MEMORY;
    }
    const enum status status = osc_pack_message(packet, message, address);
    lo_message_free(message);
    return status;
}

/* 0 if it could be added, as liblo has it. */
static int add_value(lo_message message, const struct osc_value *value)
{
    switch (value->type) {
    case 's': return lo_message_add_string(message, value->text);
    case 'T': return lo_message_add_true(message);
    case 'F': return lo_message_add_false(message);
    default: return lo_message_add_float(message, (float)value->number);
    }
}

enum status osc_pack_value(struct osc_packet *packet, const char *address, const struct osc_value *value)
{
    enum status status = STATUS_NO_MEMORY;
    lo_message message = lo_message_new();
    packet->length = 0;
    if (message && add_value(message, value) == 0) {
        status = osc_pack_message(packet, message, address);
    }
    lo_message_free(message);
    return status;
}
