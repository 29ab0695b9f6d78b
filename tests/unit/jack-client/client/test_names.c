/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What channels are called, on a stand-in for libjack's graph, in which a port is renamed or goes before the
 * N-th answer, and each N has its turn. */
#include "jack-client/client/names.h"
#include "shared/utf8.h"
#include "tests/unit/unit.h"

#include <jack/metadata.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 4, INPUTS = 3 };

struct _jack_port {
    const char *name;        /* empty: it has gone */
    const char *pretty;      /* NULL: it has none */
    const char *type;        /* of the property */
    uint32_t inputs[INPUTS]; /* whether it feeds them */
};

static struct _jack_port input[INPUTS];
static struct graph {
    struct _jack_port source[SOURCES];
    uint32_t answers;
    uint32_t when; /* before which answer the first source changes */
    struct _jack_port changed;
} graph;

static void answer(void)
{
    if (++graph.answers == graph.when) {
        graph.source[0] = graph.changed;
    }
}

/* --- what stands for libjack, of which the rest is linked and not called --- */

const char **jack_port_get_all_connections(const jack_client_t *client, const jack_port_t *port)
{
    (void)client;
    answer();
    const char **names = calloc(SOURCES + 1, sizeof *names);
    for (size_t i = 0, count = 0; names && i < SOURCES; i++) {
        if (graph.source[i].inputs[port - input]) {
            names[count++] = graph.source[i].name;
        }
    }
    return names;
}

jack_port_t *jack_port_by_name(jack_client_t *client, const char *name)
{
    (void)client;
    answer();
    for (size_t i = 0; i < SOURCES; i++) {
        if (graph.source[i].name && strcmp(graph.source[i].name, name) == 0) {
            return &graph.source[i];
        }
    }
    return NULL;
}

jack_uuid_t jack_port_uuid(const jack_port_t *port)
{
    return (jack_uuid_t)(port - graph.source) + 1;
}

int jack_get_property(jack_uuid_t subject, const char *key, char **value, char **type)
{
    answer();
    const struct _jack_port *port = &graph.source[subject - 1];
    if (!port->pretty || strcmp(key, JACK_METADATA_PRETTY_NAME) != 0) {
        return -1;
    }
    *value = strdup(port->pretty);
    *type = port->type ? strdup(port->type) : NULL;
    return 0;
}

void jack_free(void *memory)
{
    free(memory);
}

/* --- one name --- */

static const char *made(const char *text, uint32_t more)
{
    static char name[CHANNEL_NAME_MAX];
    memset(name, 'x', sizeof name);
    names_make(name, sizeof name, text, more);
    CU_ASSERT_TRUE(utf8_is_plain(name));
    for (size_t i = strlen(name); i < sizeof name; i++) {
        CU_ASSERT_EQUAL(name[i], '\0');
    }
    return name;
}

static void what_cannot_be_shown_is_replaced(void)
{
    CU_ASSERT_STRING_EQUAL(made("\n\t\x1b[2J\x7f", 0), "???[2J?");
    CU_ASSERT_STRING_EQUAL(made("a\xc2\x9b\x62", 0), "a?b"); /* one character */
    CU_ASSERT_STRING_EQUAL(made("\xff\xfe", 0), "??");
    CU_ASSERT_STRING_EQUAL(made("a\xe2\x82", 0), "a??"); /* cut short */
    CU_ASSERT_STRING_EQUAL(made("\xe2\x82"
                                "A",
                                0),
                           "??A");
    CU_ASSERT_STRING_EQUAL(made("\xed\xa0\x80", 0), "???"); /* a surrogate */
    CU_ASSERT_STRING_EQUAL(made("\xc0\x80", 0), "??");
}

static void what_can_be_shown_stays(void)
{
    CU_ASSERT_STRING_EQUAL(made("", 0), "");
    CU_ASSERT_STRING_EQUAL(made("system:capture_1", 0), "system:capture_1");
    CU_ASSERT_STRING_EQUAL(made("Gr\xc3\xb6\xc3\x9f"
                                "e \"1\" \\ \xf0\x9f\xa5\x81",
                                0),
                           "Gr\xc3\xb6\xc3\x9f"
                           "e \"1\" \\ \xf0\x9f\xa5\x81");
}

static void others_are_counted(void)
{
    CU_ASSERT_STRING_EQUAL(made("Kick", 1), "Kick +1");
    CU_ASSERT_STRING_EQUAL(made("Kick", 12), "Kick +12");
}

