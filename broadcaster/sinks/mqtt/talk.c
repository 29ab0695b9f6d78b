/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/talk.h"

#include "broadcaster/sinks/mqtt/order.h"
#include "broadcaster/stream/query.h"
#include "shared/clock.h"
#include "shared/json/homeassistant.h"
#include "shared/log.h"

#include <stdio.h>
#include <string.h>

enum { LATENCY_RATE_HZ = 1, HA_HZ = 1 };

static bool publish(struct mqtt_talk *talk, const char *level, const void *bytes, size_t length, int qos,
                    bool retain, int *mid)
{
    char topic[MQTT_TOPIC_MAX];
    snprintf(topic, sizeof topic, "%s/%s", talk->base, level);
    talk->sent++;
    return mqtt_link_publish(talk->link, topic, bytes, length, qos, retain, mid);
}

static struct mqtt_talk *talk_of(const struct carrier *carrier)
{
    return (struct mqtt_talk *)(void *)((char *)carrier - offsetof(struct mqtt_talk, carrier));
}

/* For struct carrier. What finds no room stays due: when there is some, the newest goes out. */
static void serve(struct client *client, uint64_t now_us)
{
    struct mqtt_follower *follower =
        (struct mqtt_follower *)(void *)((char *)client - offsetof(struct mqtt_follower, client));
    struct mqtt_talk *talk = talk_of(client->carrier);
    if (client->close.code != 0) {
        talk->stopping = true;
        return;
    }
    if (!mqtt_link_takes(talk->link)) {
        talk->skipped += follower->owes ? 1 : 0;
        follower->owes = true;
        return;
    }
    follower->owes = false;
    const struct encoded *message = hub_next(talk->hub, client, now_us);
    if (message) {
        publish(talk, follower->level, wire_text(&message->plain), message->plain.length, 0, false, NULL);
        hub_sent(talk->hub, client);
    }
}

static void flush(struct carrier *carrier)
{
    (void)carrier;
}

static bool follow(struct mqtt_talk *talk, struct mqtt_follower *follower, enum stream_kind stream,
                   uint32_t rate_hz, uint32_t add, uint64_t now_us)
{
    struct subscription subscription = query_default(stream);
    subscription.rate_hz = rate_hz;
    subscription.add = add;
    follower->client = (struct client){.carrier = &talk->carrier, .stream = stream};
    follower->owes = hub_add(talk->hub, &follower->client, &subscription, now_us);
    return follower->owes;
}

static void follow_both(struct mqtt_talk *talk, uint64_t now_us)
{
    struct mqtt_follower *metrics = &talk->follower[MQTT_METRICS];
    if (!follow(talk, metrics, STREAM_METRICS, talk->url->rate_hz, talk->url->add, now_us)) {
        return; /* out of memory: events alone, until the next connection */
    }
    talk->follows = follow(talk, &talk->follower[MQTT_LATENCY], STREAM_LATENCY, LATENCY_RATE_HZ, 0, now_us);
    if (!talk->follows) {
        hub_remove(talk->hub, &metrics->client);
    }
}

static void unfollow(struct mqtt_talk *talk)
{
    for (int i = 0; talk->follows && i < MQTT_FOLLOWERS; i++) {
        hub_remove(talk->hub, &talk->follower[i].client);
    }
    talk->follows = false;
}

static void tell_status(struct mqtt_talk *talk, const char *status, int *mid)
{
    publish(talk, "status", status, strlen(status), 1, true, mid);
}

static void send_events(struct mqtt_talk *talk)
{
    const struct wire *event;
    while (mqtt_link_takes(talk->link) && (event = mqtt_outbox_next(&talk->outbox))) {
        int mid = 0;
        if (!publish(talk, "events", wire_text(event), event->length, 1, false, &mid)) {
            return;
        }
        mqtt_outbox_sent(&talk->outbox, mid);
    }
}

static void send_discovery(struct mqtt_talk *talk)
{
    const struct ha_device device = {talk->name, talk->base};
    char topic[HA_TOPIC_MAX];
    while (!talk->ha_told && mqtt_link_takes(talk->link)) {
        talk->ha_told = message_ha_config(&talk->ha_text, topic, &device, talk->ha_next) != STATUS_OK;
        if (!talk->ha_told) {
            talk->ha_next++;
            talk->sent++;
            mqtt_link_publish(talk->link, topic, talk->ha_text.text, talk->ha_text.length, 0, true, NULL);
        }
    }
}

/* Once all events are delivered. Others see us go when the broker has heard of it, and it is left after that.
 */
static void take_leave(struct mqtt_talk *talk)
{
    if (!talk->said_goodbye && mqtt_outbox_waiting(&talk->outbox) == 0 && mqtt_link_takes(talk->link)) {
        talk->said_goodbye = true;
        tell_status(talk, "offline", &talk->goodbye);
    } else if (talk->said_goodbye && talk->goodbye == 0 && mqtt_link_takes(talk->link)) {
        mqtt_link_end(talk->link);
    }
}

/* For struct mqtt_user, as all of these. */
static void on_room(void *arg)
{
    struct mqtt_talk *talk = arg;
    const uint64_t now_us = clock_now_us();
    send_events(talk);
    if (talk->stopping) {
        take_leave(talk);
        return;
    }
    send_discovery(talk);
    for (int i = 0; talk->follows && i < MQTT_FOLLOWERS; i++) {
        if (talk->follower[i].owes && mqtt_link_takes(talk->link)) {
            serve(&talk->follower[i].client, now_us);
        }
    }
}

