/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/post.h"

#include "shared/clock.h"
#include "shared/json/reports.h"
#include "shared/json/requests.h"
#include "shared/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char phi_path[] = "/api/phi";
static const char calibrate_path[] = "/api/calibrate";
static const char record_path[] = "/api/record";
static const char replay_path[] = "/api/replay";
static const char patch_path[] = "/api/patch";

static bool is_replay(const char *path)
{
    return strcmp(path, replay_path) == 0;
}

static bool is_calibrate(const char *path)
{
    return strcmp(path, calibrate_path) == 0;
}

bool post_takes(const char *path)
{
    return strcmp(path, phi_path) == 0 || is_calibrate(path) || is_replay(path) ||
           strcmp(path, record_path) == 0 || strcmp(path, patch_path) == 0;
}

/* "application/json", with or without parameters after it. */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    if (!type || strncasecmp(type, json, sizeof json - 1) != 0) {
        return false;
    }
    const char *rest = type + sizeof json - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

struct verdict post_judge(const struct http_request *request)
{
    const char *type = request->field[FIELD_CONTENT_TYPE];
    if (request->field[FIELD_TRANSFER_ENCODING]) {
        return (struct verdict){411, "give the body's Content-Length", NULL};
    }
    if (request->content_length > POST_BODY_MAX) {
        return (struct verdict){413, "the body is too large; " TEXT_OF(POST_BODY_MAX) " bytes are the most",
                                NULL};
    }
    if (!is_json(type) && (request->content_length > 0 || !is_calibrate(request->path) || type)) {
        return (struct verdict){415, "give Content-Type: application/json", NULL};
    }
    return (struct verdict){0};
}

static void answer_record(const char *body, size_t length, const struct recorder *recorder,
                          struct message *scratch, struct reply *reply)
{
    static const struct request taken = {.count = 1, .name = {"on"}};
    const char *why = "there is nowhere to record to: start phicast-broadcaster with --record FOLDER";
    char error[REQUEST_ERROR_MAX];
    bool on;
    enum status status = request_record(&on, body, length, error);
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 400, error, scratch);
        return;
    }
    status = recorder->turn ? recorder->turn(recorder->arg, on, &why) : STATUS_NOT_FOUND;
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 409, why, scratch);
        return;
    }
    reply_fill(reply, 202, message_accepted(scratch, &taken), scratch);
}

static void answer_replay(const char *body, size_t length, struct source *source, struct message *scratch,
                          struct reply *reply)
{
    struct replay_wish wish;
    char error[REQUEST_ERROR_MAX];
    const enum status status = request_replay(&wish, body, length, error);
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 400, error, scratch);
    } else if (!source_is_replay(source)) {
        reply_detail(reply, 409, "this is no replay; start with --replay FILE to have one", scratch);
    } else if (source_steer(source, &wish, clock_now_us())) {
        reply_detail(reply, 409,
                     "what comes through a pipe cannot go to another position; save it to a file first",
                     scratch);
    } else {
        reply_fill(reply, 202, message_replay_accepted(scratch, &wish), scratch);
    }
}

/* The source of that name; NULL: there is none, or there are two, whose names were cut. */
static const struct patch_source *find_source(const struct patchbay *patchbay, const char *name)
{
    const struct patch_source *found = NULL;
    for (uint32_t i = 0; i < patchbay->count; i++) {
        if (strcmp(patchbay->source[i].name, name) == 0) {
            if (found) {
                return NULL;
            }
            found = &patchbay->source[i];
        }
    }
    return found;
}

static void answer_patch(const char *body, size_t length, const struct post_means *means,
                         struct message *scratch, struct reply *reply)
{
    static const struct request taken = {.count = 3, .name = {"source", "channel", "connected"}};
    const struct source *source = means->source;
    struct patch_wish wish;
    char error[REQUEST_ERROR_MAX];
    enum status status = request_patch(&wish, body, length, error);
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 400, error, scratch);
        return;
    }
    status = remote_send(means->remote, NULL, 0); /* whether it could hear anything */
    if (status) {
        reply_detail(reply, status == STATUS_BUSY ? 409 : 503, remote_refusal(means->remote, status),
                     scratch);
        return;
    }
    const struct patch_source *port = find_source(&source->patchbay, wish.source);
    if (!source->status_known || !source->status.jack_running) {
        reply_detail(reply, 503, "the analyser has no JACK server at present", scratch);
    } else if (wish.channel >= source->status.channel_count) {
        snprintf(error, sizeof error, "channel: there are %u, from 0", source->status.channel_count);
        reply_detail(reply, 400, error, scratch);
    } else if (!port) {
        reply_detail(reply, 404,
                     "source: there is no port of that name, or more than one; GET /api/sources has them",
                     scratch);
    } else {
        const struct command command = {.kind = wish.connected ? COMMAND_CONNECT : COMMAND_DISCONNECT,
                                        .value = wish.channel,
                                        .source = port->id};
        (void)!remote_send(means->remote, &command, 1); /* as above */
        reply_fill(reply, 202, message_accepted(scratch, &taken), scratch);
    }
}

void post_answer(const struct http_request *request, const char *body, size_t length,
                 const struct post_means *means, struct message *scratch, struct reply *reply)
{
    if (strcmp(request->path, record_path) == 0) {
        answer_record(body, length, means->recorder, scratch, reply);
        return;
    }
    if (strcmp(request->path, patch_path) == 0) {
        answer_patch(body, length, means, scratch, reply);
        return;
    }
    if (is_replay(request->path)) {
        answer_replay(body, length, means->source, scratch, reply);
        return;
    }
    struct request asked;
    char error[REQUEST_ERROR_MAX];
    enum status status = is_calibrate(request->path) ? request_calibrate(&asked, body, length, error)
                                                     : request_phi(&asked, body, length, error);
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 400, error, scratch);
        return;
    }
    status = remote_send(means->remote, asked.command, asked.count);
    if (status) {
        reply_detail(reply, status == STATUS_BUSY ? 409 : 503, remote_refusal(means->remote, status),
                     scratch);
        return;
    }
    /* 202: the analyser takes them in its own time. A 500 says that there is no memory to say so. */
    reply_fill(reply, 202, message_accepted(scratch, &asked), scratch);
}
