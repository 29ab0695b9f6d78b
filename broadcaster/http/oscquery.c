/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/oscquery.h"

#include "shared/clock.h"
#include "shared/json/oscquery.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENT_MAX = 256 };

static const char top[] = "/phicast";
static const char host_info[] = "HOST_INFO";

bool oscquery_has(const char *path)
{
    return strcmp(path, "/") == 0 || (strncmp(path, top, sizeof top - 1) == 0 &&
                                      (path[sizeof top - 1] == '\0' || path[sizeof top - 1] == '/'));
}

/* The query's first argument but the token, without a value; NULL: none. */
static const char *attribute_of(const struct http_request *request, char out[ARGUMENT_MAX])
{
    const char *at = request->query;
    while (request_next_argument(&at, out, ARGUMENT_MAX)) {
        out[strcspn(out, "=")] = '\0';
        if (strcmp(out, "token") != 0) {
            return out;
        }
    }
    return NULL;
}

bool oscquery_takes(const struct http_request *request)
{
    char argument[ARGUMENT_MAX];
    const char *attribute = attribute_of(request, argument);
    const bool asks_host = attribute && strcmp(attribute, host_info) == 0;
    return oscquery_has(request->path) && (strcmp(request->path, "/") != 0 || asks_host ||
                                           !request_accepts(request->field[FIELD_ACCEPT], "text/html"));
}

/* The port that the client sent the request to, whatever forwarded it here; 0: that of its scheme. */
static uint32_t port_of(const char *host)
{
    const char *port = strrchr(host, ':');
    return port && !strchr(port, ']') ? (uint32_t)strtoul(port + 1, NULL, 10) : 0;
}

static void answer_node(const struct http_request *request, const struct osc_space *space,
                        const char *attribute, struct hub *hub, struct message *scratch, struct reply *reply)
{
    uint32_t parts = 0;
    const enum status status = message_node(scratch, space, request->path, attribute, &parts);
    switch (status) {
    case STATUS_NOT_FOUND: reply_detail(reply, 404, "no such node", scratch); return;
    case STATUS_BAD_ARG:
        reply_detail(reply, 400, "no such attribute; there are " OSC_ATTRIBUTES, scratch);
        return;
    case STATUS_EMPTY: reply->code = 204; return;
    default: reply_fill(reply, 200, status, scratch); break;
    }
    if (strlen(request->path) >= sizeof top && parts) {
        hub_ask(hub, parts, clock_now_us());
    }
}

void oscquery_answer(const struct http_request *request, struct hub *hub, const struct server_report *report,
                     struct message *scratch, struct reply *reply)
{
    char argument[ARGUMENT_MAX];
    struct metrics_snapshot frame;
    const struct osc_space space = {.frame = &frame,
                                    .names = report->names,
                                    .analyser = report->analyser,
                                    .takes_commands = report->osc.url_count > 0};
    const char *attribute = attribute_of(request, argument);
    source_frame(hub->source, 0, &frame);
    if (attribute && strcmp(attribute, host_info) == 0) {
        reply_fill(reply, 200, message_host_info(scratch, report, port_of(request->host)), scratch);
    } else {
        answer_node(request, &space, attribute, hub, scratch, reply);
    }
    if (strcmp(request->path, "/") == 0) {
        reply->headers = "Vary: Accept\r\n"; /* the page is there as well */
    }
}
