/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http.h"

#include "broadcaster/assets.h"
#include "broadcaster/clock.h"
#include "broadcaster/prometheus.h"
#include "broadcaster/reply.h"
#include "broadcaster/report.h"
#include "broadcaster/ws.h"
#include "shared/json/reports.h"
#include "shared/text.h"

#include <string.h>
#include <strings.h>

/* By scheme, because /visual?host= draws another server's streams, and Firefox and older Safari do not take
 * 'self' to cover WebSockets. */
static const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self' http: https: ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'\r\n"
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

/* osc, which the report points to, must live as long as it. */
static struct server_report make_report(struct http *http, struct osc_report *osc)
{
    const uint64_t now_us = clock_now_us();
    source_poll(&http->hub->source, now_us);
    osc_out_report(http->hub->osc, osc);
    osc_in_report(http->osc_in, osc);
    struct server_report report = report_make(http->hub, now_us, http->started_us);
    report.osc = osc;
    return report;
}

static void get_status(struct http *http, struct reply *reply)
{
    struct osc_report osc = {0};
    const struct server_report report = make_report(http, &osc);
    fill(reply, 200, message_server(&http->scratch, &report), &http->scratch);
}

static void get_prometheus(struct http *http, struct reply *reply)
{
    struct osc_report osc = {0};
    const struct server_report report = make_report(http, &osc);
    fill(reply, 200, prometheus_print(&http->scratch, &report, http->limits), &http->scratch);
    reply->content_type = reply->code == 200 ? prometheus_type : reply_json;
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
    {"/metrics", get_prometheus},
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

static enum need need_of(const char *path)
{
    struct asset asset;
    return asset_find(path, &asset) || strcmp(path, "/healthz") == 0 ? NEED_PUBLIC : NEED_READ;
}

static void fill_verdict(struct http *http, struct reply *reply, const struct verdict *verdict)
{
    fill_detail(http, reply, verdict->code, verdict->detail);
    reply->headers = verdict->headers;
}

static void answer(struct lws *wsi, struct http *http, struct reply *reply, const char *path, int method)
{
    const struct verdict verdict = access_judge(http->access, wsi, need_of(path));
    const bool reads = method == LWSHUMETH_GET || method == LWSHUMETH_HEAD;
    if (verdict.code != 0) {
        fill_verdict(http, reply, &verdict);
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

static struct verdict judge_post(struct lws *wsi, struct http *http)
{
    const struct verdict verdict = access_judge(http->access, wsi, NEED_CONTROL);
    if (verdict.code == 0 && !limits_may_post(http->limits, lws_get_opaque_user_data(wsi), clock_now_us())) {
        return (struct verdict){429, "too many requests; " TEXT_OF(LIMITS_POSTS_HZ) " a second are the most",
                                "Retry-After: 1\r\n"};
    }
    return verdict;
}

int http_request(struct lws *wsi, struct http *http, struct post *post, const char *path)
{
    struct reply reply = {0};
    char *uri;
    int length;
    const int method = lws_http_get_uri_and_method(wsi, &uri, &length);
    post->active = false;
    if (method == LWSHUMETH_POST && post_takes(path)) {
        if (!post_begin(post, wsi, path, judge_post(wsi, http))) {
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

/* Why a WebSocket to that path is not opened. */
static struct verdict judge_stream(struct lws *wsi, struct http *http, const char *path, int method)
{
    const struct verdict verdict = access_judge(http->access, wsi, NEED_STREAM);
    const enum stream_kind kind = ws_stream_of(path);
    struct wish wish;
    const char *wrong;
    if (kind == STREAM_COUNT) {
        return (struct verdict){404, "no such stream; there are /ws/metrics, /ws/latency and /ws/events",
                                NULL};
    }
    if (method != LWSHUMETH_GET) {
        return (struct verdict){405, "a WebSocket opens with GET", NULL};
    }
    if (verdict.code != 0) {
        return verdict;
    }
    wrong = ws_wish(wsi, kind, &wish);
    if (wrong) {
        return (struct verdict){400, wrong, NULL};
    }
    wrong = limits_stream_refusal(http->limits, lws_get_opaque_user_data(wsi));
    return wrong ? (struct verdict){503, wrong, "Retry-After: 5\r\n"} : verdict;
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
    const bool wanted = strcasecmp(protocol, "websocket") == 0;
    const struct verdict verdict = wanted ? judge_stream(wsi, http, uri, method) : (struct verdict){0};
    if (wanted && verdict.code == 0) {
        return 0;
    }
    if (wanted) {
        fill_verdict(http, &reply, &verdict);
    } else {
        answer(wsi, http, &reply, uri, method); /* as if no upgrade had been asked for */
    }
    return reply_send(wsi, &reply) ? 1 : -1;
}
