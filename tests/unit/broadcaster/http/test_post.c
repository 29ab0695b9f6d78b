/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes of a POST: its head, its body, and what it moves; no socket, no analyser. */
#include "broadcaster/http/site.h"
#include "tests/unit/broadcaster/site_rig.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct http_request post(const char *path, const char *type, size_t length)
{
    struct http_request asked = request(METHOD_POST, path);
    asked.field[FIELD_CONTENT_TYPE] = type;
    asked.content_length = length;
    return asked;
}

static void heads_of_posts(void)
{
    begin();
    struct http_request asked = post("/api/phi", "application/json", 13);
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_NEEDS_BODY);
    asked = post("/api/phi", "Application/JSON ; charset=utf-8", POST_BODY_MAX);
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_NEEDS_BODY);
    asked = post("/api/phi", "application/json", POST_BODY_MAX + 1);
    CU_ASSERT_EQUAL(refused(&asked), 413);
    CU_ASSERT_TRUE(reply.close); /* what follows is never a request */
    asked = post("/api/phi", "application/jsonp", 1);
    CU_ASSERT_EQUAL(refused(&asked), 415);
    asked = post("/api/phi", NULL, 0);
    CU_ASSERT_EQUAL(refused(&asked), 415);
    asked = post("/api/calibrate", NULL, 0);
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_NEEDS_BODY);
    asked = post("/api/phi", "application/json", 0);
    asked.field[FIELD_TRANSFER_ENCODING] = "chunked";
    CU_ASSERT_EQUAL(refused(&asked), 411);
    asked = post("/api/phi", "application/json", 1);
    asked.field[FIELD_ORIGIN] = "http://evil.example";
    CU_ASSERT_EQUAL(refused(&asked), 403);
    asked = post("/api/phi", "application/json", 1);
    int taken = 0;
    while (taken < 10 * LIMITS_POSTS_BURST && ask(&asked) == OUTCOME_NEEDS_BODY) {
        taken++;
    }
    CU_ASSERT_EQUAL(reply.code, 429);
    CU_ASSERT_TRUE(taken < 2 * LIMITS_POSTS_BURST);
    end();
}

static void body(const char *path, const char *text, unsigned code, const char *says)
{
    const struct http_request asked = post(path, "application/json", strlen(text));
    site_body(&site, &asked, text, &reply);
    CU_ASSERT_EQUAL(reply.code, code);
    if (!memmem(reply.body, reply.length, says, strlen(says))) {
        fprintf(stderr, "%s %s: %.*s\n", path, text, (int)reply.length, (const char *)reply.body);
        CU_FAIL("the answer says something else");
    }
}

/* With nobody there they are good or bad all the same; with an analyser the good ones arrive. */
static void bodies_of_posts(void)
{
    uint64_t next = 0;
    struct command command;
    begin();
    body("/api/phi", "{\"depth\":0.5}", 503, "no analyser");
    body("/api/phi", "{\"depth\":2}", 400, "depth: give a number from 0 to 1");
    body("/api/phi", "{", 400, "not a JSON object");
    body("/api/phi", "{\"deep\":1}", 400, "no such member");
    body("/api/calibrate", "{\"level_dbfs\":1}", 400, "dBFS");
    body("/api/replay", "{\"paused\":true}", 409, "this is no replay");
    body("/api/replay", "{\"paused\":1}", 400, "paused: give true or false");
    CU_ASSERT_EQUAL(command_read(&control.commands, &next, &command, NULL), STATUS_EMPTY);
    live.base.writer = 1; /* anything */
    live.base.takes_commands = true;
    const struct post_means means = {&remote, &recorder, &live.base};
    const struct http_request asked = post("/api/phi", "application/json", 29);
    post_answer(&asked, "{\"depth\":0.25,\"breathing\":true}", 31, &means, &site.scratch, &reply);
    CU_ASSERT_EQUAL(reply.code, 202);
    CU_ASSERT_STRING_EQUAL(site.scratch.text, "{\"accepted\":[\"depth\",\"breathing\"]}");
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, COMMAND_DEPTH);
    CU_ASSERT_EQUAL(command.value, 0.25);
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, COMMAND_BREATHING);
    post_answer(&asked, "{\"depth\":0.25,\"rate\":11}", 24, &means, &site.scratch, &reply);
    CU_ASSERT_EQUAL(reply.code, 400);
    CU_ASSERT_EQUAL(command_read(&control.commands, &next, &command, NULL), STATUS_EMPTY); /* all or none */
    live.base.writer = 0;
    end();
}

