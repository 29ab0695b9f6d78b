/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 64 };

static bool is_loopback(const char *name)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, name, &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    if (inet_pton(AF_INET6, name, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return strcasecmp(name, "localhost") == 0;
}

/* The name in a Host header, without brackets and port; false if it is none. */
static bool split(const char *host, char name[HOST_MAX])
{
    const bool bracketed = host[0] == '[';
    const char *start = bracketed ? host + 1 : host;
    const size_t length = strcspn(start, bracketed ? "]" : ":");
    if (length == 0 || length >= HOST_MAX) {
        return false;
    }
    const char *port = start + length;
    if (bracketed) {
        if (*port != ']') {
            return false;
        }
        port++;
    }
    if (*port != '\0' && (*port != ':' || port[1 + strspn(port + 1, "0123456789")] != '\0')) {
        return false;
    }
    memcpy(name, start, length);
    name[length] = '\0';
    return true;
}

bool guard_host_allowed(const char *host)
{
    char name[HOST_MAX];
    return split(host, name) && is_loopback(name);
}

bool guard_host_is_address(const char *host)
{
    char name[HOST_MAX];
    unsigned char bytes[16];
    return split(host, name) && (inet_pton(AF_INET, name, bytes) == 1 ||
                                 (host[0] == '[' && inet_pton(AF_INET6, name, bytes) == 1));
}

bool guard_host_is(const char *host, const char *wanted)
{
    static const char local[] = ".local";
    char name[HOST_MAX];
    if (!split(host, name) || wanted[0] == '\0') {
        return false;
    }
    const size_t length = strlen(wanted);
    return strncasecmp(name, wanted, length) == 0 &&
           (name[length] == '\0' || strcasecmp(name + length, local) == 0);
}

/* What follows the scheme; NULL for a page that came by another. */
static const char *origin_host(const char *origin)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    if (strncasecmp(origin, http, sizeof http - 1) == 0) {
        return origin + sizeof http - 1;
    }
    return strncasecmp(origin, https, sizeof https - 1) == 0 ? origin + sizeof https - 1 : NULL;
}

const char *guard_origin_host(const char *origin)
{
    char name[HOST_MAX];
    const char *host = origin_host(origin);
    return host && split(host, name) ? host : NULL;
}

bool guard_origin_allowed(const char *origin)
{
    const char *host = origin_host(origin);
    return strcmp(origin, "null") == 0 || (host && guard_host_allowed(host));
}

bool guard_origin_is_own(const char *origin, const char *host)
{
    const char *from = origin_host(origin);
    return from && host[0] != '\0' && strcasecmp(from, host) == 0;
}

bool guard_origin_may_post(const char *origin)
{
    return strcmp(origin, "null") != 0 && guard_origin_allowed(origin);
}
