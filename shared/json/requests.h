/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people ask for over HTTP: the JSON bodies of POST /api/phi, /api/calibrate, /api/osc/targets,
 * /api/record, /api/replay and /api/patch. */
#ifndef PHICAST_SHARED_JSON_REQUESTS_H
#define PHICAST_SHARED_JSON_REQUESTS_H

#include "shared/control.h"
#include "shared/json/messages.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_COMMANDS_MAX = 5, REQUEST_ERROR_MAX = 256, REQUEST_URL_MAX = 512 };

/* The commands a body asks for, each in its range, in the order in which they are to be given: "auto" last,
 * because a hand on depth or phase suspends it. */
struct request {
    uint32_t count;
    struct command command[REQUEST_COMMANDS_MAX];
    const char *name[REQUEST_COMMANDS_MAX]; /* the member that asked for it */
};

/* {"depth":x,"phase":x,"rate":x,"breathing":bool,"auto":bool}, any of them, at least one. Whole or nothing:
 * on failure `error` names the member and its range. STATUS_CORRUPT: not a JSON object. STATUS_BAD_ARG: a
 * member that is unknown, of the wrong type or out of range, or none at all. STATUS_NO_MEMORY. Any thread. */
MUST_CHECK enum status request_phi(struct request *request, const char *text, size_t length,
                                   char error[REQUEST_ERROR_MAX]);

/* {"level_dbfs":x}, {} or no text at all. Otherwise as above. */
MUST_CHECK enum status request_calibrate(struct request *request, const char *text, size_t length,
                                         char error[REQUEST_ERROR_MAX]);

struct target_request {
    char url[REQUEST_URL_MAX]; /* visible ASCII; whether it is a target's is not looked at */
    bool keep;                 /* also for the next start */
};

/* {"url":"...","keep":bool}, the second if wanted. Otherwise as above. */
MUST_CHECK enum status request_target(struct target_request *request, const char *text, size_t length,
                                      char error[REQUEST_ERROR_MAX]);

/* {"on":bool}. Otherwise as above. */
MUST_CHECK enum status request_record(bool *on, const char *text, size_t length,
                                      char error[REQUEST_ERROR_MAX]);

/* Whether a source is to feed a channel. */
struct patch_wish {
    char source[PATCH_NAME_MAX]; /* as it is listed */
    uint32_t channel;            /* 0...CHANNELS_MAX - 1 */
    bool connected;
};

/* {"source":"...","channel":n,"connected":bool}, all of them. Otherwise as above. */
MUST_CHECK enum status request_patch(struct patch_wish *wish, const char *text, size_t length,
                                     char error[REQUEST_ERROR_MAX]);

#define REPLAY_SPEED_MIN 0.01
#define REPLAY_SPEED_MAX 100
#define REPLAY_PLACE_MAX 1e9

/* What is to change in how a recording is played. */
struct replay_wish {
    bool has_paused;
    bool has_position;
    bool has_speed;
    bool paused;
    double position; /* seconds, 0...REPLAY_PLACE_MAX */
    double speed;    /* REPLAY_SPEED_MIN...MAX */
};

/* {"paused":bool,"position":x,"speed":x}, as the first. */
MUST_CHECK enum status request_replay(struct replay_wish *wish, const char *text, size_t length,
                                      char error[REQUEST_ERROR_MAX]);

/* {"accepted":["depth",...]}. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_accepted(struct message *message, const struct request *request);
MUST_CHECK enum status message_replay_accepted(struct message *message, const struct replay_wish *wish);

#endif
