/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/connections.h"

#include "jack-client/client/graph.h"
#include "jack-client/client/server_call.h"
#include "shared/log.h"

#include <stdlib.h>
#include <string.h>

/* A server that ends in good order takes its ports away first: a connection gone for less than this when the
 * server goes was the server's doing, not a person's. */
enum { MOURNING_MS = 2000 };

/* --- remembering and restoring --- */

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

static void remember(struct connections *c, jack_client_t *client, struct ports *ports, uint64_t now_ms)
{
    for (size_t i = 0; i < c->standing.count; i++) {
        c->standing.link[i].marked = false;
    }
    struct port port = {0};
    while (ports_next(ports, &port)) {
        remember_port(&c->standing, client, *port.handle, (port.flags & JackPortIsInput) != 0);
    }
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
            joins_ask(&c->joins, client, link->source, link->sink)) {
            links_remove(&c->lost, i);
        }
    }
}

/* --- --connect --- */

static void count(void *context, const char *name)
{
    (void)name;
    ++*(uint32_t *)context;
}

static void name_idle(jack_client_t *client, const char *option, const struct option_list *patterns,
                      unsigned long flags)
{
    for (uint32_t i = 0; i < patterns->count; i++) {
        const struct option_list one = {.count = 1, .item = {patterns->item[i]}};
        uint32_t matching = 0;
        graph_for_matching(client, &one, flags, count, &matching);
        if (matching == 0) {
            log_warning("%s '%s': no port matches; if one appears, it will be used", option, one.item[0]);
        }
    }
}

void connections_name_idle(const struct connections *c, jack_client_t *client)
{
    name_idle(client, "--connect", c->connect, JackPortIsOutput);
    name_idle(client, "--follow", c->follow, JackPortIsInput);
}

struct walk {
    struct connections *connections;
    jack_client_t *client;
    struct ports *ports;
    uint32_t next; /* --follow: the input for the next matching port */
    bool missed;   /* --follow: a port went, or got a new name, in the midst of it: the next walk sees all */
};

static void withdraw(struct offer *offer)
{
    free(offer->source);
    *offer = (struct offer){0};
}

static bool awaited(const struct links *lost, const char *sink)
{
    for (size_t i = 0; i < lost->count; i++) {
        if (strcmp(lost->link[i].sink, sink) == 0) {
            return true;
        }
    }
    return false;
}

/* The first input that no matching port has got yet: rather one that nobody else has, and that nobody is to
 * get back. `channels` if all have one. */
static uint32_t free_input(const struct connections *c, struct ports *ports)
{
    uint32_t shared = ports->channels;
    for (uint32_t i = ports->channels; i-- > 0;) {
        shared = c->offered[i].source ? shared : i;
    }
    for (uint32_t i = 0; i < ports->channels; i++) {
        if (!c->offered[i].source && jack_port_connected(ports->in[i]) == 0 &&
            !awaited(&c->lost, jack_port_name(ports->in[i]))) {
            return i;
        }
    }
    return shared;
}

static bool is_or_will_be(const struct connections *c, const jack_port_t *input, const char *source)
{
    const char *sink = jack_port_name(input);
    return links_find(&c->lost, source, sink) || links_find(&c->joins.asked, source, sink) ||
           jack_port_connected_to(input, source) > 0;
}

/* The input without an offer that the source is connected to, or is to get back; `channels` if there is none.
 */
static uint32_t input_of(const struct connections *c, struct ports *ports, const char *source)
{
    for (uint32_t i = 0; i < ports->channels; i++) {
        if (!c->offered[i].source && is_or_will_be(c, ports->in[i], source)) {
            return i;
        }
    }
    return ports->channels;
}

/* The input that is the source's: the one it has been given, or one that somebody else has connected it to
 * (one source, one input), or a free one. `channels` if there is none. */
static uint32_t choose_input(struct connections *c, struct ports *ports, const char *source, uint64_t id)
{
    for (uint32_t i = 0; i < ports->channels; i++) {
        if (c->offered[i].source && c->offered[i].id == id) {
            return i;
        }
    }
    uint32_t input = input_of(c, ports, source);
    if (input == ports->channels) {
        input = free_input(c, ports);
    }
    if (input < ports->channels) {
        c->offered[input] = (struct offer){.source = strdup(source), .id = id};
    }
    return input;
}

/* What is refused stays on offer, so that the sources' order does not depend on when a server grants what: a
 * client registers its ports before it is active, and until then they cannot be connected. */
static void offer(void *context, const char *source)
{
    const struct walk *walk = context;
    const uint64_t id = graph_port_id(walk->client, source);
    if (id == 0) {
        return; /* it has gone, or has another name: the next look will tell */
    }
    const uint32_t input = choose_input(walk->connections, walk->ports, source, id);
    if (input < walk->ports->channels && !walk->connections->offered[input].made) {
        walk->connections->offered[input].made = joins_ask(&walk->connections->joins, walk->client, source,
                                                           jack_port_name(walk->ports->in[input]));
    }
}

static void connect_matching(struct connections *c, jack_client_t *client, struct ports *ports)
{
    struct walk walk = {.connections = c, .client = client, .ports = ports};
    for (uint32_t i = 0; i < ports->channels; i++) {
        struct offer *offer = &c->offered[i];
        if (offer->source) {
            char *name = graph_present_name(client, offer->source, offer->id);
            free(offer->source);
            offer->source = name;
        }
    }
    graph_for_matching(client, c->connect, JackPortIsOutput, offer, &walk);
}

/* --- --follow --- */

