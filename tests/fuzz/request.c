/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a connection sends first: the head of an HTTP request, and what it asks of a stream. */
#include "broadcaster/http/request.h"

#include "broadcaster/http/access.h"
#include "broadcaster/http/oscquery.h"
#include "broadcaster/http/upgrade.h"
#include "broadcaster/sinks/ws/extension.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
    for (; *text != '\0'; text++) {
        FUZZ_CHECK((unsigned char)*text >= ' ' || *text == '\t');
    }
}

static void check_request(const struct http_request *request)
{
    static const struct option_list origins = {.count = 1, .item = {"https://stage.example"}};
    static struct refusals refusals;
    const struct access access = {
        .origins = &origins, .refusals = &refusals, .tokens = {{"sesame"}, {"watch"}}, .hostname = "stage"};
    check_text(request->path);
    check_text(request->query);
    check_text(request->host);
    FUZZ_CHECK(request->path[0] == '/' || strcmp(request->path, "*") == 0);
    for (int i = 0; i < FIELD_COUNT; i++) {
        check_text(request->field[i] ? request->field[i] : "");
    }
    /* A body's length is known to all who read on, or the request is not read at all. */
    FUZZ_CHECK(!request->field[FIELD_CONTENT_LENGTH] || !request->field[FIELD_TRANSFER_ENCODING]);
    if (request->method == METHOD_GET || request->method == METHOD_HEAD) {
        FUZZ_CHECK(!request->field[FIELD_CONTENT_LENGTH] && !request->field[FIELD_TRANSFER_ENCODING]);
    }
    const struct verdict open = access_judge(&access, request, NEED_CONTROL);
    if (open.code == 0) { /* only who knows the token gets so far */
        char token[64] = "";
        const bool asked = request_argument(request, "token", token, sizeof token);
        FUZZ_CHECK(request->field[FIELD_AUTHORIZATION] || (asked && strcmp(token, "sesame") == 0));
    }
    /* Who may move something may look, and not the other way round with the viewer's token. */
    FUZZ_CHECK(open.code != 0 || access_judge(&access, request, NEED_READ).code == 0);
    FUZZ_CHECK(access_may_control(&access, request) || open.code != 0);
    (void)access_reader(&access, request);
    FUZZ_CHECK(!oscquery_takes(request) || oscquery_has(request->path));
}

static void check_offer(const struct http_request *request)
{
    struct upgrade upgrade;
    char head[1024];
    if (upgrade_stream_of(request->path) == STREAM_COUNT || upgrade_read(&upgrade, request).code != 0) {
        return;
    }
    const size_t length = upgrade_print(&upgrade, head, sizeof head);
    struct http_request again;
    struct refusal refusal = {0, NULL};
    FUZZ_CHECK(length > 0 && request_head_end(head, length, 0, &refusal) == length);
    FUZZ_CHECK(request_parse(&again, head, length).code ==
               0); /* what libwebsockets is told is one good request */
    FUZZ_CHECK(strcmp(again.field[FIELD_WS_KEY], upgrade.key) == 0 && again.query[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request request;
    struct refusal refusal = {0, NULL};
    char *head = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(head != NULL);
    memcpy(head, data, size);
    const size_t end = request_head_end(head, size, 0, &refusal);
    FUZZ_CHECK(end <= size && (refusal.code == 0 || end == 0));
    /* In pieces it ends where it ends in one. */
    struct refusal later = {0, NULL};
    const size_t half = request_head_end(head, size / 2, 0, &later);
    if (half == 0 && later.code == 0) {
        FUZZ_CHECK(request_head_end(head, size, size / 2, &later) == end && later.code == refusal.code);
    }
    if (end > 0) {
        refusal = request_parse(&request, head, end);
        if (refusal.code == 0) {
            check_request(&request);
            check_offer(&request);
        }
    }
    FUZZ_CHECK(refusal.code == 0 || (refusal.code >= 400 && refusal.code <= 505));
    if (refusal.code != 0) {
        fuzz_check_message(refusal.detail);
    }
    free(head);
    return 0;
}
