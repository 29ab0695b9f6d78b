/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4096 };

static enum status check_mode(int fd, const char *option, const char *path, char *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        snprintf(error, OPTION_ERROR_MAX, "%s%.128s: not a regular file", option, path);
        return STATUS_BAD_ARG;
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        snprintf(error, OPTION_ERROR_MAX, "%s%.128s: open to others than its owner; chmod 600 it", option,
                 path);
        return STATUS_NO_ACCESS;
    }
    return STATUS_OK;
}

/* The whole file; false if it cannot be read, or is longer than any that is meant. */
static bool read_file(int fd, char text[FILE_MAX], size_t *length)
{
    ssize_t got;
    *length = 0;
    while (*length < FILE_MAX && (got = read(fd, text + *length, FILE_MAX - *length)) != 0) {
        if (got < 0) {
            return false;
        }
        *length += (size_t)got;
    }
    return *length < FILE_MAX;
}

/* How much is left without the blanks at the end. */
static size_t without_blanks(const char *text, size_t length)
{
    static const char blanks[] = {' ', '\t', '\r', '\n'};
    while (length > 0 && memchr(blanks, text[length - 1], sizeof blanks)) {
        length--;
    }
    return length;
}

static enum status read_token(int fd, struct token *out, const char *option, const char *path, char *error)
{
    struct token token = {0};
    char text[FILE_MAX];
    size_t length;
    if (!read_file(fd, text, &length)) {
        snprintf(error, OPTION_ERROR_MAX, "%s%.128s: cannot be read, or is no token", option, path);
        return STATUS_BAD_ARG;
    }
    length = without_blanks(text, length);
    if (memchr(text, '\n', length)) {
        snprintf(error, OPTION_ERROR_MAX, "%s%.128s: has a second line; give one alone", option, path);
        return STATUS_BAD_ARG;
    }
    bool good = length > 0 && length < TOKEN_MAX;
    for (size_t i = 0; i < length; i++) {
        good = good && text[i] > ' ' && text[i] <= '~';
    }
    if (!good) {
        snprintf(error, OPTION_ERROR_MAX,
                 "%s%.128s: give one line of 1 to %d letters, digits and signs, without blanks", option, path,
                 TOKEN_MAX - 1);
        return STATUS_BAD_ARG;
    }
    memcpy(token.text, text, length);
    *out = token;
    return STATUS_OK;
}

enum status token_load(struct token *token, const char *option, const char *path,
                       char error[OPTION_ERROR_MAX])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const enum status status = status_from_errno(errno);
        snprintf(error, OPTION_ERROR_MAX, "%s%.128s: %s", option, path, strerror(errno));
        return status;
    }
    enum status status = check_mode(fd, option, path, error);
    if (status == STATUS_OK) {
        status = read_token(fd, token, option, path, error);
    }
    close(fd);
    return status;
}

enum status tokens_load(struct tokens *tokens, const char *control, const char *viewer,
                        char error[OPTION_ERROR_MAX])
{
    struct tokens fresh = *tokens;
    enum status status = control ? token_load(&fresh.control, "--token-file ", control, error) : STATUS_OK;
    if (status == STATUS_OK && viewer) {
        status = token_load(&fresh.viewer, "--viewer-token-file ", viewer, error);
    }
    if (status == STATUS_OK && viewer && strcmp(fresh.control.text, fresh.viewer.text) == 0) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--viewer-token-file %.128s: holds the token that steers; give another one", viewer);
        status = STATUS_BAD_ARG;
    }
    if (status == STATUS_OK) {
        *tokens = fresh;
    }
    return status;
}

bool token_fits(const struct token *token, const char *text)
{
    char given[TOKEN_MAX] = {0};
    unsigned char difference = strlen(text) >= TOKEN_MAX;
    memcpy(given, text, strnlen(text, TOKEN_MAX - 1));
    for (size_t i = 0; i < TOKEN_MAX; i++) {
        const volatile unsigned char *mine = (const volatile unsigned char *)token->text;
        difference = (unsigned char)(difference | (mine[i] ^ (unsigned char)given[i]));
    }
    return difference == 0;
}
