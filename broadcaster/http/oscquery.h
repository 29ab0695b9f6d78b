/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSCQuery over HTTP: what our OSC addresses are, for programs that find them by themselves. Event loop's
 * thread. */
#ifndef PHICAST_BROADCASTER_HTTP_OSCQUERY_H
#define PHICAST_BROADCASTER_HTTP_OSCQUERY_H

#include "broadcaster/http/reply.h"
#include "broadcaster/http/request.h"
#include "broadcaster/stream/hub.h"
#include "shared/json/reports.h"

#include <stdbool.h>

/* Whether a node may be there: "/", and "/phicast" with what is below it. */
bool oscquery_has(const char *path);

/* Whether it is a node that is asked for: "/" is the page to who takes HTML. */
bool oscquery_takes(const struct http_request *request);

/* Answers a GET that oscquery_takes. What a node below "/phicast" tells of is measured from now on for a
 * while. The text is in `scratch`. */
void oscquery_answer(const struct http_request *request, struct hub *hub, const struct server_report *report,
                     struct message *scratch, struct reply *reply);

#endif
