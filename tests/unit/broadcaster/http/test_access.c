/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what: plain requests, no socket. */
#include "broadcaster/http/access.h"
#include "shared/log.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct option_list origins;
static struct refusals refusals;
static struct access who;

static void begin(bool open, const char *token)
{
    origins = (struct option_list){0};
    refusals = (struct refusals){0};
    who = (struct access){.origins = &origins, .refusals = &refusals, .open = open, .hostname = "studio"};
    snprintf(who.tokens.control.text, sizeof who.tokens.control.text, "%s", token);
}

static struct http_request request(const char *host, const char *origin)
{
    return (struct http_request){.path = "/", .query = "", .host = host, .field = {[FIELD_ORIGIN] = origin}};
}

static unsigned judge(const char *host, const char *origin, enum need need)
{
    const struct http_request asked = request(host, origin);
    return access_judge(&who, &asked, need).code;
}

/* A name that somebody points at us (DNS rebinding) is none of ours. */
static void hosts(void)
{
    begin(false, "");
    CU_ASSERT_EQUAL(judge("localhost:8000", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("127.0.0.1", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("[::1]:8000", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("evil.example", NULL, NEED_PUBLIC), 421);
    CU_ASSERT_EQUAL(judge("studio", NULL, NEED_READ), 421);
    begin(true, "");
    CU_ASSERT_EQUAL(judge("studio", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("192.168.1.2:8000", NULL, NEED_READ), 0);
    CU_ASSERT_EQUAL(judge("evil.example", NULL, NEED_READ), 421);
}

static void origins_are_looked_at(void)
{
    begin(false, "");
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://localhost:8000", NEED_CONTROL), 0);
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://127.0.0.1:3000", NEED_CONTROL), 0);
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://evil.example", NEED_CONTROL), 403);
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://evil.example", NEED_STREAM), 403);
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://evil.example", NEED_READ), 0); /* which it cannot read */
    origins = (struct option_list){.count = 1, .item = {"https://show.example"}};
    CU_ASSERT_EQUAL(judge("localhost:8000", "https://show.example", NEED_CONTROL), 0);
    CU_ASSERT_EQUAL(judge("localhost:8000", "http://show.example", NEED_CONTROL), 403);
    CU_ASSERT_EQUAL(judge("show.example", NULL, NEED_READ), 0); /* behind a proxy of that name */
}

/* A page from a file may watch where only this machine is let in, and move nothing. */
static void pages_from_files(void)
{
    begin(false, "");
    CU_ASSERT_EQUAL(judge("localhost", "null", NEED_STREAM), 0);
    CU_ASSERT_EQUAL(judge("localhost", "null", NEED_CONTROL), 403);
    begin(true, "");
    CU_ASSERT_EQUAL(judge("localhost", "null", NEED_STREAM), 403);
    origins = (struct option_list){.count = 1, .item = {"null"}};
    CU_ASSERT_EQUAL(judge("localhost", "null", NEED_STREAM), 0);
    CU_ASSERT_EQUAL(judge("localhost", "null", NEED_CONTROL), 403);
}

/* Each with the option that lets it in, if there is one. */
static void refused_origins_are_noted(void)
{
    begin(true, "");
    judge("localhost", "http://localhost:3000", NEED_CONTROL);
    judge("localhost", "http://evil.example", NEED_READ);
    CU_ASSERT_EQUAL(refusals.count, 0);
    judge("localhost", "http://evil.example", NEED_STREAM);
    judge("localhost", "http://evil.example", NEED_CONTROL);
    CU_ASSERT_EQUAL(refusals.count, 1);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].origin, "http://evil.example");
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].admit, "http://evil.example");
    CU_ASSERT_EQUAL(refusals.origin[0].count, 2);
    CU_ASSERT(refusals.origin[0].last > 1e9);
    judge("localhost", "file://", NEED_STREAM);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].admit, "null");
    judge("localhost", "null", NEED_CONTROL); /* which nothing lets in */
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].admit, "");
    judge("localhost", "chrome-extension://abc", NEED_STREAM);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].origin, "chrome-extension://abc");
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].admit, "");
    CU_ASSERT_EQUAL(refusals.count, 4);
}

static bool may_control(const char *origin)
{
    const struct http_request asked = request("localhost", origin);
    return access_may_control(&who, &asked);
}

