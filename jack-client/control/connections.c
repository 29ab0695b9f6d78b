/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/connections.h"

#include "shared/log.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/* A server that ends in good order takes its ports away first: a connection gone for less than this when the
 * server goes was the server's doing, not a person's. */
enum { MOURNING_MS = 2000 };

static bool join(jack_client_t *client, const char *source, const char *sink)
{
    const jack_port_t *port = jack_port_by_name(client, source);
    if (port && jack_port_connected_to(port, sink)) {
        return true; /* JACK would say so on the server's terminal */
    }
    const int result = jack_connect(client, source, sink);
    if (result == 0) {
        log_info("connected %s to %s", source, sink);
    }
    return result == 0 || result == EEXIST;
}

/* --- remembering and restoring
 * ------------------------------------------------------------------------------ */

static void remember_port(struct links *standing, jack_client_t *client, const jack_port_t *port,
                          bool is_input)
{
    const char *own = jack_port_name(port);
    const char **others = jack_port_get_all_connections(client, port);
    for (size_t i = 0; others && others[i]; i++) {
        struct link *link = links_add(standing, is_input ? others[i] : own, is_input ? own : others[i]);
        if (link) {
            link->marked = true;
            link->gone_ms = 0;
        }
    }
    jack_free(others);
}

static void remember(struct connections *c, jack_client_t *client, const struct rt *rt, uint64_t now_ms)
{
    for (size_t i = 0; i < c->standing.count; i++) {
        c->standing.link[i].marked = false;
    }
    for (uint32_t i = 0; i < rt->channels; i++) {
        remember_port(&c->standing, client, rt->in[i], true);
        remember_port(&c->standing, client, rt->out[i], false);
    }
    remember_port(&c->standing, client, rt->midi_in, true);
    remember_port(&c->standing, client, rt->calibration_in, true);
    remember_port(&c->standing, client, rt->calibration_out, false);
    for (size_t i = c->standing.count; i-- > 0;) {
        struct link *link = &c->standing.link[i];
        if (!link->marked && link->gone_ms == 0) {
            link->gone_ms = now_ms;
        } else if (!link->marked && now_ms - link->gone_ms > MOURNING_MS) {
            links_remove(&c->standing, i);
        }
    }
}

static void restore(struct connections *c, jack_client_t *client)
{
    for (size_t i = c->lost.count; i-- > 0;) {
        const struct link *link = &c->lost.link[i];
        if (jack_port_by_name(client, link->source) && jack_port_by_name(client, link->sink) &&
            join(client, link->source, link->sink)) {
            links_remove(&c->lost, i);
        }
    }
}

/* --- --connect
 * ---------------------------------------------------------------------------------------------- */

static bool is_own(jack_client_t *client, const char *name)
{
    const jack_port_t *port = jack_port_by_name(client, name);
    return port && jack_port_is_mine(client, port);
}

/* Calls each(context, name) for the ports that match the patterns, pattern by pattern, in JACK's order. */
static void for_matching(jack_client_t *client, const struct option_list *patterns, unsigned long flags,
                         void (*each)(void *context, const char *name), void *context)
{
    const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, flags);
    for (uint32_t p = 0; names && p < patterns->count; p++) {
        for (size_t i = 0; names[i]; i++) {
            if (fnmatch(patterns->item[p], names[i], 0) == 0 && !is_own(client, names[i])) {
                each(context, names[i]);
            }
        }
    }
    jack_free(names);
}

struct walk {
    struct connections *connections;
    jack_client_t *client;
    const struct rt *rt;
    uint32_t next; /* --follow: the input for the next matching port */
};

static struct link *offered_from(const struct links *offered, const char *source)
{
    for (size_t i = 0; i < offered->count; i++) {
        if (strcmp(offered->link[i].source, source) == 0) {
            return &offered->link[i];
        }
    }
    return NULL;
}

