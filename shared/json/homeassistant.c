/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/homeassistant.h"

#include "shared/control.h"
#include "shared/json/build.h"
#include "shared/metric.h"
#include "shared/osc_space.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 512 };

/* One of these is set, or none: the sound's state. */
struct entity {
    const struct metric *metric;
    const struct command_row *command;
};

/* Numbers that mean something by themselves, and that no command sets. */
static bool is_sensor(const struct metric *metric)
{
    return (metric->type == METRIC_FLOAT || metric->type == METRIC_COUNT) &&
           strncmp(metric->name, "phi_", 4) != 0;
}

/* A phase that turns all the time would fill Home Assistant's recorder. */
static bool is_shown(uint32_t kind)
{
    return kind != COMMAND_PHASE;
}

/* False: there is none of that number. */
static bool find(struct entity *entity, uint32_t number)
{
    *entity = (struct entity){0};
    for (uint32_t i = 0; i < FRAME_METRICS; i++) {
        if (is_sensor(&frame_metric[i]) && number-- == 0) {
            entity->metric = &frame_metric[i];
            return true;
        }
    }
    for (uint32_t kind = COMMAND_DEPTH; command_row(kind); kind++) {
        if (is_shown(kind) && number-- == 0) {
            entity->command = command_row(kind);
            return true;
        }
    }
    return number == 0;
}

static const char *name_of(const struct entity *entity)
{
    return entity->metric ? entity->metric->name : entity->command ? entity->command->name : "state";
}

/* "calibrate", which has no state. */
static bool is_button(const struct entity *entity)
{
    return entity->command && !entity->command->address;
}

static const char *component_of(const struct entity *entity)
{
    return !entity->command             ? "sensor"
           : is_button(entity)          ? "button"
           : entity->command->is_switch ? "switch"
                                        : "number";
}

/* Letters, digits, "_" and "-", which is all that Home Assistant allows in its topics. Two bases that differ
 * in nothing else would be one device. */
static void make_id(char out[TEXT_MAX], const char *base)
{
    size_t i = 0;
    for (; i < TEXT_MAX - 1 && base[i]; i++) {
        const char c = base[i];
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '_';
        out[i] = c;
        if (!good) {
            out[i] = '_';
        }
    }
    out[i] = '\0';
}

__attribute__((format(printf, 3, 4))) static void add(struct build *build, const char *key,
                                                      const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    build_text(build, key, text);
}

static struct build describe_device(const struct ha_device *device, const char *id)
{
    struct build build = build_object();
    struct build ids = build_list(1);
    build_text(&ids, NULL, id);
    build_nest(&build, "identifiers", ids);
    add(&build, "name", "Phicast %s", device->name);
    build_text(&build, "manufacturer", "Phicast");
    build_text(&build, "model", "phicast-broadcaster");
    build_text(&build, "sw_version", PHICAST_VERSION);
    return build;
}

static struct build describe_origin(void)
{
    struct build build = build_object();
    build_text(&build, "name", "phicast-broadcaster");
    build_text(&build, "sw_version", PHICAST_VERSION);
    return build;
}

static void describe_sensor(struct build *build, const struct metric *metric)
{
    add(build, "value_template", "{{ value_json.%s }}", metric->name);
    build_text(build, "state_class", "measurement");
    if (metric->unit[0]) {
        build_text(build, "unit_of_measurement", metric->unit);
    }
    if (strcmp(metric->unit, "Hz") == 0) {
        build_text(build, "device_class", "frequency");
    }
    build_count(build, "suggested_display_precision",
                metric->type == METRIC_COUNT ? 0
                : metric->unit[0]            ? 1
                                             : 3);
}

static void describe_state(struct build *build)
{
    struct build options = build_list(STATE_OFFLINE);
    for (uint32_t state = 0; state < STATE_OFFLINE; state++) { /* which is "unavailable" there */
        build_text(&options, NULL, sound_state_str(state));
    }
    build_text(build, "value_template", "{{ value_json.state }}");
    build_text(build, "device_class", "enum");
    build_nest(build, "options", options);
}

static void describe_command(struct build *build, const struct command_row *row, const char *base)
{
    add(build, "command_topic", "%s/set/%s", base, row->name);
    if (!row->address) {
        add(build, "payload_press", "%d", COMMAND_LEVEL_DEFAULT);
        build_text(build, "entity_category", "config");
    } else if (row->is_switch) {
        add(build, "value_template", "{{ value_json.%s | lower }}", row->name);
        build_text(build, "payload_on", "true");
        build_text(build, "payload_off", "false");
    } else {
        add(build, "value_template", "{{ value_json.%s }}", row->name);
        build_number(build, "min", row->low);
        build_number(build, "max", row->high);
        build_number(build, "step", 0.01);
        if (row->unit[0]) {
            build_text(build, "unit_of_measurement", row->unit);
        }
    }
}

/* As people write it: "phase coherence". */
static void add_name(struct build *build, const char *name)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%s", name);
    for (char *c = text; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    build_text(build, "name", text);
}

enum status message_ha_config(struct message *message, char topic[HA_TOPIC_MAX],
                              const struct ha_device *device, uint32_t number)
{
    struct entity entity;
    char id[TEXT_MAX];
    if (!find(&entity, number)) {
        return STATUS_NOT_FOUND;
    }
    struct build build = build_object();
    const char *name = name_of(&entity);
    make_id(id, device->base);
    snprintf(topic, HA_TOPIC_MAX, "homeassistant/%s/%.280s/%s/config", component_of(&entity), id, name);
    add_name(&build, name);
    add(&build, "unique_id", "%.400s_%s", id, name);
    add(&build, "availability_topic", "%.400s/status", device->base);
    if (!is_button(&entity)) {
        add(&build, "state_topic", "%.400s/homeassistant", device->base);
    }
    if (entity.command) {
        describe_command(&build, entity.command, device->base);
    } else {
        build_count(&build, "expire_after", HA_EXPIRE_S);
        entity.metric ? describe_sensor(&build, entity.metric) : describe_state(&build);
    }
    build_nest(&build, "device", describe_device(device, id));
    build_nest(&build, "origin", describe_origin());
    return build_print(build, message);
}

enum status message_ha_values(struct message *message, const struct metrics_snapshot *frame, uint32_t state,
                              const struct analyser_status *analyser)
{
    const struct channel_names none = {0};
    const struct osc_space space = {.frame = frame, .names = &none, .analyser = analyser};
    struct build build = build_object();
    build_text(&build, "state", sound_state_str(state));
    for (uint32_t i = 0; i < FRAME_METRICS; i++) {
        const struct metric *metric = &frame_metric[i];
        if (is_sensor(metric) && metric->type == METRIC_COUNT) {
            build_count(&build, metric->name, (uint64_t)metric_read(metric, frame));
        } else if (is_sensor(metric)) {
            build_number(&build, metric->name, metric_read(metric, frame));
        }
    }
    for (uint32_t kind = COMMAND_DEPTH; command_row(kind); kind++) {
        const struct osc_leaf leaf = {.kind = OSC_LEAF_COMMAND, .command = kind};
        struct osc_value value;
        const bool known = osc_leaf_read(&leaf, &space, &value);
        if (!command_row(kind)->address || !is_shown(kind)) {
            continue;
        }
        if (!known) {
            build_null(&build, command_kind_str(kind));
        } else if (command_is_switch(kind)) {
            build_flag(&build, command_kind_str(kind), value.number != 0);
        } else {
            build_number(&build, command_kind_str(kind), value.number);
        }
    }
    return build_print(build, message);
}