static void who_may_control(void)
{
    begin(false, "");
    CU_ASSERT_TRUE(may_control(NULL));
    CU_ASSERT_TRUE(may_control(""));
    CU_ASSERT_TRUE(may_control("http://localhost:5173"));
    CU_ASSERT_FALSE(may_control("null"));
    CU_ASSERT_FALSE(may_control("http://evil.example"));
    origins = (struct option_list){.count = 2, .item = {"null", "http://evil.example"}};
    CU_ASSERT_FALSE(may_control("null"));
    CU_ASSERT_TRUE(may_control("http://evil.example"));
}

static void tokens(void)
{
    static const enum need needs[] = {NEED_READ, NEED_STREAM, NEED_CONTROL};
    begin(true, "secret-of-the-show");
    CU_ASSERT_EQUAL(judge("localhost", NULL, NEED_PUBLIC), 0);
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        struct http_request asked = request("localhost", NULL);
        CU_ASSERT_EQUAL(access_judge(&who, &asked, needs[i]).code, 401);
        CU_ASSERT_STRING_EQUAL(access_judge(&who, &asked, needs[i]).headers, "WWW-Authenticate: Bearer\r\n");
        asked.query = "token=secret-of-the-show";
        CU_ASSERT_EQUAL(access_judge(&who, &asked, needs[i]).code, 0);
        asked.query = "token=secret-of-the-sho";
        CU_ASSERT_EQUAL(access_judge(&who, &asked, needs[i]).code, 401);
        asked.field[FIELD_AUTHORIZATION] = "Bearer secret-of-the-show";
        CU_ASSERT_EQUAL(access_judge(&who, &asked, needs[i]).code, 0);
        asked.field[FIELD_AUTHORIZATION] = "Basic secret-of-the-show";
        asked.query = "token=secret-of-the-show"; /* the header counts */
        CU_ASSERT_EQUAL(access_judge(&who, &asked, needs[i]).code, 401);
        CU_ASSERT_EQUAL(access_judge_preflight(&who, &asked, needs[i]).code, 0);
    }
}

/* The viewer's token looks at all and moves nothing; no token is none, and opens nothing. */
static void viewers(void)
{
    begin(true, "steers");
    struct http_request asked = request("localhost", NULL);
    static const char *const nothing[] = {"Bearer ", "Bearer"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        asked.field[FIELD_AUTHORIZATION] = nothing[i];
        CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_READ).code, 401);
    }
    asked = request("localhost", NULL);
    asked.query = "token=";
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_READ).code, 401);
    snprintf(who.tokens.viewer.text, sizeof who.tokens.viewer.text, "looks");
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_READ).code, 401);
    asked.query = "token=looks";
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_READ).code, 0);
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_STREAM).code, 0);
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_CONTROL).code, 403);
    CU_ASSERT_PTR_NOT_NULL(strstr(access_judge(&who, &asked, NEED_CONTROL).detail, "--token-file"));
    CU_ASSERT_FALSE(access_may_control(&who, &asked));
    asked.field[FIELD_AUTHORIZATION] = "Bearer steers"; /* the header counts */
    CU_ASSERT_EQUAL(access_judge(&who, &asked, NEED_CONTROL).code, 0);
    CU_ASSERT_TRUE(access_may_control(&who, &asked));
    asked.field[FIELD_ORIGIN] = "http://evil.example";
    CU_ASSERT_FALSE(access_may_control(&who, &asked));
    asked = request("localhost", NULL);
    CU_ASSERT_FALSE(access_may_control(&who, &asked)); /* nor who has none */
}

static void readers(void)
{
    begin(false, "");
    struct http_request asked = request("localhost", NULL);
    CU_ASSERT_PTR_NULL(access_reader(&who, &asked));
    asked = request("localhost", "http://evil.example");
    CU_ASSERT_PTR_NULL(access_reader(&who, &asked));
    asked = request("localhost", "http://localhost:5173");
    CU_ASSERT_STRING_EQUAL(access_reader(&who, &asked), "http://localhost:5173");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hosts", hosts},
        {"origins are looked at", origins_are_looked_at},
        {"pages from files", pages_from_files},
        {"refused origins are noted", refused_origins_are_noted},
        {"who may control", who_may_control},
        {"tokens", tokens},
        {"viewers", viewers},
        {"readers", readers},
        CU_TEST_INFO_NULL,
    };
    return unit_run("access", tests);
}
