/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/targets.h"

#include "shared/json/requests.h"
#include "shared/json/targets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)REQUEST_ERROR_MAX == (int)OPTION_ERROR_MAX, "there is one room for either's error");

uint32_t targets_id(const char *path)
{
    static const char start[] = TARGETS_PATH "/";
    const char *id = path + sizeof start - 1;
    if (strncmp(path, start, sizeof start - 1) != 0 || *id == '0') {
        return 0;
    }
    const size_t digits = strspn(id, "0123456789");
    return digits > 9 || id[digits] != '\0' ? 0 : (uint32_t)strtoul(id, NULL, 10);
}

void targets_get(const struct osc_report *report, uint32_t id, struct message *scratch, struct reply *reply)
{
    if (id == 0) {
        reply_fill(reply, 200, message_targets(scratch, report), scratch);
        return;
    }
    for (uint32_t i = 0; i < report->target_count; i++) {
        if (report->target[i].id == id) {
            reply_fill(reply, 200, message_target(scratch, &report->target[i]), scratch);
            return;
        }
    }
    reply_detail(reply, 404, "there is no target of that id", scratch);
}

/* The sink whose targets can be changed; NULL: there is none. */
static struct sink *find_sink(const struct hub *hub)
{
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        if (hub->feed.sink[i]->kind->add_target) {
            return hub->feed.sink[i];
        }
    }
    return NULL;
}

static unsigned code_of(enum status status)
{
    switch (status) {
    case STATUS_BAD_ARG: return 400;
    case STATUS_NOT_FOUND: return 404;
    case STATUS_BUSY: return 409;
    default: return 500;
    }
}

uint32_t targets_post(struct hub *hub, const char *body, size_t length, struct message *scratch,
                      struct reply *reply)
{
    struct target_request asked;
    char error[OPTION_ERROR_MAX] = "there is no OSC here";
    uint32_t id = 0;
    struct sink *sink = find_sink(hub);
    enum status status = request_target(&asked, body, length, error);
    if (status) {
        reply_detail(reply, status == STATUS_NO_MEMORY ? 500 : 400, error, scratch);
        return 0;
    }
    status = sink ? sink->kind->add_target(sink, asked.url, asked.keep, &id, error) : STATUS_NOT_FOUND;
    if (status) {
        reply_detail(reply, code_of(status), error, scratch);
        return 0;
    }
    struct server_report report = {0};
    sink->kind->report(sink, &report);
    targets_get(&report.osc, id, scratch, reply);
    reply->code = reply->code == 200 ? 201 : reply->code;
    return id;
}

void targets_delete(struct hub *hub, uint32_t id, struct message *scratch, struct reply *reply)
{
    char error[OPTION_ERROR_MAX] = "there is no OSC here";
    struct sink *sink = find_sink(hub);
    const enum status status = sink ? sink->kind->remove_target(sink, id, error) : STATUS_NOT_FOUND;
    if (status) {
        reply_detail(reply, code_of(status), error, scratch);
    } else {
        reply->code = 204;
    }
}
