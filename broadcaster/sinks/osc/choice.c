/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/choice.h"

#include "shared/url.h"
#include "shared/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 256, SERVICE_MAX = 63 /* bytes of a service's name: a label of the DNS */ };

struct given { /* what the query said, where the default depends on the rest */
    bool events;
    bool metrics;
    bool bundle;
};

__attribute__((format(printf, 3, 4))) static enum status refuse(char *error, const char *url,
                                                                const char *format, ...)
{
    va_list args;
    const int used = snprintf(error, OPTION_ERROR_MAX, "--osc %.90s: ", url);
    va_start(args, format);
    vsnprintf(error + used, OPTION_ERROR_MAX - (size_t)used, format, args);
    va_end(args);
    return STATUS_BAD_ARG;
}

static enum status take_authority(struct osc_choice *choice, const char *url, const char *at,
                                  const char **rest, char *error)
{
    const bool bracketed = *at == '[';
    const char *start = bracketed ? at + 1 : at;
    const char *end = start + strcspn(start, bracketed ? "]" : ":/?");
    uint32_t port;
    if (!url_cut(choice->host, sizeof choice->host, start, end) || !url_is_host(choice->host, bracketed) ||
        (bracketed && *end != ']')) {
        return refuse(error, url, "no host in it; give osc.udp://HOST:PORT");
    }
    end += bracketed ? 1 : 0;
    if (*end != ':') {
        return refuse(error, url, "no port in it; give osc.udp://HOST:PORT");
    }
    start = end + 1;
    end = start + strcspn(start, "/?");
    if (!url_cut(choice->port, sizeof choice->port, start, end) ||
        !url_number(&port, start, end, 1, UINT16_MAX)) {
        return refuse(error, url, "the port must be a number from 1 to %d", UINT16_MAX);
    }
    snprintf(choice->port, sizeof choice->port, "%u", port);
    *rest = end;
    return STATUS_OK;
}

/* Also what a shell's quotes would end at. */
static void encode(char *out, const char *text)
{
    for (; *text; text++) {
        out += sprintf(out, strchr("%/?'", *text) ? "%%%02X" : "%c", (unsigned char)*text);
    }
    *out = '\0';
}

static enum status take_service(struct osc_choice *choice, const char *url, const char *at, const char **rest,
                                char *error)
{
    char text[OSC_HOST_MAX];
    *rest = at + strcspn(at, "/?");
    if (!url_cut(text, sizeof text, at, *rest) || !url_decode(choice->host, text) ||
        strlen(choice->host) > SERVICE_MAX || !utf8_is_plain(choice->host)) {
        return refuse(
            error, url,
            "give zeroconf:NAME, a service's name of up to %d bytes, with %%2F, %%3F and %%25 for / ? %%",
            SERVICE_MAX);
    }
    return STATUS_OK;
}

/* "/" and "" mean the default. The forbidden characters are those that OSC gives a meaning in addresses. */
static enum status take_prefix(struct osc_choice *choice, const char *url, const char *at, const char **rest,
                               char *error)
{
    const char *end = at + strcspn(at, "?");
    *rest = end;
    while (end > at && end[-1] == '/') {
        end--;
    }
    if (end == at) {
        snprintf(choice->prefix, sizeof choice->prefix, "/phicast");
        return STATUS_OK;
    }
    if (!url_cut(choice->prefix, sizeof choice->prefix, at, end)) {
        return refuse(error, url, "the prefix is too long; give one of up to %d characters",
                      OSC_PREFIX_MAX - 1);
    }
    for (const char *c = choice->prefix; *c; c++) {
        if (*c <= ' ' || *c > '~' || strchr("#*,?[]{}", *c)) {
            return refuse(error, url,
                          "the prefix must be plain text without any of # * , ? [ ] { } and spaces");
        }
    }
    return STATUS_OK;
}

static bool take_switch(const char *value, bool *on)
{
    *on = value[0] == '1';
    return (value[0] == '0' || value[0] == '1') && value[1] == '\0';
}

static enum status take_choice(struct osc_choice *choice, struct given *given, const char *url,
                               const char *name, const char *value, char *error)
{
    static const char *const help = "%s: give 0 or 1";
    if (strcmp(name, "events") == 0) {
        given->events = true;
        return take_switch(value, &choice->events) ? STATUS_OK : refuse(error, url, help, name);
    }
    if (strcmp(name, "metrics") == 0) {
        given->metrics = true;
        return take_switch(value, &choice->metrics) ? STATUS_OK : refuse(error, url, help, name);
    }
    if (strcmp(name, "time") == 0) {
        return take_switch(value, &choice->dated) ? STATUS_OK : refuse(error, url, help, name);
    }
    if (strcmp(name, "bundle") == 0) {
        bool bundle;
        given->bundle = true;
        if (!take_switch(value, &bundle)) {
            return refuse(error, url, help, name);
        }
        choice->single = !bundle;
        return STATUS_OK;
    }
    if (strcmp(name, "rate") == 0) {
        return url_number(&choice->rate_hz, value, value + strlen(value), 1, OSC_RATE_MAX)
                   ? STATUS_OK
                   : refuse(error, url, "rate: give a whole number of Hz from 1 to %d", OSC_RATE_MAX);
    }
    if (strcmp(name, "add") == 0) {
        return parts_parse(value, &choice->add)
                   ? refuse(error, url, "add: give one or more of " PARTS_LIST ", with commas between")
                   : STATUS_OK;
    }
    if (strcmp(name, "map") == 0) {
        return value[0] != '\0' && url_decode(choice->map, value)
                   ? STATUS_OK
                   : refuse(error, url, "map: give touchdesigner, resolume, eos, grandma3 or a file's name");
    }
    return refuse(error, url,
                  "%.20s: no such choice; there are events, metrics, add, rate, map, time and bundle", name);
}

