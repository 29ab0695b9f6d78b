/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/access.h"

#include "broadcaster/guard/guard.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <string.h>
#include <strings.h>

enum { ORIGIN_SHOWN = 128 };

static bool is_listed(const struct access *access, const char *origin)
{
    for (uint32_t i = 0; i < access->origins->count; i++) {
        if (guard_origins_match(access->origins->item[i], origin)) {
            return true;
        }
    }
    return false;
}

static bool is_listed_host(const struct access *access, const char *host)
{
    for (uint32_t i = 0; i < access->origins->count; i++) {
        if (guard_origin_is_at(access->origins->item[i], host)) {
            return true;
        }
    }
    return false;
}

/* HTTP/1.0 requests may come without a Host; no browser sends those. */
static bool host_allowed(const struct access *access, const char *host)
{
    return host[0] == '\0' || guard_host_is_loopback(host) || is_listed_host(access, host) ||
           (access->open && (guard_host_is_address(host) || guard_host_is(host, access->hostname)));
}

static bool origin_allowed(const struct access *access, const char *origin, const char *host, enum need need)
{
    if (guard_origin_is_file(origin)) {
        return need != NEED_CONTROL && (!access->open || is_listed(access, origin));
    }
    return is_listed(access, origin) || guard_origin_is_loopback(origin) || guard_origin_is_at(origin, host);
}

/* What a token is good for. */
enum right { RIGHT_NONE, RIGHT_VIEW, RIGHT_CONTROL };

static enum right right_of_token(const struct tokens *tokens, const char *given)
{
    /* Each is compared, whatever the other says: the time that it takes tells nothing. */
    const bool controls = token_fits(&tokens->control, given);
    const bool views = token_fits(&tokens->viewer, given);
    return controls ? RIGHT_CONTROL : views && tokens->viewer.text[0] != '\0' ? RIGHT_VIEW : RIGHT_NONE;
}

static enum right right_of(const struct access *access, const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    char argument[sizeof "token=" + TOKEN_MAX];
    const char *given = request->field[FIELD_AUTHORIZATION];
    if (access->tokens.control.text[0] == '\0') {
        return RIGHT_CONTROL;
    }
    if (given) {
        return strncasecmp(given, scheme, sizeof scheme - 1) == 0
                   ? right_of_token(&access->tokens, given + sizeof scheme - 1)
                   : RIGHT_NONE;
    }
    return request_argument(request, "token", argument, sizeof argument)
               ? right_of_token(&access->tokens, argument)
               : RIGHT_NONE;
}

static void note_refused(const struct access *access, const char *origin, enum need need)
{
    static uint64_t times;
    const bool is_file = guard_origin_is_file(origin);
    const char *admit = is_file && need == NEED_CONTROL ? NULL
                        : is_file                       ? "null"
                        : guard_origin_is_one(origin)   ? origin
                                                        : NULL;
    refusals_add(access->refusals, origin, admit, (double)clock_unix_us() / 1e6);
    if (admit) {
        log_repeated(&times, "a page of %.*s was refused; --allow-origin %.*s would let it in", ORIGIN_SHOWN,
                     origin, ORIGIN_SHOWN, admit);
    } else if (is_file) {
        log_repeated(&times, "a page from a file was refused: such a page may read, but move nothing");
    }
}

struct verdict access_judge_preflight(const struct access *access, const struct http_request *request,
                                      enum need need)
{
    const char *origin = request->field[FIELD_ORIGIN];
    if (!host_allowed(access, request->host)) {
        return (struct verdict){421, "this server answers to localhost and its own addresses only", NULL};
    }
    if (origin && origin[0] != '\0' && need >= NEED_STREAM &&
        !origin_allowed(access, origin, request->host, need)) {
        note_refused(access, origin, need);
        return (struct verdict){403,
                                need == NEED_CONTROL ? "pages of this origin may not change anything"
                                                     : "pages of this origin may not open the streams",
                                NULL};
    }
    return (struct verdict){0};
}

struct verdict access_judge(const struct access *access, const struct http_request *request, enum need need)
{
    const struct verdict verdict = access_judge_preflight(access, request, need);
    if (verdict.code != 0 || need == NEED_PUBLIC) {
        return verdict;
    }
    const enum right right = right_of(access, request);
    if (right == RIGHT_NONE) {
        return (struct verdict){401, "give the token: Authorization: Bearer TOKEN, or ?token=TOKEN",
                                "WWW-Authenticate: Bearer\r\n"};
    }
    if (right == RIGHT_VIEW && need == NEED_CONTROL) {
        return (struct verdict){
            403, "this token lets you look, but move nothing; give the one of --token-file", NULL};
    }
    return verdict;
}

bool access_may_control(const struct access *access, const struct http_request *request)
{
    const char *origin = request->field[FIELD_ORIGIN];
    return right_of(access, request) == RIGHT_CONTROL &&
           (!origin || origin[0] == '\0' || origin_allowed(access, origin, request->host, NEED_CONTROL));
}

const char *access_reader(const struct access *access, const struct http_request *request)
{
    const char *origin = request->field[FIELD_ORIGIN];
    return origin && origin[0] != '\0' && origin_allowed(access, origin, request->host, NEED_STREAM) ? origin
                                                                                                     : NULL;
}
