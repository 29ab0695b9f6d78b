/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_LENGTH = 254 };

/* What a Host header or an origin names. */
struct place {
    char name[NAME_MAX_LENGTH];
    bool is_v6;         /* it stood in brackets */
    unsigned long port; /* 0: left out */
};

/* "", ":" or ":80". */
static bool take_port(unsigned long *port, const char *text)
{
    if (*text == '\0' || strcmp(text, ":") == 0) {
        *port = 0;
        return true;
    }
    const size_t digits = strspn(text + 1, "0123456789");
    *port = strtoul(text + 1, NULL, 10);
    return *text == ':' && digits > 0 && digits <= 5 && text[1 + digits] == '\0' && *port > 0 &&
           *port < 65536;
}

/* False if it is none. */
static bool split(const char *host, struct place *place)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    place->is_v6 = host[0] == '[';
    const char *name = host + (place->is_v6 ? 1 : 0);
    const size_t length = place->is_v6 ? strcspn(name, "]") : strspn(name, allowed);
    if (length == 0 || length >= sizeof place->name || (place->is_v6 && name[length] != ']')) {
        return false;
    }
    memcpy(place->name, name, length);
    place->name[length] = '\0';
    unsigned char bytes[16];
    return take_port(&place->port, name + length + (place->is_v6 ? 1 : 0)) &&
           (!place->is_v6 || inet_pton(AF_INET6, place->name, bytes) == 1);
}

static bool is_loopback(const struct place *place)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (place->is_v6) {
        return inet_pton(AF_INET6, place->name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    }
    if (inet_pton(AF_INET, place->name, &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    return strcasecmp(place->name, "localhost") == 0;
}

bool guard_host_is_loopback(const char *host)
{
    struct place place;
    return split(host, &place) && is_loopback(&place);
}

bool guard_host_is_address(const char *host)
{
    struct place place;
    unsigned char bytes[16];
    return split(host, &place) && (place.is_v6 || inet_pton(AF_INET, place.name, bytes) == 1);
}

bool guard_host_is(const char *host, const char *wanted)
{
    static const char local[] = ".local";
    struct place place;
    if (!split(host, &place) || wanted[0] == '\0') {
        return false;
    }
    const size_t length = strlen(wanted);
    return strncasecmp(place.name, wanted, length) == 0 &&
           (place.name[length] == '\0' || strcasecmp(place.name + length, local) == 0);
}

/* The scheme's port, and what follows the scheme; 0 for a page that came by another. */
static unsigned long scheme_port(const char *origin, const char **host)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    if (strncasecmp(origin, http, sizeof http - 1) == 0) {
        *host = origin + sizeof http - 1;
        return 80;
    }
    *host = origin + sizeof https - 1;
    return strncasecmp(origin, https, sizeof https - 1) == 0 ? 443 : 0;
}

/* Where a page of that origin comes from, its port filled in; returns the scheme's own port, 0 if it is no
 * origin. */
static unsigned long split_origin(const char *origin, struct place *place)
{
    const char *host;
    const unsigned long port = scheme_port(origin, &host);
    if (port == 0 || !split(host, place)) {
        return 0;
    }
    place->port = place->port > 0 ? place->port : port;
    return port;
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->port == b->port && strcasecmp(a->name, b->name) == 0;
}

bool guard_origin_is_file(const char *origin)
{
    return strcmp(origin, "null") == 0 || strncasecmp(origin, "file://", 7) == 0;
}

bool guard_origin_is_one(const char *origin)
{
    struct place place;
    const size_t length = strlen(origin);
    return (split_origin(origin, &place) > 0 && origin[length - 1] != ':') || strcmp(origin, "null") == 0 ||
           strcasecmp(origin, "file://") == 0;
}

bool guard_origins_match(const char *a, const char *b)
{
    struct place here;
    struct place there;
    if (guard_origin_is_file(a) || guard_origin_is_file(b)) {
        return guard_origin_is_file(a) && guard_origin_is_file(b);
    }
    const unsigned long scheme = split_origin(a, &here);
    return scheme > 0 && split_origin(b, &there) == scheme && same_place(&here, &there);
}

bool guard_origin_is_loopback(const char *origin)
{
    struct place place;
    return split_origin(origin, &place) > 0 && is_loopback(&place);
}

bool guard_origin_is_at(const char *origin, const char *host)
{
    struct place from;
    struct place here;
    const unsigned long scheme = split_origin(origin, &from);
    if (scheme == 0 || !split(host, &here)) {
        return false;
    }
    here.port = here.port > 0 ? here.port : scheme;
    return same_place(&from, &here);
}
