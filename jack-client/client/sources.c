/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/sources.h"

#include "jack-client/client/graph.h"
#include "jack-client/client/names.h"
#include "shared/fnv.h"

#include <string.h>

/* JACK gives a number that has become free to another port: so it goes by the name as well. 0: it has gone,
 * or is our own. */
static uint64_t id_of(jack_client_t *client, const char *name)
{
    const uint64_t port = graph_port_id(client, name);
    if (port == 0 || graph_is_own(client, name)) {
        return 0;
    }
    const uint64_t hash = fnv_hash(fnv_hash(FNV_START, &port, sizeof port), name, strlen(name));
    return hash != 0 ? hash : 1;
}

static void list(struct patchbay *patchbay, jack_client_t *client)
{
    const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput);
    for (size_t i = 0; names && names[i]; i++) {
        struct patch_source source = {.id = id_of(client, names[i])};
        names_make(source.name, sizeof source.name, names[i], 0);
        if (source.id == 0 || source.name[0] == '\0') {
            continue; /* it has just gone, and there will be another look */
        }
        if (patchbay->count == PATCHBAY_MAX) {
            patchbay->more++;
        } else {
            patchbay->source[patchbay->count++] = source;
        }
    }
    jack_free(names);
}

static void mark(struct patchbay *patchbay, jack_client_t *client, const jack_port_t *input, uint32_t channel)
{
    const char **names = jack_port_get_all_connections(client, input);
    for (size_t i = 0; names && names[i]; i++) {
        const uint64_t id = id_of(client, names[i]);
        for (uint32_t j = 0; id != 0 && j < patchbay->count; j++) {
            patchbay->source[j].feeds |= patchbay->source[j].id == id ? UINT64_C(1) << channel : 0;
        }
    }
    jack_free(names);
}

/* Takes them over if they are others. */
static void set(struct sources *sources, const struct patchbay *found)
{
    if (memcmp(&sources->current, found, sizeof *found) != 0) {
        sources->current = *found;
        sources->written = NULL;
    }
}

void sources_update(struct sources *sources, jack_client_t *client, const struct ports *ports)
{
    struct patchbay found;
    memset(&found, 0, sizeof found);
    list(&found, client);
    for (uint32_t i = 0; i < ports->channels; i++) {
        mark(&found, client, ports->in[i], i);
    }
    set(sources, &found);
}

void sources_server_lost(struct sources *sources)
{
    static const struct patchbay none;
    set(sources, &none);
}

void sources_publish(struct sources *sources, struct telemetry *telemetry)
{
    if (sources->written != telemetry) {
        telemetry_write_patchbay(telemetry, &sources->current);
        sources->written = telemetry;
    }
}

char *sources_find(jack_client_t *client, uint64_t id)
{
    char *found = NULL;
    const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput);
    for (size_t i = 0; id != 0 && names && names[i] && !found; i++) {
        found = id_of(client, names[i]) == id ? strdup(names[i]) : NULL;
    }
    jack_free(names);
    return found;
}
