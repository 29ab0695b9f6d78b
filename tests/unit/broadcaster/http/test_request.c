/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/request.h"
#include "tests/unit/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct http_request request;
static char *head; /* on the heap and as long as it is, for the sanitizers */

/* Reads a whole head as a connection does. */
static unsigned parse_bytes(const char *text, size_t length)
{
    struct refusal refusal = {0, NULL};
    free(head);
    head = malloc(length + 1);
    memcpy(head, text, length);
    const size_t end = request_head_end(head, length, 0, &refusal);
    if (refusal.code == 0 && end > 0) {
        refusal = request_parse(&request, head, end);
    }
    CU_ASSERT_EQUAL(refusal.code == 0, refusal.detail == NULL);
    return end == 0 && refusal.code == 0 ? 1 : refusal.code;
}

static unsigned parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /api/phi HTTP/1.1\r\nHost: a\r\n"

static void refused_lines(void)
{
    static const struct {
        const char *text;
        unsigned code;
    } cases[] = {
        {"GET /\r\nHost: a\r\n\r\n", 400},                  /* no version */
        {"GET / \r\nHost: a\r\n\r\n", 400},                 /* nor here */
        {"GET\r\n\r\n", 400},                               /* */
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},        /* something after it */
        {"GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400},       /* four words */
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},        /* two blanks */
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},        /* */
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},        /* */
        {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400},          /* */
        {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},        /* */
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},         /* */
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},         /* */
        {"PRI * HTTP/2.0\r\n\r\n", 505},                    /* */
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},        /* no method at all */
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},         /* they are in capitals */
        {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},      /* */
        {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},         /* neither path nor URL */
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},         /* for OPTIONS only */
        {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},  /* */
        {"GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400},  /* */
        {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},       /* */
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400}, /* */
        {"GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400},      /* an end of line in disguise */
        {"GET /%0d%0aHost:%20b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /?a=%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /?a=%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const unsigned code = parse(cases[i].text);
        if (code != cases[i].code) {
            printf("%u, not %u: %s\n", code, cases[i].code, cases[i].text);
        }
        CU_ASSERT_EQUAL(code, cases[i].code);
    }
}

static void refused_fields(void)
{
    static const struct {
        const char *text;
        unsigned code;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},                                       /* no Host */
        {GET "Host: a\r\n\r\n", 400},                                          /* two */
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},                           /* a blank before the colon */
        {GET "X\r\n\r\n", 400},                                                /* no colon */
        {GET ": x\r\n\r\n", 400},                                              /* no name */
        {GET " folded: x\r\n\r\n", 400},                                       /* */
        {GET "X: a\r\n b\r\n\r\n", 400},                                       /* a folded value */
        {GET "X(y): a\r\n\r\n", 400},                                          /* */
        {GET "X: a\x01\r\n\r\n", 400},                                         /* */
        {GET "X: a\rb\r\n\r\n", 400},                                          /* */
        {GET "Content-Length: 0\r\n\r\n", 400},                                /* */
        {GET "Content-Length: 5\r\n\r\n", 400},                                /* */
        {GET "Transfer-Encoding: chunked\r\n\r\n", 400},                       /* */
        {"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 400},      /* */
        {POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},          /* */
        {POST "Content-Length: 5\r\ncontent-length: 6\r\n\r\n", 400},          /* */
        {POST "Content-Length: 5, 5\r\n\r\n", 400},                            /* */
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400}, /* */
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400}, /* */
        {POST "Content-Length: +5\r\n\r\n", 400},                              /* */
        {POST "Content-Length: -1\r\n\r\n", 400},                              /* */
        {POST "Content-Length: 0x10\r\n\r\n", 400},                            /* */
        {POST "Content-Length:\r\n\r\n", 400},                                 /* */
        {POST "Expect: the unexpected\r\nContent-Length: 1\r\n\r\n", 417},     /* */
        {GET "Origin: http://a\r\nOrigin: http://b\r\n\r\n", 400},             /* */
        {GET "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b\r\n\r\n", 400},     /* */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const unsigned code = parse(cases[i].text);
        if (code != cases[i].code) {
            printf("%u, not %u: %s\n", code, cases[i].code, cases[i].text);
        }
        CU_ASSERT_EQUAL(code, cases[i].code);
    }
}

