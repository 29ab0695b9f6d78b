/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of root's might once the ports are open. Started as root, the broadcaster goes on as the user
 * of
 * --user, or as the one who called sudo; where there is neither, as root, so that it finds root's segments,
 * but without a single capability and without all files but those it needs (confine.h). Control thread,
 * before any other thread is started. */
#ifndef PHICAST_BROADCASTER_SERVER_PRIVILEGES_H
#define PHICAST_BROADCASTER_SERVER_PRIVILEGES_H

#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct identity {
    bool root;           /* we are; else there is nothing to drop */
    bool root_by_choice; /* --user root, in so many words */
    char *name;          /* whom to become; NULL: stay who we are */
    uid_t uid;
    gid_t gid;
};

/* user: as --user gave it, or NULL. STATUS_BAD_ARG: no such user, or we are not root; STATUS_NO_MEMORY.
 * `error` has OPTION_ERROR_MAX bytes and says it in words. Free with privileges_free. */
MUST_CHECK enum status privileges_choose(struct identity *identity, const char *user, char *error);
void privileges_free(struct identity *identity);

/* For good. `segment`, an open file of ours, goes along. `files` will be read again (NULLs are passed over);
 * those that then cannot be are named in the log. Files will be made in the folder `written`; NULL: none.
 * STATUS_IO, with the cure in `error`. */
MUST_CHECK enum status privileges_drop(const struct identity *identity, int segment, const char *const *files,
                                       uint32_t count, const char *written, char *error);

#endif
