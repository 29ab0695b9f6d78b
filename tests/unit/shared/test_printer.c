/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same values as lines and as JSON, to the byte. */
#include "shared/dump/printer.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *printed;

static void print_all(bool json)
{
    size_t size;
    free(printed);
    FILE *out = open_memstream(&printed, &size);
    struct printer to = printer_begin(out, json);
    print_text(&to, "name", "x \"\\ \xc3\xa9");
    print_object(&to, "inner");
    print_count(&to, "count", UINT64_MAX);
    print_flag(&to, "on", true);
    print_list(&to, "rows");
    for (uint64_t i = 0; i < 2; i++) {
        print_row(&to);
        print_count(&to, "row", i);
        print_number(&to, "value", 0.1);
        print_row_end(&to);
    }
    print_list_end(&to);
    print_seconds(&to, "time", -1.5);
    print_object_end(&to);
    print_list(&to, "empty");
    print_list_end(&to);
    print_nothing(&to, "absent", "not there");
    printer_end(&to);
    fclose(out);
}

static void as_lines(void)
{
    print_all(false);
    CU_ASSERT_STRING_EQUAL(printed, "name                            x \"\\ \xc3\xa9\n"
                                    "inner\n"
                                    "  count                         18446744073709551615\n"
                                    "  on                            yes\n"
                                    "  rows\n"
                                    "    row 0  value 0.1\n"
                                    "    row 1  value 0.1\n"
                                    "  time                          -1.500000\n"
                                    "empty none\n"
                                    "absent                          not there\n");
}

static void as_json(void)
{
    print_all(true);
    CU_ASSERT_STRING_EQUAL(printed, "{\n"
                                    "  \"name\": \"x \\\"\\\\ \xc3\xa9\",\n"
                                    "  \"inner\": {\n"
                                    "    \"count\": 18446744073709551615,\n"
                                    "    \"on\": true,\n"
                                    "    \"rows\": [\n"
                                    "      {\"row\": 0, \"value\": 0.1},\n"
                                    "      {\"row\": 1, \"value\": 0.1}\n"
                                    "    ],\n"
                                    "    \"time\": -1.500000\n"
                                    "  },\n"
                                    "  \"empty\": [],\n"
                                    "  \"absent\": null\n"
                                    "}\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"lines", as_lines}, {"JSON", as_json}, CU_TEST_INFO_NULL};
    const int code = unit_run("printer", tests);
    free(printed);
    return code;
}