/* The first input that no matching port has got yet; NULL when all have one. */
static const char *free_input(const struct links *offered, const struct rt *rt)
{
    for (uint32_t i = 0; i < rt->channels; i++) {
        const char *name = jack_port_name(rt->in[i]);
        bool taken = false;
        for (size_t k = 0; k < offered->count && !taken; k++) {
            taken = strcmp(offered->link[k].sink, name) == 0;
        }
        if (!taken) {
            return name;
        }
    }
    return NULL;
}

static void offer(void *context, const char *source)
{
    struct walk *walk = context;
    struct links *offered = &walk->connections->offered;
    struct link *link = offered_from(offered, source);
    if (!link) {
        const char *sink = free_input(offered, walk->rt);
        link = sink && join(walk->client, source, sink) ? links_add(offered, source, sink) : NULL;
    }
    if (link) {
        link->marked = true;
    }
}

static void connect_matching(struct connections *c, jack_client_t *client, const struct rt *rt)
{
    struct walk walk = {.connections = c, .client = client, .rt = rt};
    for (size_t i = 0; i < c->offered.count; i++) {
        c->offered.link[i].marked = false;
    }
    for_matching(client, c->connect, JackPortIsOutput, offer, &walk);
    for (size_t i = c->offered.count; i-- > 0;) { /* its port has gone: when it comes back, it is new again */
        if (!c->offered.link[i].marked) {
            links_remove(&c->offered, i);
        }
    }
}

/* --- --follow
 * ----------------------------------------------------------------------------------------------- */

static void follow_one(void *context, const char *target)
{
    struct walk *walk = context;
    if (walk->next == walk->rt->channels) {
        return;
    }
    jack_port_t *input = walk->rt->in[walk->next++];
    const char *sink = jack_port_name(input);
    const char **sources =
        jack_port_get_all_connections(walk->client, jack_port_by_name(walk->client, target));
    for (size_t i = 0; sources && sources[i]; i++) {
        if (is_own(walk->client, sources[i])) {
            continue; /* listening to our own output would be a loop */
        }
        struct link *link = links_find(&walk->connections->followed, sources[i], sink);
        if (!link && !jack_port_connected_to(input, sources[i]) && join(walk->client, sources[i], sink)) {
            link = links_add(&walk->connections->followed, sources[i], sink);
        }
        if (link) {
            link->marked = true;
        }
    }
    jack_free(sources);
}

static void follow_matching(struct connections *c, jack_client_t *client, const struct rt *rt)
{
    struct walk walk = {.connections = c, .client = client, .rt = rt};
    for (size_t i = 0; i < c->followed.count; i++) {
        c->followed.link[i].marked = false;
    }
    for_matching(client, c->follow, JackPortIsInput, follow_one, &walk);
    for (size_t i = c->followed.count; i-- > 0;) {
        const struct link *link = &c->followed.link[i];
        if (!link->marked) {
            (void)jack_disconnect(client, link->source,
                                  link->sink); /* fails if the port has gone: just as well */
            links_remove(&c->followed, i);
        }
    }
}

/* --- all together
 * ------------------------------------------------------------------------------------------- */

void connections_update(struct connections *c, jack_client_t *client, const struct rt *rt, uint64_t now_ms)
{
    restore(c, client);
    connect_matching(c, client, rt);
    follow_matching(c, client, rt);
    remember(c, client, rt, now_ms);
}

void connections_server_lost(struct connections *c)
{
    for (size_t i = 0; i < c->standing.count; i++) {
        const struct link *link = &c->standing.link[i];
        if (!links_find(&c->followed, link->source, link->sink)) { /* --follow will see for itself */
            (void)links_add(&c->lost, link->source, link->sink);
        }
    }
    links_clear(&c->standing);
    links_clear(&c->offered);
    links_clear(&c->followed);
}

void connections_clear(struct connections *c)
{
    links_clear(&c->standing);
    links_clear(&c->lost);
    links_clear(&c->offered);
    links_clear(&c->followed);
}
