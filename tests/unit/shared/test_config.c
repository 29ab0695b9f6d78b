/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: everything that is refused, by name and with a cure; then good ones. More than 400
 * lines because all cases share one way to write and load a file. */
#include "shared/json/config.h"
#include "tests/unit/shared/sample_options.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/phicast-test-config-XXXXXX";
static char path[128];
static struct sample options;
static struct config *config;
static char error[OPTION_ERROR_MAX];

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, length, file), length);
    fclose(file);
}

static enum status load_path(const char *from)
{
    options = sample_defaults;
    error[0] = '\0';
    config = (struct config *)&options; /* anything but NULL: a failure must reset it */
    const enum status status = config_load(from, &sample_table, &options, &config, error);
    CU_ASSERT_EQUAL(config == NULL, status != STATUS_OK);
    CU_ASSERT_EQUAL(error[0] == '\0', status == STATUS_OK);
    return status;
}

static enum status load_bytes(const char *text, size_t length)
{
    write_file(text, length);
    return load_path(path);
}

static enum status load(const char *text)
{
    return load_bytes(text, strlen(text));
}

static bool says(const char *what)
{
    const bool found = strstr(error, what) != NULL;
    if (!found) {
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", error, what);
    }
    return found;
}

static void wrong_keys_types_and_values(void)
{
    static const struct {
        const char *text;
        const char *names;
    } rows[] = {
        {"{\"nonsense\": 1}", "nonsense: no such option; see sample --help"},
        {"{\"channels\": 4, \"chan\": 1}", "chan: no such option"},
        {"{\"\": 1}", "no such option"},
        {"{\"Channels\": 1}", "Channels: no such option"},
        {"{\"channels\": \"4\"}", "channels: wrong type of value; give a number"},
        {"{\"channels\": true}", "channels: wrong type"},
        {"{\"channels\": null}", "channels: wrong type"},
        {"{\"channels\": [4]}", "channels: wrong type"},
        {"{\"channels\": {}}", "channels: wrong type"},
        {"{\"depth\": \"0.5\"}", "depth: wrong type of value; give a number"},
        {"{\"breathing\": 1}", "breathing: wrong type of value; give true or false"},
        {"{\"breathing\": \"true\"}", "breathing: wrong type"},
        {"{\"name\": 5}", "name: wrong type of value; give a string"},
        {"{\"name\": [\"a\"]}", "name: wrong type"},
        {"{\"name\": null}", "name: wrong type"},
        {"{\"connect\": 5}", "connect: wrong type of value; give a string"},
        {"{\"connect\": [\"a\", 5]}", "connect: wrong type"},
        {"{\"connect\": [[\"a\"]]}", "connect: wrong type"},
        {"{\"connect\": [\"\"]}", "connect: the value is empty"},
        {"{\"name\": \"\"}", "name: the value is empty; give NAME"},
        {"{\"name\": \"a\\u0000b\"}", "name: "},
        {"{\"channels\": 0}", "--channels 0: give a whole number from 1 to 64"},
        {"{\"channels\": 65}", "--channels 65: give"},
        {"{\"channels\": -1}", "--channels -1: give"},
        {"{\"channels\": 2.5}", "--channels 2.5: give a whole number"},
        {"{\"channels\": 1e30}", "--channels 1e30: give"},
        {"{\"window\": 3000}", "2048 or 4096"},
        {"{\"depth\": 1.5}", "--depth 1.5: give a number from 0 to 1"},
        {"{\"depth\": 1e999}", "--depth 1e999: give"},
        {"{\"depth\": NaN}", "depth"},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    for (size_t i = 0; i < ROWS; i++) {
        const enum status status = load(rows[i].text);
        if (status != STATUS_BAD_ARG) {
            fprintf(stderr, "%s: %s (%s)\n", rows[i].text, status_str(status), error);
        }
        CU_ASSERT_EQUAL(status, STATUS_BAD_ARG);
        CU_ASSERT_TRUE(says(path));
        CU_ASSERT_TRUE(says(rows[i].names));
        config_free(config);
    }
    CU_ASSERT_EQUAL(ROWS, 30);
}

/* json-c takes it for the greatest that it knows; from 0.18 on, for no number. */
static void a_number_that_json_c_does_not_know(void)
{
    const enum status status = load("{\"channels\": 99999999999999999999999999}");
    CU_ASSERT(status == STATUS_BAD_ARG || status == STATUS_CORRUPT);
    CU_ASSERT_TRUE(says(path));
    CU_ASSERT_TRUE(
        says(status == STATUS_BAD_ARG ? "--channels 18446744073709551615: give" : "number expected"));
    config_free(config);
}

static void not_json(void)
{
    static const char *const rows[] = {
        "",
        " ",
        "\n\n",
        "{",
        "{\"channels\"",
        "{\"channels\":",
        "{\"channels\": 4",
        "{a: 1}",
        "{\"a\" 1}",
        "{\"a\": 1,}",
        "{\"a\": 01}",
        "{\"a\": tru}",
        "{\"a\": \"x}",
        "[1, 2",
        "nonsense",
        "{} x",
        "{}{}",
        "{\"a\": 1}]",
        "# comment\n{}",
        "/* c {}",
        "/*/ {}",
        "{} /",
        "{\"a\": 1 / 2}",
        "// {}",
        "/* {} */",
        "{\"a\": \"x // {}",
        "[]",
        "5",
        "\"text\"",
        "true",
        "null",
        "{\"a\": 1 \"b\": 2}",
        "{\"name\": \"caf\xE9\"}",
        "{\"name\": \"\xFF\xFE\"}",
        "\xEF\xBB\xBF{}",
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    CU_ASSERT_EQUAL(ROWS, 35);
    for (size_t i = 0; i < ROWS; i++) {
        const enum status status = load(rows[i]);
        if (status != STATUS_CORRUPT) {
            fprintf(stderr, "%s: %s (%s)\n", rows[i], status_str(status), error);
        }
        CU_ASSERT_EQUAL(status, STATUS_CORRUPT);
        CU_ASSERT_TRUE(says(path));
        CU_ASSERT_TRUE(says("JSON"));
        config_free(config);
    }
    CU_ASSERT_EQUAL(load("{\"channels\": 4"), STATUS_CORRUPT);
    CU_ASSERT_TRUE(says("ends too early"));
}

static void comments(void)
{
    CU_ASSERT_EQUAL(
        load("// what is heard\n{ /* two\n lines: \"x\" */ \"channels\": 4, // not \"channels\": 5\n"
             " \"name\": \"a // b /* c *\x2F \\\" // d\" /**/ } // the end"),
        STATUS_OK);
    CU_ASSERT_EQUAL(options.channels, 4);
    CU_ASSERT_STRING_EQUAL(options.name, "a // b /* c */ \" // d");
    config_free(config);
}

static void errors_name_the_line(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"// one\n{\n \"channels\": 4;\n}", "not valid JSON at line 3: "},
        {"/* one\n two */ {\n /* three\n", "not valid JSON at line 3: a comment that does not end"},
        {"{ // one\n # two\n}", "not valid JSON at line 2: comments are written // or /* */"},
        {"{\n\n\"name\": 'x'}", "not valid JSON at line 3: "},
        {"{\"channels\": 4,\n//\n\"channels\": 5}", "channels: given twice, again at line 3; leave one out"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_NOT_EQUAL(load(rows[i].text), STATUS_OK);
        CU_ASSERT_TRUE(says(rows[i].says));
        config_free(config);
    }
}

static void one_file_for_several_programs(void)
{
    CU_ASSERT_EQUAL(
        load("{\"sample\": {\"channels\": 2, \"connect\": [\"b\"]}, \"name\": \"stage\", \"channels\": 4,"
             " \"connect\": [\"a\", \"c\"], \"phicast-jack\": {\"nonsense\": 1}}"),
        STATUS_OK);
    CU_ASSERT_EQUAL(options.channels, 2); /* in whatever order they stand */
    CU_ASSERT_STRING_EQUAL(options.name, "stage");
    CU_ASSERT_EQUAL(options.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "b");
    config_free(config);
    CU_ASSERT_EQUAL(load("{\"sample\": 5}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("sample: give an object with that program's options"));
    CU_ASSERT_EQUAL(load("{\"phicast-broadcaster\": null}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load("{\"sample\": {\"channels\": 0}}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("--channels 0: give"));
    CU_ASSERT_EQUAL(load("{\"sample\": {\"sample\": {}}}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load("{\"sample\": {\"config\": \"x\"}}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(load("{\"port\": 8000}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("port: no such option; see sample --help, or put it under the name of its program"));
}

static void the_usual_place(void)
{
    char found[CONFIG_PATH_MAX];
    char place[128];
    (void)setenv("XDG_CONFIG_HOME", folder, 1);
    CU_ASSERT_FALSE(config_find(found));
    snprintf(place, sizeof place, "%s/phicast", folder);
    CU_ASSERT_EQUAL(mkdir(place, 0700), 0);
    CU_ASSERT_FALSE(config_find(found));
    snprintf(place, sizeof place, "%s/phicast/phicast.conf", folder);
    CU_ASSERT_EQUAL(symlink(path, place), 0);
    write_file("{}", 2);
    CU_ASSERT_TRUE(config_find(found));
    CU_ASSERT_STRING_EQUAL(found, place);
    (void)setenv("XDG_CONFIG_HOME", "relative", 1);
    (void)setenv("HOME", folder, 1);
    CU_ASSERT_FALSE(config_find(found));
    (void)unsetenv("XDG_CONFIG_HOME");
    (void)unsetenv("HOME");
    CU_ASSERT_FALSE(config_find(found));
    CU_ASSERT_EQUAL(unlink(place), 0);
    *strrchr(place, '/') = '\0';
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

static void nul_bytes(void)
{
    static const char inside[] = "{\"channels\": 4}\0{\"nonsense\": 1}";
    static const char in_string[] = "{\"name\": \"a\0b\"}";
    CU_ASSERT_EQUAL(load_bytes(inside, sizeof inside - 1), STATUS_CORRUPT);
    config_free(config);
    CU_ASSERT_EQUAL(load_bytes(in_string, sizeof in_string - 1), STATUS_CORRUPT);
    config_free(config);
    CU_ASSERT_EQUAL(load_bytes("\0\0\0\0", 4), STATUS_CORRUPT);
    config_free(config);
}

static void deep_nesting(void)
{
    char text[20001];
    memset(text, '[', 10000);
    memset(text + 10000, ']', 10000);
    text[20000] = '\0';
    CU_ASSERT_EQUAL(load(text), STATUS_CORRUPT);
    CU_ASSERT_TRUE(says("JSON"));
    memcpy(text, "{\"a\":", 5);
    CU_ASSERT_EQUAL(load(text), STATUS_CORRUPT);
}

static void sizes(void)
{
    static char text[70000];
    memset(text, ' ', sizeof text);
    memcpy(text, "{\"channels\": 4}", 15);
    CU_ASSERT_EQUAL(load_bytes(text, 65535), STATUS_OK);
    CU_ASSERT_EQUAL(options.channels, 4);
    config_free(config);
    CU_ASSERT_EQUAL(load_bytes(text, 65536), STATUS_CORRUPT);
    CU_ASSERT_TRUE(says("larger than 65535 bytes"));
    CU_ASSERT_EQUAL(load_bytes(text, sizeof text), STATUS_CORRUPT);
}

static void files_that_cannot_be_read(void)
{
    char missing[128];
    snprintf(missing, sizeof missing, "%s/missing.json", folder);
    CU_ASSERT_EQUAL(load_path(missing), STATUS_NOT_FOUND);
    CU_ASSERT_TRUE(says(missing));
    CU_ASSERT_TRUE(says("give another file"));
    CU_ASSERT_EQUAL(load_path(folder), STATUS_IO);
    CU_ASSERT_TRUE(says("give a plain file"));
    CU_ASSERT_EQUAL(load_path(""), STATUS_NOT_FOUND);
    char endless[1500] = "/tmp/";
    memset(endless + 5, 'x', 1400);
    CU_ASSERT_NOT_EQUAL(load_path(endless), STATUS_OK);
    CU_ASSERT_TRUE(says("; give")); /* a long path does not push the cure out */
    write_file("{}", 2);
    if (geteuid() == 0) {
        puts("SKIPPED: no permission (root has every permission)");
        return;
    }
    CU_ASSERT_EQUAL(chmod(path, 0), 0);
    CU_ASSERT_EQUAL(load_path(path), STATUS_NO_ACCESS);
    CU_ASSERT_EQUAL(unlink(path), 0);
}

static void a_good_file(void)
{
    CU_ASSERT_EQUAL(
        load("{\"breathing\": true, \"channels\": 16, \"window\": 1024, \"depth\": 0.25,\n"
             " \"name\": \"caf\xC3\xA9 \\u00e9\\n\", \"connect\": [\"a\", \"b\"], \"gate\": -6e1}\n\n"),
        STATUS_OK);
    CU_ASSERT_TRUE(options.breathing);
    CU_ASSERT_EQUAL(options.channels, 16);
    CU_ASSERT_EQUAL(options.window, 1024);
    CU_ASSERT_EQUAL(options.depth, 0.25);
    CU_ASSERT_STRING_EQUAL(options.name, "caf\xC3\xA9 \xC3\xA9\n");
    CU_ASSERT_EQUAL(options.connect.count, 2); /* the default is replaced, as on the command line */
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "a");
    CU_ASSERT_STRING_EQUAL(options.connect.item[1], "b");
    CU_ASSERT_EQUAL(options.gate, -60);
    config_free(config);

    CU_ASSERT_EQUAL(load("{}"), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&options, &sample_defaults, sizeof options), 0);
    config_free(config);

    CU_ASSERT_EQUAL(load(" \r\n\t{ \"breathing\" : false, \"depth\": 1 }"), STATUS_OK);
    CU_ASSERT_FALSE(options.breathing);
    CU_ASSERT_EQUAL(options.depth, 1);
    config_free(config);
    config_free(NULL);
}

static void lists(void)
{
    char text[1024] = "{\"connect\": [\"x\"";
    CU_ASSERT_EQUAL(load("{\"connect\": \"only\"}"), STATUS_OK);
    CU_ASSERT_EQUAL(options.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "only");
    config_free(config);
    CU_ASSERT_EQUAL(load("{\"connect\": []}"), STATUS_OK);
    CU_ASSERT_EQUAL(options.connect.count, 0);
    config_free(config);
    for (int i = 1; i < OPTION_LIST_MAX; i++) {
        strcat(text, ", \"x\"");
    }
    char *end = text + strlen(text);
    strcpy(end, "]}");
    CU_ASSERT_EQUAL(load(text), STATUS_OK);
    CU_ASSERT_EQUAL(options.connect.count, OPTION_LIST_MAX);
    config_free(config);
    strcpy(end, ", \"x\"]}");
    CU_ASSERT_EQUAL(load(text), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("connect: given more than 64 times"));
}

static void duplicate_keys(void)
{
    CU_ASSERT_EQUAL(load("{\"channels\": 4, \"connect\": [\"a\"], \"channels\": 5}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says(path));
    CU_ASSERT_TRUE(says("channels: given twice, again at line 1; leave one out"));
    CU_ASSERT_EQUAL(load("{\"connect\": [\"a\"], \"connect\": [\"b\"]}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("connect: given twice"));
}

static void a_file_in_a_file(void)
{
    CU_ASSERT_EQUAL(load("{\"channels\": 4, \"config\": \"/etc/other.json\"}"), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("config: a configuration file names no other; leave it out"));
}

static void the_command_line_beats_the_file(void)
{
    char *args[] = {"sample", "--channels", "7", "--connect", "c", NULL};
    int operands = 0;
    CU_ASSERT_EQUAL(load("{\"channels\": 4, \"window\": 512, \"connect\": [\"a\", \"b\"]}"), STATUS_OK);
    CU_ASSERT_EQUAL(options_parse(&sample_table, &options, 5, args, &operands, error), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.channels, 7);
    CU_ASSERT_EQUAL(options.window, 512);
    CU_ASSERT_EQUAL(options.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "c");
    config_free(config);
}

/* --- writing --- */

static struct sample saved;

static enum status save_to(const char *to)
{
    error[0] = '\0';
    const enum status status = config_save(to, &sample_table, &saved, &sample_defaults, error);
    CU_ASSERT_EQUAL(error[0] == '\0', status == STATUS_OK);
    return status;
}

static bool file_is(const char *text)
{
    char found[1024] = "";
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)!fread(found, 1, sizeof found - 1, file);
    fclose(file);
    if (strcmp(found, text) != 0) {
        fprintf(stderr, "%s\n", found);
    }
    return strcmp(found, text) == 0;
}

static void what_is_written_is_read(void)
{
    static const double depths[] = {0, 1, 0.1, 1.0 / 3, 0.618, 0.01, 1e-300, 0.61803398874989484};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        saved = (struct sample){.breathing = true,
                                .channels = 64,
                                .window = 16384,
                                .depth = depths[i],
                                .name = "a \"quoted\"\\ caf\xC3\xA9\n\t\x7f",
                                .connect = {2, {"x:*", "y/z"}},
                                .any_power = 2147483648U,
                                .gate = -60.5};
        CU_ASSERT_EQUAL(save_to(path), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(load_path(path), STATUS_OK);
        CU_ASSERT(options.breathing && options.channels == 64 && options.window == 16384);
        CU_ASSERT_EQUAL(options.depth, depths[i]);
        CU_ASSERT_STRING_EQUAL(options.name, saved.name);
        CU_ASSERT_EQUAL_FATAL(options.connect.count, 2);
        CU_ASSERT_STRING_EQUAL(options.connect.item[1], "y/z");
        CU_ASSERT(options.any_power == 2147483648U && options.gate == -60.5);
        config_free(config);
    }
}

/* strtod calls it out of range. */
static void crumbs_are_nothing(void)
{
    saved = sample_defaults;
    saved.depth = 5e-324;
    CU_ASSERT_EQUAL(save_to(path), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(load_path(path), STATUS_OK);
    CU_ASSERT_EQUAL(options.depth, 0);
    config_free(config);
}

static void defaults_are_left_out(void)
{
    saved = sample_defaults;
    saved.name = "phi";
    CU_ASSERT_EQUAL(save_to(path), STATUS_OK);
    CU_ASSERT_TRUE(file_is("{\n  \"name\":\"phi\"\n}"));
    char name[] = "phicast"; /* the same text, elsewhere */
    saved.name = name;
    saved.config = (struct option_list){1, {"other"}}; /* no file names another */
    CU_ASSERT_EQUAL(save_to(path), STATUS_OK);
    CU_ASSERT_TRUE(file_is("{\n}") || file_is("{}")); /* json-c up to 0.17, and from 0.18 on */
    saved.depth = 0.25;
    saved.connect.count = 0;
    CU_ASSERT_EQUAL(save_to(path), STATUS_OK);
    CU_ASSERT_TRUE(file_is("{\n  \"depth\":0.25,\n  \"connect\":[\n  ]\n}") ||
                   file_is("{\n  \"depth\":0.25,\n  \"connect\":[]\n}"));
    CU_ASSERT_EQUAL_FATAL(load_path(path), STATUS_OK);
    CU_ASSERT_EQUAL(options.connect.count, 0);
    config_free(config);
}

static void what_cannot_be_written_is_told(void)
{
    char nowhere[160];
    static char large[2048];
    snprintf(nowhere, sizeof nowhere, "%s/none/c.json", folder);
    write_file("{}", 2);
    saved = sample_defaults;
    CU_ASSERT_EQUAL(save_to(nowhere), STATUS_NOT_FOUND);
    CU_ASSERT_TRUE(says(nowhere) && says("may we write in its folder?"));
    saved.name = "\xff";
    CU_ASSERT_EQUAL(save_to(path), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says(path) && says("--name cannot be written; give it in UTF-8"));
    saved.name = "\xC3";
    CU_ASSERT_EQUAL(save_to(path), STATUS_BAD_ARG);
    saved.name = "fine";
    saved.connect = (struct option_list){2, {"a", "\xff"}};
    CU_ASSERT_EQUAL(save_to(path), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("--connect cannot be written"));
    memset(large, 'x', sizeof large - 1);
    for (saved.connect.count = 0; saved.connect.count < OPTION_LIST_MAX; saved.connect.count++) {
        saved.connect.item[saved.connect.count] = large;
    }
    CU_ASSERT_EQUAL(save_to(path), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("the options come to more than 65535 bytes; give fewer"));
    CU_ASSERT_TRUE(file_is("{}")); /* all the while */
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong keys, types and values", wrong_keys_types_and_values},
        {"a number that json-c does not know", a_number_that_json_c_does_not_know},
        {"not JSON", not_json},
        {"comments", comments},
        {"errors name the line", errors_name_the_line},
        {"one file for several programs", one_file_for_several_programs},
        {"the usual place", the_usual_place},
        {"NUL bytes", nul_bytes},
        {"deep nesting", deep_nesting},
        {"sizes", sizes},
        {"files that cannot be read", files_that_cannot_be_read},
        {"a good file", a_good_file},
        {"lists", lists},
        {"duplicate keys", duplicate_keys},
        {"a file in a file", a_file_in_a_file},
        {"the command line beats the file", the_command_line_beats_the_file},
        {"what is written is read", what_is_written_is_read},
        {"crumbs are nothing", crumbs_are_nothing},
        {"defaults are left out", defaults_are_left_out},
        {"what cannot be written is told", what_cannot_be_written_is_told},
        CU_TEST_INFO_NULL,
    };
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/c.json", folder);
    const int code = unit_run("config", tests);
    unlink(path);
    return rmdir(folder) == 0 ? code : EXIT_FAILURE;
}
