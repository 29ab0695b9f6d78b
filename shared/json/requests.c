/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/requests.h"

#include "shared/json/build.h"
#include "shared/json/parse.h"
#include "shared/text.h"

#include <assert.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 4 }; /* of nesting; a good body has one level */

struct member {
    const char *name;
    uint32_t kind;
};

static const struct member phi_members[] = {{"depth", COMMAND_DEPTH},
                                            {"phase", COMMAND_PHASE},
                                            {"rate", COMMAND_RATE},
                                            {"breathing", COMMAND_BREATHING},
                                            {"auto", COMMAND_AUTO}};
static const struct member calibrate_members[] = {{"level_dbfs", COMMAND_CALIBRATE}};
static const struct member target_members[] = {{"url", 0}, {"keep", 0}}; /* not for the analyser */

static_assert(sizeof phi_members / sizeof phi_members[0] == REQUEST_COMMANDS_MAX, "one command a member");

static enum status parse(struct json_object **root, const char *text, size_t length, char *error)
{
    char why[JSON_WHY_MAX];
    const enum status status = json_parse(root, text, length, DEPTH_MAX, why);
    if (status == STATUS_OK && json_object_is_type(*root, json_type_object)) {
        return STATUS_OK;
    }
    const bool is_other = status == STATUS_OK || status == STATUS_CORRUPT;
    snprintf(error, REQUEST_ERROR_MAX, "%s%s%s", is_other ? "the body is not a JSON object" : "",
             is_other && status ? ": " : "", status ? why : "");
    json_object_put(*root);
    *root = NULL;
    return status ? status : STATUS_CORRUPT;
}

/* A switch takes a boolean and nothing else; a number takes no text. */
static bool convert(const struct member *member, const struct json_object *value, struct command *command)
{
    const enum json_type type = json_object_get_type(value);
    *command = (struct command){.kind = member->kind};
    if (command_is_switch(member->kind)) {
        command->value = json_object_get_boolean(value) ? 1 : 0;
        return type == json_type_boolean;
    }
    command->value = json_object_get_double(value);
    return (type == json_type_double || type == json_type_int) && command_check(command) == STATUS_OK;
}

