/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/oscquery.h"

#include "shared/control.h"
#include "shared/json/build.h"
#include "shared/metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAF_PATH_MAX = METRIC_ADDRESS_MAX + 16 };

/* What stands at the end of a path. */
struct leaf {
    char path[LEAF_PATH_MAX];
    char type[2];    /* OSC's tag of its one argument: "f", "s", "T" or "F" */
    uint32_t access; /* 1: readable, 2: writable, 3: both */
    double value;    /* where it is readable */
    const char *text;
    const char *unit; /* "": none */
    double low;       /* its usual range; both 0: none */
    double high;
    const char *clip; /* at which ends it never lies beyond; NULL: no word on that */
    const char *help;
    uint32_t part; /* enum metric_part: measured on request; 0: always */
};

struct tree {
    const struct osc_space *space;
    const char *path;  /* of what is asked for; "" the root */
    struct build root; /* what stands there; no object: nothing so far */
    uint32_t parts;
};

/* --- one node --- */

/* As the proposal calls it; NULL: there is none. */
static const char *unit_name(const char *unit)
{
    static const char *const names[][2] = {{"Hz", "time.hz"},
                                           {"rad", "angle.radian"},
                                           {"s", "time.second"},
                                           {"ms", "time.ms"},
                                           {"dBFS", "gain.db"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(unit, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return unit[0] != '\0' ? unit : NULL;
}

/* Lists of one, as an OSC message of ours has one argument. */
static void add_value(struct build *node, const struct leaf *leaf)
{
    struct build list = build_list(1);
    switch (leaf->type[0]) {
    case 's': build_text(&list, NULL, leaf->text); break;
    case 'f': build_number(&list, NULL, leaf->value); break;
    default: build_flag(&list, NULL, leaf->value != 0); break;
    }
    build_nest(node, "VALUE", list);
}

static void add_range(struct build *node, const struct leaf *leaf)
{
    struct build list = build_list(1);
    struct build range = build_object();
    build_number(&range, "MIN", leaf->low);
    build_number(&range, "MAX", leaf->high);
    build_nest(&list, NULL, range);
    build_nest(node, "RANGE", list);
}

static void add_word(struct build *node, const char *key, const char *word)
{
    struct build list = build_list(1);
    build_text(&list, NULL, word);
    build_nest(node, key, list);
}

static void fill(struct build *node, const struct leaf *leaf)
{
    build_text(node, "TYPE", leaf->type);
    if (leaf->access & 1U) {
        add_value(node, leaf);
    }
    if (leaf->low < leaf->high) {
        add_range(node, leaf);
    }
    if (leaf->clip) {
        add_word(node, "CLIPMODE", leaf->clip);
    }
    if (unit_name(leaf->unit)) {
        add_word(node, "UNIT", unit_name(leaf->unit));
    }
    build_text(node, "DESCRIPTION", leaf->help);
}

/* The node on the way to the leaf whose path is so long: the leaf itself, or what contains it. */
static struct build make_node(const struct leaf *leaf, size_t length)
{
    const bool is_leaf = leaf->path[length] == '\0';
    char path[LEAF_PATH_MAX];
    struct build node = build_object();
    snprintf(path, sizeof path, "%.*s", (int)length, leaf->path);
    build_text(&node, "FULL_PATH", length > 0 ? path : "/");
    build_count(&node, "ACCESS", is_leaf ? leaf->access : 0);
    if (is_leaf) {
        fill(&node, leaf);
    }
    return node;
}

/* --- the tree --- */

/* From a node down to the next one on the way to the leaf, which is made where there is none. NULL: out of
 * memory. begin, end: of its name in the leaf's path. */
static struct json_object *step(struct tree *tree, struct json_object *node, const struct leaf *leaf,
                                size_t begin, size_t end)
{
    char name[LEAF_PATH_MAX];
    struct json_object *contents = NULL;
    struct json_object *next = NULL;
    struct build within = {node, STATUS_OK};
    if (!json_object_object_get_ex(node, "CONTENTS", &contents)) {
        build_nest(&within, "CONTENTS", build_object());
        (void)json_object_object_get_ex(node, "CONTENTS", &contents);
    }
    snprintf(name, sizeof name, "%.*s", (int)(end - begin), leaf->path + begin);
    if (!within.status && !json_object_object_get_ex(contents, name, &next)) {
        struct build made = make_node(leaf, end);
        if (made.status || json_object_object_add(contents, name, made.object) != 0) {
            json_object_put(made.object);
            within.status = made.status ? made.status : STATUS_NO_MEMORY;
        } else {
            next = made.object;
        }
    }
    tree->root.status = within.status;
    return next;
}

static void place(struct tree *tree, const struct leaf *leaf)
{
    size_t at = strlen(tree->path);
    if (tree->root.status || strncmp(leaf->path, tree->path, at) != 0 ||
        (leaf->path[at] != '/' && leaf->path[at] != '\0')) {
        return;
    }
    if (!tree->root.object) {
        tree->root = make_node(leaf, at);
    }
    struct json_object *node = tree->root.status ? NULL : tree->root.object;
    while (node && leaf->path[at] == '/') {
        const size_t end = at + 1 + strcspn(leaf->path + at + 1, "/");
        node = step(tree, node, leaf, at + 1, end);
        at = end;
    }
    tree->parts |= leaf->part;
}

/* --- the leaves --- */

static const char *clip_of(const struct metric *metric)
{
    static const double near = 1e-6; /* of two ways to write the same angle */
    static const char *const words[2][2] = {{"none", "high"}, {"low", "both"}};
    return words[metric->low >= metric->usual_low - near][metric->high <= metric->usual_high + near];
}

static void place_metric(struct tree *tree, const struct metric_place *place_of)
{
    char address[METRIC_ADDRESS_MAX];
    const struct metric *metric = place_of->metric;
    struct leaf leaf = {.type = "f",
                        .access = 1,
                        .value = metric_value(place_of, tree->space->frame),
                        .unit = metric->unit,
                        .low = metric->usual_low,
                        .high = metric->usual_high,
                        .clip = clip_of(metric),
                        .help = metric->help,
                        .part = place_of->group->part};
    snprintf(leaf.path, sizeof leaf.path, "/phicast/%s", metric_address(place_of, address));
    place(tree, &leaf);
}

/* What is measured on request is there all the time; of the channels' bands nobody can tell before. */
static void place_metrics(struct tree *tree)
{
    const struct metrics_snapshot *frame = tree->space->frame;
    struct metric_place at = {0};
    while (metric_next(&at, frame, PARTS_ALL | (frame->parts & PART_CHANNEL_BANDS))) {
        for (uint32_t m = 0; m < at.group->count; m++) {
            at.metric = &at.group->metric[m];
            if (at.metric->address) {
                place_metric(tree, &at);
            }
        }
    }
}

static void place_names(struct tree *tree)
{
    for (uint32_t i = 0; i < tree->space->frame->channel_count; i++) {
        struct leaf leaf = {.type = "s",
                            .access = 1,
                            .text = tree->space->report->names->name[i],
                            .unit = "",
                            .help = "what feeds the channel, or its --label; empty when nothing does"};
        snprintf(leaf.path, sizeof leaf.path, "/phicast/channel/%u/name", i + 1);
        place(tree, &leaf);
    }
}

/* What the command last set. False: nobody knows. */
static bool read_back(const struct osc_space *space, uint32_t kind, double *value)
{
    const struct analyser_status *analyser = space->report->analyser;
    switch (kind) {
    case COMMAND_DEPTH: *value = (double)space->frame->phi_depth; return true;
    case COMMAND_PHASE: *value = (double)space->frame->phi_phase; return true;
    case COMMAND_BREATHING: *value = space->frame->phi_breathing_active; return true;
    case COMMAND_RATE: *value = analyser ? (double)analyser->phi_rate : 0; return analyser != NULL;
    case COMMAND_AUTO: *value = analyser ? analyser->auto_phi : 0; return analyser != NULL;
    default: return false;
    }
}

/* Where OSC is listened to. */
static void place_commands(struct tree *tree)
{
    const struct command_row *row;
    for (uint32_t kind = COMMAND_DEPTH; tree->space->report->osc.url_count > 0 && (row = command_row(kind));
         kind++) {
        double value = 0;
        const bool known = read_back(tree->space, kind, &value);
        struct leaf leaf = {.type = {row->is_switch ? value != 0 ? 'T' : 'F' : 'f'},
                            .access = known ? 3 : 2,
                            .value = value,
                            .unit = row->unit,
                            .low = row->is_switch ? 0 : row->usual_low,
                            .high = row->is_switch ? 0 : row->usual_high,
                            .help = row->range};
        if (row->address) {
            snprintf(leaf.path, sizeof leaf.path, "%s", row->address);
            place(tree, &leaf);
        }
    }
}

/* --- what is answered --- */

/* Of a node, that attribute and nothing else. */
static enum status narrow(struct build *node, const char *attribute)
{
    static const char *const names[] = {"FULL_PATH", "ACCESS",   "CONTENTS", "TYPE",       "VALUE",
                                        "RANGE",     "CLIPMODE", "UNIT",     "DESCRIPTION"};
    struct json_object *value = NULL;
    size_t i = 0;
    while (i < sizeof names / sizeof names[0] && strcmp(attribute, names[i]) != 0) {
        i++;
    }
    if (i == sizeof names / sizeof names[0]) {
        return STATUS_BAD_ARG;
    }
    if (!json_object_object_get_ex(node->object, names[i], &value)) {
        return STATUS_EMPTY;
    }
    struct build one = build_object();
    build_nest(&one, names[i], (struct build){json_object_get(value), STATUS_OK});
    json_object_put(node->object);
    *node = one;
    return STATUS_OK;
}

enum status message_node(struct message *message, const struct osc_space *space, const char *path,
                         const char *attribute, uint32_t *parts)
{
    struct tree tree = {.space = space, .path = strcmp(path, "/") == 0 ? "" : path};
    place_metrics(&tree);
    place_names(&tree);
    place_commands(&tree);
    enum status status = tree.root.status    ? tree.root.status
                         : !tree.root.object ? STATUS_NOT_FOUND
                         : attribute         ? narrow(&tree.root, attribute)
                                             : STATUS_OK;
    *parts = parts_to_ask(tree.parts);
    if (status) {
        json_object_put(tree.root.object);
        return status;
    }
    return build_print(tree.root, message);
}

/* Left to the client, which then takes the host that it has found us at, where there are several. */
static void add_osc_port(struct build *build, const struct osc_report *osc)
{
    char host[64];
    const char *port = osc->url_count > 0 ? strrchr(osc->url[0], ':') : NULL;
    if (!port) {
        return;
    }
    const bool parsed = sscanf(osc->url[0], "osc.udp://[%63[^]]", host) == 1 ||
                        sscanf(osc->url[0], "osc.udp://%63[^:]", host) == 1;
    if (parsed && osc->url_count == 1 && strcmp(host, "0.0.0.0") != 0 && strcmp(host, "::") != 0) {
        build_text(build, "OSC_IP", host);
    }
    build_count(build, "OSC_PORT", strtoul(port + 1, NULL, 10));
    build_text(build, "OSC_TRANSPORT", "UDP");
}

enum status message_host_info(struct message *message, const struct osc_space *space)
{
    static const struct {
        const char *name;
        bool there;
    } extensions[] = {{"ACCESS", true},   {"TYPE", true}, {"VALUE", true},       {"RANGE", true},
                      {"CLIPMODE", true}, {"UNIT", true}, {"DESCRIPTION", true}, {"LISTEN", false}};
    struct build build = build_object();
    struct build list = build_object();
    build_text(&build, "NAME", space->report->source_name);
    add_osc_port(&build, &space->report->osc);
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        build_flag(&list, extensions[i].name, extensions[i].there);
    }
    build_nest(&build, "EXTENSIONS", list);
    return build_print(build, message);
}
