/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/limits.h"

#include "shared/log.h"
#include "shared/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the program has open besides connections, at most: 2 × OPTION_LIST_MAX listeners, as many targets, and
 * a few of its own. Only the limit that is asked for goes by this. */
enum { OWN_DESCRIPTORS = 3 * OPTION_LIST_MAX + 96 };

void limits_init(struct limits *limits, uint32_t max_clients, uint32_t max_per_address, uint32_t per_stream)
{
    const rlim_t wanted = (rlim_t)max_clients * per_stream + LIMITS_SPARE + OWN_DESCRIPTORS;
    struct rlimit files;
    *limits = (struct limits){.max_clients = max_clients,
                              .spare = LIMITS_SPARE,
                              .max_per_address = max_per_address,
                              .per_stream = per_stream,
                              .descriptors = UINT32_MAX};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted) {
        files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* The lowest descriptor that is free; -1 if there is none. */
static int lowest_free(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    return fd;
}

enum status limits_fit(struct limits *limits, uint32_t more, char *error)
{
    struct rlimit files;
    const int next = lowest_free();
    if (next < 0 || getrlimit(RLIMIT_NOFILE, &files) != 0) {
        snprintf(error, OPTION_ERROR_MAX, "/dev/null: %s; raise the limit of open files (ulimit -n)",
                 strerror(errno));
        return STATUS_IO;
    }
    const rlim_t share = files.rlim_cur / LIMITS_TARGETS_SHARE;
    const uint32_t most = share < OPTION_LIST_MAX ? (uint32_t)share : OPTION_LIST_MAX;
    limits->targets = limits->targets > most ? limits->targets : most;
    const rlim_t kept = (rlim_t)LIMITS_RESERVE + limits->targets + more;
    const rlim_t least = (rlim_t)next + kept + limits->per_stream + 1;
    if (files.rlim_cur < least) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "the limit of open files, %llu, leaves room for nobody; raise it to %llu or more (ulimit -n)",
            (unsigned long long)files.rlim_cur, (unsigned long long)least);
        return STATUS_IO;
    }
    const rlim_t room = files.rlim_cur - (rlim_t)next - kept;
    limits->descriptors = files.rlim_cur - kept < UINT32_MAX ? (uint32_t)(files.rlim_cur - kept) : UINT32_MAX;
    if (room >= (rlim_t)limits->max_clients * limits->per_stream + LIMITS_SPARE) {
        return STATUS_OK;
    }
    const rlim_t quarter = (room - limits->per_stream + 3) / 4;
    limits->spare = quarter > LIMITS_SPARE ? LIMITS_SPARE : quarter > 0 ? (uint32_t)quarter : 1;
    if (room < (rlim_t)limits->max_clients * limits->per_stream + limits->spare) {
        limits->max_clients = (uint32_t)((room - limits->spare) / limits->per_stream);
        log_warning("room for %u clients only: the limit of open files is %llu; raise it (ulimit -n)",
                    limits->max_clients, (unsigned long long)files.rlim_cur);
    }
    return STATUS_OK;
}

/* IPv4 as in ::ffff:a.b.c.d, whole; of IPv6 the network. */
static bool make_key(const struct sockaddr *from, uint8_t key[16])
{
    memset(key, 0, 16);
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &v4->sin_addr, 4);
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
        const bool whole = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        memcpy(key, &v6->sin6_addr, whole ? 16 : 8);
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    return false;
}

static uint32_t bucket_of(const uint8_t key[16])
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (int i = 0; i < 16; i++) {
        hash = (hash ^ key[i]) * 16777619U;
    }
    return (hash ^ hash >> 16) % LIMITS_BUCKETS;
}

static struct address *find(const struct limits *limits, const uint8_t key[16])
{
    struct address *address = limits->address[bucket_of(key)];
    while (address && memcmp(address->key, key, 16) != 0) {
        address = address->next;
    }
    return address;
}

/* 0: no limit. */
static uint32_t most_of(const struct limits *limits, bool loopback)
{
    return limits->max_per_address > 0 ? limits->max_per_address : loopback ? 0 : LIMITS_ADDRESS_DEFAULT;
}

bool limits_may_connect(struct limits *limits, const struct sockaddr *from)
{
    uint8_t key[16];
    const uint32_t most = most_of(limits, make_key(from, key));
    const struct address *address = find(limits, key);
    if (limits->connections >= limits->max_clients + limits->spare ||
        (most > 0 && address && address->connections >= most + LIMITS_SPARE_PER_ADDRESS)) {
        limits->refused_connections++;
        return false;
    }
    return true;
}

struct address *limits_connect(struct limits *limits, const struct sockaddr *from)
{
    uint8_t key[16];
    const bool loopback = make_key(from, key);
    struct address *address = find(limits, key);
    if (!address) {
        address = calloc(1, sizeof *address);
        if (!address) {
            return NULL;
        }
        struct address **head = &limits->address[bucket_of(key)];
        memcpy(address->key, key, 16);
        address->loopback = loopback;
        address->next = *head;
        *head = address;
    }
    address->connections++;
    limits->connections++;
    return address;
}

void limits_disconnect(struct limits *limits, struct address *address)
{
    limits->connections--;
    if (--address->connections > 0) {
        return;
    }
    struct address **link = &limits->address[bucket_of(address->key)];
    while (*link != address) {
        link = &(*link)->next;
    }
    *link = address->next;
    free(address);
}

const char *limits_stream_refusal(struct limits *limits, const struct address *address)
{
    const uint32_t most = most_of(limits, address->loopback);
    const char *why = limits->streams >= limits->max_clients ? "all places are taken; try again later"
                      : most > 0 && address->streams >= most ? "too many streams to your address"
                                                             : NULL;
    limits->refused_streams += why ? 1 : 0;
    return why;
}

void limits_open_stream(struct limits *limits, struct address *address)
{
    limits->streams++;
    address->streams++;
}

void limits_close_stream(struct limits *limits, struct address *address)
{
    limits->streams--;
    address->streams--;
}

bool limits_may_post(struct limits *limits, const struct address *address, uint64_t now_us)
{
    const uint32_t bucket = bucket_of(address->key);
    const double passed_s = (double)(now_us - limits->posts[bucket].at_us) / 1e6;
    double left = limits->posts[bucket].left + passed_s * LIMITS_POSTS_HZ;
    left = limits->posts[bucket].at_us == 0 || left > LIMITS_POSTS_BURST ? LIMITS_POSTS_BURST : left;
    const bool allowed = left >= 1;
    limits->posts[bucket].at_us = now_us;
    limits->posts[bucket].left = allowed ? left - 1 : left;
    limits->refused_posts += allowed ? 0 : 1;
    return allowed;
}