/* By the names that are listed; what is wrong is said in the order in which it can be mended. */
static void patches(void)
{
    static const char good[] = "{\"source\":\"system:capture_2\",\"channel\":1,\"connected\":true}";
    uint64_t next = 0;
    struct command command;
    begin();
    body("/api/patch", good, 503, "no analyser");
    body("/api/patch", "{\"source\":\"x\",\"channel\":64,\"connected\":true}", 400, "channel: give a whole");
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/sources"), 200);
    CU_ASSERT_TRUE(begins("{\"channels\":0,\"sources\":[],\"more\":0}"));
    live.base.writer = 1; /* anything */
    live.base.takes_commands = true;
    live.base.status_known = true;
    body("/api/patch", good, 503, "no JACK server");
    live.base.status = (struct analyser_status){.jack_running = 1, .channel_count = 2};
    body("/api/patch", good, 404, "no port of that name");
    live.base.patchbay = (struct patchbay){.count = 4,
                                           .more = 3,
                                           .source = {{7, 0, "system:capture_1"},
                                                      {UINT64_MAX, 3, "system:capture_2"},
                                                      {8, 0, "twice"},
                                                      {9, 0, "twice"}}};
    CU_ASSERT_EQUAL(code_of(METHOD_GET, "/api/sources"), 200);
    CU_ASSERT_TRUE(
        begins("{\"channels\":2,\"sources\":[{\"name\":\"system:capture_1\",\"feeds\":[]},{\"name\":"
               "\"system:capture_2\",\"feeds\":[0,1]},"));
    body("/api/patch", "{\"source\":\"twice\",\"channel\":1,\"connected\":true}", 404, "more than one");
    body("/api/patch", "{\"source\":\"twice\",\"channel\":2,\"connected\":true}", 400,
         "channel: there are 2");
    CU_ASSERT_EQUAL(command_read(&control.commands, &next, &command, NULL), STATUS_EMPTY);
    body("/api/patch", good, 202, "{\"accepted\":[\"source\",\"channel\",\"connected\"]}");
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, COMMAND_CONNECT);
    CU_ASSERT_EQUAL(command.value, 1);
    CU_ASSERT_EQUAL(command.source, UINT64_MAX);
    body("/api/patch", "{\"source\":\"system:capture_1\",\"channel\":0,\"connected\":false}", 202,
         "accepted");
    CU_ASSERT_EQUAL_FATAL(command_read(&control.commands, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, COMMAND_DISCONNECT);
    CU_ASSERT_EQUAL(command.source, 7);
    live.base.writer = 0;
    live.base.patchbay.count = 0;
    end();
}

static int turned; /* on: 1, off: 0 */

static enum status turn(void *arg, bool on, const char **why)
{
    if (arg) {
        *why = "not now";
        return STATUS_BUSY;
    }
    turned = on;
    return STATUS_OK;
}

static void the_recorders_switch(void)
{
    begin();
    body("/api/record", "{\"on\":true}", 409, "--record");
    recorder.turn = turn;
    body("/api/record", "{\"on\":true}", 202, "{\"accepted\":[\"on\"]}");
    CU_ASSERT_EQUAL(turned, 1);
    body("/api/record", "{\"on\":false}", 202, "accepted");
    CU_ASSERT_EQUAL(turned, 0);
    body("/api/record", "{\"on\":1}", 400, "on: give true or false");
    body("/api/record", "{}", 400, "on: give true or false");
    body("/api/record", "{\"on\":true,\"file\":\"/etc/passwd\"}", 400, "file: no such member; there is on");
    body("/api/record", "on", 400, "not a JSON object");
    body("/api/record", "", 400, "not a JSON object");
    CU_ASSERT_EQUAL(turned, 0);
    recorder.arg = &recorder;
    body("/api/record", "{\"on\":true}", 409, "not now");
    recorder = (struct recorder){0};
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"heads of posts", heads_of_posts},
        {"bodies of posts", bodies_of_posts},
        {"patches", patches},
        {"the recorder's switch", the_recorders_switch},
        CU_TEST_INFO_NULL,
    };
    return unit_run("post", tests);
}
