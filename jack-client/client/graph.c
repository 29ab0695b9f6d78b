/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/graph.h"

#include <fnmatch.h>
#include <jack/uuid.h>
#include <string.h>

uint64_t graph_port_id(jack_client_t *client, const char *name)
{
    jack_port_t *port = jack_port_by_name(client, name);
    return port ? jack_port_uuid(port) : 0;
}

char *graph_present_name(jack_client_t *client, const char *name, uint64_t id)
{
    char *found = NULL;
    if (graph_port_id(client, name) == id) {
        return strdup(name);
    }
    const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput);
    for (size_t i = 0; names && names[i] && !found; i++) {
        found = graph_port_id(client, names[i]) == id ? strdup(names[i]) : NULL;
    }
    jack_free(names);
    return found;
}

bool graph_is_own(jack_client_t *client, const char *name)
{
    const jack_port_t *port = jack_port_by_name(client, name);
    return port && jack_port_is_mine(client, port);
}

void graph_for_matching(jack_client_t *client, const struct option_list *patterns, unsigned long flags,
                        void (*each)(void *context, const char *name), void *context)
{
    const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, flags);
    for (uint32_t p = 0; names && p < patterns->count; p++) {
        for (size_t i = 0; names[i]; i++) {
            if (fnmatch(patterns->item[p], names[i], 0) == 0 && !graph_is_own(client, names[i])) {
                each(context, names[i]);
            }
        }
    }
    jack_free(names);
}
