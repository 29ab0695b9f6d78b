/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/token.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static char error[OPTION_ERROR_MAX];

static void make_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    chmod(name, mode);
}

/* As the token that steers. */
static enum status load(struct token *token, const char *text, mode_t mode)
{
    struct tokens tokens = {.control = *token};
    make_file(path, text, mode);
    const enum status status = tokens_load(&tokens, path, NULL, error);
    unlink(path);
    CU_ASSERT_STRING_EQUAL(tokens.viewer.text, "");
    *token = tokens.control;
    return status;
}

static void refused(void)
{
    struct token token = {"old"};
    char large[400];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    struct tokens none = {0};
    CU_ASSERT_EQUAL(tokens_load(&none, "/nonexistent/token", NULL, error), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(tokens_load(&none, "/dev/null", NULL, error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "secret\n", 0640), STATUS_NO_ACCESS);
    CU_ASSERT_EQUAL(load(&token, "secret\n", 0602), STATUS_NO_ACCESS);
    CU_ASSERT_EQUAL(load(&token, "", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, " \n", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "two words", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, "two\nlines", 0600), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load(&token, large, 0600), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(token.text, "old");
}

/* Whatever its length, and wherever the file's first 256 bytes end. */
static void a_second_line(void)
{
    static const char *const seconds[] = {"\nx", "\n\nsecond\n", "\r\nsecond", " \n \t\n second\n"};
    static const size_t lengths[] = {1, 6, 250, 253, 254, 255, 256};
    struct token token = {"old"};
    char text[600];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t k = 0; k < sizeof seconds / sizeof seconds[0]; k++) {
            memset(text, 'x', sizeof text);
            strcpy(text + lengths[i], seconds[k]);
            CU_ASSERT_EQUAL(load(&token, text, 0600), STATUS_BAD_ARG);
            CU_ASSERT_PTR_NOT_NULL(strstr(error, "has a second line"));
            CU_ASSERT_PTR_NOT_NULL(strstr(error, path));
        }
    }
    memset(text, ' ', sizeof text); /* far behind */
    memcpy(text, "secret\n", 7);
    strcpy(text + 590, "second\n");
    CU_ASSERT_EQUAL(load(&token, text, 0600), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(token.text, "old");
    strcpy(text + 590, "\n\r\n");
    CU_ASSERT_EQUAL(load(&token, text, 0600), STATUS_OK); /* blank lines are none */
    CU_ASSERT_STRING_EQUAL(token.text, "secret");
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

/* Both are taken, or neither. */
static void two(void)
{
    struct tokens tokens = {{"old"}, {"older"}};
    char viewer[80];
    snprintf(viewer, sizeof viewer, "%s-viewer", path);
    make_file(path, "steers\n", 0600);
    make_file(viewer, "steers", 0600);
    CU_ASSERT_EQUAL(tokens_load(&tokens, path, viewer, error), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--viewer-token-file"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "give another"));
    CU_ASSERT_PTR_NULL(strstr(error, "steers\n"));
    make_file(viewer, "looks", 0600);
    chmod(viewer, 0644);
    CU_ASSERT_EQUAL(tokens_load(&tokens, path, viewer, error), STATUS_NO_ACCESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "--viewer-token-file"));
    CU_ASSERT_STRING_EQUAL(tokens.control.text, "old");
    CU_ASSERT_STRING_EQUAL(tokens.viewer.text, "older");
    chmod(viewer, 0600);
    CU_ASSERT_EQUAL(tokens_load(&tokens, path, viewer, error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(tokens.control.text, "steers");
    CU_ASSERT_STRING_EQUAL(tokens.viewer.text, "looks");
    CU_ASSERT_EQUAL(tokens_load(&tokens, NULL, NULL, error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(tokens.control.text, "steers");
    unlink(path);
    unlink(viewer);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused},
                                        {"a second line", a_second_line},
                                        {"fits", fits},
                                        {"two", two},
                                        CU_TEST_INFO_NULL};
    snprintf(path, sizeof path, "/tmp/test-token-%d", (int)getpid());
    return unit_run("token", tests);
}
