/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/url.h"

#include "broadcaster/stream/client.h"
#include "broadcaster/stream/query.h"
#include "shared/part.h"
#include "shared/text.h"
#include "shared/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_WS = 80, PORT_WSS = 443 };

static const char form[] = "give ws://HOST[:PORT]/pub/" EDGE_STREAM " or wss://...";

/* Nothing that would end a line or a word of a request. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\') {
            return false;
        }
    }
    return true;
}

/* HOST, HOST:PORT, [ADDR], [ADDR]:PORT. */
static const char *take_place(struct edge_url *url, const char *text, size_t length)
{
    const char *end = text + length;
    const bool bracketed = length > 0 && *text == '[';
    const char *start = bracketed ? text + 1 : text;
    const char *stop = memchr(start, bracketed ? ']' : ':', (size_t)(end - start));
    const char *rest = stop ? stop + (bracketed ? 1 : 0) : end;
    uint32_t port = url->tls ? PORT_WSS : PORT_WS;
    if (bracketed && !stop) {
        return "the bracket is not closed";
    }
    if (!url_cut(url->host, sizeof url->host, start, stop ? stop : end)) {
        return form;
    }
    if (bracketed && url->tls) {
        return "a certificate cannot be checked against that; give the edge's name";
    }
    if (rest < end && (*rest != ':' || !url_number(&port, rest + 1, end, 1, UINT16_MAX))) {
        return "give a port from 1 to 65535";
    }
    url->port = (uint16_t)port;
    return NULL;
}

static const char *take_address(struct edge_url *url, const char *text, size_t length)
{
    const char *slash = memchr(text, '/', length);
    const size_t place = slash ? (size_t)(slash - text) : length;
    const char *at = memchr(text, '@', place);
    if (at && memchr(text, ':', (size_t)(at - text))) {
        return "a password there can be seen by everybody; put it into a file, and give token-file=FILE";
    }
    if (at && !url_cut(url->user, sizeof url->user, text, at)) {
        return "give a user of 1 to 63 characters";
    }
    const char *host = at ? at + 1 : text;
    const char *wrong = take_place(url, host, place - (size_t)(host - text));
    if (wrong) {
        return wrong;
    }
    if (!slash || !url_cut(url->path, sizeof url->path, slash, text + length)) {
        return "give a path of up to 255 characters, such as /pub/" EDGE_STREAM;
    }
    const char *stream = strstr(url->path, EDGE_STREAM);
    if (!stream || strstr(stream + 1, EDGE_STREAM)) {
        return "the path needs " EDGE_STREAM ", once, where the channel's name belongs";
    }
    return NULL;
}

static const char *take_rates(struct edge_url *url, const char *list, size_t length)
{
    static const char wrong[] = "rates: give up to " TEXT_OF(8) " whole numbers of Hz from 1 to " TEXT_OF(
        METRICS_HZ_MAX) ", with commas between";
    const char *end = list + length;
    while (list) {
        uint32_t rate_hz;
        const char *comma = memchr(list, ',', (size_t)(end - list));
        if (!url_number(&rate_hz, list, comma ? comma : end, 1, METRICS_HZ_MAX)) {
            return wrong;
        }
        bool is_new = rate_hz != METRICS_HZ;
        for (uint32_t i = 0; i < url->rate_count; i++) {
            is_new = is_new && url->rate_hz[i] != rate_hz;
        }
        if (is_new && url->rate_count == EDGE_RATES_MAX) {
            return wrong;
        }
        if (is_new) {
            url->rate_hz[url->rate_count++] = rate_hz;
        }
        list = comma ? comma + 1 : NULL;
    }
    return NULL;
}

static const char *take_parts(struct edge_url *url, const char *list, size_t length)
{
    char names[64];
    return url_cut(names, sizeof names, list, list + length) && parts_parse(names, &url->add) == STATUS_OK
               ? NULL
               : "add: give one or more of " PARTS_LIST ", with commas between";
}

