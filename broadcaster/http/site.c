/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More than 400 lines because all that stands at a path, and who may ask for it how, is decided here. */
#include "broadcaster/http/site.h"

#include "broadcaster/guard/reach.h"
#include "broadcaster/http/assets.h"
#include "broadcaster/http/oscquery.h"
#include "broadcaster/http/prometheus.h"
#include "broadcaster/http/reply.h"
#include "broadcaster/http/report.h"
#include "broadcaster/http/targets.h"
#include "shared/clock.h"
#include "shared/json/description.h"
#include "shared/json/patchbay.h"
#include "shared/json/reports.h"
#include "shared/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* By scheme, because /visual?host= draws another server's streams, and Firefox and older Safari do not take
 * 'self' to cover WebSockets. */
static const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self' http: https: ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Vary: Accept\r\n"; /* "/" is not always a page */

static void get_health(struct site *site, const struct http_request *request, struct reply *reply)
{
    (void)request;
    reply_fill(reply, 200, message_health(&site->scratch), &site->scratch);
}

static void get_ready(struct site *site, const struct http_request *request, struct reply *reply)
{
    (void)request;
    struct source *source = site->hub->source;
    source_poll(source, clock_now_us());
    const bool ready = source_is_live(source);
    reply_fill(reply, ready ? 200 : 503, message_ready(&site->scratch, ready ? NULL : source->why),
               &site->scratch);
}

static void get_version(struct site *site, const struct http_request *request, struct reply *reply)
{
    (void)request;
    reply_fill(reply, 200, message_version(&site->scratch), &site->scratch);
}

static void get_description(struct site *site, const struct http_request *request, struct reply *reply)
{
    (void)request;
    reply_fill(reply, 200, message_description(&site->scratch), &site->scratch);
}

static struct server_report make_report(struct site *site)
{
    const uint64_t now_us = clock_now_us();
    source_poll(site->hub->source, now_us);
    struct server_report report = report_make(site->hub, now_us, site->started_us);
    if (site->zeroconf) {
        zeroconf_report(site->zeroconf, &report.zeroconf);
    } else if (site->unannounced) {
        snprintf(report.zeroconf.detail, sizeof report.zeroconf.detail, "%s", site->unannounced);
    }
    return report;
}

static void report_refusals(const struct refusals *refusals, struct server_report *report)
{
    static_assert((int)REFUSALS_MAX <= (int)REFUSED_ORIGINS_MAX, "there is room for all");
    report->refused_count = refusals->count;
    for (uint32_t i = 0; i < refusals->count; i++) {
        const struct refused_origin *one = &refusals->origin[i];
        report->refused[i] = (struct refused_report){one->origin, one->admit, one->count, one->last};
    }
}

static void get_status(struct site *site, const struct http_request *request, struct reply *reply)
{
    struct server_report report = make_report(site);
    report.may_control = access_may_control(site->access, request);
    report_refusals(site->access->refusals, &report);
    reply_fill(reply, 200, message_server(&site->scratch, &report), &site->scratch);
}

/* What a page needs to invite others: the viewer's token, too, where whoever asks could do more by himself.
 */
static void get_links(struct site *site, const struct http_request *request, struct reply *reply)
{
    const char *viewer = site->access->tokens.viewer.text;
    const bool tells = viewer[0] != '\0' && access_may_control(site->access, request);
    const char *url[REACH_MAX];
    struct reach reach;
    reach_find(&reach, site->plan);
    for (uint32_t i = 0; i < reach.count; i++) {
        url[i] = reach.url[i];
    }
    reply_fill(reply, 200, message_links(&site->scratch, url, reach.count, tells ? viewer : NULL),
               &site->scratch);
    reply->headers = "Cache-Control: no-store\r\n";
}

/* What ?add= asks for is measured from now on for a while. False: it asks for what there is not, and the
 * reply says so. */
static bool take_parts(struct site *site, const struct http_request *request, struct reply *reply,
                       uint32_t *parts)
{
    char list[64];
    *parts = 0;
    if (request_argument(request, "add", list, sizeof list)) {
        if (parts_parse(list, parts)) {
            reply_detail(reply, 400, "add: give one or more of " PARTS_LIST ", with commas between",
                         &site->scratch);
            return false;
        }
        hub_ask(site->hub, *parts, clock_now_us());
    }
    return true;
}

