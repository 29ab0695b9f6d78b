/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/resume.h"

#include <inttypes.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "HANGS GOING JACK LEFT FRAME\n", then "SOURCE\tSINK\n" for each connection. */
static const char variable[] = "PHICAST_RESUME";

enum { TEXT_MAX = 65536 };

/* libjack's sockets would outlive the exec: a server that writes to one which nobody reads any more would be
 * held up until we end, and could not see that the client has gone. Nothing but standard input, output and
 * error is to be kept. */
static void let_go_of_files(void)
{
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

void resume_exec(char **argv, const struct resume *resume, const struct links *lost, const struct nsm *nsm)
{
    char *text = malloc(TEXT_MAX);
    if (text) {
        int used = snprintf(text, TEXT_MAX, "%" PRIu32 " %d %d %lu %" PRIu64 "\n", resume->hangs,
                            resume->going, resume->jack_before, resume->jack_left, resume->next_frame);
        for (size_t i = 0; i < lost->count && used < TEXT_MAX; i++) {
            used += snprintf(text + used, (size_t)(TEXT_MAX - used), "%s\t%s\n", lost->link[i].source,
                             lost->link[i].sink);
        }
        (void)setenv(variable, text, 1);
        let_go_of_files();
        if (nsm) {
            nsm_hand_over(nsm);
        }
        (void)execv("/proc/self/exe", argv);
        free(text);
    }
}

static struct resume parse_head(const char *line)
{
    struct resume resume = {0};
    char *end = NULL;
    if (line) {
        resume.hangs = (uint32_t)strtoul(line, &end, 10);
        resume.going = strtoul(end, &end, 10) != 0;
        resume.jack_before = strtoul(end, &end, 10) != 0;
        resume.jack_left = strtoul(end, &end, 10);
        resume.next_frame = strtoull(end, NULL, 10);
    }
    return resume;
}

struct resume resume_take(struct links *lost)
{
    const char *text = getenv(variable);
    char *copy = text ? strdup(text) : NULL;
    if (!copy) {
        return (struct resume){0};
    }
    char *rest = NULL;
    const struct resume resume = parse_head(strtok_r(copy, "\n", &rest));
    for (char *link = strtok_r(NULL, "\n", &rest); link; link = strtok_r(NULL, "\n", &rest)) {
        char *tab = strchr(link, '\t');
        if (tab) {
            *tab = '\0';
            (void)links_add(lost, link, tab + 1);
        }
    }
    free(copy);
    (void)unsetenv(variable);
    return resume;
}
