/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/url.h"

#include "shared/part.h"
#include "shared/url.h"
#include "shared/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char form[] = "give mqtt://[USER@]HOST[:PORT][/PREFIX][?...], or mqtts://";

/* Without the URL, in which a password may stand. */
__attribute__((format(printf, 2, 3))) static enum status refuse(char *error, const char *format, ...)
{
    va_list args;
    const int used = snprintf(error, OPTION_ERROR_MAX, "--mqtt: ");
    va_start(args, format);
    vsnprintf(error + used, OPTION_ERROR_MAX - (size_t)used, format, args);
    va_end(args);
    return STATUS_BAD_ARG;
}

static enum status take_user(struct mqtt_url *url, const char *start, const char *end, char *error)
{
    char text[MQTT_USER_MAX];
    if (memchr(start, ':', (size_t)(end - start))) {
        return refuse(error, "a password in the URL could be read by every user of this machine; give "
                             "?password-file=FILE instead");
    }
    if (!url_cut(text, sizeof text, start, end) || !url_decode(url->user, text) ||
        !utf8_is_plain(url->user)) {
        return refuse(error, "the user's name must be text of 1 to %d bytes, with %%40 for @ and the like",
                      MQTT_USER_MAX - 1);
    }
    return STATUS_OK;
}

static enum status take_host(struct mqtt_url *url, const char *at, const char *end, char *error)
{
    const bool bracketed = *at == '[';
    const char *start = bracketed ? at + 1 : at;
    const char *stop = memchr(start, bracketed ? ']' : ':', (size_t)(end - start));
    uint32_t number = url->tls ? MQTT_PORT_TLS : MQTT_PORT;
    if ((bracketed && !stop) || !url_cut(url->host, sizeof url->host, start, stop ? stop : end) ||
        !url_is_host(url->host, bracketed)) {
        return refuse(error, "no host in it; %s", form);
    }
    stop = stop ? stop + (bracketed ? 1 : 0) : end;
    if (stop < end && (*stop != ':' || !url_number(&number, stop + 1, end, 1, UINT16_MAX))) {
        return refuse(error, "the port must be a number from 1 to %d", UINT16_MAX);
    }
    url->port = (uint16_t)number;
    return STATUS_OK;
}

/* # and + have a meaning in what others subscribe to, and $ at the start is the broker's own. */
static enum status take_prefix(struct mqtt_url *url, const char *start, const char *end, char *error)
{
    while (end > start && end[-1] == '/') {
        end--;
    }
    if (start == end) {
        snprintf(url->prefix, sizeof url->prefix, MQTT_PREFIX_DEFAULT);
        return STATUS_OK;
    }
    if (!url_cut(url->prefix, sizeof url->prefix, start, end)) {
        return refuse(error, "the prefix is too long; give one of up to %d characters", MQTT_PREFIX_MAX - 1);
    }
    bool good = url->prefix[0] != '/' && url->prefix[0] != '$' && !strstr(url->prefix, "//");
    for (const char *c = url->prefix; *c; c++) {
        good = good && *c > ' ' && *c <= '~' && *c != '#' && *c != '+';
    }
    return good ? STATUS_OK
                : refuse(error, "the prefix must be plain text without # + and spaces, with one / between "
                                "its levels, and not begin with $");
}

static enum status take_file(char *out, const char *name, const char *value, char *error)
{
    char text[MQTT_FILE_MAX];
    if (!url_cut(text, sizeof text, value, value + strlen(value)) || !url_decode(out, text) ||
        !utf8_is_plain(out)) {
        return refuse(error, "%s: give a file, with %%26 for & and the like", name);
    }
    return STATUS_OK;
}

static enum status take_choice(struct mqtt_url *url, const char *name, const char *value, char *error)
{
    if (strcmp(name, "rate") == 0) {
        return url_number(&url->rate_hz, value, value + strlen(value), 1, MQTT_RATE_MAX)
                   ? STATUS_OK
                   : refuse(error, "rate: give a whole number of Hz from 1 to %d", MQTT_RATE_MAX);
    }
    if (strcmp(name, "add") == 0) {
        return parts_parse(value, &url->add)
                   ? refuse(error, "add: give one or more of " PARTS_LIST ", with commas between")
                   : STATUS_OK;
    }
    if (strcmp(name, "discovery") == 0) {
        url->homeassistant = strcmp(value, "homeassistant") == 0;
        return url->homeassistant ? STATUS_OK : refuse(error, "discovery: give homeassistant");
    }
    if (strcmp(name, "password-file") == 0) {
        return take_file(url->password_file, name, value, error);
    }
    if (strcmp(name, "ca") == 0) {
        return url->tls ? take_file(url->ca_file, name, value, error)
                        : refuse(error, "ca: only mqtts:// has certificates; give that");
    }
    return refuse(error, "%.40s: no such choice; there is rate, add, discovery, password-file, ca", name);
}

static enum status take_query(struct mqtt_url *url, const char *at, char *error)
{
    enum status status = STATUS_OK;
    while (*at && status == STATUS_OK) {
        char name[16];
        char value[MQTT_FILE_MAX];
        const char *end = at + strcspn(at, "&");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (!equals || !url_cut(name, sizeof name, at, equals) ||
            !url_cut(value, sizeof value, equals + 1, end)) {
            return refuse(error, "after the ? give CHOICE=VALUE, with & between: rate, add, discovery, "
                                 "password-file, ca");
        }
        status = take_choice(url, name, value, error);
        at = *end ? end + 1 : end;
    }
    return status;
}

enum status mqtt_url_read(struct mqtt_url *url, const char *text, char error[OPTION_ERROR_MAX])
{
    *url = (struct mqtt_url){.rate_hz = MQTT_RATE_DEFAULT};
    if (!text) {
        return STATUS_OK;
    }
    url->tls = strncmp(text, "mqtts://", 8) == 0;
    if (!url->tls && strncmp(text, "mqtt://", 7) != 0) {
        return refuse(error, "%s", form);
    }
    const char *at = text + (url->tls ? 8 : 7);
    const char *end = at + strcspn(at, "/?");
    const char *query = end + strcspn(end, "?");
    const char *sign = memrchr(at, '@', (size_t)(end - at));
    enum status status = sign ? take_user(url, at, sign, error) : STATUS_OK;
    if (status == STATUS_OK) {
        status = take_host(url, sign ? sign + 1 : at, end, error);
    }
    if (status == STATUS_OK) {
        status = take_prefix(url, *end == '/' ? end + 1 : end, query, error);
    }
    if (status == STATUS_OK && *query) {
        status = take_query(url, query + 1, error);
    }
    if (status == STATUS_OK && url->password_file[0] && !url->user[0]) {
        status = refuse(error, "password-file: a password is a user's; give mqtt://USER@HOST");
    }
    if (status) {
        url->host[0] = '\0';
    }
    return status;
}

const char *mqtt_url_broker(const struct mqtt_url *url, char out[MQTT_BROKER_MAX])
{
    const bool v6 = strchr(url->host, ':') != NULL;
    snprintf(out, MQTT_BROKER_MAX, "mqtt%s://%s%s%s:%u", url->tls ? "s" : "", v6 ? "[" : "", url->host,
             v6 ? "]" : "", url->port);
    return out;
}
