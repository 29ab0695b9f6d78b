/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines: what is refused and how it is said, then every kind of option, lists and the help page. */
#include "shared/options.h"
#include "tests/unit/shared/sample_options.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { ARGS_MAX = 2 * (OPTION_LIST_MAX + 8) };

static struct sample options;
static char error[OPTION_ERROR_MAX];
static int operands;
static char *args[ARGS_MAX];
static char words[8192];

/* Parses a command line written as one string, words apart by single '|', onto fresh defaults. */
static enum options_result parse_onto_old(const char *line)
{
    int count = 0;
    snprintf(words, sizeof words, "sample|%s", line);
    for (char *word = words; word && count < ARGS_MAX - 1;) {
        char *bar = strchr(word, '|');
        if (bar) {
            *bar++ = '\0';
        }
        args[count++] = word;
        word = line[0] ? bar : NULL;
    }
    args[count] = NULL;
    error[0] = '\0';
    operands = -1;
    return options_parse(&sample_table, &options, count, args, &operands, error);
}

static enum options_result parse(const char *line)
{
    options = sample_defaults;
    return parse_onto_old(line);
}

static bool says(const char *what)
{
    const bool found = strstr(error, what) != NULL;
    if (!found) {
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", error, what);
    }
    return found;
}

/* Every row: refused, naming the option, with a cure. */
static void bad_command_lines(void)
{
    static const struct {
        const char *line;
        const char *names;
        const char *cure;
    } rows[] = {
        {"--channels|0", "--channels 0", "a whole number from 1 to 64"},
        {"--channels|65", "--channels 65", "a whole number from 1 to 64"},
        {"--channels|-1", "--channels -1", "from 1 to 64"},
        {"--channels|2.5", "--channels 2.5", "whole number"},
        {"--channels|", "--channels", "from 1 to 64"},
        {"--channels|x", "--channels x", "from 1 to 64"},
        {"--channels|8x", "--channels 8x", "from 1 to 64"},
        {"--channels| 5", "--channels  5", "from 1 to 64"},
        {"--channels|5 ", "--channels 5 ", "from 1 to 64"},
        {"--channels|\t5", "--channels", "from 1 to 64"},
        {"--channels|0x10", "--channels 0x10", "from 1 to 64"},
        {"--channels|0X1p3", "--channels 0X1p3", "from 1 to 64"},
        {"--channels|1e9", "--channels 1e9", "from 1 to 64"},
        {"--channels|nan", "--channels nan", "from 1 to 64"},
        {"--channels|inf", "--channels inf", "from 1 to 64"},
        {"--channels|99999999999999999999999", "--channels 999", "from 1 to 64"},
        {"-c|4294967297", "--channels 4294967297", "from 1 to 64"},
        {"-cx", "--channels x", "from 1 to 64"},
        {"--depth|1.0001", "--depth 1.0001", "a number from 0 to 1"},
        {"--depth|-0.1", "--depth -0.1", "a number from 0 to 1"},
        {"--depth|nan", "--depth nan", "from 0 to 1"},
        {"--depth|-nan", "--depth -nan", "from 0 to 1"},
        {"--depth|inf", "--depth inf", "from 0 to 1"},
        {"--depth|1e999", "--depth 1e999", "from 0 to 1"},
        {"--depth|0x1", "--depth 0x1", "from 0 to 1"},
        {"--depth| 1", "--depth", "from 0 to 1"},
        {"--depth|1,0", "--depth 1,0", "from 0 to 1"},
        {"--depth|", "--depth", "from 0 to 1"},
        {"--gate|1", "--gate 1", "from -120 to 0"},
        {"--window|128", "--window 128", "a power of two from 256 to 16384"},
        {"--window|32768", "--window 32768", "a power of two from 256 to 16384"},
        {"--window|3000", "--window 3000", "2048 or 4096"},
        {"--window|257", "--window 257", "256 or 512"},
        {"--window|16383", "--window 16383", "8192 or 16384"},
        {"--any-power|0", "--any-power 0", "power of two"},
        {"--any-power|3000000000", "--any-power 3000000000", "from 0 to 4294967295"},
        {"--name|", "--name", "give NAME"},
        {"--connect|", "--connect", "give PATTERN"},
        {"--channels", "--channels: needs a value", "sample --help"},
        {"-b|-c", "-c: needs a value", "sample --help"},
        {"-bc", "c: needs a value", "sample --help"},
        {"--chan", "--chan: needs a value", "sample --help"},
        {"--nonsense", "--nonsense: no such option", "sample --help"},
        {"--nonsense=5", "--nonsense=5: no such option", "sample --help"},
        {"-x", "-x: no such option", "sample --help"},
        {"-bx", "-x: no such option", "sample --help"},
        {"-c|4|-?", "-?: no such option", "sample --help"},
        {"-\xC3\xA9", "-\\xC3: no such option", "sample --help"},
        {"--con|x", "--con: no such option, or not clear which", "sample --help"},
        {"--breathing=true", "--breathing=true: takes no value", "leave"},
        {"--help=me", "--help=me: takes no value", "leave"},
        {"--c|x", "--c: no such option, or not clear which", "sample --help"},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    for (size_t i = 0; i < ROWS; i++) {
        const enum options_result result = parse(rows[i].line);
        if (result != OPTIONS_ERROR) {
            fprintf(stderr, "\"%s\" was taken\n", rows[i].line);
        }
        CU_ASSERT_EQUAL(result, OPTIONS_ERROR);
        CU_ASSERT_TRUE(says(rows[i].names));
        CU_ASSERT_TRUE(says(rows[i].cure));
    }
    CU_ASSERT_EQUAL(ROWS, 52);
}

/* A value longer than the message can hold must not push the cure out of it. */
static void huge_values_keep_the_cure(void)
{
    char line[4096];
    int tried = 0;
    static const char *const starts[] = {"--channels|", "--depth|", "--window|", "--unknown-", "-d"};
    static const char *const cures[] = {"from 1 to 64", "from 0 to 1", "from 256 to 16384", "--help", "to 1"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        snprintf(line, sizeof line, "%s", starts[i]);
        memset(line + strlen(line), '9', 3000);
        line[3000] = '\0';
        CU_ASSERT_EQUAL(parse(line), OPTIONS_ERROR);
        CU_ASSERT_TRUE(says(cures[i]));
        CU_ASSERT(strlen(error) < OPTION_ERROR_MAX);
        tried++;
    }
    CU_ASSERT_EQUAL(tried, 5);
}

static void a_list_has_an_end(void)
{
    char line[2048] = "--connect|x";
    for (int i = 1; i < OPTION_LIST_MAX; i++) {
        strcat(line, "|--connect|x");
    }
    CU_ASSERT_EQUAL(parse(line), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.connect.count, OPTION_LIST_MAX);
    strcat(line, "|--connect|x");
    CU_ASSERT_EQUAL(parse(line), OPTIONS_ERROR);
    CU_ASSERT_TRUE(says("--connect: given more than 64 times"));
}

static void setting_by_name(void)
{
    options = sample_defaults;
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "nonsense", "1", error), STATUS_NOT_FOUND);
    CU_ASSERT_TRUE(says("nonsense: no such option; see sample --help"));
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "chan", "1", error), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "", "1", error), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "breathing", "yes", error), STATUS_BAD_ARG);
    CU_ASSERT_TRUE(says("--breathing yes: give true or false"));
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "breathing", "", error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "channels", "65", error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(memcmp(&options, &sample_defaults, sizeof options), 0); /* refusals change nothing */
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "breathing", "true", error), STATUS_OK);
    CU_ASSERT_TRUE(options.breathing);
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "breathing", "false", error), STATUS_OK);
    CU_ASSERT_FALSE(options.breathing);
    CU_ASSERT_EQUAL(options_set(&sample_table, &options, "connect", "more", error), STATUS_OK);
    CU_ASSERT_EQUAL(options.connect.count, 2); /* appended */
    CU_ASSERT_STRING_EQUAL(options.connect.item[1], "more");
}