/* Characters of each length, from each place on: the name ends with a whole one, as late as it can. */
static void long_names_are_cut_between_characters(void)
{
    static const char *const character[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\xa5\x81"};
    for (size_t length = 1; length <= 4; length++) {
        for (size_t before = 0; before < 8; before++) {
            for (uint32_t more = 0; more <= 10; more += 5) {
                char text[CHANNEL_NAME_MAX * 8] = "";
                char others[8] = "";
                for (size_t i = 0; i < CHANNEL_NAME_MAX + before; i++) {
                    strcat(text, i < before ? "." : character[length - 1]);
                }
                if (more > 0) {
                    snprintf(others, sizeof others, " +%u", more);
                }
                const char *name = made(text, more);
                const size_t kept = strlen(name) - strlen(others);
                CU_ASSERT_STRING_EQUAL(name + kept, others);
                CU_ASSERT_EQUAL(strncmp(name, text, kept), 0);
                CU_ASSERT(strlen(name) < CHANNEL_NAME_MAX && strlen(name) + length >= CHANNEL_NAME_MAX);
            }
        }
    }
}

/* --- all of them --- */

static struct channel_names labels;
static struct names names;
static struct ports ports;

static void begin(void)
{
    graph = (struct graph){.source = {{.name = "system:capture_1", .inputs = {1}},
                                      {.name = "system:capture_2", .inputs = {0, 1}},
                                      {.name = "drums:kick", .pretty = "Kick", .inputs = {0, 1}},
                                      {.name = "drums:snare", .pretty = "", .inputs = {0, 1}}}};
    ports = (struct ports){.channels = INPUTS};
    for (size_t i = 0; i < INPUTS; i++) {
        ports.in[i] = &input[i];
    }
    labels = (struct channel_names){0};
    names_init(&names, &labels);
}

static void expect(const char *first, const char *second, const char *third)
{
    names_update(&names, NULL, &ports);
    CU_ASSERT_STRING_EQUAL(names.current.name[0], first);
    CU_ASSERT_STRING_EQUAL(names.current.name[1], second);
    CU_ASSERT_STRING_EQUAL(names.current.name[2], third);
    CU_ASSERT_STRING_EQUAL(names.current.name[INPUTS], "");
}

static void the_first_source_names_a_channel(void)
{
    begin();
    expect("system:capture_1", "system:capture_2 +2", "");
    graph.source[1].inputs[1] = 0;
    expect("system:capture_1", "Kick +1", "");
    graph.source[2].inputs[1] = 0;
    expect("system:capture_1", "drums:snare", ""); /* an empty property is none */
    graph.source[3].inputs[1] = 0;
    graph.source[0].pretty = "Voice\n";
    graph.source[0].type = "text/plain";
    graph.source[0].inputs[2] = 1;
    expect("Voice?", "", "Voice?");
    graph.source[0].pretty = NULL;
    graph.source[0].name = "mixer:out";
    expect("mixer:out", "", "mixer:out");
}

static void a_label_wins(void)
{
    begin();
    strcpy(labels.name[0], "Lead");
    strcpy(labels.name[2], "Spare");
    names_init(&names, &labels);
    CU_ASSERT_STRING_EQUAL(names.current.name[2], "Spare"); /* before there is a server */
    expect("Lead", "system:capture_2 +2", "Spare");
    names_server_lost(&names);
    CU_ASSERT_STRING_EQUAL(names.current.name[0], "Lead");
    CU_ASSERT_STRING_EQUAL(names.current.name[1], "");
    CU_ASSERT_STRING_EQUAL(names.current.name[2], "Spare");
}

/* Whatever the first look says, the next one says what holds. False: the change did not come, so all answers
 * have had their turn. */
static bool change_before(uint32_t when, struct _jack_port changed, const char *name)
{
    begin();
    graph.when = when;
    graph.changed = changed;
    names_update(&names, NULL, &ports);
    const bool came = graph.answers >= when;
    if (came) {
        CU_ASSERT_STRING_EQUAL(names.current.name[1], "system:capture_2 +2");
        CU_ASSERT_TRUE(utf8_is_plain(names.current.name[0]));
        expect(name, "system:capture_2 +2", "");
    }
    return came;
}

static void a_port_that_changes_in_the_midst_of_it_is_seen_by_the_next_look(void)
{
    static const struct {
        struct _jack_port changed;
        const char *name;
    } cases[] = {{{.name = "mixer:out", .inputs = {1}}, "mixer:out"},
                 {{.name = "system:capture_1", .pretty = "Voice", .inputs = {1}}, "Voice"},
                 {{.name = "", .inputs = {1}}, ""}, /* JACK2: its name is cleared in place */
                 {{.name = NULL}, ""},
                 {{.name = "system:capture_1"}, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t when = 1;
        while (change_before(when, cases[i].changed, cases[i].name)) {
            when++;
        }
        CU_ASSERT(when > 5);
    }
}

static uint64_t writes(const struct telemetry *telemetry)
{
    return atomic_load(&telemetry->names_sequence) / 2;
}

static void only_what_differs_is_written(void)
{
    static struct telemetry first;
    static struct telemetry second;
    struct channel_names out;
    begin();
    names_publish(&names, &first); /* also when all are empty */
    CU_ASSERT_EQUAL(telemetry_read_names(&first, &out), STATUS_OK);
    names_update(&names, NULL, &ports);
    names_publish(&names, &first);
    names_update(&names, NULL, &ports);
    names_publish(&names, &first);
    CU_ASSERT_EQUAL(writes(&first), 2);
    CU_ASSERT_EQUAL(telemetry_read_names(&first, &out), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(out.name[0], "system:capture_1");
    names_publish(&names, &second); /* the segment was made anew */
    CU_ASSERT_EQUAL(telemetry_read_names(&second, &out), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(out.name[0], "system:capture_1");
    names_server_lost(&names);
    names_publish(&names, &second);
    CU_ASSERT_EQUAL(telemetry_read_names(&second, &out), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(out.name[0], "");
    CU_ASSERT_EQUAL(writes(&second), 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what cannot be shown is replaced", what_cannot_be_shown_is_replaced},
        {"what can be shown stays", what_can_be_shown_stays},
        {"others are counted", others_are_counted},
        {"long names are cut between characters", long_names_are_cut_between_characters},
        {"the first source names a channel", the_first_source_names_a_channel},
        {"a label wins", a_label_wins},
        {"a port that changes in the midst of it is seen by the next look",
         a_port_that_changes_in_the_midst_of_it_is_seen_by_the_next_look},
        {"only what differs is written", only_what_differs_is_written},
        CU_TEST_INFO_NULL,
    };
    return unit_run("names", tests);
}
