/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes of a request: every path and method, asked with plain structs; no socket, no analyser. */
#include "broadcaster/http/site.h"
#include "tests/unit/broadcaster/site_rig.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static void every_path(void)
{
    static const struct {
        const char *path;
        unsigned get;
        unsigned post;
    } paths[] = {{"/", 200, 405},
                 {"/visual", 200, 405},
                 {"/stage", 200, 405},
                 {"/healthz", 200, 405},
                 {"/readyz", 503, 405},
                 {"/version", 200, 405},
                 {"/metrics", 200, 405},
                 {"/api/status", 200, 405},
                 {"/api/metrics", 200, 405},
                 {"/api/latency", 200, 405},
                 {"/api/description", 200, 405},
                 {"/api/links", 200, 405},
                 {"/api/sources", 200, 405},
                 {"/phicast", 200, 405},
                 {"/phicast/ici", 200, 405},
                 {"/phicast/nothing", 404, 405},
                 {"/phicasts", 404, 404},
                 {"/ws/metrics", 404, 404},
                 {"/ws/nothing", 404, 404},
                 {"/../etc/passwd", 404, 404},
                 {"", 404, 404},
                 {"/API/STATUS", 404, 404}};
    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_EQUAL(code_of(METHOD_GET, paths[i].path), paths[i].get);
        CU_ASSERT_TRUE(reply.length > 0 && reply.content_type != NULL);
        CU_ASSERT_EQUAL(code_of(METHOD_HEAD, paths[i].path), paths[i].get);
        CU_ASSERT_TRUE(reply.head_only);
        CU_ASSERT_EQUAL(code_of(METHOD_POST, paths[i].path), paths[i].post);
        CU_ASSERT_EQUAL(code_of(METHOD_OTHER, paths[i].path), paths[i].post);
    }
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/phi"), 405);
    CU_ASSERT_STRING_EQUAL(reply.headers, "Allow: POST\r\n");
    end();
}

static void options(void)
{
    static const struct {
        const char *path;
        const char *allow;
    } paths[] = {{"*", "Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n"},
                 {"/", "Allow: GET, HEAD, OPTIONS\r\n"},
                 {"/api/osc/targets", "Allow: GET, HEAD, POST, OPTIONS\r\n"},
                 {"/api/osc/targets/1", "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
                 {"/api/status", "Allow: GET, HEAD, OPTIONS\r\n"},
                 {"/phicast/ici", "Allow: GET, HEAD, OPTIONS\r\n"},
                 {"/api/phi", "Allow: POST, OPTIONS\r\n"},
                 {"/ws/events", "Allow: GET, OPTIONS\r\n"}};
    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_EQUAL(code_of(METHOD_OPTIONS, paths[i].path), 204);
        CU_ASSERT_STRING_EQUAL(reply.headers, paths[i].allow);
    }
    CU_ASSERT_EQUAL(code_of(METHOD_OPTIONS, "/nothing"), 404);
    struct http_request asked = request(METHOD_OPTIONS, "/api/phi");
    asked.field[FIELD_ORIGIN] = "http://localhost:3000";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    CU_ASSERT_PTR_NOT_NULL(strstr(reply.headers, "Access-Control-Allow-Methods: POST, OPTIONS\r\n"));
    asked.field[FIELD_ORIGIN] = "http://evil.example";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    CU_ASSERT_EQUAL(reply.code, 403);
    end();
}

static unsigned answer(const char *path, const char *query, const char *accept)
{
    struct http_request asked = request(METHOD_GET, path);
    asked.query = query;
    asked.field[FIELD_ACCEPT] = accept;
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    return reply.code;
}

