/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/hands.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the analyser can open our segment, which is for our own user alone. */
static bool is_heard(const struct source *source)
{
    struct stat file;
    return fstat(source->segment.fd, &file) == 0 && (file.st_uid == geteuid() || file.st_uid == 0);
}

enum status hands_give(struct hands *hands, const struct command *commands, uint32_t count)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        status = command_check(&commands[i]);
    }
    if (status == STATUS_OK && !hands->source->segment.memory) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK && !is_heard(hands->source)) {
        status = STATUS_NO_ACCESS;
    }
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        status = command_push(&hands->control->commands, &commands[i]);
    }
    return status;
}
