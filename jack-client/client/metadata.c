/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/metadata.h"

#include "jack-client/client/server_call.h"

#include <jack/uuid.h>
#include <stdio.h>

/* The JACK server's own library has no metadata, so the plug-in goes without: these may be missing. */
#pragma weak jack_get_property
#pragma weak jack_set_property
#pragma weak jack_set_property_change_callback
#pragma weak jack_remove_properties

static const char integer_type[] = "http://www.w3.org/2001/XMLSchema#int";
static const char decimal_type[] = "http://www.w3.org/2001/XMLSchema#decimal";

/* By these, patchbays and racks know a control voltage. Older libraries have no name for the first. */
static const char signal_type[] = "http://jackaudio.org/metadata/signal-type";
static const char minimum[] = "http://lv2plug.in/ns/lv2core#minimum";
static const char maximum[] = "http://lv2plug.in/ns/lv2core#maximum";

static void set(jack_client_t *client, jack_uuid_t subject, const char *key, const char *value,
                const char *type)
{
    /* PipeWire without a session manager keeps no metadata and says -1. Patchbays then show plain names. */
    server_call_begin();
    (void)jack_set_property(client, subject, key, value, type);
    server_call_end();
}

static void set_port(jack_client_t *client, const struct port *port)
{
    char text[32];
    const jack_uuid_t uuid = jack_port_uuid(*port->handle);
    snprintf(text, sizeof text, port->number ? "%s %u" : "%s", port->label, port->number);
    set(client, uuid, JACK_METADATA_PRETTY_NAME, text, "text/plain");
    snprintf(text, sizeof text, "%u", port->order);
    set(client, uuid, JACK_METADATA_ORDER, text, integer_type); /* without it ports sort 1, 10, 2 */
    set(client, uuid, JACK_METADATA_PORT_GROUP, port->group, "text/plain");
    if (port->voltage) {
        set(client, uuid, signal_type, "CV", "text/plain");
        set(client, uuid, minimum, "0", decimal_type);
        set(client, uuid, maximum, "1", decimal_type);
    }
}

static bool client_uuid(jack_client_t *client, jack_uuid_t *uuid)
{
    server_call_begin();
    char *text = jack_get_uuid_for_client_name(client, jack_get_client_name(client));
    server_call_end();
    const bool found = text && jack_uuid_parse(text, uuid) == 0;
    jack_free(text);
    return found;
}

void metadata_set(jack_client_t *client, struct ports *ports)
{
    jack_uuid_t uuid;
    if (!jack_set_property) {
        return;
    }
    if (client_uuid(client, &uuid)) {
        set(client, uuid, JACK_METADATA_ICON_NAME, "audio-input-microphone", "text/plain");
    }
    struct port port = {0};
    while (ports_next(ports, &port)) {
        if (port.label) {
            set_port(client, &port);
        }
    }
}

static void remove_all(jack_client_t *client, jack_uuid_t subject)
{
    server_call_begin();
    (void)jack_remove_properties(client, subject);
    server_call_end();
}

void metadata_remove(jack_client_t *client, struct ports *ports)
{
    jack_uuid_t uuid;
    if (!jack_remove_properties) {
        return;
    }
    struct port port = {0};
    while (ports_next(ports, &port)) {
        if (port.label && *port.handle) {
            remove_all(client, jack_port_uuid(*port.handle));
        }
    }
    if (client_uuid(client, &uuid)) {
        remove_all(client, uuid);
    }
}

char *metadata_pretty_name(uint64_t port)
{
    char *value = NULL;
    char *type = NULL;
    if (!jack_get_property) {
        return NULL;
    }
    server_call_begin();
    const bool found = jack_get_property(port, JACK_METADATA_PRETTY_NAME, &value, &type) == 0 && value;
    server_call_end();
    if (!found) {
        return NULL;
    }
    jack_free(type);
    if (value[0] == '\0') {
        jack_free(value);
        value = NULL;
    }
    return value;
}

void metadata_watch(jack_client_t *client, JackPropertyChangeCallback changed, void *arg)
{
    if (jack_set_property_change_callback) {
        (void)jack_set_property_change_callback(client, changed, arg);
    }
}