/* "/" is a page to who takes one, and a node to all others. */
static void page_or_node(void)
{
    static const char browser[] = "text/html,application/xhtml+xml,*/*;q=0.8";
    static const char node[] = "{\"FULL_PATH\":\"/\",";
    begin();
    CU_ASSERT_EQUAL(answer("/", "", browser), 200);
    CU_ASSERT_TRUE(begins("<!doctype html>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reply.headers, "Vary: Accept\r\n"));
    CU_ASSERT_EQUAL(answer("/", "VALUE", browser), 200);
    CU_ASSERT_TRUE(begins("<!doctype html>"));
    CU_ASSERT_EQUAL(answer("/", "HOST_INFO", browser), 200);
    CU_ASSERT_TRUE(begins("{\"NAME\":"));
    CU_ASSERT_EQUAL(answer("/visual", "HOST_INFO", NULL), 200);
    CU_ASSERT_TRUE(begins("<!doctype html>"));
    static const char *const others[] = {NULL, "", "*/*", "application/json", "text/html;q=0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CU_ASSERT_EQUAL(answer("/", "", others[i]), 200);
        CU_ASSERT_TRUE(begins(node));
        CU_ASSERT_STRING_EQUAL(reply.headers, "Vary: Accept\r\n");
    }
    CU_ASSERT_EQUAL(answer("/phicast", "", browser), 200);
    CU_ASSERT_TRUE(begins("{\"FULL_PATH\":\"/phicast\","));
    CU_ASSERT_EQUAL(answer("/phicast/ici", "token=x&VALUE", NULL), 200);
    CU_ASSERT_TRUE(begins("{\"VALUE\":[0.0]}"));
    CU_ASSERT_EQUAL(answer("/phicast/ici", "VALUE=1", NULL), 200);
    CU_ASSERT_EQUAL(answer("/phicast", "VALUE", NULL), 204);
    CU_ASSERT_EQUAL(reply.length, 0);
    CU_ASSERT_EQUAL(answer("/phicast/ici", "VALU", NULL), 400);
    CU_ASSERT_EQUAL(answer("/", "NONE", NULL), 400);
    CU_ASSERT_EQUAL(answer("/phicast/none", "VALU", NULL), 404);
    CU_ASSERT_EQUAL(answer("/phicast/none", "HOST_INFO=1", NULL), 200);
    snprintf(who.tokens.control.text, sizeof who.tokens.control.text, "sesame");
    CU_ASSERT_EQUAL(answer("/", "", browser), 200);
    CU_ASSERT_EQUAL(answer("/", "HOST_INFO", browser), 401);
    CU_ASSERT_EQUAL(answer("/", "", NULL), 401);
    CU_ASSERT_EQUAL(answer("/phicast/ici", "VALUE", browser), 401);
    CU_ASSERT_EQUAL(answer("/phicast/ici", "VALUE&token=sesame", NULL), 200);
    end();
}

/* Looking at a node has it measured; looking at all of them does not. */
static void nodes_are_measured(void)
{
    begin();
    CU_ASSERT_EQUAL(answer("/", "", NULL), 200);
    CU_ASSERT_EQUAL(answer("/phicast", "", NULL), 200);
    CU_ASSERT_EQUAL(answer("/phicast/ici", "", NULL), 200);
    CU_ASSERT_EQUAL(hub.asked, 0);
    CU_ASSERT_EQUAL(answer("/phicast/onset_strength", "VALUE", NULL), 200);
    CU_ASSERT_EQUAL(hub.asked, PART_ONSETS);
    end();
}

static struct http_request stream(const char *path, const char *query)
{
    struct http_request asked = request(METHOD_GET, path);
    asked.query = query;
    asked.field[FIELD_UPGRADE] = "WebSocket";
    asked.field[FIELD_CONNECTION] = "keep-alive, Upgrade";
    asked.field[FIELD_WS_VERSION] = "13";
    asked.field[FIELD_WS_KEY] = "AAAAAAAAAAAAAAAAAAAAAA==";
    return asked;
}

static void upgrades(void)
{
    begin();
    struct http_request asked = stream("/ws/metrics", "");
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_UPGRADES);
    CU_ASSERT_EQUAL(upgrade.kind, STREAM_METRICS);
    CU_ASSERT_EQUAL(upgrade.asked.rate_hz, METRICS_HZ);
    asked = stream("/ws/events", "replay=7");
    asked.field[FIELD_WS_EXTENSIONS] = "permessage-deflate; client_max_window_bits";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_UPGRADES);
    CU_ASSERT_EQUAL(upgrade.asked.replay, 7);
    CU_ASSERT_STRING_EQUAL(upgrade.extensions, "permessage-deflate; client_max_window_bits");
    CU_ASSERT_FALSE(upgrade.oscquery);
    asked = stream("/", "rate=0"); /* none of its own */
    asked.field[FIELD_WS_EXTENSIONS] = "permessage-deflate";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_UPGRADES);
    CU_ASSERT_TRUE(upgrade.oscquery && upgrade.may_set && upgrade.kind == STREAM_METRICS);
    CU_ASSERT_EQUAL(upgrade.asked.rate_hz, METRICS_HZ);
    CU_ASSERT_STRING_EQUAL(upgrade.extensions, "");
    asked.field[FIELD_ORIGIN] = "null";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_UPGRADES);
    CU_ASSERT_FALSE(upgrade.may_set);
    asked.field[FIELD_ORIGIN] = "http://evil.example";
    CU_ASSERT_EQUAL(refused(&asked), 403);
    asked = stream("/ws/metrics", "rate=121");
    CU_ASSERT_EQUAL(refused(&asked), 400);
    asked = stream("/ws/nothing", "");
    CU_ASSERT_EQUAL(refused(&asked), 404);
    asked = stream("/ws/metrics", "");
    asked.field[FIELD_WS_VERSION] = "8";
    CU_ASSERT_EQUAL(refused(&asked), 426);
    CU_ASSERT_PTR_NOT_NULL(strstr(reply.headers, "Sec-WebSocket-Version: 13"));
    asked = stream("/ws/metrics", "");
    asked.field[FIELD_WS_KEY] = "short==";
    CU_ASSERT_EQUAL(refused(&asked), 400);
    asked = stream("/ws/metrics", "");
    asked.method = METHOD_POST; /* no upgrade at all */
    CU_ASSERT_EQUAL(refused(&asked), 404);
    limits.streams = limits.max_clients;
    asked = stream("/ws/metrics", "");
    CU_ASSERT_EQUAL(refused(&asked), 503);
    CU_ASSERT_STRING_EQUAL(reply.headers, "Retry-After: 5\r\n");
    end();
}