static void refused_bytes(void)
{
    CU_ASSERT_EQUAL(parse("GET / HTTP/1.1\nHost: a\n\n"), 400);
    CU_ASSERT_EQUAL(parse("\n"), 400);
    CU_ASSERT_EQUAL(parse_bytes("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400);
    CU_ASSERT_EQUAL(parse_bytes("\x16\x03\x01\x02\x00\x01\x00\x01", 8), 400); /* TLS */
    CU_ASSERT_EQUAL(parse(""), 1);
    CU_ASSERT_EQUAL(parse("GET / HTTP/1.1\r\nHost: a\r\n\r"), 1);
}

static void limits(void)
{
    static char text[REQUEST_HEAD_MAX + 64];
    int used = snprintf(text, sizeof text, "%sX: ", GET);
    memset(text + used, 'y', sizeof text - (size_t)used);
    CU_ASSERT_EQUAL(parse_bytes(text, sizeof text), 431);
    memcpy(text + REQUEST_HEAD_MAX - 4, "\r\n\r\n", 4);
    CU_ASSERT_EQUAL(parse_bytes(text, sizeof text), 0); /* just fits */
    memset(text, '/', sizeof text);
    memcpy(text, "GET ", 4);
    CU_ASSERT_EQUAL(parse_bytes(text, sizeof text), 414);
    used = snprintf(text, sizeof text, "%s", GET);
    for (int i = 0; i < REQUEST_FIELDS_MAX; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "X: y\r\n");
    }
    snprintf(text + used, sizeof text - (size_t)used, "\r\n");
    CU_ASSERT_EQUAL(parse(text), 431);
    used = snprintf(text, sizeof text, "%s", GET);
    for (int i = 0; i < 50; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "Connection: aaaaaaaaaaaa\r\n");
    }
    snprintf(text + used, sizeof text - (size_t)used, "\r\n");
    CU_ASSERT_EQUAL(parse(text), 431);
}

/* However it comes in pieces, the head ends where it ends. */
static void pieces(void)
{
    const char *text = GET "X: y\r\n\r\nGET /";
    struct refusal refusal = {0, NULL};
    size_t seen = 0;
    size_t end = 0;
    for (size_t length = 1; end == 0 && length <= strlen(text); length++) {
        end = request_head_end(text, length, seen, &refusal);
        seen = length;
    }
    CU_ASSERT_EQUAL(refusal.code, 0);
    CU_ASSERT_EQUAL(end, strlen(text) - strlen("GET /"));
}

static void plain(void)
{
    CU_ASSERT_EQUAL_FATAL(parse("GET /a%20b/?rate=60&token=x%2By HTTP/1.1\r\nhOST:\t localhost:8000 \t\r\n"
                                "Origin: http://a\r\nA: one letter\r\nX-Empty:\r\n\r\n"),
                          0);
    CU_ASSERT_EQUAL(request.method, METHOD_GET);
    CU_ASSERT_STRING_EQUAL(request.path, "/a b/");
    CU_ASSERT_STRING_EQUAL(request.query, "rate=60&token=x%2By");
    CU_ASSERT_STRING_EQUAL(request.host, "localhost:8000");
    CU_ASSERT_STRING_EQUAL(request.field[FIELD_ORIGIN], "http://a");
    CU_ASSERT_PTR_NULL(request.field[FIELD_AUTHORIZATION]);
    CU_ASSERT_EQUAL(request.content_length, 0);
    CU_ASSERT_TRUE(request.keep_alive);
    char value[16];
    CU_ASSERT_TRUE(request_argument(&request, "token", value, sizeof value));
    CU_ASSERT_STRING_EQUAL(value, "x+y");
    CU_ASSERT_FALSE(request_argument(&request, "tok", value, sizeof value));
    CU_ASSERT_FALSE(request_argument(&request, "rate=60&token", value, sizeof value));
}

