/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/targets.h"

#include "shared/json/build.h"
#include "shared/json/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 131072, DEPTH_MAX = 4 };

void build_osc_target(struct build *build, const struct osc_target_report *target)
{
    build_text(build, "state", target->state);
    build_text(build, "detail", target->detail);
    build_flag(build, "events", target->events);
    build_flag(build, "metrics", target->metrics);
    build_count(build, "rate_hz", target->rate_hz);
    build_count(build, "sent", target->sent);
    build_count(build, "dropped", target->dropped);
}

static struct build describe(const struct osc_target_report *target)
{
    struct build build = build_object();
    build_count(&build, "id", target->id);
    build_text(&build, "url", target->given);
    build_flag(&build, "kept", target->kept);
    build_osc_target(&build, target);
    return build;
}

enum status message_target(struct message *message, const struct osc_target_report *target)
{
    return build_print(describe(target), message);
}

enum status message_targets(struct message *message, const struct osc_report *report)
{
    struct build build = build_object();
    struct build list = build_list(report->target_count);
    for (uint32_t i = 0; i < report->target_count; i++) {
        build_nest(&list, NULL, describe(&report->target[i]));
    }
    build_nest(&build, "targets", list);
    return build_print(build, message);
}

enum status kept_targets_add(struct kept_targets *kept, const char *url)
{
    if (kept->count == OPTION_LIST_MAX) {
        return STATUS_BUSY;
    }
    kept->url[kept->count] = strdup(url);
    if (!kept->url[kept->count]) {
        return STATUS_NO_MEMORY;
    }
    kept->count++;
    return STATUS_OK;
}

void kept_targets_remove(struct kept_targets *kept, const char *url)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < kept->count; i++) {
        if (strcmp(kept->url[i], url) == 0) {
            free(kept->url[i]);
        } else {
            kept->url[left++] = kept->url[i];
        }
    }
    kept->count = left;
}

void kept_targets_free(struct kept_targets *kept)
{
    for (uint32_t i = 0; i < kept->count; i++) {
        free(kept->url[i]);
    }
    *kept = (struct kept_targets){0};
}

static enum status take_list(struct kept_targets *kept, const struct json_object *list, char *error)
{
    const size_t count =
        json_object_is_type(list, json_type_array) ? json_object_array_length(list) : SIZE_MAX;
    if (count > OPTION_LIST_MAX) {
        snprintf(error, OPTION_ERROR_MAX, "not a list of up to %d URLs", OPTION_LIST_MAX);
        return STATUS_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        struct json_object *url = json_object_array_get_idx(list, i);
        const char *text = json_object_is_type(url, json_type_string) ? json_object_get_string(url) : "";
        if (text[0] == '\0' || strlen(text) != (size_t)json_object_get_string_len(url)) {
            snprintf(error, OPTION_ERROR_MAX, "place %zu of the list is not a URL", i + 1);
            return STATUS_CORRUPT;
        }
        if (kept_targets_add(kept, text)) {
            snprintf(error, OPTION_ERROR_MAX, "out of memory");
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

enum status kept_targets_load(struct kept_targets *kept, const char *path, char error[OPTION_ERROR_MAX])
{
    char why[JSON_WHY_MAX] = "";
    struct json_object *list;
    enum status status = json_parse_file(&list, path, FILE_MAX, DEPTH_MAX, why);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "%s", why);
        return status == STATUS_BAD_ARG ? STATUS_CORRUPT : status;
    }
    status = take_list(kept, list, error);
    json_object_put(list);
    if (status) {
        kept_targets_free(kept);
    }
    return status;
}

enum status kept_targets_print(const struct kept_targets *kept, struct message *text)
{
    struct build list = build_list(kept->count);
    for (uint32_t i = 0; i < kept->count; i++) {
        build_text(&list, NULL, kept->url[i]);
    }
    return build_print(list, text);
}
