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

bool guard_host_allowed(const char *host)
{
    char name[HOST_MAX];
    const bool bracketed = host[0] == '[';
    const char *start = bracketed ? host + 1 : host;
    const size_t length = strcspn(start, bracketed ? "]" : ":");
    if (length == 0 || length >= sizeof name) {
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
    return is_loopback(name);
}

bool guard_origin_allowed(const char *origin)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    if (strcmp(origin, "null") == 0) {
        return true;
    }
    if (strncasecmp(origin, http, sizeof http - 1) == 0) {
        return guard_host_allowed(origin + sizeof http - 1);
    }
    return strncasecmp(origin, https, sizeof https - 1) == 0 && guard_host_allowed(origin + sizeof https - 1);
}

bool guard_origin_may_post(const char *origin)
{
    return strcmp(origin, "null") != 0 && guard_origin_allowed(origin);
}
