/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/access.h"

#include "broadcaster/guard.h"

#include <string.h>
#include <strings.h>

enum { HEADER_MAX = 512 };

/* False if there is such a header but it is too long to be anything good. None is an empty one. */
static bool copy(struct lws *wsi, enum lws_token_indexes token, char out[HEADER_MAX])
{
    out[0] = '\0';
    return lws_hdr_total_length(wsi, token) == 0 || lws_hdr_copy(wsi, out, HEADER_MAX, token) > 0;
}

static bool is_listed(const struct option_list *origins, const char *origin)
{
    for (uint32_t i = 0; i < origins->count; i++) {
        if (strcasecmp(origins->item[i], origin) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_listed_host(const struct option_list *origins, const char *host)
{
    for (uint32_t i = 0; i < origins->count; i++) {
        const char *listed = guard_origin_host(origins->item[i]);
        if (listed && strcasecmp(listed, host) == 0) {
            return true;
        }
    }
    return false;
}

/* HTTP/1.0 requests may come without a Host; no browser sends those. */
static bool host_allowed(const struct access *access, const char *host)
{
    return host[0] == '\0' || guard_host_allowed(host) ||
           (access->open && (guard_host_is_address(host) || guard_host_is(host, access->hostname) ||
                             is_listed_host(access->origins, host)));
}

static bool origin_allowed(const struct access *access, const char *origin, const char *host, enum need need)
{
    if (need < NEED_STREAM || origin[0] == '\0' || is_listed(access->origins, origin) ||
        guard_origin_is_own(origin, host)) {
        return true;
    }
    return need == NEED_CONTROL ? guard_origin_may_post(origin) : guard_origin_allowed(origin);
}

static bool token_allowed(const struct access *access, struct lws *wsi)
{
    static const char scheme[] = "Bearer ";
    char given[HEADER_MAX];
    if (!copy(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, given)) {
        return false;
    }
    if (given[0] != '\0') {
        return strncasecmp(given, scheme, sizeof scheme - 1) == 0 &&
               token_fits(&access->token, given + sizeof scheme - 1);
    }
    const char *argument = lws_get_urlarg_by_name(wsi, "token=", given, sizeof given);
    return argument && token_fits(&access->token, argument);
}

struct verdict access_judge(const struct access *access, struct lws *wsi, enum need need)
{
    char host[HEADER_MAX];
    char origin[HEADER_MAX];
    if (!copy(wsi, WSI_TOKEN_HOST, host) || !host_allowed(access, host)) {
        return (struct verdict){421, "this server answers to localhost and its own addresses only", NULL};
    }
    if (!copy(wsi, WSI_TOKEN_ORIGIN, origin) || !origin_allowed(access, origin, host, need)) {
        return (struct verdict){403,
                                need == NEED_CONTROL ? "pages of this origin may not change anything"
                                                     : "pages of this origin may not open the streams",
                                NULL};
    }
    if (need != NEED_PUBLIC && access->token.text[0] != '\0' && !token_allowed(access, wsi)) {
        return (struct verdict){401, "give the token: Authorization: Bearer TOKEN, or ?token=TOKEN",
                                "WWW-Authenticate: Bearer\r\n"};
    }
    return (struct verdict){0};
}
