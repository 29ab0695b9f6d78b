/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A site without a socket or an analyser, and a way to ask it. */
#ifndef PHICAST_TESTS_UNIT_BROADCASTER_SITE_RIG_H
#define PHICAST_TESTS_UNIT_BROADCASTER_SITE_RIG_H

#include "broadcaster/http/site.h"
#include "shared/clock.h"
#include "tests/unit/broadcaster/hub_rig.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct option_list origins;
static struct refusals refusals;
static struct access who;
static struct limits limits;
static struct listen_plan plan;
static struct control control;
static struct segment control_segment = {.fd = -1, .memory = &control};
static struct remote remote;
static struct recorder recorder;
static struct site site;
static struct address address = {.loopback = true};
static struct reply reply;
static struct upgrade upgrade;

static inline void begin(void)
{
    const uint64_t now_us = clock_now_us();
    refusals = (struct refusals){0};
    who = (struct access){.origins = &origins, .refusals = &refusals};
    limits = (struct limits){0};
    limits_init(&limits, 10, 0, 1);
    memset(&control, 0, sizeof control);
    open_hub("no-such-analyser", now_us);
    remote = (struct remote){.control = &control_segment, .source = &live.base};
    site = (struct site){.hub = &hub,
                         .remote = &remote,
                         .recorder = &recorder,
                         .access = &who,
                         .limits = &limits,
                         .plan = &plan,
                         .started_us = now_us};
}

static inline void end(void)
{
    message_free(&site.scratch);
    close_hub();
}

static inline struct http_request request(enum request_method method, const char *path)
{
    return (struct http_request){
        .method = method, .path = path, .query = "", .host = "localhost", .keep_alive = true};
}

static inline enum outcome ask(const struct http_request *asked)
{
    return site_answer(&site, asked, &address, &reply, &upgrade);
}

static inline unsigned code_of(enum request_method method, const char *path)
{
    const struct http_request asked = request(method, path);
    CU_ASSERT_EQUAL(ask(&asked), OUTCOME_ANSWERED);
    return reply.code;
}

static inline unsigned refused(const struct http_request *asked)
{
    CU_ASSERT_EQUAL(ask(asked), OUTCOME_ANSWERED);
    return reply.code;
}

static inline bool begins(const char *text)
{
    return reply.length >= strlen(text) && memcmp(reply.body, text, strlen(text)) == 0;
}

#endif
