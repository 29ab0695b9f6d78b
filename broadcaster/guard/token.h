/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets, from files that nobody else can read: those that clients must know, and passwords. They appear in
 * no log. */
#ifndef PHICAST_BROADCASTER_GUARD_TOKEN_H
#define PHICAST_BROADCASTER_GUARD_TOKEN_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>

enum { TOKEN_MAX = 256 };

/* Always TOKEN_MAX bytes, zeros after its end. */
struct token {
    char text[TOKEN_MAX];
};

/* Reads it: one line of 1 to 255 visible ASCII characters. On failure *token is as it was and `error` names
 * `option` ("--token-file "), the file and the cure: STATUS_NOT_FOUND, STATUS_NO_ACCESS (others can read it,
 * or we cannot), STATUS_BAD_ARG. */
MUST_CHECK enum status token_load(struct token *token, const char *option, const char *path,
                                  char error[OPTION_ERROR_MAX]);

struct tokens {
    struct token control; /* who knows it may do all; empty: so may everybody */
    struct token viewer;  /* who knows it may look, and move nothing; empty: there is none */
};

/* Reads both files; a path of NULL leaves that token as it is. On failure both are as they were, and `error`
 * names the file and the cure: STATUS_NOT_FOUND, STATUS_NO_ACCESS (others can read it, or we cannot),
 * STATUS_BAD_ARG (also if they hold the same). */
MUST_CHECK enum status tokens_load(struct tokens *tokens, const char *control, const char *viewer,
                                   char error[OPTION_ERROR_MAX]);

/* Takes as long for every text. */
bool token_fits(const struct token *token, const char *text);

#endif
