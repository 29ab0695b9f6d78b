/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How every JSON object of ours becomes a message. */
#ifndef PHICAST_SHARED_JSON_PRINT_H
#define PHICAST_SHARED_JSON_PRINT_H

#include "shared/json/messages.h"
#include "shared/status.h"

#include <json-c/json.h>

/* Prints the object with json-c's flags, replacing the text of `message`. STATUS_NO_MEMORY: the old text
 * stays. The object remains the caller's. */
MUST_CHECK enum status message_print(struct message *message, struct json_object *object, int flags);

#endif
