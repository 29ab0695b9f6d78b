/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http.h"

#include "broadcaster/assets.h"
#include "broadcaster/clock.h"
#include "broadcaster/guard.h"
#include "broadcaster/reply.h"
#include "broadcaster/report.h"
#include "broadcaster/ws.h"
#include "shared/json/reports.h"

#include <string.h>
#include <strings.h>

/* ws: and wss: by scheme, because Firefox and older Safari do not take 'self' to cover WebSockets. */
static const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

/* Puts a message that was just made into the reply; a failure to make it becomes a plain 500. */
static void fill(struct reply *reply, unsigned code, enum status status, const struct message *message)
{
    static const char failed[] = "{\"detail\":\"out of memory\"}";
    reply->content_type = reply_json;
    reply->code = status ? 500 : code;
    reply->body = status ? failed : message->text;
    reply->length = status ? sizeof failed - 1 : message->length;
}

static void fill_detail(struct http *http, struct reply *reply, unsigned code, const char *detail)
{
    fill(reply, code, message_detail(&http->scratch, detail), &http->scratch);
}

static void get_health(struct http *http, struct reply *reply)
{
    fill(reply, 200, message_health(&http->scratch), &http->scratch);
}

static void get_ready(struct http *http, struct reply *reply)
{
    struct source *source = &http->hub->source;
    source_poll(source, clock_now_us());
    const bool ready = source->state == SOURCE_LIVE;
    fill(reply, ready ? 200 : 503, message_ready(&http->scratch, ready ? NULL : source->why), &http->scratch);
}

static void get_version(struct http *http, struct reply *reply)
{
    fill(reply, 200, message_version(&http->scratch), &http->scratch);
}

static void get_status(struct http *http, struct reply *reply)
{
    const uint64_t now_us = clock_now_us();
    source_poll(&http->hub->source, now_us);
    struct osc_report osc = {0};
    osc_out_report(http->hub->osc, &osc);
    osc_in_report(http->osc_in, &osc);
    struct server_report report = report_make(http->hub, now_us, http->started_us);
    report.osc = &osc;
    fill(reply, 200, message_server(&http->scratch, &report), &http->scratch);
}

static void get_latest(struct http *http, struct reply *reply, enum stream_kind kind)
{
    const struct wire *wire = hub_latest(http->hub, kind, clock_now_us());
    if (!wire) {
        fill_detail(http, reply, 500, "out of memory");
        return;
    }
    *reply = (struct reply){
        .code = 200, .content_type = reply_json, .body = wire_text(wire), .length = wire->length};
}

static void get_metrics(struct http *http, struct reply *reply)
{
    get_latest(http, reply, STREAM_METRICS);
}

static void get_latency(struct http *http, struct reply *reply)
{
    get_latest(http, reply, STREAM_LATENCY);
}

static const struct {
    const char *path;
    void (*get)(struct http *http, struct reply *reply);
} routes[] = {
    {"/healthz", get_health},      {"/readyz", get_ready},        {"/version", get_version},
    {"/api/metrics", get_metrics}, {"/api/latency", get_latency}, {"/api/status", get_status},
};

/* Fills the reply for a known path; false for an unknown one. */
static bool route(struct http *http, struct reply *reply, const char *path)
{
    struct asset asset;
    if (asset_find(path, &asset)) {
        *reply = (struct reply){.code = 200,
                                .content_type = asset.content_type,
                                .headers = page_headers,
                                .body = asset.data,
                                .length = asset.length};
        return true;
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) == 0) {
            routes[i].get(http, reply);
            return true;
        }
    }
    return false;
}

/* HTTP/1.0 requests may come without a Host; no browser sends those. */
static bool host_allowed(struct lws *wsi)
{
    char host[128];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0) {
        return true;
    }
    return lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) > 0 && guard_host_allowed(host);
}

static bool origin_allowed(struct lws *wsi)
{
    char origin[128];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0) {
        return true;
    }
    return lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) > 0 && guard_origin_allowed(origin);
}

static void answer(struct lws *wsi, struct http *http, struct reply *reply, const char *path, int method)
{
    const bool reads = method == LWSHUMETH_GET || method == LWSHUMETH_HEAD;
    if (!host_allowed(wsi)) {
        fill_detail(http, reply, 421, "this server answers to localhost and loopback addresses only");
    } else if (ws_stream_of(path) != STREAM_COUNT) {
        fill_detail(http, reply, 404, "a WebSocket stream: connect with ws://");
    } else if (post_takes(path)) {
        fill_detail(http, reply, 405, "only POST is allowed here");
        reply->headers = "Allow: POST\r\n";
    } else if (!route(http, reply, path)) {
        fill_detail(http, reply, 404, "no such path");
    } else if (!reads) {
        fill_detail(http, reply, 405, "only GET and HEAD are allowed here");
        reply->headers = "Allow: GET, HEAD\r\n";
    }
    reply->head_only = method == LWSHUMETH_HEAD;
    reply->close = reply->close || !reads; /* a body may follow that nobody here would read */
}

static int finish(struct lws *wsi, const struct reply *reply)
{
    if (!reply_send(wsi, reply) || reply->close) {
        return -1;
    }
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int http_body(struct post *post, const void *bytes, size_t length)
{
    post_body(post, bytes, length);
    return 0;
}

int http_body_complete(struct lws *wsi, struct http *http, struct post *post)
{
    struct reply reply = {0};
    if (!post->active) {
        return 0;
    }
    source_poll(&http->hub->source, clock_now_us());
    post_answer(post, http->hands, &http->scratch, &reply);
    return finish(wsi, &reply);
}

int http_request(struct lws *wsi, struct http *http, struct post *post, const char *path)
{
    struct reply reply = {0};
    char *uri;
    int length;
    const int method = lws_http_get_uri_and_method(wsi, &uri, &length);
    post->active = false;
    if (method == LWSHUMETH_POST && post_takes(path)) {
        if (!post_begin(post, wsi, path, host_allowed(wsi))) {
            return 0; /* its body is to come */
        }
        source_poll(&http->hub->source, clock_now_us());
        post_answer(post, http->hands, &http->scratch, &reply);
        reply.close = true; /* a body may follow after all that nobody here would read */
        return finish(wsi, &reply);
    }
    answer(wsi, http, &reply, path, method);
    return finish(wsi, &reply);
}

int http_upgrade(struct lws *wsi, struct http *http, const char *protocol)
{
    struct reply reply = {.close = true};
    char *uri;
    int length;
    const int method = lws_http_get_uri_and_method(wsi, &uri, &length);
    if (method < 0) {
        return -1;
    }
    if (strcasecmp(protocol, "websocket") != 0 || !host_allowed(wsi)) {
        answer(wsi, http, &reply, uri, method); /* as if no upgrade had been asked for */
    } else if (ws_stream_of(uri) == STREAM_COUNT) {
        fill_detail(http, &reply, 404, "no such stream; there are /ws/metrics, /ws/latency and /ws/events");
    } else if (method != LWSHUMETH_GET) {
        fill_detail(http, &reply, 405, "a WebSocket opens with GET");
    } else if (!origin_allowed(wsi)) {
        fill_detail(http, &reply, 403, "pages of this origin may not open the streams");
    } else {
        return 0;
    }
    return reply_send(wsi, &reply) ? 1 : -1;
}
