/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of the files that need libmosquitto, where it was not there when this was built. */
#include "broadcaster/sinks/mqtt/link.h"

enum status mqtt_link_open(struct mqtt_link **link, const struct mqtt_plan *plan,
                           const struct mqtt_user *user, struct ev_loop *loop, char *error)
{
    (void)plan, (void)user, (void)loop;
    *link = NULL;
    snprintf(error, OPTION_ERROR_MAX,
             "--mqtt: this program was built without libmosquitto; install it (Debian: libmosquitto-dev) and "
             "build anew");
    return STATUS_NOT_FOUND;
}

void mqtt_link_close(struct mqtt_link *link)
{
    (void)link;
}

uint64_t mqtt_link_beat(struct mqtt_link *link, uint64_t now_us)
{
    (void)link, (void)now_us;
    return UINT64_MAX;
}

bool mqtt_link_takes(const struct mqtt_link *link)
{
    (void)link;
    return false;
}

bool mqtt_link_publish(struct mqtt_link *link, const char *topic, const void *bytes, size_t length, int qos,
                       bool retain, int *mid)
{
    (void)link, (void)topic, (void)bytes, (void)length, (void)qos, (void)retain, (void)mid;
    return false;
}

void mqtt_link_end(struct mqtt_link *link)
{
    (void)link;
}

enum mqtt_state mqtt_link_state(const struct mqtt_link *link)
{
    (void)link;
    return MQTT_WAITING;
}

const char *mqtt_link_why(const struct mqtt_link *link)
{
    (void)link;
    return "";
}

uint64_t mqtt_link_openings(const struct mqtt_link *link)
{
    (void)link;
    return 0;
}