static const char *take_choice(struct edge_url *url, const char *text, size_t length)
{
    const char *equals = memchr(text, '=', length);
    const size_t name = equals ? (size_t)(equals - text) : length;
    const char *value = text + name + 1;
    const size_t rest = equals ? length - name - 1 : 0;
    if (name == 5 && memcmp(text, "rates", name) == 0) {
        return take_rates(url, value, rest);
    }
    if (name == 3 && memcmp(text, "add", name) == 0) {
        return take_parts(url, value, rest);
    }
    if (name == 2 && memcmp(text, "ca", name) == 0) {
        return url_cut(url->ca, sizeof url->ca, value, value + rest) ? NULL : "ca: give a file";
    }
    if (name == 10 && memcmp(text, "token-file", name) == 0) {
        return url_cut(url->token_file, sizeof url->token_file, value, value + rest)
                   ? NULL
                   : "token-file: give a file";
    }
    return "after ? come rates=, add=, ca= or token-file=, with & between";
}

static const char *take_choices(struct edge_url *url, const char *text)
{
    const char *wrong = NULL;
    while (text && !wrong) {
        const char *next = strchr(text, '&');
        wrong = take_choice(url, text, next ? (size_t)(next - text) : strlen(text));
        text = next ? next + 1 : NULL;
    }
    return wrong;
}

static const char *take_url(struct edge_url *url, const char *text)
{
    static const char ws[] = "ws://";
    static const char wss[] = "wss://";
    const char *question = strchr(text, '?');
    const char *end = question ? question : text + strlen(text);
    url->tls = strncmp(text, wss, sizeof wss - 1) == 0;
    if (!url->tls && strncmp(text, ws, sizeof ws - 1) != 0) {
        return form;
    }
    const char *address = text + (url->tls ? sizeof wss : sizeof ws) - 1;
    const char *wrong = take_address(url, address, (size_t)(end - address));
    if (!wrong && question) {
        wrong = take_choices(url, question + 1);
    }
    if (!wrong && (!is_plain(url->user) || !is_plain(url->host) || !is_plain(url->path))) {
        wrong = "nothing but letters, digits and signs before ?";
    }
    if (!wrong && url->user[0] && !url->token_file[0]) {
        wrong = "a user needs a password: give token-file=FILE as well";
    }
    if (!wrong && url->ca[0] && !url->tls) {
        wrong = "ca is for wss://";
    }
    return wrong;
}

enum status edge_url_parse(struct edge_url *url, const char *text, char error[OPTION_ERROR_MAX])
{
    *url = (struct edge_url){0};
    const char *wrong = take_url(url, text);
    if (wrong) {
        snprintf(error, OPTION_ERROR_MAX, "--publish %.80s: %s", text, wrong);
        return STATUS_BAD_ARG;
    }
    url_cut(url->text, sizeof url->text, text, text + strcspn(text, "?"));
    return STATUS_OK;
}

enum status edge_urls_read(struct edge_urls *urls, const struct option_list *texts,
                           char error[OPTION_ERROR_MAX])
{
    *urls = (struct edge_urls){0};
    for (uint32_t i = 0; i < texts->count; i++) {
        struct edge_url *url = &urls->url[i];
        const enum status status = edge_url_parse(url, texts->item[i], error);
        if (status) {
            return status;
        }
        for (uint32_t k = 0; k < i; k++) {
            const struct edge_url *other = &urls->url[k];
            if (strcmp(url->host, other->host) == 0 && url->port == other->port &&
                strcmp(url->path, other->path) == 0) {
                snprintf(error, OPTION_ERROR_MAX,
                         "--publish %.80s: given twice, which would double its streams; give it once",
                         url->text);
                return STATUS_BAD_ARG;
            }
        }
        urls->count++;
    }
    return STATUS_OK;
}

uint32_t edge_url_channels(const struct edge_url *url)
{
    const uint32_t metrics = (1 + url->rate_count) * (url->add ? 2 : 1);
    return metrics + 2 + (url->add & PART_ONSETS ? 1 : 0); /* latency and events */
}

uint32_t edge_urls_descriptors(const struct edge_urls *urls)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < urls->count; i++) {
        sum += edge_url_channels(&urls->url[i]) + 1; /* and its name's look-up */
    }
    return sum > 0 ? sum + 4 : 0; /* and libwebsockets' own */
}