static void defaults_stay(void)
{
    CU_ASSERT_EQUAL(parse(""), OPTIONS_RUN);
    CU_ASSERT_EQUAL(memcmp(&options, &sample_defaults, sizeof options), 0);
    CU_ASSERT_EQUAL(operands, 1);
    CU_ASSERT_STRING_EQUAL(error, "");
}

static void every_kind(void)
{
    CU_ASSERT_EQUAL(
        parse("--breathing|--channels|64|--window=256|--depth|0.25|--name|me|--connect|a|--gate|-60"),
        OPTIONS_RUN);
    CU_ASSERT_TRUE(options.breathing);
    CU_ASSERT_EQUAL(options.channels, 64);
    CU_ASSERT_EQUAL(options.window, 256);
    CU_ASSERT_EQUAL(options.depth, 0.25);
    CU_ASSERT_STRING_EQUAL(options.name, "me");
    CU_ASSERT_EQUAL(options.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "a");
    CU_ASSERT_EQUAL(options.gate, -60);
    CU_ASSERT_EQUAL(parse("-bc3|-d1e-1|-nx"), OPTIONS_RUN);
    CU_ASSERT_TRUE(options.breathing);
    CU_ASSERT_EQUAL(options.channels, 3);
    CU_ASSERT_EQUAL(options.depth, 0.1);
    CU_ASSERT_STRING_EQUAL(options.name, "x");
}

