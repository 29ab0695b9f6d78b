/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected to whom, while ports change their names between any two calls. A real server does that
 * (the integration test "ports" has one), but not at a call of one's choice: so this is a stand-in for
 * libjack's graph, which changes before the N-th answer, and each N has its turn. */
#include "jack-client/client/connections.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

enum { PORTS = 8, INPUTS = 4, CONNECTIONS_MAX = 16 };

struct _jack_port {
    const char *name; /* NULL: it has gone */
    unsigned long flags;
};

static struct graph {
    struct _jack_port port[PORTS]; /* the client's inputs, its others, and the rest */
    struct {
        size_t source;
        size_t sink;
    } connection[CONNECTIONS_MAX];
    size_t connections;
    uint32_t answers;
    uint32_t when; /* before which answer the port gets its new name */
    size_t renamed;
    const char *name;
} graph;

static const size_t OTHERS = INPUTS, FIRST = INPUTS + 1, SECOND = INPUTS + 2, TARGET = INPUTS + 3;

static void answer(void)
{
    if (++graph.answers == graph.when) {
        graph.port[graph.renamed].name = graph.name;
    }
}

static size_t find_port(const char *name)
{
    size_t i = 0;
    while (i < PORTS && (!graph.port[i].name || strcmp(graph.port[i].name, name) != 0)) {
        i++;
    }
    return i;
}

static size_t find_connection(size_t source, size_t sink)
{
    size_t i = 0;
    while (i < graph.connections &&
           (graph.connection[i].source != source || graph.connection[i].sink != sink)) {
        i++;
    }
    return i;
}

static void disconnect(size_t source, size_t sink)
{
    const size_t i = find_connection(source, sink);
    if (i < graph.connections) {
        graph.connection[i] = graph.connection[--graph.connections];
    }
}

static uint32_t inputs_of(size_t source)
{
    uint32_t count = 0;
    for (size_t i = 0; i < graph.connections; i++) {
        count += graph.connection[i].source == source && graph.connection[i].sink < INPUTS;
    }
    return count;
}

/* --- what stands for libjack --- */

jack_port_t *jack_port_by_name(jack_client_t *client, const char *name)
{
    (void)client;
    answer();
    const size_t i = find_port(name);
    return i < PORTS ? &graph.port[i] : NULL;
}

jack_port_t *jack_port_by_id(jack_client_t *client, jack_port_id_t id)
{
    (void)client;
    answer();
    return &graph.port[id];
}

jack_uuid_t jack_port_uuid(const jack_port_t *port)
{
    return (jack_uuid_t)(port - graph.port) + 1;
}

const char *jack_port_name(const jack_port_t *port)
{
    answer();
    return port->name;
}

int jack_port_is_mine(const jack_client_t *client, const jack_port_t *port)
{
    (void)client;
    return port - graph.port <= INPUTS;
}

int jack_port_connected(const jack_port_t *port)
{
    answer();
    int count = 0;
    for (size_t i = 0; i < graph.connections; i++) {
        count += &graph.port[graph.connection[i].sink] == port;
    }
    return count;
}

int jack_port_connected_to(const jack_port_t *port, const char *name)
{
    answer();
    const size_t one = (size_t)(port - graph.port);
    const size_t other = find_port(name);
    return find_connection(one, other) < graph.connections || find_connection(other, one) < graph.connections;
}

const char **jack_get_ports(jack_client_t *client, const char *name, const char *type, unsigned long flags)
{
    (void)client;
    (void)name;
    (void)type;
    answer();
    const char **names = calloc(PORTS + 1, sizeof *names);
    for (size_t i = 0, count = 0; names && i < PORTS; i++) {
        if (graph.port[i].name && graph.port[i].flags == flags) {
            names[count++] = graph.port[i].name;
        }
    }
    return names;
}

