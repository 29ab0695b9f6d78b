/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/joins.h"

#include "jack-client/client/server_call.h"
#include "shared/log.h"

#include <errno.h>

/* A granted connection stands from the server's next cycle on. Looks are counted, not time: in a server that
 * stands still nothing is connected, and nobody looks. */
enum { LOOKS_MAX = 128 };

static bool stands(jack_client_t *client, const char *source, const char *sink)
{
    const jack_port_t *port = jack_port_by_name(client, source);
    return port && jack_port_by_name(client, sink) && jack_port_connected_to(port, sink) > 0;
}

static void note_refusal(struct joins *joins, const char *source, const char *sink)
{
    struct link *link = links_add(&joins->refused, source, sink);
    if (link && link->looks++ == LOOKS_MAX) {
        log_warning(
            "the JACK server refuses to connect %s to %s: its client may not be active yet, or jackd -a "
            "forbids it; connect them in a patchbay",
            source, sink);
    }
}

static bool worth_asking(const struct joins *joins, const char *source, const char *sink)
{
    const struct link *link = links_find(&joins->refused, source, sink);
    return !link || joins->changed || (link->looks & (link->looks - 1)) == 0;
}

bool joins_ask(struct joins *joins, jack_client_t *client, const char *source, const char *sink)
{
    if (links_find(&joins->asked, source, sink) || stands(client, source, sink)) {
        return true; /* asked twice, JACK would say so on the server's terminal */
    }
    int result = -1;
    if (worth_asking(joins, source, sink)) {
        server_call_begin();
        result = jack_connect(client, source, sink);
        server_call_end();
    }
    if (result == 0) {
        (void)links_add(&joins->asked, source, sink);
    } else if (result != EEXIST) {
        note_refusal(joins, source, sink);
    }
    return result == 0 || result == EEXIST;
}

void joins_check(struct joins *joins, jack_client_t *client)
{
    for (size_t i = joins->asked.count; i-- > 0;) {
        struct link *link = &joins->asked.link[i];
        const bool standing = stands(client, link->source, link->sink);
        if (standing) {
            log_info("connected %s to %s", link->source, link->sink);
        } else if (++link->looks > LOOKS_MAX && jack_port_by_name(client, link->source)) {
            log_warning("the JACK server says that it connects %s to %s, and does not (jackd -a does so); "
                        "connect them "
                        "in a patchbay",
                        link->source, link->sink);
        }
        if (standing || link->looks > LOOKS_MAX) {
            links_remove(&joins->asked, i);
        }
    }
    for (size_t i = joins->refused.count; i-- > 0;) {
        const struct link *link = &joins->refused.link[i];
        if (!jack_port_by_name(client, link->source) || stands(client, link->source, link->sink)) {
            links_remove(&joins->refused, i);
        }
    }
}

bool joins_pending(const struct joins *joins)
{
    bool pending = joins->asked.count > 0;
    for (size_t i = 0; i < joins->refused.count && !pending; i++) {
        pending = joins->refused.link[i].looks <= LOOKS_MAX;
    }
    return pending;
}

void joins_forget(struct joins *joins, const char *source)
{
    links_forget_source(&joins->asked, source);
    links_forget_source(&joins->refused, source);
}

void joins_clear(struct joins *joins)
{
    links_clear(&joins->asked);
    links_clear(&joins->refused);
}