static void on_opened(void *arg)
{
    struct mqtt_talk *talk = arg;
    tell_status(talk, "online", NULL);
    talk->ha_next = 0;
    talk->ha_told = !talk->url->homeassistant;
    if (!talk->stopping) {
        follow_both(talk, clock_now_us());
    }
    on_room(talk);
}

static void on_closed(void *arg)
{
    struct mqtt_talk *talk = arg;
    unfollow(talk);
    mqtt_outbox_rewind(&talk->outbox);
    talk->said_goodbye = false;
}

static void on_acknowledged(void *arg, int mid)
{
    struct mqtt_talk *talk = arg;
    if (talk->said_goodbye && mid == talk->goodbye) {
        talk->goodbye = 0;
    } else if (mqtt_outbox_acknowledge(&talk->outbox, mid) && mqtt_outbox_waiting(&talk->outbox) == 0) {
        feed_note(&talk->hub->feed, clock_now_us()); /* also while nothing is taken in any more */
    }
}

/* A retained one would steer anew at each start, without anybody's wanting it. */
static void on_message(void *arg, const char *topic, const void *payload, size_t length, bool retained)
{
    struct mqtt_talk *talk = arg;
    struct request request;
    char error[REQUEST_ERROR_MAX] = "it was retained, and commands must not be (mosquitto_pub without -r)";
    const size_t begins = strlen(talk->commands);
    const char *level = topic + strnlen(topic, begins);
    if (strncmp(topic, talk->commands, begins) != 0 || (level[0] != '\0' && level[0] != '/')) {
        return; /* nothing that we have subscribed to */
    }
    bool good = !retained && mqtt_order_read(&request, level, payload, length, error) == STATUS_OK;
    if (good) {
        const enum status status = remote_send(talk->remote, request.command, request.count);
        good = status == STATUS_OK;
        snprintf(error, sizeof error, "%s", good ? "" : remote_refusal(talk->remote, status));
        talk->executed += good ? request.count : 0;
    }
    if (!good) {
        log_repeated(&talk->refused, "MQTT command refused: %.120s: %s", topic, error);
    }
}

void mqtt_talk_event(struct mqtt_talk *talk, const struct event *event, struct event_id id)
{
    const struct message *text = &talk->hub->feed.text;
    const bool is_wanted = event->kind != EVENT_ONSET || (talk->url->add & PART_ONSETS) != 0;
    const uint64_t lost = talk->outbox.lost;
    if (!is_wanted || text->length == 0 || mqtt_outbox_push(&talk->outbox, text->text, text->length, id)) {
        return;
    }
    if (talk->outbox.lost != lost) {
        log_repeated(&talk->overflows, "the MQTT broker takes no events, and the oldest of %d are given up",
                     EVENTLOG_LAG_MAX);
    }
    send_events(talk);
}

/* Nothing while nothing is measured: Home Assistant then shows it as not available. */
static void beat_homeassistant(struct mqtt_talk *talk, const struct source *source, uint64_t now_us)
{
    if (schedule_deadline(&talk->ha_schedule) > now_us) {
        return;
    }
    schedule_advance(&talk->ha_schedule, now_us);
    if (source_is_live(source) && !talk->stopping && mqtt_link_takes(talk->link) &&
        message_ha_values(&talk->ha_text, &source->metrics, talk->hub->feed.state,
                          source->status_known ? &source->status : NULL) == STATUS_OK) {
        publish(talk, "homeassistant", talk->ha_text.text, talk->ha_text.length, 0, false, NULL);
    }
}

uint64_t mqtt_talk_beat(struct mqtt_talk *talk, const struct source *source, uint64_t now_us)
{
    const uint64_t next = mqtt_link_beat(talk->link, now_us);
    if (talk->stopping) {
        unfollow(talk);
        if (mqtt_link_takes(talk->link)) {
            take_leave(talk);
        }
        return next;
    }
    if (!talk->url->homeassistant) {
        return next;
    }
    beat_homeassistant(talk, source, now_us);
    return clock_earlier(next, schedule_deadline(&talk->ha_schedule));
}

struct mqtt_user mqtt_talk_user(struct mqtt_talk *talk)
{
    return (struct mqtt_user){.arg = talk,
                              .opened = on_opened,
                              .closed = on_closed,
                              .room = on_room,
                              .acknowledged = on_acknowledged,
                              .message = on_message};
}

void mqtt_talk_init(struct mqtt_talk *talk, struct hub *hub, struct remote *remote,
                    const struct mqtt_url *url, const char *name)
{
    *talk = (struct mqtt_talk){.hub = hub,
                               .remote = remote,
                               .url = url,
                               .name = name,
                               .carrier = {.serve = serve, .flush = flush},
                               .follower[MQTT_METRICS].level = "metrics",
                               .follower[MQTT_LATENCY].level = "latency"};
    snprintf(talk->base, sizeof talk->base, "%s/%s", url->prefix, name);
    snprintf(talk->commands, sizeof talk->commands, "%s/set", talk->base);
    schedule_init(&talk->ha_schedule, clock_now_us(), HA_HZ);
}

void mqtt_talk_end(struct mqtt_talk *talk)
{
    unfollow(talk);
    mqtt_outbox_free(&talk->outbox);
    message_free(&talk->ha_text);
}
