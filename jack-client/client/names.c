/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/names.h"

#include "jack-client/client/graph.h"
#include "jack-client/client/metadata.h"
#include "shared/utf8.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_NAME_MAX = 1024 }; /* more than any libjack's jack_port_name_size() */

void names_make(char *out, size_t size, const char *text, uint32_t more)
{
    char others[16] = "";
    size_t used = 0;
    if (more > 0) {
        snprintf(others, sizeof others, " +%u", more);
    }
    const size_t room = size - 1 - strlen(others);
    memset(out, 0, size);
    while (*text != '\0') {
        const size_t length = utf8_first(text);
        const bool shown = length > 0 && !utf8_is_control(text);
        const size_t wanted = shown ? length : 1;
        if (used + wanted > room) {
            break;
        }
        memcpy(out + used, shown ? text : "?", wanted);
        used += wanted;
        text += length > 0 ? length : 1;
    }
    snprintf(out + used, size - used, "%s", others);
}

/* How many sources the input has; `first` is the name of the first one. JACK's list points to the ports' own
 * names: one that goes meanwhile leaves an empty name, one that is renamed may leave half of each, and either
 * way there will be another look. */
static uint32_t list_sources(jack_client_t *client, const jack_port_t *input, char first[SOURCE_NAME_MAX])
{
    const char **sources = jack_port_get_all_connections(client, input);
    uint32_t count = 0;
    for (size_t i = 0; sources && sources[i]; i++) {
        if (count == 0) {
            snprintf(first, SOURCE_NAME_MAX, "%s", sources[i]);
        }
        count += first[0] != '\0';
    }
    jack_free(sources);
    return count;
}

static void name_input(char out[CHANNEL_NAME_MAX], jack_client_t *client, const jack_port_t *input)
{
    char first[SOURCE_NAME_MAX] = "";
    const uint32_t count = list_sources(client, input, first);
    if (count == 0) {
        return;
    }
    const uint64_t id = graph_port_id(client, first);
    char *pretty = id != 0 ? metadata_pretty_name(id) : NULL;
    names_make(out, CHANNEL_NAME_MAX, pretty ? pretty : first, count - 1);
    jack_free(pretty);
}

/* Takes them over if they are others. */
static void set(struct names *names, const struct channel_names *found)
{
    if (memcmp(&names->current, found, sizeof *found) != 0) {
        names->current = *found;
        names->written = NULL;
    }
}

void names_init(struct names *names, const struct channel_names *labels)
{
    *names = (struct names){.labels = labels, .current = *labels};
}

void names_update(struct names *names, jack_client_t *client, const struct ports *ports)
{
    struct channel_names found = *names->labels;
    for (uint32_t i = 0; i < ports->channels; i++) {
        if (found.name[i][0] == '\0') {
            name_input(found.name[i], client, ports->in[i]);
        }
    }
    set(names, &found);
}

void names_server_lost(struct names *names)
{
    set(names, names->labels);
}

void names_publish(struct names *names, struct telemetry *telemetry)
{
    if (names->written != telemetry) {
        telemetry_write_names(telemetry, &names->current);
        names->written = telemetry;
    }
}