static struct link *find_followed(const struct links *followed, uint64_t id, const char *sink)
{
    for (size_t i = 0; i < followed->count; i++) {
        if (followed->link[i].source_id == id && strcmp(followed->link[i].sink, sink) == 0) {
            return &followed->link[i];
        }
    }
    return NULL;
}

/* Takes the name over. */
static void call(struct link *link, char *source)
{
    if (source) {
        free(link->source);
        link->source = source;
    }
}

static void follow_one(void *context, const char *target)
{
    struct walk *walk = context;
    if (walk->next == walk->ports->channels) {
        return;
    }
    jack_port_t *input = walk->ports->in[walk->next++];
    const char *sink = jack_port_name(input);
    const jack_port_t *followed = jack_port_by_name(walk->client, target);
    const char **sources = followed ? jack_port_get_all_connections(walk->client, followed) : NULL;
    walk->missed = walk->missed || !followed;
    for (size_t i = 0; sources && sources[i]; i++) {
        const uint64_t id = graph_port_id(walk->client, sources[i]);
        walk->missed = walk->missed || id == 0;
        if (id == 0 || graph_is_own(walk->client, sources[i])) {
            continue; /* listening to our own output would be a loop */
        }
        struct connections *c = walk->connections;
        struct link *link = find_followed(&c->followed, id, sink);
        if (!link && jack_port_connected_to(input, sources[i]) == 0 &&
            joins_ask(&c->joins, walk->client, sources[i], sink)) {
            link = links_append(&c->followed, sources[i], sink);
        }
        if (link) {
            link->source_id = id;
            link->marked = true;
            call(link, strdup(sources[i]));
        }
    }
    jack_free(sources);
}

/* Whether it is done with; if not, it has got a new name in the midst of it, and the next look will know. */
static bool unfollow(struct link *link, jack_client_t *client)
{
    char *name = graph_present_name(client, link->source, link->source_id);
    if (!name) {
        return true; /* a port that has gone took its connections along */
    }
    call(link, name);
    server_call_begin();
    const bool done = jack_disconnect(client, name, link->sink) == 0;
    server_call_end();
    return done || graph_port_id(client, name) == link->source_id; /* a person was faster */
}

static void follow_matching(struct connections *c, jack_client_t *client, struct ports *ports)
{
    struct walk walk = {.connections = c, .client = client, .ports = ports};
    for (size_t i = 0; i < c->followed.count; i++) {
        c->followed.link[i].marked = false;
    }
    graph_for_matching(client, c->follow, JackPortIsInput, follow_one, &walk);
    for (size_t i = c->followed.count; i-- > 0;) {
        struct link *link = &c->followed.link[i];
        if (!link->marked && !walk.missed && unfollow(link, client)) {
            links_remove(&c->followed, i);
        }
    }
}

/* --- all together --- */

/* What was asked for, was asked for by name. */
static void forget_source(struct connections *c, const char *source, uint64_t id)
{
    joins_forget(&c->joins, source);
    for (size_t i = c->followed.count; i-- > 0;) {
        if (c->followed.link[i].source_id == id) {
            links_remove(&c->followed, i);
        }
    }
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        if (c->offered[i].source && c->offered[i].id == id) {
            withdraw(&c->offered[i]);
        }
    }
}

/* Whatever is known by the number of a port that has just come was another port. */
static void greet(struct connections *c, jack_client_t *client, struct arrivals *arrivals)
{
    enum { AT_ONCE = 64 };
    jack_port_id_t ports[AT_ONCE];
    uint32_t count;
    while ((count = arrivals_take(arrivals, ports, AT_ONCE)) > 0) {
        for (uint32_t i = 0; i < count; i++) {
            const jack_port_t *port = jack_port_by_id(client, ports[i]);
            const char *name = port ? jack_port_name(port) : NULL;
            if (name) {
                forget_source(c, name, jack_port_uuid(port));
            }
        }
    }
}

void connections_update(struct connections *c, jack_client_t *client, struct ports *ports,
                        struct arrivals *arrivals, bool changed, uint64_t now_ms)
{
    c->joins.changed = changed;
    greet(c, client, arrivals);
    restore(c, client);
    connect_matching(c, client, ports);
    follow_matching(c, client, ports);
    joins_check(&c->joins, client);
    remember(c, client, ports, now_ms);
}

void connections_patch(struct connections *c, jack_client_t *client, const char *source, const char *sink,
                       bool connected)
{
    struct link *followed = find_followed(&c->followed, graph_port_id(client, source), sink);
    if (!connected) {
        server_call_begin();
        const int result = jack_disconnect(client, source, sink);
        server_call_end();
        log_info(result == 0 ? "disconnected %s from %s, as asked for" : "%s cannot be disconnected from %s",
                 source, sink);
        return;
    }
    if (followed) { /* from now on it is the person's, and stays */
        links_remove(&c->followed, (size_t)(followed - c->followed.link));
    }
    c->joins.changed = true; /* so that what was refused before is tried again */
    (void)joins_ask(&c->joins, client, source, sink);
}

bool connections_pending(const struct connections *c)
{
    return joins_pending(&c->joins);
}

/* What holds in one server only. */
static void forget_server(struct connections *c)
{
    links_clear(&c->standing);
    links_clear(&c->followed);
    joins_clear(&c->joins);
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        withdraw(&c->offered[i]);
    }
}

void connections_server_lost(struct connections *c)
{
    for (size_t i = 0; i < c->standing.count; i++) {
        const struct link *link = &c->standing.link[i];
        if (!links_find(&c->followed, link->source, link->sink)) { /* --follow will see for itself */
            (void)links_add(&c->lost, link->source, link->sink);
        }
    }
    forget_server(c);
}

void connections_clear(struct connections *c)
{
    forget_server(c);
    links_clear(&c->lost);
}
