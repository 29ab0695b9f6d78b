/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/options.h"

#include "shared/part.h"
#include "shared/segment.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 48, FIRST_LONG = 256, HELP_VALUE = 1000, VERSION_VALUE };

const struct option_row *options_find(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

/* A decimal number and nothing else: strtod alone would take " 5", "0x10" and "inf" as well. */
static bool parse_number(const char *text, double *value)
{
    if (text[0] == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0') {
        return false;
    }
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return *end == '\0' && errno == 0;
}

static enum status set_number(const struct option_row *row, void *member, const char *text, char *error)
{
    double value = 0;
    const bool whole = row->kind != OPTION_DOUBLE;
    const bool power = row->kind == OPTION_POWER2;

    if (!parse_number(text, &value) || (whole && value != floor(value)) || value < row->min ||
        value > row->max || (power && value < 1)) {
        snprintf(error, OPTION_ERROR_MAX, "--%s %.60s: give a %s from %.10g to %.10g", row->name, text,
                 power   ? "power of two"
                 : whole ? "whole number"
                         : "number",
                 row->min, row->max);
        return STATUS_BAD_ARG;
    }
    if (!whole) {
        *(double *)member = value;
        return STATUS_OK;
    }
    const uint32_t number = (uint32_t)value;
    if (power && (number & (number - 1)) != 0) {
        uint64_t below = number; /* 64 bits: twice it must fit */
        while (below & (below - 1)) {
            below &= below - 1;
        }
        snprintf(error, OPTION_ERROR_MAX,
                 "--%s %.60s: give a power of two from %.10g to %.10g, such as %.10g or %.10g", row->name,
                 text, row->min, row->max, (double)below, (double)(2 * below));
        return STATUS_BAD_ARG;
    }
    *(uint32_t *)member = number;
    return STATUS_OK;
}

static enum status set_flag(const struct option_row *row, bool *member, const char *text, char *error)
{
    const bool on = strcmp(text, "true") == 0;
    if (!on && strcmp(text, "false") != 0) {
        snprintf(error, OPTION_ERROR_MAX, "--%s %.60s: give true or false", row->name, text);
        return STATUS_BAD_ARG;
    }
    *member = on;
    return STATUS_OK;
}

static enum status set_name(const struct option_row *row, const char **member, const char *text, char *error)
{
    if (!segment_is_name(text)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--%s \"%.64s\": give 1 to %d letters, digits and \"-_.\", no others", row->name, text,
                 SEGMENT_NAME_LONGEST);
        return STATUS_BAD_ARG;
    }
    *member = text;
    return STATUS_OK;
}

static enum status set_parts(const struct option_row *row, uint32_t *member, const char *text, char *error)
{
    const enum status status = parts_parse(text, member);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--%s %.60s: give one or more of " PARTS_LIST ", with commas between", row->name, text);
    }
    return status;
}

static enum status set_row(const struct option_row *row, void *options, const char *text, char *error)
{
    char *member = (char *)options + row->offset;

    if (row->kind == OPTION_FLAG) {
        return set_flag(row, (bool *)member, text, error);
    }
    if (row->kind == OPTION_NAME) {
        return set_name(row, (const char **)member, text, error);
    }
    if (row->kind == OPTION_PARTS) {
        return set_parts(row, (uint32_t *)(void *)member, text, error);
    }
    if (row->kind != OPTION_STRING && row->kind != OPTION_LIST) {
        return set_number(row, member, text, error);
    }
    if (text[0] == '\0') {
        snprintf(error, OPTION_ERROR_MAX, "--%s: the value is empty; give %s", row->name, row->arg);
        return STATUS_BAD_ARG;
    }
    if (row->kind == OPTION_STRING) {
        *(const char **)member = text;
        return STATUS_OK;
    }
    struct option_list *list = (struct option_list *)member;
    if (list->count == OPTION_LIST_MAX) {
        snprintf(error, OPTION_ERROR_MAX, "--%s: given more than %d times; leave some out", row->name,
                 OPTION_LIST_MAX);
        return STATUS_BAD_ARG;
    }
    list->item[list->count++] = text;
    return STATUS_OK;
}

enum status options_set(const struct option_table *table, void *options, const char *name, const char *text,
                        char error[OPTION_ERROR_MAX])
{
    const struct option_row *row = options_find(table, name);
    if (!row) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: no such option; see %s --help", name, table->program);
        return STATUS_NOT_FOUND;
    }
    return set_row(row, options, text, error);
}