static void get_prometheus(struct site *site, const struct http_request *request, struct reply *reply)
{
    uint32_t parts;
    if (!take_parts(site, request, reply, &parts)) {
        return;
    }
    const struct server_report report = make_report(site);
    reply_fill(reply, 200, prometheus_print(&site->scratch, &report, site->limits), &site->scratch);
    reply->content_type = reply->code == 200 ? prometheus_type : reply_json;
}

static void get_latest(struct site *site, struct reply *reply, enum stream_kind kind, uint32_t add)
{
    const struct wire *wire = hub_latest(site->hub, kind, add, clock_now_us());
    if (!wire) {
        reply_detail(reply, 500, "out of memory", &site->scratch);
        return;
    }
    reply->code = 200;
    reply->content_type = reply_json;
    reply->body = wire_text(wire);
    reply->length = wire->length;
}

static void get_metrics(struct site *site, const struct http_request *request, struct reply *reply)
{
    uint32_t parts;
    if (take_parts(site, request, reply, &parts)) {
        get_latest(site, reply, STREAM_METRICS, parts);
    }
}

static void get_latency(struct site *site, const struct http_request *request, struct reply *reply)
{
    (void)request;
    get_latest(site, reply, STREAM_LATENCY, 0);
}

static void get_sources(struct site *site, const struct http_request *request, struct reply *reply)
{
    struct source *source = site->hub->source;
    (void)request;
    source_poll(source, clock_now_us());
    reply_fill(reply, 200,
               message_patchbay(&site->scratch, &source->patchbay,
                                source->status_known ? source->status.channel_count : 0),
               &site->scratch);
}

static void get_targets(struct site *site, const struct http_request *request, struct reply *reply)
{
    const struct server_report report = make_report(site);
    targets_get(&report.osc, targets_id(request->path), &site->scratch, reply);
}

static const struct {
    const char *path;
    void (*get)(struct site *site, const struct http_request *request, struct reply *reply);
} routes[] = {
    {"/healthz", get_health},      {"/readyz", get_ready},
    {"/version", get_version},     {"/api/metrics", get_metrics},
    {"/api/latency", get_latency}, {"/api/status", get_status},
    {"/metrics", get_prometheus},  {"/api/description", get_description},
    {"/api/links", get_links},     {TARGETS_PATH, get_targets},
    {"/api/sources", get_sources},
};

static void get_asset(const struct asset *asset, struct reply *reply)
{
    reply->code = 200;
    reply->content_type = asset->content_type;
    reply->headers = page_headers;
    reply->body = asset->data;
    reply->length = asset->length;
}

/* The place in `routes`; -1: no such path. */
static int find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_readable(const char *path)
{
    struct asset asset;
    return asset_find(path, &asset) || find_route(path) >= 0 || oscquery_has(path) || targets_id(path) > 0;
}

static bool is_asset(const struct http_request *request, struct asset *asset)
{
    return !oscquery_takes(request) && asset_find(request->path, asset);
}

static enum need need_of(const struct http_request *request)
{
    struct asset asset;
    return is_asset(request, &asset) || strcmp(request->path, "/healthz") == 0 ? NEED_PUBLIC : NEED_READ;
}

static void fill_verdict(struct site *site, struct reply *reply, const struct verdict *verdict)
{
    reply_detail(reply, verdict->code, verdict->detail, &site->scratch);
    reply->headers = verdict->headers;
}

static void get_path(struct site *site, const struct http_request *request, struct reply *reply)
{
    struct asset asset;
    if (is_asset(request, &asset)) {
        get_asset(&asset, reply);
    } else if (oscquery_takes(request)) {
        const struct server_report report = make_report(site);
        oscquery_answer(request, site->hub, &report, &site->scratch, reply);
    } else if (targets_id(request->path) > 0) {
        get_targets(site, request, reply);
    } else {
        routes[find_route(request->path)].get(site, request, reply);
    }
}

static bool is_target_list(const char *path)
{
    return strcmp(path, TARGETS_PATH) == 0;
}

/* What may be asked of a path besides OPTIONS. */
struct methods {
    const char *list;
    const char *refusal; /* of any other */
};

