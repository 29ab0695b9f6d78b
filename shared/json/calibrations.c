/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/calibrations.h"

#include "shared/json/parse.h"
#include "shared/json/store.h"
#include "shared/state_file.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 1048576, DEPTH_MAX = 8 };

enum status calibrations_path(char path[CALIBRATION_PATH_MAX])
{
    return state_file_path(path, "calibrations.json");
}

/* The array in the file; NULL, and why, if there is none to be had. */
static struct json_object *load(const char *path, enum status *status)
{
    char why[JSON_WHY_MAX];
    struct json_object *list;
    *status = json_parse_file(&list, path, FILE_MAX, DEPTH_MAX, why);
    if (*status == STATUS_BAD_ARG || (*status == STATUS_OK && !json_object_is_type(list, json_type_array))) {
        *status = STATUS_CORRUPT;
        json_object_put(list);
        list = NULL;
    }
    return list;
}

/* NAN if it is missing, or no number. */
static double number(const struct json_object *object, const char *key)
{
    struct json_object *value;
    const bool is_number =
        json_object_object_get_ex(object, key, &value) &&
        (json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int));
    return is_number ? json_object_get_double(value) : NAN;
}

static bool same_place(const struct json_object *object, const struct calibration_entry *entry)
{
    struct json_object *device;
    return json_object_is_type(object, json_type_object) && number(object, "rate") == entry->rate &&
           number(object, "period") == entry->period &&
           json_object_object_get_ex(object, "device", &device) &&
           json_object_is_type(device, json_type_string) &&
           strcmp(json_object_get_string(device), entry->device) == 0;
}

/* The index of the entry for the same place; the list's length if there is none. */
static size_t find(const struct json_object *list, const struct calibration_entry *entry)
{
    const size_t count = json_object_array_length(list);
    size_t i = 0;
    while (i < count && !same_place(json_object_array_get_idx(list, i), entry)) {
        i++;
    }
    return i;
}

enum status calibrations_find(const char *path, struct calibration_entry *entry)
{
    enum status status;
    struct json_object *list = load(path, &status);
    if (!list) {
        return status;
    }
    const size_t at = find(list, entry);
    if (at == json_object_array_length(list)) {
        status = STATUS_NOT_FOUND;
    } else {
        const struct json_object *found = json_object_array_get_idx(list, at);
        entry->round_trip = number(found, "round_trip");
        entry->extra = number(found, "extra");
        entry->confidence = number(found, "confidence");
        const double ten_seconds = 10.0 * entry->rate;
        const bool good = entry->round_trip >= 0 && entry->round_trip <= ten_seconds &&
                          fabs(entry->extra) <= ten_seconds && entry->confidence >= 0 &&
                          entry->confidence <= 1;
        status = good ? STATUS_OK : STATUS_CORRUPT;
    }
    json_object_put(list);
    return status;
}

static struct json_object *describe(const struct calibration_entry *entry)
{
    struct json_object *object = json_object_new_object();
    if (object) {
        json_object_object_add(object, "rate", json_object_new_int64(entry->rate));
        json_object_object_add(object, "period", json_object_new_int64(entry->period));
        json_object_object_add(object, "device", json_object_new_string(entry->device));
        json_object_object_add(object, "round_trip", json_object_new_double(entry->round_trip));
        json_object_object_add(object, "extra", json_object_new_double(entry->extra));
        json_object_object_add(object, "confidence", json_object_new_double(entry->confidence));
    }
    return object;
}

enum status calibrations_keep(const char *path, const struct calibration_entry *entry)
{
    enum status status;
    struct json_object *list = load(path, &status); /* a missing or broken file is begun anew */
    list = list ? list : json_object_new_array();
    struct json_object *object = describe(entry);
    if (!list || !object || json_object_array_put_idx(list, find(list, entry), object) != 0) {
        json_object_put(object);
        json_object_put(list);
        return STATUS_NO_MEMORY;
    }
    const enum status folders = state_file_make_folders(path);
    status = json_store(path, list);
    json_object_put(list);
    return status == STATUS_NOT_FOUND && folders ? folders : status;
}
