/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /api/osc/targets and what is below it, of a site with a sink that only says that it has targets. */
#include "broadcaster/http/site.h"
#include "broadcaster/http/targets.h"
#include "tests/unit/broadcaster/site_rig.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* A kind of sink with one target at most, whose id is 7. */
static bool has_target;

static enum status add_target(struct sink *sink, const char *url, bool keep, uint32_t *id, char *error)
{
    (void)sink;
    snprintf(error, OPTION_ERROR_MAX, "%s", keep ? "no room to keep it" : "there it is already");
    const enum status status = strcmp(url, "osc.udp://a:1") != 0 ? STATUS_BAD_ARG
                               : keep                            ? STATUS_NO_ACCESS
                               : has_target                      ? STATUS_BUSY
                                                                 : STATUS_OK;
    has_target = has_target || status == STATUS_OK;
    *id = 7;
    return status;
}

static enum status remove_target(struct sink *sink, uint32_t id, char *error)
{
    (void)sink;
    snprintf(error, OPTION_ERROR_MAX, "no such target");
    const bool found = has_target && id == 7;
    has_target = has_target && !found;
    return found ? STATUS_OK : STATUS_NOT_FOUND;
}

static void report_target(const struct sink *sink, struct server_report *report)
{
    (void)sink;
    report->osc.target_count = has_target ? 1 : 0;
    report->osc.target[0] = (struct osc_target_report){.id = 7,
                                                       .given = "osc.udp://a:1",
                                                       .url = "osc.udp://a:1/phicast",
                                                       .state = "open",
                                                       .detail = "sending"};
}

static unsigned post_target(const char *body)
{
    struct http_request asked = request(METHOD_POST, "/api/osc/targets");
    asked.field[FIELD_CONTENT_TYPE] = "application/json";
    asked.content_length = strlen(body);
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_NEEDS_BODY);
    site_body(&site, &asked, body, &reply);
    return reply.code;
}

static void targets(void)
{
    static const char list[] = "/api/osc/targets";
    static const char *const none[] = {
        "/api/osc/targets/",   "/api/osc/targets/0",  "/api/osc/targets/07",         "/api/osc/targets/a",
        "/api/osc/targets/7/", "/api/osc/targets/-7", "/api/osc/targets/10000000000"};
    static const struct sink_kind kind = {
        .name = "osc", .add_target = add_target, .remove_target = remove_target, .report = report_target};
    struct sink sink = {.kind = &kind};
    begin();
    CU_ASSERT_EQUAL(post_target("{\"url\":\"osc.udp://a:1\"}"), 404); /* there is no such sink */
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, "/api/osc/targets/7"), 404);
    feed_add_sink(&hub.feed, &sink);
    CU_ASSERT_EQUAL(code_of(METHOD_GET, list), 200);
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, list), 405);
    CU_ASSERT_STRING_EQUAL(reply.headers, "Allow: GET, HEAD, POST\r\n");
    CU_ASSERT_EQUAL(code_of(METHOD_POST, list), 415);
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/osc/targets/7"), 404);
    CU_ASSERT_EQUAL(post_target("{\"url\":\"osc.udp://a:1\",\"keep\":true}"), 500);
    CU_ASSERT_EQUAL(post_target("{\"url\":\"osc.udp://b:1\"}"), 400);
    CU_ASSERT_EQUAL(post_target("{}"), 400);
    CU_ASSERT_EQUAL(post_target("{\"url\":\"osc.udp://a:1\"}"), 201);
    CU_ASSERT_STRING_EQUAL(reply.headers, "Location: targets/7\r\n");
    CU_ASSERT_EQUAL(post_target("{\"url\":\"osc.udp://a:1\"}"), 409);
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/osc/targets/7"), 200);
    CU_ASSERT_EQUAL(code_of(METHOD_POST, "/api/osc/targets/7"), 405);
    CU_ASSERT_STRING_EQUAL(reply.headers, "Allow: GET, HEAD, DELETE\r\n");
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        CU_ASSERT_EQUAL(code_of(METHOD_GET, none[i]), 404);
        CU_ASSERT_EQUAL(code_of(METHOD_DELETE, none[i]), 404);
    }
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, "/api/osc/targets/8"), 404);
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, "/api/osc/targets/7"), 204);
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, "/api/osc/targets/7"), 404);
    end();
}

static unsigned with_origin(enum request_method method, const char *path, const char *preflight)
{
    struct http_request asked = request(method, path);
    asked.field[FIELD_ORIGIN] = "null"; /* a page from a file: it may read, but move nothing */
    asked.field[FIELD_CORS_METHOD] = preflight;
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    return reply.code;
}

static void who_may_move_targets(void)
{
    static const char list[] = "/api/osc/targets";
    static const char one[] = "/api/osc/targets/1";
    begin();
    CU_ASSERT_EQUAL(with_origin(METHOD_GET, list, NULL), 200);
    CU_ASSERT_EQUAL(with_origin(METHOD_POST, list, NULL), 403);
    CU_ASSERT_EQUAL(with_origin(METHOD_DELETE, one, NULL), 403);
    CU_ASSERT_EQUAL(with_origin(METHOD_OPTIONS, list, "GET"), 204);
    CU_ASSERT_EQUAL(with_origin(METHOD_OPTIONS, list, "POST"), 403);
    CU_ASSERT_EQUAL(with_origin(METHOD_OPTIONS, one, "DELETE"), 403);
    CU_ASSERT_EQUAL(with_origin(METHOD_OPTIONS, one, NULL), 403);
    snprintf(who.tokens.control.text, sizeof who.tokens.control.text, "sesame");
    CU_ASSERT_EQUAL(code_of(METHOD_GET, list), 401);
    CU_ASSERT_EQUAL(code_of(METHOD_POST, list), 401);
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, one), 401);
    end();
    begin();
    for (int i = 0; i < LIMITS_POSTS_BURST; i++) {
        CU_ASSERT_EQUAL(code_of(METHOD_DELETE, one), 404);
    }
    CU_ASSERT_EQUAL(code_of(METHOD_DELETE, one), 429);
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"targets", targets},
        {"who may move targets", who_may_move_targets},
        CU_TEST_INFO_NULL,
    };
    return unit_run("targets", tests);
}
