/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/post.h"

#include "shared/json/reports.h"
#include "shared/json/requests.h"
#include "shared/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char phi_path[] = "/api/phi";
static const char calibrate_path[] = "/api/calibrate";

bool post_takes(const char *path)
{
    return strcmp(path, phi_path) == 0 || strcmp(path, calibrate_path) == 0;
}

static void refuse(struct post *post, unsigned code, const char *detail)
{
    if (post->refusal.code == 0) {
        post->refusal = (struct verdict){code, detail, NULL};
    }
}

static bool has(struct lws *wsi, enum lws_token_indexes token)
{
    return lws_hdr_total_length(wsi, token) > 0;
}

/* The header's text; false if there is none, or too much of it. */
static bool copy(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    return has(wsi, token) && lws_hdr_copy(wsi, out, (int)size, token) > 0;
}

/* "application/json", with or without parameters after it. */
static bool is_json(struct lws *wsi)
{
    static const char json[] = "application/json";
    char type[128];
    if (!copy(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof type) ||
        strncasecmp(type, json, sizeof json - 1) != 0) {
        return false;
    }
    const char *rest = type + sizeof json - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

/* Bytes of body to come; false if the head does not say, or says nonsense. */
static bool body_length(struct lws *wsi, size_t *length)
{
    char text[16];
    *length = 0;
    if (has(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
        return false; /* libwebsockets reads no chunks */
    }
    if (!has(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) {
        return true;
    }
    if (!copy(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text) ||
        text[strspn(text, "0123456789")] != '\0') {
        return false;
    }
    *length = strtoul(text, NULL, 10);
    return true;
}

bool post_begin(struct post *post, struct lws *wsi, const char *path, struct verdict verdict)
{
    size_t length;
    *post =
        (struct post){.active = true, .refusal = verdict, .is_calibrate = strcmp(path, calibrate_path) == 0};
    const bool known = body_length(wsi, &length);
    if (!known) {
        refuse(post, 411, "give the body's Content-Length");
    }
    if (length > POST_BODY_MAX) {
        refuse(post, 413, "the body is too large; " TEXT_OF(POST_BODY_MAX) " bytes are the most");
    }
    if (!is_json(wsi) && (length > 0 || !post->is_calibrate || has(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE))) {
        refuse(post, 415, "give Content-Type: application/json");
    }
    return !known || length == 0 || length > POST_SWALLOW_MAX;
}

void post_body(struct post *post, const void *bytes, size_t length)
{
    if (!post->active) {
        return;
    }
    if (length > sizeof post->body - post->length) {
        refuse(post, 413, "the body is too large; " TEXT_OF(POST_BODY_MAX) " bytes are the most");
        return;
    }
    memcpy(post->body + post->length, bytes, length);
    post->length += length;
}

static void fill_detail(struct reply *reply, struct message *scratch, unsigned code, const char *detail)
{
    static const char failed[] = "{\"detail\":\"out of memory\"}";
    const enum status status = message_detail(scratch, detail);
    reply->content_type = reply_json;
    reply->code = status ? 500 : code;
    reply->body = status ? failed : scratch->text;
    reply->length = status ? sizeof failed - 1 : scratch->length;
}

static void fill_accepted(struct reply *reply, struct message *scratch, const struct request *request)
{
    if (message_accepted(scratch, request)) {
        fill_detail(reply, scratch, 500, "out of memory"); /* to say so; the commands have been given */
        return;
    }
    reply->content_type = reply_json;
    reply->code = 202; /* the analyser takes them in its own time */
    reply->body = scratch->text;
    reply->length = scratch->length;
}

void post_answer(struct post *post, struct hands *hands, struct message *scratch, struct reply *reply)
{
    struct request request;
    char error[REQUEST_ERROR_MAX];
    post->active = false;
    if (post->refusal.code != 0) {
        fill_detail(reply, scratch, post->refusal.code, post->refusal.detail);
        reply->headers = post->refusal.headers;
        return;
    }
    enum status status = post->is_calibrate ? request_calibrate(&request, post->body, post->length, error)
                                            : request_phi(&request, post->body, post->length, error);
    if (status) {
        fill_detail(reply, scratch, status == STATUS_NO_MEMORY ? 500 : 400, error);
        return;
    }
    status = hands_give(hands, request.command, request.count);
    if (status) {
        fill_detail(
            reply, scratch, 503,
            status == STATUS_NO_ACCESS
                ? "the analyser runs as another user, who cannot read what we write; run both as the same"
                : hands->source->why);
        return;
    }
    fill_accepted(reply, scratch, &request);
}