/* getopt's two descriptions of the same options, made from the table. */
static void describe(const struct option_table *table, struct option *longs, char *shorts)
{
    size_t n = 0;
    *shorts++ = ':'; /* a missing value is told apart from an unknown option */
    for (; n < table->count && n < ROWS_MAX; n++) {
        const struct option_row *row = &table->rows[n];
        const bool takes_value = row->kind != OPTION_FLAG;
        longs[n] = (struct option){row->name, takes_value, NULL, FIRST_LONG + (int)n};
        if (row->letter) {
            *shorts++ = row->letter;
            if (takes_value) {
                *shorts++ = ':';
            }
        }
    }
    longs[n] = (struct option){"help", no_argument, NULL, HELP_VALUE};
    longs[n + 1] = (struct option){"version", no_argument, NULL, VERSION_VALUE};
    longs[n + 2] = (struct option){0};
    memcpy(shorts, "hV", 3);
}

static const struct option_row *row_of(const struct option_table *table, int value)
{
    if (value >= FIRST_LONG) {
        return &table->rows[value - FIRST_LONG];
    }
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].letter == value) {
            return &table->rows[i];
        }
    }
    return NULL;
}

static enum options_result usage_error(const struct option_table *table, int found, const char *word,
                                       char *error)
{
    if (found == ':') {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: needs a value; see %s --help", word, table->program);
    } else if (optopt >= FIRST_LONG) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: takes no value; leave out what follows the =", word);
    } else if (optopt > ' ' && optopt <= '~') {
        snprintf(error, OPTION_ERROR_MAX, "-%c: no such option; see %s --help", optopt, table->program);
    } else if (optopt) { /* a byte of something longer, which must not be printed alone */
        snprintf(error, OPTION_ERROR_MAX, "-\\x%02X: no such option; see %s --help", (unsigned)optopt & 0xFFU,
                 table->program);
    } else {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: no such option, or not clear which; see %s --help", word,
                 table->program);
    }
    return OPTIONS_ERROR;
}

enum options_result options_parse(const struct option_table *table, void *options, int argc, char **argv,
                                  int *operands, char error[OPTION_ERROR_MAX])
{
    struct option longs[ROWS_MAX + 3];
    char shorts[2 * ROWS_MAX + 4];
    bool list_seen[ROWS_MAX] = {false};
    int found;

    describe(table, longs, shorts);
    opterr = 0;
    optind = 0; /* glibc: start over, so that the parser can be called again */
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (found == 'h' || found == HELP_VALUE) {
            return OPTIONS_HELP;
        }
        if (found == 'V' || found == VERSION_VALUE) {
            return OPTIONS_VERSION;
        }
        if (found == '?' || found == ':') {
            return usage_error(table, found, argv[optind - 1], error);
        }
        const struct option_row *row = row_of(table, found);
        bool *seen = &list_seen[row - table->rows];
        if (row->kind == OPTION_LIST && !*seen) {
            ((struct option_list *)((char *)options + row->offset))->count = 0;
            *seen = true;
        }
        if (set_row(row, options, row->kind == OPTION_FLAG ? "true" : optarg, error)) {
            return OPTIONS_ERROR;
        }
    }
    *operands = optind;
    return OPTIONS_RUN;
}

/* " (MIN ... MAX, default X)" of a number, " (default X)" of a string, or nothing. A default outside the
 * range stands for something else, which the help says in words. */
static void describe_value(const struct option_row *row, const void *defaults, char *out, size_t size)
{
    const void *member = (const char *)defaults + row->offset;
    double value = 0;
    switch (row->kind) {
    case OPTION_FLAG:
    case OPTION_PARTS:
    case OPTION_LIST: return;
    case OPTION_STRING:
    case OPTION_NAME:
        if (*(const char *const *)member) {
            snprintf(out, size, " (default %s)", *(const char *const *)member);
        }
        return;
    case OPTION_DOUBLE: value = *(const double *)member; break;
    case OPTION_UINT:
    case OPTION_POWER2: value = *(const uint32_t *)member; break;
    }
    const int used = snprintf(out, size, " (%.10g ... %.10g", row->min, row->max);
    if (value >= row->min && value <= row->max) {
        snprintf(out + used, size - (size_t)used, ", default %g)", value);
    } else {
        snprintf(out + used, size - (size_t)used, ")");
    }
}

void options_help(const struct option_table *table, const void *defaults, FILE *out)
{
    fprintf(out, "usage: %s %s\n\n%s\n\n", table->program, table->usage, table->about);
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        char left[64];
        char right[128] = "";
        char letter[5] = "    ";
        if (row->letter) {
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        }
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->arg ? " " : "",
                 row->arg ? row->arg : "");
        if (defaults) {
            describe_value(row, defaults, right, sizeof right);
        }
        fprintf(out, "  %-32s %s%s\n", left, row->help, right);
    }
    fprintf(out, "  %-32s %s\n  %-32s %s\n", "-h, --help", "show this page and exit", "-V, --version",
            "show the version and exit");
    if (table->notes) {
        fprintf(out, "\n%s\n", table->notes);
    }
}