static const struct methods *methods_of(const char *path)
{
    static const struct methods all = {"GET, HEAD, POST, DELETE", NULL};
    static const struct methods post = {"POST", "only POST is allowed here"};
    static const struct methods stream = {"GET", NULL};
    static const struct methods list = {"GET, HEAD, POST", "only GET, HEAD and POST are allowed here"};
    static const struct methods one = {"GET, HEAD, DELETE", "only GET, HEAD and DELETE are allowed here"};
    static const struct methods read = {"GET, HEAD", "only GET and HEAD are allowed here"};
    return strcmp(path, "*") == 0                    ? &all
           : post_takes(path)                        ? &post
           : upgrade_stream_of(path) != STREAM_COUNT ? &stream
           : is_target_list(path)                    ? &list
           : targets_id(path) > 0                    ? &one
           : is_readable(path)                       ? &read
                                                     : NULL;
}

/* What is read, and whatever nobody else answers. */
static void answer_reader(struct site *site, const struct http_request *request, struct reply *reply)
{
    const struct verdict verdict = access_judge(site->access, request, need_of(request));
    const struct methods *methods = methods_of(request->path);
    const bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD;
    if (verdict.code != 0) {
        fill_verdict(site, reply, &verdict);
    } else if (upgrade_stream_of(request->path) != STREAM_COUNT) {
        reply_detail(reply, 404, "a WebSocket stream: connect with ws://", &site->scratch);
    } else if (!methods) {
        reply_detail(reply, 404, "no such path", &site->scratch);
    } else if (!reads || post_takes(request->path)) {
        reply_detail(reply, 405, methods->refusal, &site->scratch);
        snprintf(site->headers, sizeof site->headers, "Allow: %s\r\n", methods->list);
        reply->headers = site->headers;
    } else {
        get_path(site, request, reply);
    }
}

/* What the request after a preflight is going to need. */
static enum need announced_need(const struct http_request *request)
{
    const char *method = request->field[FIELD_CORS_METHOD];
    const bool reads = method && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
    const bool targets = is_target_list(request->path) || targets_id(request->path) > 0;
    return post_takes(request->path) || (targets && !reads) ? NEED_CONTROL : NEED_STREAM;
}

/* OPTIONS: what may be asked, and for a browser (CORS) whether a page of that origin may. */
static void answer_options(struct site *site, const struct http_request *request, struct reply *reply)
{
    const struct methods *methods = methods_of(request->path);
    const struct verdict verdict = access_judge_preflight(site->access, request, announced_need(request));
    const char *private = request->field[FIELD_CORS_PRIVATE];
    if (verdict.code != 0 || !methods) {
        const struct verdict none = {404, "no such path", NULL};
        fill_verdict(site, reply, verdict.code != 0 ? &verdict : &none);
        return;
    }
    snprintf(site->headers, sizeof site->headers, "Allow: %s, OPTIONS\r\n%s%s%s%s", methods->list,
             reply->reader ? "Access-Control-Allow-Methods: " : "", reply->reader ? methods->list : "",
             reply->reader ? ", OPTIONS\r\nAccess-Control-Allow-Headers: Authorization, Content-Type\r\n"
                             "Access-Control-Max-Age: 600\r\n"
                           : "",
             reply->reader && private && strcasecmp(private, "true") == 0
                 ? "Access-Control-Allow-Private-Network: true\r\n"
                 : "");
    reply->code = 204;
    reply->headers = site->headers;
}

/* Who moves anything. */
static struct verdict judge_change(struct site *site, const struct http_request *request,
                                   const struct address *address)
{
    const struct verdict verdict = access_judge(site->access, request, NEED_CONTROL);
    if (verdict.code == 0 && !limits_may_post(site->limits, address, clock_now_us())) {
        return (struct verdict){429, "too many requests; " TEXT_OF(LIMITS_POSTS_HZ) " a second are the most",
                                "Retry-After: 1\r\n"};
    }
    return verdict;
}

static struct verdict judge_post(struct site *site, const struct http_request *request,
                                 const struct address *address)
{
    const struct verdict verdict = judge_change(site, request, address);
    return verdict.code != 0 ? verdict : post_judge(request);
}

