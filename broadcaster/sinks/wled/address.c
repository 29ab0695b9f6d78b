/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/wled/address.h"

#include "shared/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes text apart: the host without brackets, and the port. */
static bool split(const char *text, char host[INET6_ADDRSTRLEN], uint32_t *port)
{
    const bool bracketed = text[0] == '[';
    const char *start = bracketed ? text + 1 : text;
    const char *colon = strchr(start, ':');
    const bool plain_v6 = !bracketed && colon && strchr(colon + 1, ':');
    const char *end = bracketed ? strchr(start, ']') : colon && !plain_v6 ? colon : start + strlen(start);
    if (!end || (size_t)(end - start) >= INET6_ADDRSTRLEN) {
        return false;
    }
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    end += bracketed ? 1 : 0;
    *port = WLED_PORT;
    return *end == '\0' || (*end == ':' && url_number(port, end + 1, end + strlen(end), 1, UINT16_MAX));
}

static bool read_one(struct wled_address *address, const char *text)
{
    char host[INET6_ADDRSTRLEN];
    uint32_t port;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (!split(text, host, &port)) {
        return false;
    }
    v4.sin_port = v6.sin6_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&address->to, &v4, sizeof v4);
        address->length = sizeof v4;
        snprintf(address->text, sizeof address->text, "%s:%u", host, port);
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(&address->to, &v6, sizeof v6);
        address->length = sizeof v6;
        snprintf(address->text, sizeof address->text, "[%s]:%u", host, port);
        return true;
    }
    return false;
}

enum status wled_addresses_read(struct wled_addresses *addresses, const struct option_list *texts,
                                char error[OPTION_ERROR_MAX])
{
    *addresses = (struct wled_addresses){0};
    for (uint32_t i = 0; i < texts->count; i++) {
        if (!read_one(&addresses->address[i], texts->item[i])) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--wled %.80s: give an address as numbers, such as 239.0.0.1 (all WLED devices of the "
                     "network) or 192.168.1.40, with :PORT unless it is %d",
                     texts->item[i], WLED_PORT);
            return STATUS_BAD_ARG;
        }
        addresses->count++;
    }
    return STATUS_OK;
}