static unsigned code_as(const char *query, enum request_method method, const char *path)
{
    struct http_request asked = request(method, path);
    asked.query = query;
    asked.content_length = 2;
    asked.field[FIELD_CONTENT_TYPE] = method == METHOD_POST ? "application/json" : NULL;
    return ask(&asked) == OUTCOME_NEEDS_BODY ? 0 : reply.code;
}

/* Whatever moves something is refused before its body is read; whatever can be read is as for all. */
static void viewers(void)
{
    static const char *const posts[] = {"/api/phi",    "/api/calibrate",   "/api/record",
                                        "/api/replay", "/api/osc/targets", "/api/patch"};
    static const char *const gets[] = {"/api/status",      "/api/metrics", "/api/latency", "/api/description",
                                       "/api/osc/targets", "/version",     "/metrics",     "/phicast/ici"};
    begin();
    who.tokens = (struct tokens){{"steers"}, {"looks"}};
    for (size_t i = 0; i < sizeof posts / sizeof posts[0]; i++) {
        CU_ASSERT_EQUAL(code_as("token=looks", METHOD_POST, posts[i]), 403);
        CU_ASSERT_TRUE(begins("{\"detail\":\"this token lets you look, but move nothing"));
        CU_ASSERT_EQUAL(code_as("token=steers", METHOD_POST, posts[i]), 0);
    }
    CU_ASSERT_EQUAL(code_as("token=looks", METHOD_DELETE, "/api/osc/targets/1"), 403);
    for (size_t i = 0; i < sizeof gets / sizeof gets[0]; i++) {
        CU_ASSERT_EQUAL(code_as("token=looks", METHOD_GET, gets[i]), 200);
    }
    end();
}