const char **jack_port_get_all_connections(const jack_client_t *client, const jack_port_t *port)
{
    (void)client;
    answer();
    const char **names = calloc(CONNECTIONS_MAX + 1, sizeof *names);
    for (size_t i = 0, count = 0; names && i < graph.connections; i++) {
        if (&graph.port[graph.connection[i].sink] == port) {
            names[count++] = graph.port[graph.connection[i].source].name;
        }
    }
    return names;
}

void jack_free(void *memory)
{
    free(memory);
}

int jack_connect(jack_client_t *client, const char *source, const char *sink)
{
    (void)client;
    answer();
    const size_t from = find_port(source);
    const size_t to = find_port(sink);
    if (from == PORTS || to == PORTS || graph.connections == CONNECTIONS_MAX) {
        return -1;
    }
    graph.connection[graph.connections].source = from;
    graph.connection[graph.connections++].sink = to;
    return 0;
}

int jack_disconnect(jack_client_t *client, const char *source, const char *sink)
{
    (void)client;
    answer();
    const size_t from = find_port(source);
    const size_t to = find_port(sink);
    const bool stood = find_connection(from, to) < graph.connections;
    disconnect(from, to);
    return stood ? 0 : -1;
}

/* --- the tests --- */

static struct option_list nothing;
static struct option_list sources = {.count = 1, .item = {"peer:out_*"}};
static struct option_list targets = {.count = 1, .item = {"target*"}};
static struct connections connections;
static struct ports ports;
static struct arrivals arrivals;

static void begin(uint32_t when, size_t renamed, const char *name)
{
    graph = (struct graph){
        .port = {{"own:in_1", JackPortIsInput},
                 {"own:in_2", JackPortIsInput},
                 {"own:in_3", JackPortIsInput},
                 {"own:in_4", JackPortIsInput},
                 {"own:others", JackPortIsOutput},
                 {"peer:out_1", JackPortIsOutput},
                 {"peer:out_2", JackPortIsOutput},
                 {"target", JackPortIsInput}},
        .when = when,
        .renamed = renamed,
        .name = name,
    };
    ports = (struct ports){.channels = INPUTS,
                           .midi_in = &graph.port[OTHERS],
                           .calibration_in = &graph.port[OTHERS],
                           .calibration_out = &graph.port[OTHERS]};
    for (size_t i = 0; i < INPUTS; i++) {
        ports.in[i] = &graph.port[i];
        ports.out[i] = &graph.port[OTHERS];
    }
    arrivals_init(&arrivals);
}

/* Two looks: the second is what a name that changes in the first one brings about. */
static void look(void)
{
    for (int i = 0; i < 2; i++) {
        connections_update(&connections, NULL, &ports, &arrivals, true, 1000);
    }
}

/* Connected by --connect, undone by a person. False: the name did not change, so all calls have had their
 * turn. */
static bool connect_and_undo(uint32_t when, const char *name)
{
    connections = (struct connections){.connect = &sources, .follow = &nothing};
    begin(when, FIRST, name);
    look();
    CU_ASSERT_EQUAL(inputs_of(SECOND), 1);
    const bool matches = strncmp(graph.port[FIRST].name, "peer:out_", strlen("peer:out_")) == 0;
    CU_ASSERT(inputs_of(FIRST) == 1 || (!matches && inputs_of(FIRST) == 0));
    for (size_t i = 0; i < INPUTS; i++) {
        disconnect(FIRST, i);
    }
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 0);
    CU_ASSERT_EQUAL(inputs_of(SECOND), 1);
    connections_clear(&connections);
    return graph.answers >= when;
}

static void a_renamed_source_keeps_its_one_input_and_what_was_undone(void)
{
    static const char *const names[] = {"peer:out_0", "peer:out_9", "peer:else"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        uint32_t when = 1;
        while (connect_and_undo(when, names[n])) {
            when++;
        }
        CU_ASSERT(when > 100);
    }
}

