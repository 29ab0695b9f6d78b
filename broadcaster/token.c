/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status check_mode(int fd, const char *path, char *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        snprintf(error, OPTION_ERROR_MAX, "--token-file %.128s: not a regular file", path);
        return STATUS_BAD_ARG;
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        snprintf(error, OPTION_ERROR_MAX, "--token-file %.128s: open to others than its owner; chmod 600 it",
                 path);
        return STATUS_NO_ACCESS;
    }
    return STATUS_OK;
}

static enum status read_line(int fd, struct token *out, const char *path, char *error)
{
    struct token token = {0};
    char *text = token.text;
    const ssize_t got = read(fd, text, TOKEN_MAX);
    size_t length = got > 0 ? (size_t)got : 0;
    while (length > 0 && strchr(" \t\r\n", text[length - 1])) {
        text[--length] = '\0';
    }
    bool good = length > 0 && length < TOKEN_MAX;
    for (size_t i = 0; i < length; i++) {
        good = good && text[i] > ' ' && text[i] <= '~';
    }
    if (!good) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--token-file %.128s: give one line of 1 to 255 letters, digits and signs, without blanks",
                 path);
        return STATUS_BAD_ARG;
    }
    *out = token;
    return STATUS_OK;
}

enum status token_load(struct token *token, const char *path, char error[OPTION_ERROR_MAX])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const enum status status = status_from_errno(errno);
        snprintf(error, OPTION_ERROR_MAX, "--token-file %.128s: %s", path, strerror(errno));
        return status;
    }
    enum status status = check_mode(fd, path, error);
    if (status == STATUS_OK) {
        status = read_line(fd, token, path, error);
    }
    close(fd);
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
