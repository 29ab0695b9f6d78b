/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "FRAME\n", then "SOURCE\tSINK\n" for each connection. */
static const char variable[] = "PHICAST_RESUME";

enum { TEXT_MAX = 65536 };

void resume_exec(char **argv, uint64_t next_frame, const struct links *lost)
{
    char *text = malloc(TEXT_MAX);
    if (text) {
        int used = snprintf(text, TEXT_MAX, "%" PRIu64 "\n", next_frame);
        for (size_t i = 0; i < lost->count && used < TEXT_MAX; i++) {
            used += snprintf(text + used, (size_t)(TEXT_MAX - used), "%s\t%s\n", lost->link[i].source,
                             lost->link[i].sink);
        }
        (void)setenv(variable, text, 1);
        (void)execv("/proc/self/exe", argv);
        free(text);
    }
}

bool resume_take(uint64_t *next_frame, struct links *lost)
{
    const char *text = getenv(variable);
    char *copy = text ? strdup(text) : NULL;
    if (!copy) {
        return false;
    }
    char *rest = NULL;
    const char *line = strtok_r(copy, "\n", &rest);
    *next_frame = line ? strtoull(line, NULL, 10) : 0;
    for (char *link = strtok_r(NULL, "\n", &rest); link; link = strtok_r(NULL, "\n", &rest)) {
        char *tab = strchr(link, '\t');
        if (tab) {
            *tab = '\0';
            (void)links_add(lost, link, tab + 1);
        }
    }
    free(copy);
    (void)unsetenv(variable);
    return true;
}
