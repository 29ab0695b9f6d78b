/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a file that options were saved to has all that a program's --help lists. */
#ifndef PHICAST_TESTS_UNIT_SAVED_OPTIONS_H
#define PHICAST_TESTS_UNIT_SAVED_OPTIONS_H

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* help: the page, which is cut in place. Those in `kept` must not be in the file. */
static inline void file_has_all(const char *path, char *help, const char *const *kept, size_t count)
{
    static char text[8192];
    size_t options = 0;
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *rest = NULL;
    for (char *line = strtok_r(help, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char key[64];
        if (sscanf(line, "  %*[-a-zA-Z, ]--%60[a-z0-9-]", key + 1) != 1 &&
            sscanf(line, " --%60[a-z0-9-]", key + 1) != 1) {
            continue;
        }
        bool wanted = true;
        for (size_t i = 0; i < count; i++) {
            wanted = wanted && strcmp(key + 1, kept[i]) != 0;
        }
        key[0] = '"';
        strcat(key, "\":");
        if ((strstr(text, key) != NULL) != wanted) {
            fprintf(stderr, "%s is %sin the file\n", key, wanted ? "not " : "");
            CU_FAIL("an option is missing, or should be");
        }
        options++;
    }
    CU_ASSERT(options > 15);
}

#endif
