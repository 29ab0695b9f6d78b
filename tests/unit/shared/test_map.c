/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Map files: what is refused, and in which words; what is read. */
#include "shared/json/map.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

static struct map_line lines[MAP_LINES_MAX];
static uint32_t count;
static char error[OPTION_ERROR_MAX];

static enum status load(const char *text, size_t length)
{
    char path[] = "/tmp/phicast-map-XXXXXX";
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, length), (ssize_t)length);
    close(fd);
    error[0] = '\0';
    const enum status status = map_load(path, lines, &count, error);
    unlink(path);
    return status;
}

static void refuses(enum status status, const char *text, const char *part)
{
    CU_ASSERT_EQUAL(load(text, strlen(text)), status);
    CU_ASSERT_EQUAL(count, 0);
    if (!strstr(error, part) || !strstr(error, "/tmp/phicast-map-") || strchr(error, '\n')) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", text, error, part);
        CU_FAIL("the words are others");
    }
}

static void bad_files(void)
{
    static char large[70000];
    memset(large, ' ', sizeof large);
    CU_ASSERT_EQUAL(map_load("/nonexistent/map", lines, &count, error), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(map_load("/tmp", lines, &count, error), STATUS_IO);
    CU_ASSERT_EQUAL(load(large, sizeof large), STATUS_CORRUPT);
    refuses(STATUS_CORRUPT, "", "not valid JSON");
    refuses(STATUS_CORRUPT, "[{]", "not valid JSON at line 1");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"metric\":\"ici\"}]",
            "metric: given twice, again at line 1");
    refuses(STATUS_CORRUPT, "{}", "an array of 1 to 256");
    refuses(STATUS_CORRUPT, "[]", "an array of 1 to 256");
    CU_ASSERT_EQUAL(load("[{\"metric\":\"ici\",\"address\":\"/a\"}]\0x", 36), STATUS_CORRUPT);
}

static void bad_lines(void)
{
    refuses(STATUS_BAD_ARG, "[7]", "line 1 of the map: give an object");
    refuses(STATUS_BAD_ARG, "[{}]", "\"metric\" and \"address\" are both needed");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\"},{\"metric\":\"ici\"}]", "line 2");
    refuses(STATUS_BAD_ARG, "[{\"metric\":1,\"address\":\"/a\"}]", "\"metric\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"\",\"address\":\"/a\"}]", "\"metric\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"\\u0000/a\"}]", "\"address\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"in\":[1,1],\"out\":[0,1]}]", "\"in\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"in\":[0,1]}]", "\"out\" as well");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"out\":[0]}]", "\"out\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"out\":[0,\"1\"]}]", "\"out\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"out\":[0,1e300]}]", "\"out\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"clip\":1}]", "\"clip\"");
    refuses(STATUS_BAD_ARG, "[{\"metric\":\"ici\",\"address\":\"/a\",\"scale\":1}]", "no such member");
}

static void good_ones(void)
{
    static const char text[] =
        "[{\"metric\":\"ici\",\"address\":\"/a\"},"
        " {\"metric\":\"phi_phase\",\"address\":\"/b/c\",\"in\":[1,0],\"out\":[0,100],\"clip\":false}]";
    CU_ASSERT_EQUAL(load(text, sizeof text - 1), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_STRING_EQUAL(lines[0].metric, "ici");
    CU_ASSERT_STRING_EQUAL(lines[0].address, "/a");
    CU_ASSERT_FALSE(lines[0].has_in || lines[0].has_out);
    CU_ASSERT_TRUE(lines[0].clip);
    CU_ASSERT_TRUE(lines[1].has_in && lines[1].has_out);
    CU_ASSERT_FALSE(lines[1].clip);
    CU_ASSERT_EQUAL(lines[1].in[0], 1);
    CU_ASSERT_EQUAL(lines[1].out[1], 100);
}

static void as_many_as_fit(void)
{
    char text[32768] = "[";
    for (int i = 0; i <= MAP_LINES_MAX; i++) {
        strcat(text, i > 0 ? "," : "");
        strcat(text, "{\"metric\":\"ici\",\"address\":\"/a\"}");
    }
    strcat(text, "]");
    refuses(STATUS_CORRUPT, text, "1 to 256");
    text[strlen(text) - 1 - strlen(",{\"metric\":\"ici\",\"address\":\"/a\"}")] = ']';
    text[strlen(text) - strlen(",{\"metric\":\"ici\",\"address\":\"/a\"}")] = '\0';
    CU_ASSERT_EQUAL(load(text, strlen(text)), STATUS_OK);
    CU_ASSERT_EQUAL(count, MAP_LINES_MAX);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad files", bad_files},           {"bad lines", bad_lines}, {"good ones", good_ones},
        {"as many as fit", as_many_as_fit}, CU_TEST_INFO_NULL,
    };
    return unit_run("map", tests);
}
