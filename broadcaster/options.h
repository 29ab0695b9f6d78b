/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command line and the configuration file ask of the broadcaster. */
#ifndef PHICAST_BROADCASTER_OPTIONS_H
#define PHICAST_BROADCASTER_OPTIONS_H

#include "broadcaster/guard/listen.h"
#include "broadcaster/sinks/edge/url.h"
#include "broadcaster/sinks/mqtt/url.h"
#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/record/rotation.h"
#include "broadcaster/sinks/wled/address.h"
#include "broadcaster/source/replay.h"
#include "shared/json/config.h"
#include "shared/options.h"

#include <stdbool.h>
#include <stdint.h>

/* --osc-listen was not given. */
enum { OSC_LISTEN_OFF = UINT16_MAX + 1 };

struct broadcaster_options {
    const char *name;                /* of the analyser, and so of the segments */
    const char *group;               /* whose analysers are believed; NULL: none but our own user's */
    uint32_t port;                   /* 0...65535; 0 picks a free one */
    struct option_list bind;         /* IP addresses; none means both loopbacks */
    struct option_list osc;          /* target URLs, or "none"; empty: OSC_URL_DEFAULT */
    struct replay_choice replay;     /* instead of an analyser */
    const char *export;              /* the format to turn the replay into, and end; NULL: it is played */
    bool osc_metrics;                /* targets that do not say get metrics too */
    uint32_t osc_listen;             /* UDP port 0...65535, or OSC_LISTEN_OFF */
    struct option_list osc_bind;     /* IP addresses; none means both loopbacks */
    struct option_list wled;         /* addresses of WLED devices */
    const char *mqtt;                /* a broker's URL; NULL: none */
    struct option_list publish;      /* URLs of edges */
    bool no_zeroconf;                /* announce nothing */
    bool discover;                   /* list what is announced, and end */
    bool verbose;                    /* log more */
    const char *record;              /* a file, or a folder for files; NULL: nothing can be recorded */
    bool record_all_frames;          /* else as many as clients get */
    uint32_t record_add;             /* bits of enum metric_part */
    const char *record_rotate;       /* NULL: never */
    const char *token_file;          /* NULL: no token is asked for */
    const char *viewer_token_file;   /* of those who may look, and move nothing; NULL: none */
    bool insecure_open;              /* other machines may come without a token */
    struct option_list allow_origin; /* "http://host[:port]" or https */
    const char *tls_cert;            /* NULL: no TLS */
    const char *tls_key;
    uint32_t max_clients;
    uint32_t max_per_address; /* 0: 64, and no limit for loopback */
    const char *user;         /* whom root becomes; NULL: see privileges.h */
    const char *config_path;  /* NULL for none */
    struct config *config;    /* owns the file's strings; NULL for none */

    /* What became of the texts above. */
    struct listen_addresses listen_at; /* bind */
    struct listen_addresses osc_at;    /* osc_bind */
    struct osc_choices osc_targets;    /* osc */
    struct wled_addresses wled_at;     /* wled */
    struct mqtt_url mqtt_at;           /* mqtt */
    struct edge_urls publish_to;       /* publish */
    struct rotation record_rotation;   /* record_rotate */
};

/* Reads the configuration file, if one is named or in its place, then the command line over it. On
 * OPTIONS_ERROR `error` is one line naming the thing and the cure. argv may be reordered. Free with
 * broadcaster_options_free. */
enum options_result broadcaster_options_read(struct broadcaster_options *options, int argc, char **argv,
                                             char error[OPTION_ERROR_MAX]);

/* The same in a session: the file `session` takes the configuration file's place if it is there. */
enum options_result broadcaster_options_read_session(struct broadcaster_options *options, int argc,
                                                     char **argv, const char *session,
                                                     char error[OPTION_ERROR_MAX]);

/* Writes a file at `path` that broadcaster_options_read_session reads as these options. As config_save. */
MUST_CHECK enum status broadcaster_options_save(const struct broadcaster_options *options, const char *path,
                                                char error[OPTION_ERROR_MAX]);

void broadcaster_options_free(struct broadcaster_options *options);

/* The --help page. */
void broadcaster_options_help(FILE *out);

#endif
