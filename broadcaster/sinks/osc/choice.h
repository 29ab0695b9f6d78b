/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one --osc URL says: where to send, and what. Pure.
 *
 *   osc.udp://HOST:PORT[/PREFIX][?CHOICE=VALUE[&CHOICE=VALUE]...]     or osc.tcp://
 *
 * or zeroconf:NAME[/PREFIX][?...], what is announced as _osc._udp by that name; %XX in it stands for any
 * byte.
 *
 *   events=0|1      events as messages of strings and floats (default 1; 0 with a map)
 *   metrics=0|1     metrics, one float per address (default 0; 1 with a map or --osc-metrics)
 *   add=PARTS       with them what is measured on request: levels,bands,onsets (default none; the first two
 *                   mean metrics=1)
 *   rate=HZ         bundles of metrics per second, 1...OSC_RATE_MAX (default OSC_RATE_DEFAULT)
 *   map=NAME|FILE   touchdesigner, resolume, eos, grandma3, or a JSON file; %XX stands for any character
 *   time=0|1        bundles with the time in them instead of "immediately" (default 0)
 *   bundle=0|1      metrics in bundles, or each address as a message of its own (default 1; 0 with grandma3,
 *                   which takes no bundles)
 */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_CHOICE_H
#define PHICAST_BROADCASTER_SINKS_OSC_CHOICE_H

#include "shared/options.h"
#include "shared/part.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { OSC_HOST_MAX = 256, OSC_PREFIX_MAX = 64, OSC_MAP_NAME_MAX = 256, OSC_URL_MAX = 352 };

/* The map whose receiver takes no bundles. */
#define OSC_MAP_GRANDMA3 "grandma3"

#define OSC_RATE_MAX 120
#define OSC_RATE_DEFAULT 30

/* Where OSC goes unless --osc says otherwise. */
#define OSC_URL_DEFAULT "osc.udp://127.0.0.1:9000"

struct osc_choice {
    bool tcp;
    bool service;                /* `host` is a service's name, and there is no port */
    char host[OSC_HOST_MAX];     /* a name or an address, without brackets */
    char port[6];                /* 1...65535 */
    char prefix[OSC_PREFIX_MAX]; /* "/phicast": starts with a slash and does not end with one */
    char map[OSC_MAP_NAME_MAX];  /* empty: none */
    bool events;
    bool metrics;
    uint32_t add;     /* bits of enum metric_part */
    bool dated;       /* bundles carry NTP time */
    bool single;      /* no bundles */
    uint32_t rate_hz; /* 1...OSC_RATE_MAX */
};

/* All that --osc gives. */
struct osc_choices {
    uint32_t count;
    bool by_default; /* OSC_URL_DEFAULT, because nothing was given */
    struct osc_choice choice[OPTION_LIST_MAX];
};

/* urls: "none" stands alone, and nothing means OSC_URL_DEFAULT; else as osc_choice_parse, for each. */
MUST_CHECK enum status osc_choices_read(struct osc_choices *choices, const struct option_list *urls,
                                        bool metrics, char error[OPTION_ERROR_MAX]);

/* metrics: what a URL means that does not say. STATUS_BAD_ARG: `error` names the URL, what is wrong with it
 * and the cure. The map is not looked for yet. */
MUST_CHECK enum status osc_choice_parse(struct osc_choice *choice, const char *url, bool metrics,
                                        char error[OPTION_ERROR_MAX]);

/* The target's address and prefix as a URL, for people to recognise it by. */
void osc_choice_url(const struct osc_choice *choice, char out[OSC_URL_MAX]);

#endif
