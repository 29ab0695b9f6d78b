/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What inputs can be connected to, on a stand-in for libjack's graph. */
#include "jack-client/client/sources.h"
#include "shared/utf8.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS = PATCHBAY_MAX + 8, INPUTS = 3 };

struct _jack_port {
    char name[400]; /* empty: it has gone */
    bool mine;
    uint32_t inputs[INPUTS]; /* whether it feeds them */
};

static struct _jack_port port[PORTS];
static struct _jack_port input[INPUTS];

/* --- what stands for libjack --- */

const char **jack_get_ports(jack_client_t *client, const char *name, const char *type, unsigned long flags)
{
    (void)client;
    (void)name;
    CU_ASSERT_STRING_EQUAL(type, JACK_DEFAULT_AUDIO_TYPE);
    CU_ASSERT_EQUAL(flags, JackPortIsOutput);
    const char **names = calloc(PORTS + 1, sizeof *names);
    for (size_t i = 0, count = 0; names && i < PORTS; i++) {
        if (port[i].name[0] != '\0') {
            names[count++] = port[i].name;
        }
    }
    return names;
}

const char **jack_port_get_all_connections(const jack_client_t *client, const jack_port_t *of)
{
    (void)client;
    const char **names = calloc(PORTS + 1, sizeof *names);
    for (size_t i = 0, count = 0; names && i < PORTS; i++) {
        if (port[i].inputs[of - input]) {
            names[count++] = port[i].name;
        }
    }
    return names;
}

jack_port_t *jack_port_by_name(jack_client_t *client, const char *name)
{
    (void)client;
    for (size_t i = 0; i < PORTS; i++) {
        if (port[i].name[0] != '\0' && strcmp(port[i].name, name) == 0) {
            return &port[i];
        }
    }
    return NULL;
}

jack_uuid_t jack_port_uuid(const jack_port_t *of)
{
    return (jack_uuid_t)(of - port) + 1;
}

int jack_port_is_mine(const jack_client_t *client, const jack_port_t *of)
{
    (void)client;
    return of->mine;
}

void jack_free(void *memory)
{
    free(memory);
}

/* --- the tests --- */

static struct sources sources;
static struct ports ports;

static void begin(void)
{
    memset(port, 0, sizeof port);
    sources = (struct sources){0};
    ports = (struct ports){.channels = INPUTS};
    for (size_t i = 0; i < INPUTS; i++) {
        ports.in[i] = &input[i];
    }
    strcpy(port[0].name, "system:capture_1");
    strcpy(port[1].name, "phicast:out_1");
    port[1].mine = true;
    strcpy(port[2].name, "drums:k\xc3\xbc\n");
    port[0].inputs[0] = port[0].inputs[2] = port[1].inputs[1] = port[2].inputs[2] = 1;
}

static const struct patchbay *update(void)
{
    sources_update(&sources, NULL, &ports);
    return &sources.current;
}

static void others_ports_and_what_they_feed(void)
{
    begin();
    const struct patchbay *found = update();
    CU_ASSERT_EQUAL_FATAL(found->count, 2);
    CU_ASSERT_EQUAL(found->more, 0);
    CU_ASSERT_STRING_EQUAL(found->source[0].name, "system:capture_1");
    CU_ASSERT_EQUAL(found->source[0].feeds, 5);
    CU_ASSERT_STRING_EQUAL(found->source[1].name, "drums:k\xc3\xbc?");
    CU_ASSERT_EQUAL(found->source[1].feeds, 4);
    CU_ASSERT_NOT_EQUAL(found->source[0].id, found->source[1].id);
}

static void too_many_are_counted_and_long_names_cut(void)
{
    begin();
    for (size_t i = 0; i < PORTS; i++) {
        snprintf(port[i].name, sizeof port[i].name, "%zu:%0*d", i, 300, 0);
        port[i].mine = false;
    }
    const struct patchbay *found = update();
    CU_ASSERT_EQUAL(found->count, PATCHBAY_MAX);
    CU_ASSERT_EQUAL(found->more, PORTS - PATCHBAY_MAX);
    CU_ASSERT_EQUAL(strlen(found->source[PATCHBAY_MAX - 1].name), PATCH_NAME_MAX - 1);
    char *whole = sources_find(NULL, found->source[7].id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
    CU_ASSERT_STRING_EQUAL(whole, port[7].name);
    free(whole);
}

/* JACK gives the number of a port that has gone to the next one. */
static void what_was_chosen_is_that_port_or_none(void)
{
    begin();
    const uint64_t id = update()->source[0].id;
    char *name = sources_find(NULL, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    CU_ASSERT_STRING_EQUAL(name, "system:capture_1");
    free(name);
    strcpy(port[0].name, "mixer:out");
    CU_ASSERT_PTR_NULL(sources_find(NULL, id));
    CU_ASSERT_PTR_NULL(sources_find(NULL, 0));
    port[0].name[0] = '\0';
    strcpy(port[3].name, "system:capture_1");
    CU_ASSERT_PTR_NULL(sources_find(NULL, id));
}

static void only_what_differs_is_written(void)
{
    static struct telemetry telemetry;
    static struct patchbay out;
    begin();
    sources_publish(&sources, &telemetry); /* also when there is nothing */
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        update();
        sources_publish(&sources, &telemetry);
    }
    CU_ASSERT_EQUAL(atomic_load(&telemetry.patchbay_sequence), 4);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    CU_ASSERT_EQUAL(out.count, 2);
    sources_server_lost(&sources);
    sources_publish(&sources, &telemetry);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    CU_ASSERT_EQUAL(out.count, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"others' ports, and what they feed", others_ports_and_what_they_feed},
        {"too many are counted, and long names cut", too_many_are_counted_and_long_names_cut},
        {"what was chosen is that port or none", what_was_chosen_is_that_port_or_none},
        {"only what differs is written", only_what_differs_is_written},
        CU_TEST_INFO_NULL,
    };
    return unit_run("sources", tests);
}