static void answer_delete(struct site *site, const struct http_request *request,
                          const struct address *address, struct reply *reply)
{
    const struct verdict verdict = judge_change(site, request, address);
    if (verdict.code != 0) {
        fill_verdict(site, reply, &verdict);
    } else {
        targets_delete(site->hub, targets_id(request->path), &site->scratch, reply);
    }
}

/* Why a WebSocket to that path is not opened. */
static struct verdict judge_stream(struct site *site, const struct http_request *request,
                                   const struct address *address, struct upgrade *upgrade)
{
    const struct verdict verdict = access_judge(site->access, request, NEED_STREAM);
    if (!upgrade_takes(request->path)) {
        return (struct verdict){404,
                                "no such stream; there are /ws/metrics, /ws/latency, /ws/events, and / for "
                                "OSCQuery",
                                NULL};
    }
    if (verdict.code != 0) {
        return verdict;
    }
    const struct refusal refusal = upgrade_read(upgrade, request);
    if (refusal.code != 0) {
        return (struct verdict){refusal.code, refusal.detail,
                                refusal.code == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                                    : NULL};
    }
    upgrade->may_set = access_may_control(site->access, request);
    const char *full = limits_stream_refusal(site->limits, address);
    return full ? (struct verdict){503, full, "Retry-After: 5\r\n"} : verdict;
}

/* An upgrade that is not to WebSocket, or of another method than GET, is ignored, as RFC 9110 allows. */
static bool wants_stream(const struct http_request *request)
{
    return request->method == METHOD_GET && request_lists(request->field[FIELD_UPGRADE], "websocket") &&
           request_lists(request->field[FIELD_CONNECTION], "upgrade");
}

static void begin_reply(struct site *site, const struct http_request *request, struct reply *reply)
{
    /* Of a body, nothing is to be read but what site_body is given: it never becomes a request. */
    const bool unread = request->content_length > 0 || request->field[FIELD_TRANSFER_ENCODING];
    *reply = (struct reply){.reader = access_reader(site->access, request),
                            .head_only = request->method == METHOD_HEAD,
                            .close = !request->keep_alive || unread};
}

enum outcome site_answer(struct site *site, const struct http_request *request, const struct address *address,
                         struct reply *reply, struct upgrade *upgrade)
{
    begin_reply(site, request, reply);
    if (wants_stream(request)) {
        const struct verdict verdict = judge_stream(site, request, address, upgrade);
        if (verdict.code == 0) {
            return OUTCOME_UPGRADES;
        }
        fill_verdict(site, reply, &verdict);
        reply->close = true;
    } else if (request->method == METHOD_OPTIONS) {
        answer_options(site, request, reply);
    } else if (request->method == METHOD_DELETE && targets_id(request->path) > 0) {
        answer_delete(site, request, address, reply);
    } else if (request->method == METHOD_POST &&
               (post_takes(request->path) || is_target_list(request->path))) {
        const struct verdict verdict = judge_post(site, request, address);
        if (verdict.code == 0) {
            return OUTCOME_NEEDS_BODY;
        }
        fill_verdict(site, reply, &verdict);
    } else {
        answer_reader(site, request, reply);
    }
    return OUTCOME_ANSWERED;
}

void site_body(struct site *site, const struct http_request *request, const char *body, struct reply *reply)
{
    begin_reply(site, request, reply);
    reply->close = !request->keep_alive;
    if (is_target_list(request->path)) {
        const uint32_t id = targets_post(site->hub, body, request->content_length, &site->scratch, reply);
        snprintf(site->headers, sizeof site->headers, "Location: targets/%u\r\n", id); /* from that path */
        reply->headers = id > 0 ? site->headers : NULL;
        return;
    }
    source_poll(site->hub->source, clock_now_us());
    const struct post_means means = {site->remote, site->recorder, site->hub->source};
    post_answer(request, body, request->content_length, &means, &site->scratch, reply);
}

void site_refuse(struct site *site, const struct http_request *request, struct refusal refusal,
                 struct reply *reply)
{
    *reply = (struct reply){.head_only = request->method == METHOD_HEAD, .close = true};
    reply_detail(reply, refusal.code, refusal.detail, &site->scratch);
}