/* Followed by --follow, and let go with its target. */
static bool follow_and_let_go(uint32_t when, size_t renamed, const char *name)
{
    connections = (struct connections){.connect = &nothing, .follow = &targets};
    begin(when, renamed, name);
    graph.connection[graph.connections].source = FIRST;
    graph.connection[graph.connections++].sink = TARGET;
    look();
    CU_ASSERT(find_connection(FIRST, 0) < graph.connections);
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    disconnect(FIRST, TARGET);
    look();
    CU_ASSERT_EQUAL(graph.connections, 0);
    connections_clear(&connections);
    return graph.answers >= when;
}

static void a_renamed_source_is_let_go_with_its_target(void)
{
    uint32_t when = 1;
    while (follow_and_let_go(when, FIRST, "peer:else")) {
        when++;
    }
    CU_ASSERT(when > 50);
}

static void a_source_outlives_a_new_name_of_its_target(void)
{
    uint32_t when = 1;
    while (follow_and_let_go(when, TARGET, "target_2")) {
        when++;
    }
    CU_ASSERT(when > 50);
}

/* JACK gives a number that has become free to the next port. */
static void patch(size_t source, size_t sink, bool connected)
{
    connections_patch(&connections, NULL, graph.port[source].name, graph.port[sink].name, connected);
}

static void what_a_person_patches_is_left_alone(void)
{
    connections = (struct connections){.connect = &sources, .follow = &nothing};
    begin(0, 0, NULL);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    patch(FIRST, 0, false);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 0);
    patch(FIRST, 3, true);
    look();
    CU_ASSERT(find_connection(FIRST, 3) < graph.connections);
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    connections_clear(&connections);
}

/* What is taken away while it is followed stays away; what a person has made stays when its target is left.
 */
static void what_a_person_patches_is_followed_no_more(void)
{
    connections = (struct connections){.connect = &nothing, .follow = &targets};
    begin(0, 0, NULL);
    jack_connect(NULL, graph.port[FIRST].name, graph.port[TARGET].name);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    patch(FIRST, 0, false);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 0);
    patch(FIRST, 0, true);
    look();
    disconnect(FIRST, TARGET);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    connections_clear(&connections);
}

static void a_new_port_of_a_known_number_is_new(void)
{
    connections = (struct connections){.connect = &sources, .follow = &nothing};
    begin(0, 0, NULL);
    look();
    disconnect(FIRST, 0);
    graph.port[FIRST].name = "peer:out_3";
    arrivals_add(&arrivals, (jack_port_id_t)FIRST);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 1);
    CU_ASSERT_EQUAL(inputs_of(SECOND), 1);
    connections_clear(&connections);
}

/* ... and a name that has become free may be taken by another: what a person undid of the first stays undone.
 */
static void a_new_port_of_a_known_name_is_new(void)
{
    connections = (struct connections){.connect = &sources, .follow = &nothing};
    begin(0, 0, NULL);
    graph.port[SECOND].name = NULL;
    look();
    disconnect(FIRST, 0);
    graph.port[FIRST].name = "peer:out_3";
    graph.port[SECOND].name = "peer:out_1";
    arrivals_add(&arrivals, (jack_port_id_t)SECOND);
    look();
    CU_ASSERT_EQUAL(inputs_of(FIRST), 0);
    CU_ASSERT_EQUAL(inputs_of(SECOND), 1);
    connections_clear(&connections);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a renamed source keeps its one input, and what was undone",
         a_renamed_source_keeps_its_one_input_and_what_was_undone},
        {"a renamed source is let go with its target", a_renamed_source_is_let_go_with_its_target},
        {"a source outlives a new name of its target", a_source_outlives_a_new_name_of_its_target},
        {"what a person patches is left alone", what_a_person_patches_is_left_alone},
        {"what a person patches is followed no more", what_a_person_patches_is_followed_no_more},
        {"a new port of a known number is new", a_new_port_of_a_known_number_is_new},
        {"a new port of a known name is new", a_new_port_of_a_known_name_is_new},
        CU_TEST_INFO_NULL,
    };
    return unit_run("connections", tests);
}
