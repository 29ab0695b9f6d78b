/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/oscquery.h"

#include "shared/json/build.h"
#include "shared/json/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is to be said of one. */
struct leaf {
    char path[OSC_PATH_MAX];
    struct osc_value value;
    uint32_t access;  /* 1: readable, 2: writable, 3: both */
    const char *unit; /* "": none */
    double low;       /* its usual range; both 0: none */
    double high;
    const char *clip; /* at which ends it never lies beyond; NULL: no word on that */
    const char *help;
    uint32_t part; /* enum metric_part: measured on request; 0: always */
};

struct tree {
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
    switch (leaf->value.type) {
    case 's': build_text(&list, NULL, leaf->value.text); break;
    case 'f': build_number(&list, NULL, leaf->value.number); break;
    default: build_flag(&list, NULL, leaf->value.number != 0); break;
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
    const char type[] = {leaf->value.type, '\0'};
    build_text(node, "TYPE", type);
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
    char path[OSC_PATH_MAX];
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
    char name[OSC_PATH_MAX];
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

static void describe_metric(struct leaf *leaf, const struct metric *metric)
{
    leaf->access = 1;
    leaf->unit = metric->unit;
    leaf->low = metric->usual_low;
    leaf->high = metric->usual_high;
    leaf->clip = clip_of(metric);
    leaf->help = metric->help;
}

static void describe_command(struct leaf *leaf, const struct command_row *row, bool known)
{
    leaf->access = known ? 3 : 2;
    leaf->unit = row->unit;
    leaf->low = row->is_switch ? 0 : row->usual_low;
    leaf->high = row->is_switch ? 0 : row->usual_high;
    leaf->help = row->range;
}

static void place_all(struct tree *tree, const struct osc_space *space)
{
    struct osc_leaf at = {0};
    while (osc_leaf_next(&at, space)) {
        struct leaf leaf = {.access = 1,
                            .unit = "",
                            .help = "what feeds the channel, or its --label; empty when nothing does",
                            .part = osc_leaf_part(&at)};
        const bool known = osc_leaf_read(&at, space, &leaf.value);
        if (at.kind == OSC_LEAF_METRIC) {
            describe_metric(&leaf, at.place.metric);
        } else if (at.kind == OSC_LEAF_COMMAND) {
            describe_command(&leaf, command_row(at.command), known);
        }
        osc_leaf_path(&at, leaf.path);
        place(tree, &leaf);
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
    struct tree tree = {.path = strcmp(path, "/") == 0 ? "" : path};
    place_all(&tree, space);
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

enum status message_host_info(struct message *message, const struct server_report *report, uint32_t ws_port)
{
    static const char *const extensions[] = {"ACCESS", "TYPE",        "VALUE",  "RANGE",       "CLIPMODE",
                                             "UNIT",   "DESCRIPTION", "LISTEN", "PATH_CHANGED"};
    struct build build = build_object();
    struct build list = build_object();
    build_text(&build, "NAME", report->source_name);
    add_osc_port(&build, &report->osc);
    if (ws_port > 0) {
        build_count(&build, "WS_PORT", ws_port);
    }
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        build_flag(&list, extensions[i], true);
    }
    build_nest(&build, "EXTENSIONS", list);
    return build_print(build, message);
}

enum status osc_order_read(struct osc_order *order, const char *text, size_t length)
{
    enum { DEPTH_MAX = 4 }; /* what others say may nest; a good one has one level */
    char why[JSON_WHY_MAX];
    struct json_object *root = NULL;
    struct json_object *name = NULL;
    struct json_object *path = NULL;
    enum status status = json_parse(&root, text, length, DEPTH_MAX, why);
    if (status) {
        return status;
    }
    status = STATUS_BAD_ARG;
    if (json_object_object_get_ex(root, "COMMAND", &name) && json_object_object_get_ex(root, "DATA", &path) &&
        json_object_is_type(path, json_type_string) &&
        strlen(json_object_get_string(path)) == (size_t)json_object_get_string_len(path)) {
        const char *word = json_object_get_string(name);
        const int used = snprintf(order->path, sizeof order->path, "%s", json_object_get_string(path));
        order->listen = word && strcmp(word, "LISTEN") == 0;
        if (used < (int)sizeof order->path && (order->listen || (word && strcmp(word, "IGNORE") == 0))) {
            status = STATUS_OK;
        }
    }
    json_object_put(root);
    return status;
}
