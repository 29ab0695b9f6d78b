/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands as they come by MQTT: a value to PREFIX/NAME/set/depth and the like, or several in a JSON object,
 * as POST /api/phi takes it, to PREFIX/NAME/set. Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_ORDER_H
#define PHICAST_BROADCASTER_SINKS_MQTT_ORDER_H

#include "shared/json/requests.h"
#include "shared/status.h"

#include <stddef.h>

enum { MQTT_ORDER_MAX = 1024 /* bytes */ };

/* level: what comes behind ".../set", either "" or "/depth". The bytes may be any. All of it or nothing:
 * STATUS_BAD_ARG, STATUS_CORRUPT, STATUS_NO_MEMORY, and then `error` says what is wrong and what would be
 * right. */
MUST_CHECK enum status mqtt_order_read(struct request *request, const char *level, const void *bytes,
                                       size_t length, char error[REQUEST_ERROR_MAX]);

#endif
