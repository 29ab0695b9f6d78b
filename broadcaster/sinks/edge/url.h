/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one --publish URL says: which edge, and which channels of it. Pure.
 *
 *   ws://[USER@]HOST[:PORT]/PATH[?CHOICE=VALUE[&CHOICE=VALUE]...]     or wss://
 *
 * {stream} in PATH stands for the channel's name. Without USER the token goes as "Bearer", with one as that
 * user's password ("Basic").
 *
 *   rates=HZ,HZ...    also channels of these rates, 1...METRICS_HZ_MAX (default: 30 alone)
 *   add=PARTS         also channels with these: levels,bands,onsets (default: none)
 *   ca=FILE           believe certificates by these authorities alone (default: the system's)
 *   token-file=FILE   (default: no Authorization is sent)
 */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_URL_H
#define PHICAST_BROADCASTER_SINKS_EDGE_URL_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EDGE_USER_MAX = 64,
    EDGE_HOST_MAX = 256,
    EDGE_PATH_MAX = 256,
    EDGE_FILE_MAX = 256,
    EDGE_RATES_MAX = 8,
    EDGE_URL_MAX = 512
};

/* What the path has in place of a channel's name. */
#define EDGE_STREAM "{stream}"

struct edge_url {
    bool tls;
    char user[EDGE_USER_MAX]; /* empty: none */
    char host[EDGE_HOST_MAX]; /* a name or an address, without brackets */
    uint16_t port;
    char path[EDGE_PATH_MAX]; /* from its slash on, with EDGE_STREAM in it once */
    uint32_t rate_count;
    uint32_t rate_hz[EDGE_RATES_MAX]; /* without METRICS_HZ, which is always published; none of them twice */
    uint32_t add;                     /* bits of enum metric_part */
    char ca[EDGE_FILE_MAX];           /* empty: the system's */
    char token_file[EDGE_FILE_MAX];   /* empty: none */
    char text[EDGE_URL_MAX];          /* for people: without the choices */
};

/* All that --publish gives. */
struct edge_urls {
    uint32_t count;
    struct edge_url url[OPTION_LIST_MAX];
};

/* STATUS_BAD_ARG: `error` names the URL, what is wrong with it and the cure. */
MUST_CHECK enum status edge_url_parse(struct edge_url *url, const char *text, char error[OPTION_ERROR_MAX]);

/* As that, for each; the same URL twice would double its streams. */
MUST_CHECK enum status edge_urls_read(struct edge_urls *urls, const struct option_list *texts,
                                      char error[OPTION_ERROR_MAX]);

/* How many channels it has. */
uint32_t edge_url_channels(const struct edge_url *url);

/* Descriptors that they all take at most. */
uint32_t edge_urls_descriptors(const struct edge_urls *urls);

#endif
