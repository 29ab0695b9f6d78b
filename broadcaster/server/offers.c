/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/offers.h"

#include "broadcaster/zeroconf/zeroconf.h"

#include <stdlib.h>
#include <string.h>

static bool listens_for_osc(const struct broadcaster_options *options)
{
    return options->osc_listen != OSC_LISTEN_OFF;
}

/* Why nothing is; NULL: something is. */
static const char *reason_for_silence(const struct broadcaster_options *options)
{
    const bool reachable = listen_find_reachable(&options->listen_at) ||
                           (listens_for_osc(options) && listen_find_reachable(&options->osc_at));
    return options->no_zeroconf ? "switched off (--no-zeroconf)"
           : !reachable         ? "only this machine can reach us (--bind, --osc-bind)"
                                : NULL;
}

uint32_t offers_descriptors(const struct broadcaster_options *options)
{
    return reason_for_silence(options) ? 0 : ZEROCONF_DESCRIPTORS;
}

/* Where OSC is taken: the sinks tell what it came to, in their report. */
static uint16_t osc_port(const struct server *server)
{
    struct server_report report = {0};
    feed_report(&server->hub.feed, &report);
    const char *port = report.osc.url_count > 0 ? strrchr(report.osc.url[0], ':') : NULL;
    return port ? (uint16_t)strtoul(port + 1, NULL, 10) : 0;
}

/* Plain HTTP alone is what programs that look for OSCQuery speak. */
static void offer_http(const struct server *server, struct zeroconf_wish *wish)
{
    const struct broadcaster_options *options = server->options;
    const uint16_t port = server->plan.port;
    const bool tls = options->tls_cert != NULL;
    static const char version[] = "version=" PHICAST_VERSION;
    wish->offer[wish->offer_count++] = (struct zeroconf_offer){
        .type = "_phicast._tcp",
        .port = port,
        .fact = {"txtvers=1", version, options->token_file ? "token=1" : "token=0", tls ? "tls=1" : "tls=0",
                 "metrics=/ws/metrics", "latency=/ws/latency", "events=/ws/events", "status=/api/status"},
        .at = server->plan.at};
    wish->offer[wish->offer_count++] = (struct zeroconf_offer){
        .type = tls ? "_https._tcp" : "_http._tcp", .port = port, .fact = {"path=/"}, .at = server->plan.at};
    if (!tls) {
        wish->offer[wish->offer_count++] = (struct zeroconf_offer){
            .type = "_oscjson._tcp", .port = port, .fact = {"txtvers=1"}, .at = server->plan.at};
    }
}

void offers_open(struct server *server)
{
    const struct broadcaster_options *options = server->options;
    struct zeroconf_wish wish = {.name = options->name};
    server->site.unannounced = reason_for_silence(options);
    if (server->site.unannounced) {
        return;
    }
    offer_http(server, &wish);
    if (listens_for_osc(options)) {
        wish.offer[wish.offer_count++] = (struct zeroconf_offer){
            .type = "_osc._udp", .port = osc_port(server), .fact = {"txtvers=1"}, .at = options->osc_at};
    }
    server->site.unannounced = "out of memory, descriptors or threads";
    server->site.zeroconf = zeroconf_open(&wish);
}

void offers_close(struct server *server)
{
    zeroconf_close(server->site.zeroconf);
    server->site.zeroconf = NULL;
}
