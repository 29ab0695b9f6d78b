/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/token.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static enum status load(struct token *token, const char *text, mode_t mode)
{
    char error[OPTION_ERROR_MAX];
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    const enum status status = token_load(token, path, error);
    unlink(path);
    return status;
}

static void refused(void)
{
    struct token token = {"old"};
    char error[OPTION_ERROR_MAX];
    char large[400];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    CU_ASSERT_EQUAL(token_load(&token, "/nonexistent/token", error), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(token_load(&token, "/dev/null", error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "secret\n", 0640), STATUS_NO_ACCESS);
    CU_ASSERT_EQUAL(load(&token, "secret\n", 0602), STATUS_NO_ACCESS);
    CU_ASSERT_EQUAL(load(&token, "", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, " \n", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "two words", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "two\nlines", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, large, 0600), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(token.text, "old");
}

static void fits(void)
{
    struct token token;
    char large[600];
    CU_ASSERT_EQUAL(load(&token, "secret\r\n", 0400), STATUS_OK);
    CU_ASSERT_TRUE(token_fits(&token, "secret"));
    CU_ASSERT_FALSE(token_fits(&token, ""));
    CU_ASSERT_FALSE(token_fits(&token, "secre"));
    CU_ASSERT_FALSE(token_fits(&token, "secrets"));
    CU_ASSERT_FALSE(token_fits(&token, "Secret"));
    memset(large, 0, sizeof large);
    memset(large, 's', 500);
    CU_ASSERT_FALSE(token_fits(&token, large));
    memset(large, 'x', 255);
    large[255] = '\0';
    CU_ASSERT_EQUAL(load(&token, large, 0600), STATUS_OK);
    CU_ASSERT_TRUE(token_fits(&token, large));
    large[255] = 'x';
    large[256] = '\0';
    CU_ASSERT_FALSE(token_fits(&token, large));
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused}, {"fits", fits}, CU_TEST_INFO_NULL};
    snprintf(path, sizeof path, "/tmp/test-token-%d", (int)getpid());
    return unit_run("token", tests);
}
