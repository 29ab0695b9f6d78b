/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/discover.h"

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/zeroconf/zeroconf.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 50, LOOK_NS = 100000000, NAME_COLUMN = 28, ADDRESS_COLUMN = 28 };

static const char osc_type[] = "_osc._udp";

/* Broadcasters first; of one service, what comes first in the list stays first. */
static int compare(const void *left, const void *right)
{
    const struct zeroconf_service *a = left;
    const struct zeroconf_service *b = right;
    const int types = (a->type == osc_type) - (b->type == osc_type);
    const int names = types ? types : strcasecmp(a->name, b->name);
    const int families = (strchr(a->address, ':') != NULL) - (strchr(b->address, ':') != NULL);
    return names ? names : families ? families : strcmp(a->address, b->address);
}

static void print(FILE *out, const struct zeroconf_service *service)
{
    char where[ZEROCONF_ADDRESS_MAX + 16];
    char url[OSC_URL_MAX] = "";
    const bool v6 = strchr(service->address, ':') != NULL;
    struct osc_choice target = {.service = true};
    snprintf(where, sizeof where, "%s%s%s:%u", v6 ? "[" : "", service->address, v6 ? "]" : "", service->port);
    if (service->type == osc_type) {
        snprintf(target.host, sizeof target.host, "%s", service->name);
        osc_choice_url(&target, url);
        fprintf(out, "%-*s  %-*s  --osc '%s'\n", NAME_COLUMN, service->name, ADDRESS_COLUMN, where, url);
    } else {
        fprintf(out, "%-*s  %-*s  %s\n", NAME_COLUMN, service->name, ADDRESS_COLUMN, where, service->txt);
    }
}

/* Each service once, by its first address. How many. */
static uint32_t print_all(FILE *out, struct zeroconf_service *found, uint32_t count)
{
    const struct zeroconf_service *last = NULL;
    const char *heading = NULL;
    uint32_t printed = 0;
    qsort(found, count, sizeof *found, compare);
    for (uint32_t i = 0; i < count; i++) {
        if (found[i].address[0] == '\0' ||
            (last && last->type == found[i].type && strcasecmp(last->name, found[i].name) == 0)) {
            continue;
        }
        last = &found[i];
        if (heading != last->type) {
            fprintf(out, "%s%s:\n", printed > 0 ? "\n" : "",
                    last->type == osc_type ? "OSC receivers" : "Broadcasters");
            heading = last->type;
        }
        print(out, last);
        printed++;
    }
    return printed;
}

/* Until the time is over, a signal comes, or it turns out that nobody can be asked. */
static void wait(struct zeroconf *zeroconf, struct zeroconf_service *found)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    const bool shown = isatty(STDERR_FILENO) == 1;
    char detail[OPTION_ERROR_MAX];
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    for (int i = 0; i < LOOKS && zeroconf_look(zeroconf, detail) != ZEROCONF_WAITING; i++) {
        if (shown) {
            const uint32_t count = zeroconf_found(zeroconf, NULL, found, ZEROCONF_FOUND_MAX);
            fprintf(stderr, "\rlooking: %d s left, %u answers (Ctrl-C ends it) ", (LOOKS - i + 9) / 10,
                    count);
        }
        if (sigtimedwait(&signals, NULL, &look) > 0) {
            break;
        }
    }
    if (shown) {
        fputs("\r\033[K", stderr);
    }
}

static enum status look(struct zeroconf *zeroconf, struct zeroconf_service *found, FILE *out, char *error)
{
    char detail[OPTION_ERROR_MAX];
    wait(zeroconf, found);
    if (zeroconf_look(zeroconf, detail) != ZEROCONF_RUNNING) {
        snprintf(error, OPTION_ERROR_MAX, "--discover: %.200s", detail);
        return STATUS_NOT_FOUND;
    }
    const uint32_t count = zeroconf_found(zeroconf, NULL, found, ZEROCONF_FOUND_MAX);
    if (print_all(out, found, count) == 0) {
        fputs("Nobody answers: no broadcaster that listens to the network (--bind), no OSC receiver.\n", out);
    }
    return STATUS_OK;
}

enum status discover_run(FILE *out, char error[OPTION_ERROR_MAX])
{
    const struct zeroconf_wish wish = {.type = {"_phicast._tcp", osc_type}};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    struct zeroconf_service *found = calloc(ZEROCONF_FOUND_MAX, sizeof *found);
    struct zeroconf *zeroconf = found ? zeroconf_open(&wish) : NULL;
    enum status status = STATUS_NO_MEMORY;
    if (zeroconf) {
        status = look(zeroconf, found, out, error);
    } else {
        snprintf(error, OPTION_ERROR_MAX, "--discover: out of memory, descriptors or threads");
    }
    zeroconf_close(zeroconf);
    free(found);
    return status;
}