#define ABOUT(access)                                                                                        \
    "{\"service\":\"phicast\",\"version\":\"" PHICAST_VERSION "\",\"access\":\"" access "\","

static bool tells(const char *part)
{
    return memmem(reply.body, reply.length, part, strlen(part)) != NULL;
}

/* And whose page was refused, with the option that lets it in; who may only look is not. */
static void refused_origins(void)
{
    begin();
    struct http_request asked = request(METHOD_POST, "/api/phi");
    asked.field[FIELD_ORIGIN] = "https://show.example";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    CU_ASSERT_EQUAL(reply.code, 403);
    asked.field[FIELD_ORIGIN] = "null";
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/status"), 200);
    CU_ASSERT_TRUE(tells("\"refused_origins\":[{\"origin\":\"null\",\"option\":null,\"count\":1,\"last\":"));
    CU_ASSERT_TRUE(tells("{\"origin\":\"https://show.example\",\"option\":\"--allow-origin "
                         "https://show.example\",\"count\":1,"));
    who.tokens = (struct tokens){{"steers"}, {"looks"}};
    CU_ASSERT_EQUAL(code_as("token=looks", METHOD_GET, "/api/status"), 200);
    CU_ASSERT_TRUE(tells("\"refused_origins\":null,"));
    end();
}

/* A page is told what it may do, and the viewer's token if it could do more. */
static void who_is_told(void)
{
    begin();
    CU_ASSERT_EQUAL(code_as("", METHOD_GET, "/api/status"), 200);
    CU_ASSERT_TRUE(begins(ABOUT("control")));
    CU_ASSERT_EQUAL(code_as("", METHOD_GET, "/api/links"), 200);
    CU_ASSERT_TRUE(begins("{\"urls\":[],\"viewer_token\":null}"));
    who.tokens = (struct tokens){{"steers"}, {"looks"}};
    CU_ASSERT_EQUAL(code_as("token=looks", METHOD_GET, "/api/status"), 200);
    CU_ASSERT_TRUE(begins(ABOUT("view")));
    CU_ASSERT_EQUAL(code_as("token=looks", METHOD_GET, "/api/links"), 200);
    CU_ASSERT_TRUE(begins("{\"urls\":[],\"viewer_token\":null}"));
    CU_ASSERT_EQUAL(code_as("", METHOD_GET, "/api/links"), 401);
    CU_ASSERT_EQUAL(code_as("token=steers", METHOD_GET, "/api/status"), 200);
    CU_ASSERT_TRUE(begins(ABOUT("control")));
    plan = (struct listen_plan){.at = {1, {{AF_INET, false, true, "192.168.1.2"}}}, .tls = true, .port = 80};
    CU_ASSERT_EQUAL(code_as("token=steers", METHOD_GET, "/api/links"), 200);
    CU_ASSERT_TRUE(begins("{\"urls\":[\"https://192.168.1.2:80\"],\"viewer_token\":\"looks\"}"));
    CU_ASSERT_STRING_EQUAL(reply.headers, "Cache-Control: no-store\r\n");
    plan = (struct listen_plan){0};
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every path", every_path},
        {"options", options},
        {"page or node", page_or_node},
        {"nodes are measured", nodes_are_measured},
        {"upgrades", upgrades},
        {"viewers", viewers},
        {"who is told", who_is_told},
        {"refused origins", refused_origins},
        CU_TEST_INFO_NULL,
    };
    return unit_run("site", tests);
}
