/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/hands.h"

enum status hands_give(struct hands *hands, const struct command *commands, uint32_t count)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        status = command_check(&commands[i]);
    }
    if (status == STATUS_OK && !hands->source->segment.memory) {
        status = STATUS_NOT_FOUND;
    }
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        status = command_push(&hands->control->commands, &commands[i]);
    }
    return status;
}