static enum status take_query(struct osc_choice *choice, struct given *given, const char *url, const char *at,
                              char *error)
{
    while (*at != '\0') {
        char name[24];
        char value[VALUE_MAX] = "";
        const char *end = at + 1 + strcspn(at + 1, "&");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (!equals || !url_cut(name, sizeof name, at + 1, equals) ||
            (equals + 1 < end && !url_cut(value, sizeof value, equals + 1, end))) {
            return refuse(error, url, "after the ? give CHOICE=VALUE, with & between two of them");
        }
        const enum status status = take_choice(choice, given, url, name, value, error);
        if (status) {
            return status;
        }
        at = end;
    }
    return STATUS_OK;
}

static_assert((int)OSC_MAP_NAME_MAX >= (int)VALUE_MAX, "a decoded value always fits");

enum status osc_choice_parse(struct osc_choice *choice, const char *url, bool metrics,
                             char error[OPTION_ERROR_MAX])
{
    static const char udp[] = "osc.udp://";
    static const char tcp[] = "osc.tcp://";
    static const char zeroconf[] = "zeroconf:";
    struct given given = {0};
    const char *at = url;

    *choice = (struct osc_choice){.events = true, .metrics = metrics, .rate_hz = OSC_RATE_DEFAULT};
    choice->tcp = strncmp(url, tcp, sizeof tcp - 1) == 0;
    choice->service = strncmp(url, zeroconf, sizeof zeroconf - 1) == 0;
    if (!choice->tcp && !choice->service && strncmp(url, udp, sizeof udp - 1) != 0) {
        return refuse(error, url, "give osc.udp://HOST:PORT, osc.tcp://HOST:PORT, zeroconf:NAME, or none");
    }
    enum status status = choice->service ? take_service(choice, url, url + sizeof zeroconf - 1, &at, error)
                                         : take_authority(choice, url, url + sizeof udp - 1, &at, error);
    if (status == STATUS_OK) {
        status = take_prefix(choice, url, at, &at, error);
    }
    if (status == STATUS_OK) {
        status = take_query(choice, &given, url, at, error);
    }
    if (status == STATUS_OK && choice->map[0] != '\0') { /* its receivers want floats and nothing else */
        choice->events = given.events && choice->events;
        choice->metrics = !given.metrics || choice->metrics;
    }
    if (choice->add & (PART_LEVELS | PART_BANDS)) {
        choice->metrics = !given.metrics || choice->metrics;
    }
    choice->single = given.bundle ? choice->single : strcmp(choice->map, OSC_MAP_GRANDMA3) == 0;
    if (status == STATUS_OK && choice->single && choice->dated) {
        return refuse(error, url, "time=1: the time is a bundle's; give bundle=1 as well, or time=0");
    }
    if (status == STATUS_OK && !choice->events && !choice->metrics) {
        return refuse(error, url, "asks for neither events nor metrics; leave it out instead");
    }
    return status;
}

void osc_choice_url(const struct osc_choice *choice, char out[OSC_URL_MAX])
{
    const bool v6 = strchr(choice->host, ':') != NULL;
    if (choice->service) {
        char name[3 * SERVICE_MAX + 1];
        encode(name, choice->host);
        snprintf(out, OSC_URL_MAX, "zeroconf:%s%s", name, choice->prefix);
        return;
    }
    snprintf(out, OSC_URL_MAX, "osc.%s://%s%s%s:%s%s", choice->tcp ? "tcp" : "udp", v6 ? "[" : "",
             choice->host, v6 ? "]" : "", choice->port, choice->prefix);
}

enum status osc_choices_read(struct osc_choices *choices, const struct option_list *urls, bool metrics,
                             char error[OPTION_ERROR_MAX])
{
    *choices = (struct osc_choices){.by_default = urls->count == 0};
    if (choices->by_default) {
        choices->count = 1;
        return osc_choice_parse(&choices->choice[0], OSC_URL_DEFAULT, metrics, error);
    }
    for (uint32_t i = 0; i < urls->count; i++) {
        if (strcmp(urls->item[i], "none") != 0) {
            const enum status status =
                osc_choice_parse(&choices->choice[choices->count++], urls->item[i], metrics, error);
            if (status) {
                return status;
            }
        } else if (urls->count > 1) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--osc none: stands alone; leave out none or the other targets");
            return STATUS_BAD_ARG;
        }
    }
    return STATUS_OK;
}