static const struct member *find(const struct member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

/* Every character that could disturb a line of text becomes a question mark. */
static void make_plain(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}

static enum status check_names(struct json_object *root, const struct member *members, size_t count,
                               char *error)
{
    json_object_object_foreach(root, name, value)
    {
        (void)value;
        if (find(members, count, name)) {
            continue;
        }
        int used = snprintf(error, REQUEST_ERROR_MAX, "%.60s: no such member; there is", name);
        make_plain(error);
        for (size_t i = 0; i < count && used > 0 && used < REQUEST_ERROR_MAX; i++) {
            used += snprintf(error + used, REQUEST_ERROR_MAX - (size_t)used, "%s %s", i > 0 ? "," : "",
                             members[i].name);
        }
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

/* *root is the caller's to put, also where it fails. */
static enum status parse_members(struct json_object **root, const struct member *members, size_t count,
                                 const char *text, size_t length, char *error)
{
    const enum status status = parse(root, text, length, error);
    return status == STATUS_OK ? check_names(*root, members, count, error) : status;
}

/* In the order of the members, not of the text. */
static enum status take_values(struct request *request, struct json_object *root,
                               const struct member *members, size_t count, char *error)
{
    for (size_t i = 0; i < count; i++) {
        struct json_object *value;
        if (!json_object_object_get_ex(root, members[i].name, &value)) {
            continue;
        }
        if (!convert(&members[i], value, &request->command[request->count])) {
            snprintf(error, REQUEST_ERROR_MAX, "%s: give %s", members[i].name,
                     command_range_str(members[i].kind));
            return STATUS_BAD_ARG;
        }
        request->name[request->count++] = members[i].name;
    }
    return STATUS_OK;
}

static enum status read_request(struct request *request, const char *text, size_t length,
                                const struct member *members, size_t count, char *error)
{
    struct json_object *root;
    *request = (struct request){0};
    enum status status = parse_members(&root, members, count, text, length, error);
    if (status == STATUS_OK) {
        status = take_values(request, root, members, count, error);
    }
    json_object_put(root);
    if (status) {
        *request = (struct request){0};
    }
    return status;
}

enum status request_phi(struct request *request, const char *text, size_t length,
                        char error[REQUEST_ERROR_MAX])
{
    const enum status status =
        read_request(request, text, length, phi_members, sizeof phi_members / sizeof phi_members[0], error);
    if (status == STATUS_OK && request->count == 0) {
        snprintf(error, REQUEST_ERROR_MAX,
                 "the body asks for nothing; give one or more of depth, phase, rate, breathing, auto");
        return STATUS_BAD_ARG;
    }
    return status;
}

enum status request_calibrate(struct request *request, const char *text, size_t length,
                              char error[REQUEST_ERROR_MAX])
{
    enum status status = STATUS_OK;
    *request = (struct request){0};
    if (length > 0) {
        status = read_request(request, text, length, calibrate_members, 1, error);
    }
    if (status == STATUS_OK && request->count == 0) {
        request->command[0] = (struct command){.kind = COMMAND_CALIBRATE, .value = COMMAND_LEVEL_DEFAULT};
        request->name[0] = calibrate_members[0].name;
        request->count = 1;
    }
    return status;
}

/* A blank or a character of another script is a mistake in every address that a target can have. */
static bool take_url(struct target_request *request, struct json_object *value)
{
    const char *url = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    const size_t length = strlen(url);
    if (length == 0 || length >= REQUEST_URL_MAX || (int)length != json_object_get_string_len(value)) {
        return false;
    }
    memcpy(request->url, url, length + 1);
    while (*url > ' ' && *url <= '~') {
        url++;
    }
    return *url == '\0';
}

static enum status take_target(struct target_request *request, struct json_object *root, char *error)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(root, "url", &value) || !take_url(request, value)) {
        snprintf(error, REQUEST_ERROR_MAX,
                 "url: give osc.udp://HOST:PORT, osc.tcp://HOST:PORT or zeroconf:NAME, in fewer than %d "
                 "visible ASCII characters",
                 REQUEST_URL_MAX);
        return STATUS_BAD_ARG;
    }
    if (json_object_object_get_ex(root, "keep", &value)) {
        request->keep = json_object_get_boolean(value);
        if (!json_object_is_type(value, json_type_boolean)) {
            snprintf(error, REQUEST_ERROR_MAX, "keep: give true or false");
            return STATUS_BAD_ARG;
        }
    }
    return STATUS_OK;
}

enum status request_target(struct target_request *request, const char *text, size_t length,
                           char error[REQUEST_ERROR_MAX])
{
    struct json_object *root;
    *request = (struct target_request){0};
    enum status status = parse_members(&root, target_members,
                                       sizeof target_members / sizeof target_members[0], text, length, error);
    if (status == STATUS_OK) {
        status = take_target(request, root, error);
    }
    json_object_put(root);
    if (status) {
        *request = (struct target_request){0};
    }
    return status;
}

enum status request_record(bool *on, const char *text, size_t length, char error[REQUEST_ERROR_MAX])
{
    static const struct member members[] = {{.name = "on"}};
    struct json_object *root;
    struct json_object *value = NULL;
    enum status status = parse_members(&root, members, 1, text, length, error);
    if (status == STATUS_OK && (!json_object_object_get_ex(root, members[0].name, &value) ||
                                !json_object_is_type(value, json_type_boolean))) {
        snprintf(error, REQUEST_ERROR_MAX, "on: give true or false");
        status = STATUS_BAD_ARG;
    }
    *on = status == STATUS_OK && json_object_get_boolean(value);
    json_object_put(root);
    return status;
}

static const struct member patch_members[] = {{.name = "source"}, {.name = "channel"}, {.name = "connected"}};

static enum status take_patch(struct patch_wish *wish, struct json_object *root, char *error)
{
    struct json_object *source = NULL;
    struct json_object *channel = NULL;
    struct json_object *connected = NULL;
    (void)json_object_object_get_ex(root, "source", &source);
    (void)json_object_object_get_ex(root, "channel", &channel);
    (void)json_object_object_get_ex(root, "connected", &connected);
    const int length = json_object_is_type(source, json_type_string) ? json_object_get_string_len(source) : 0;
    const int64_t number = json_object_is_type(channel, json_type_int) ? json_object_get_int64(channel) : -1;
    if (length == 0 || length >= PATCH_NAME_MAX || strlen(json_object_get_string(source)) != (size_t)length) {
        snprintf(error, REQUEST_ERROR_MAX, "source: give a name as GET /api/sources has it");
    } else if (number < 0 || number >= CHANNELS_MAX) {
        snprintf(error, REQUEST_ERROR_MAX, "channel: give a whole number from 0 to %d", CHANNELS_MAX - 1);
    } else if (!json_object_is_type(connected, json_type_boolean)) {
        snprintf(error, REQUEST_ERROR_MAX, "connected: give true or false");
    } else {
        memcpy(wish->source, json_object_get_string(source), (size_t)length);
        wish->channel = (uint32_t)number;
        wish->connected = json_object_get_boolean(connected);
        return STATUS_OK;
    }
    return STATUS_BAD_ARG;
}

enum status request_patch(struct patch_wish *wish, const char *text, size_t length,
                          char error[REQUEST_ERROR_MAX])
{
    struct json_object *root;
    *wish = (struct patch_wish){0};
    enum status status = parse_members(&root, patch_members, sizeof patch_members / sizeof patch_members[0],
                                       text, length, error);
    if (status == STATUS_OK) {
        status = take_patch(wish, root, error);
    }
    json_object_put(root);
    return status;
}

/* They are no commands: `kind` says which of the wish's it is. */
enum { WISH_PAUSED, WISH_POSITION, WISH_SPEED };
static const struct member replay_members[] = {
    {"paused", WISH_PAUSED}, {"position", WISH_POSITION}, {"speed", WISH_SPEED}};
enum { REPLAY_MEMBERS = sizeof replay_members / sizeof replay_members[0] };

static bool *wish_has(struct replay_wish *wish, uint32_t kind)
{
    return kind == WISH_PAUSED     ? &wish->has_paused
           : kind == WISH_POSITION ? &wish->has_position
                                   : &wish->has_speed;
}

/* False: it is not what the member takes. */
static bool take_wish(struct replay_wish *wish, uint32_t kind, const struct json_object *value)
{
    const enum json_type type = json_object_get_type(value);
    const double number = json_object_get_double(value);
    const bool is_number = type == json_type_double || type == json_type_int;
    *wish_has(wish, kind) = true;
    switch (kind) {
    case WISH_PAUSED: wish->paused = json_object_get_boolean(value); return type == json_type_boolean;
    case WISH_POSITION:
        wish->position = number;
        return is_number && number >= 0 && number <= REPLAY_PLACE_MAX;
    default:
        wish->speed = number;
        return is_number && number >= REPLAY_SPEED_MIN && number <= REPLAY_SPEED_MAX;
    }
}

static enum status take_wishes(struct replay_wish *wish, struct json_object *root, char *error)
{
    static const char *const range[] = {
        "true or false", "a number of seconds from 0",
        "a number from " TEXT_OF(REPLAY_SPEED_MIN) " to " TEXT_OF(REPLAY_SPEED_MAX)};
    bool asks = false;
    for (size_t i = 0; i < REPLAY_MEMBERS; i++) {
        struct json_object *value;
        if (!json_object_object_get_ex(root, replay_members[i].name, &value)) {
            continue;
        }
        asks = true;
        if (!take_wish(wish, replay_members[i].kind, value)) {
            snprintf(error, REQUEST_ERROR_MAX, "%s: give %s", replay_members[i].name, range[i]);
            return STATUS_BAD_ARG;
        }
    }
    if (!asks) {
        snprintf(error, REQUEST_ERROR_MAX,
                 "the body asks for nothing; give one or more of paused, position, speed");
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

enum status request_replay(struct replay_wish *wish, const char *text, size_t length,
                           char error[REQUEST_ERROR_MAX])
{
    struct json_object *root;
    *wish = (struct replay_wish){0};
    enum status status = parse_members(&root, replay_members, REPLAY_MEMBERS, text, length, error);
    if (status == STATUS_OK) {
        status = take_wishes(wish, root, error);
    }
    json_object_put(root);
    return status;
}

enum status message_replay_accepted(struct message *message, const struct replay_wish *wish)
{
    struct replay_wish asked = *wish;
    struct build build = build_object();
    struct build names = build_list(REPLAY_MEMBERS);
    for (size_t i = 0; i < REPLAY_MEMBERS; i++) {
        if (*wish_has(&asked, replay_members[i].kind)) {
            build_text(&names, NULL, replay_members[i].name);
        }
    }
    build_nest(&build, "accepted", names);
    return build_print(build, message);
}

enum status message_accepted(struct message *message, const struct request *request)
{
    struct build build = build_object();
    struct build names = build_list(request->count);
    for (uint32_t i = 0; i < request->count; i++) {
        build_text(&names, NULL, request->name[i]);
    }
    build_nest(&build, "accepted", names);
    return build_print(build, message);
}