static void absolute_targets(void)
{
    CU_ASSERT_EQUAL(parse("GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_STRING_EQUAL(request.host, "b:80"); /* it counts, not the field */
    CU_ASSERT_STRING_EQUAL(request.path, "/x");
    CU_ASSERT_STRING_EQUAL(request.query, "y");
    CU_ASSERT_EQUAL(parse("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_STRING_EQUAL(request.host, "b");
    CU_ASSERT_STRING_EQUAL(request.path, "/");
    CU_ASSERT_EQUAL(parse("GET http://b?y=1 HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_STRING_EQUAL(request.host, "b");
    CU_ASSERT_STRING_EQUAL(request.path, "/");
    CU_ASSERT_STRING_EQUAL(request.query, "y=1");
    CU_ASSERT_EQUAL(parse("GET http://b/ HTTP/1.1\r\n\r\n"), 400); /* the field must be there all the same */
}

static void methods(void)
{
    CU_ASSERT_EQUAL(parse("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.method, METHOD_HEAD);
    CU_ASSERT_EQUAL(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.method, METHOD_OPTIONS);
    CU_ASSERT_STRING_EQUAL(request.path, "*");
    CU_ASSERT_EQUAL(parse("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.method, METHOD_DELETE);
    CU_ASSERT_EQUAL(parse("CONNECT a:22 HTTP/1.1\r\nHost: a:22\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.method, METHOD_OTHER);
}

static void bodies(void)
{
    CU_ASSERT_EQUAL(parse(POST "Content-Length: 007\r\nExpect: 100-Continue\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.content_length, 7);
    CU_ASSERT_TRUE(request.expects_continue);
    CU_ASSERT_EQUAL(parse(POST "Content-Length: 99999999999999999999999\r\n\r\n"), 0);
    CU_ASSERT_EQUAL(request.content_length, SIZE_MAX);
    CU_ASSERT_EQUAL(parse(POST "Transfer-Encoding: chunked\r\n\r\n"),
                    0); /* who answers says that it is not taken */
    CU_ASSERT_STRING_EQUAL(request.field[FIELD_TRANSFER_ENCODING], "chunked");
    CU_ASSERT_EQUAL(parse(POST "\r\n"), 0);
    CU_ASSERT_EQUAL(request.content_length, 0);
}

static void old_version(void)
{
    CU_ASSERT_EQUAL(parse("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\r\n"), 0);
    CU_ASSERT_STRING_EQUAL(request.host, "");
    CU_ASSERT_FALSE(request.keep_alive);
    CU_ASSERT_PTR_NULL(request.field[FIELD_UPGRADE]);
}

static void lists(void)
{
    CU_ASSERT_TRUE(request_lists("keep-alive, Upgrade", "upgrade"));
    CU_ASSERT_TRUE(request_lists(" ,,upgrade\t,", "upgrade"));
    CU_ASSERT_FALSE(request_lists("upgraded", "upgrade"));
    CU_ASSERT_FALSE(request_lists("not upgrade", "upgrade"));
    CU_ASSERT_FALSE(request_lists("", "upgrade"));
    CU_ASSERT_FALSE(request_lists(NULL, "upgrade"));
    CU_ASSERT_EQUAL(
        parse("GET / HTTP/1.1\r\nConnection: a\r\nHost: localhost\r\nConnection: close\r\nUpgrade: h2c\r\n"
              "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        0);
    CU_ASSERT_STRING_EQUAL(request.host, "localhost");
    CU_ASSERT_STRING_EQUAL(request.field[FIELD_CONNECTION], "a, close, Upgrade");
    CU_ASSERT_STRING_EQUAL(request.field[FIELD_UPGRADE], "h2c, websocket");
    CU_ASSERT_FALSE(request.keep_alive);
}

static void types(void)
{
    CU_ASSERT_TRUE(request_accepts("text/html", "text/html"));
    CU_ASSERT_TRUE(request_accepts("text/plain , TEXT/HTML ;level=1; q=0.001,*/*", "text/html"));
    CU_ASSERT_FALSE(request_accepts("text/html;q=0, */*", "text/html"));
    CU_ASSERT_FALSE(request_accepts("text/html; q=0.000", "text/html"));
    CU_ASSERT_FALSE(request_accepts("text/htmlx, atext/html, text/*, */*", "text/html"));
    CU_ASSERT_FALSE(request_accepts("text/", "text/html"));
    CU_ASSERT_FALSE(request_accepts("", "text/html"));
    CU_ASSERT_FALSE(request_accepts(NULL, "text/html"));
    CU_ASSERT_EQUAL(parse("GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nAccept: text/html\r\n\r\n"), 0);
    CU_ASSERT_TRUE(request_accepts(request.field[FIELD_ACCEPT], "text/html"));
}

static void arguments(void)
{
    const char *at = "&a=1&&b=%26&cccccccccccccccccccccccccccc=1&d";
    char out[16];
    CU_ASSERT_STRING_EQUAL(request_next_argument(&at, out, sizeof out), "a=1");
    CU_ASSERT_STRING_EQUAL(request_next_argument(&at, out, sizeof out), "b=&");
    CU_ASSERT_STRING_EQUAL(request_next_argument(&at, out, sizeof out),
                           "d"); /* what does not fit is passed over */
    CU_ASSERT_PTR_NULL(request_next_argument(&at, out, sizeof out));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"refused lines", refused_lines},
        {"refused fields", refused_fields},
        {"refused bytes", refused_bytes},
        {"limits", limits},
        {"pieces", pieces},
        {"plain", plain},
        {"absolute targets", absolute_targets},
        {"methods", methods},
        {"bodies", bodies},
        {"old version", old_version},
        {"lists", lists},
        {"types", types},
        {"arguments", arguments},
        CU_TEST_INFO_NULL,
    };
    const int failed = unit_run("request", tests);
    free(head);
    return failed;
}