static void edges_of_ranges(void)
{
    CU_ASSERT_EQUAL(parse("-c|1|--window|16384|-d|0|--gate|-120"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.channels, 1);
    CU_ASSERT_EQUAL(options.window, 16384);
    CU_ASSERT_EQUAL(options.depth, 0);
    CU_ASSERT_EQUAL(options.gate, -120);
    CU_ASSERT_EQUAL(parse("-c|6.4e1|-d|1.|--gate|-0|--any-power|2147483648"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.channels, 64);
    CU_ASSERT_EQUAL(options.depth, 1);
    CU_ASSERT_EQUAL(options.any_power, 2147483648U);
    CU_ASSERT_EQUAL(parse("-c|+8|-d|.5"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.channels, 8);
    CU_ASSERT_EQUAL(options.depth, 0.5);
}

static void abbreviations_and_repeats(void)
{
    CU_ASSERT_EQUAL(parse("--chan|4|--br|--w|512"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.channels, 4);
    CU_ASSERT_TRUE(options.breathing);
    CU_ASSERT_EQUAL(options.window, 512);
    CU_ASSERT_EQUAL(parse("-c|4|-c|5|--channels=6"), OPTIONS_RUN); /* the last one counts */
    CU_ASSERT_EQUAL(options.channels, 6);
    CU_ASSERT_EQUAL(parse("--chan|99"), OPTIONS_ERROR);
    CU_ASSERT_TRUE(says("--channels 99")); /* in full */
}

static void lists_replace_what_was_there(void)
{
    CU_ASSERT_EQUAL(parse("--connect|a|-b|--connect|b"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.connect.count, 2);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "a");
    CU_ASSERT_STRING_EQUAL(options.connect.item[1], "b");
    CU_ASSERT_EQUAL(parse_onto_old("--connect|c"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.connect.count, 1);
    CU_ASSERT_STRING_EQUAL(options.connect.item[0], "c");
    CU_ASSERT_EQUAL(parse_onto_old("-b"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(options.connect.count, 1); /* not named, not touched */
}

static void operands_and_repeated_parses(void)
{
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(parse("one|-c|4|two"), OPTIONS_RUN);
        CU_ASSERT_EQUAL(operands, 3);
        CU_ASSERT_STRING_EQUAL(args[operands], "one");
        CU_ASSERT_STRING_EQUAL(args[operands + 1], "two");
        CU_ASSERT_EQUAL(options.channels, 4);
        CU_ASSERT_EQUAL(parse("-bx|file"), OPTIONS_ERROR); /* stops inside a cluster */
        CU_ASSERT_EQUAL(parse("--|-c"), OPTIONS_RUN);
        CU_ASSERT_STRING_EQUAL(args[operands], "-c");
        CU_ASSERT_EQUAL(parse("-"), OPTIONS_RUN);
        CU_ASSERT_STRING_EQUAL(args[operands], "-");
    }
}

static void help_and_version(void)
{
    static const char *const helps[] = {"-h",   "--help",           "--he", "-b|--help", "-hV",
                                        "x|-h", "--help|--nonsense"};
    for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++) {
        CU_ASSERT_EQUAL(parse(helps[i]), OPTIONS_HELP);
    }
    CU_ASSERT_EQUAL(parse("-V"), OPTIONS_VERSION);
    CU_ASSERT_EQUAL(parse("--version"), OPTIONS_VERSION);
    CU_ASSERT_EQUAL(parse("--|-h"), OPTIONS_RUN);
}

static void the_help_page(void)
{
    char page[4096] = "";
    FILE *out = fmemopen(page, sizeof page, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    options_help(&sample_table, &sample_defaults, out);
    fclose(out);
    CU_ASSERT_EQUAL(strncmp(page, "usage: sample [OPTION]... [FILE]\n\nDoes nothing much.\n\n", 54), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n  -b, --breathing                  let it breathe\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(page, "\n  -c, --channels N                 how many (1 ... 64, default 8)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, " window length (256 ... 16384, default 2048)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, " depth (0 ... 1, default 0.618)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, " the name (default phicast)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, " gate (-120 ... 0)\n")); /* its default is no such number */
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n      --window SAMPLES             window length ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n  -h, --help "));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n  -V, --version "));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n\nNotes at the end.\n"));
    size_t found = 0;
    for (size_t i = 0; i < sample_table.count; i++) {
        found += strstr(page, sample_rows[i].name) && strstr(page, sample_rows[i].help);
    }
    CU_ASSERT_EQUAL(found, 9);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad command lines", bad_command_lines},
        {"huge values keep the cure", huge_values_keep_the_cure},
        {"a list has an end", a_list_has_an_end},
        {"setting by name", setting_by_name},
        {"defaults stay", defaults_stay},
        {"every kind", every_kind},
        {"edges of ranges", edges_of_ranges},
        {"abbreviations and repeats", abbreviations_and_repeats},
        {"lists replace what was there", lists_replace_what_was_there},
        {"operands and repeated parses", operands_and_repeated_parses},
        {"help and version", help_and_version},
        {"the help page", the_help_page},
        CU_TEST_INFO_NULL,
    };
    return unit_run("options", tests);
}
