/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MQTT as a sink (--mqtt): what is said (talk.h) over the way to the broker (link.h). */
#include "broadcaster/guard/token.h"
#include "broadcaster/options.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/mqtt/talk.h"
#include "shared/fnv.h"
#include "shared/json/reports.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mqtt {
    struct sink base;
    struct mqtt_talk talk;
    struct token password;
    char broker[MQTT_BROKER_MAX];
};

/* 23 characters are what every broker must allow. */
static void make_id(char *out, size_t size, const char *base)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const uint64_t hash = fnv_hash(fnv_hash(FNV_START, host, strlen(host) + 1), base, strlen(base) + 1);
    snprintf(out, size, "phicast%016llx", (unsigned long long)hash);
}

static enum status check_files(struct mqtt *mqtt, char *error)
{
    const struct mqtt_url *url = mqtt->talk.url;
    struct stat about;
    if (url->ca_file[0] &&
        (stat(url->ca_file, &about) != 0 || !S_ISREG(about.st_mode) || access(url->ca_file, R_OK) != 0)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--mqtt ca=%.128s: not a file that we can read; give the broker's CA as PEM", url->ca_file);
        return STATUS_NOT_FOUND;
    }
    return url->password_file[0]
               ? token_load(&mqtt->password, "--mqtt password-file=", url->password_file, error)
               : STATUS_OK;
}

static enum status open_link(struct mqtt *mqtt, struct ev_loop *loop, char *error)
{
    struct mqtt_talk *talk = &mqtt->talk;
    const struct mqtt_user user = mqtt_talk_user(talk);
    struct mqtt_plan plan = {.url = talk->url,
                             .password = mqtt->password.text[0] ? mqtt->password.text : NULL};
    snprintf(plan.status, sizeof plan.status, "%s/status", talk->base);
    memcpy(plan.commands, talk->commands, sizeof plan.commands);
    make_id(plan.id, sizeof plan.id, talk->base);
    mqtt_url_broker(talk->url, mqtt->broker);
    return mqtt_link_open(&talk->link, &plan, &user, loop, error);
}

static enum status open_mqtt(struct sink **sink, const struct sink_context *context, char *error)
{
    const struct broadcaster_options *options = context->options;
    if (!options->mqtt) {
        return STATUS_OK;
    }
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (!mqtt) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    mqtt->base.kind = &mqtt_sink;
    mqtt_talk_init(&mqtt->talk, context->hub, context->remote, &options->mqtt_at, options->name);
    *sink = &mqtt->base;
    const enum status status = check_files(mqtt, error);
    return status ? status : open_link(mqtt, context->loop, error);
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    (void)now_us;
    mqtt_talk_event(&((struct mqtt *)sink)->talk, event, id);
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    return mqtt_talk_beat(&((struct mqtt *)sink)->talk, source, now_us);
}

static uint32_t wants_parts(const struct sink *sink)
{
    return ((const struct mqtt *)sink)->talk.url->add & PART_ONSETS; /* the rest as a client asks for it */
}

static bool wants_events(const struct sink *sink)
{
    (void)sink;
    return true;
}

static uint64_t reached(const struct sink *sink, uint64_t now_us)
{
    (void)now_us;
    return mqtt_outbox_reached(&((const struct mqtt *)sink)->talk.outbox);
}

static const char *state_str(enum mqtt_state state)
{
    static const char *const names[] = {"waiting", "refused", "connecting", "connected", "ended"};
    return names[state];
}

static void report(const struct sink *sink, struct server_report *report)
{
    const struct mqtt *mqtt = (const struct mqtt *)sink;
    const struct mqtt_talk *talk = &mqtt->talk;
    const uint64_t openings = mqtt_link_openings(talk->link);
    report->mqtt = (struct mqtt_report){
        .broker = mqtt->broker,
        .topic = talk->base,
        .state = state_str(mqtt_link_state(talk->link)),
        .detail = mqtt_link_why(talk->link),
        .connected = mqtt_link_state(talk->link) == MQTT_CONNECTED,
        .reconnects = openings > 0 ? openings - 1 : 0,
        .sent = talk->sent,
        .skipped = talk->skipped,
        .events = talk->outbox.delivered,
        .waiting = mqtt_outbox_waiting(&talk->outbox),
        .lost = talk->outbox.lost,
        .commands = talk->executed,
        .refused = talk->refused,
    };
}

static bool is_busy(const struct sink *sink)
{
    return mqtt_link_state(((const struct mqtt *)sink)->talk.link) == MQTT_CONNECTED;
}

static void close_mqtt(struct sink *sink)
{
    struct mqtt *mqtt = (struct mqtt *)sink;
    mqtt_talk_end(&mqtt->talk);
    mqtt_link_close(mqtt->talk.link);
    free(mqtt);
}

const struct sink_kind mqtt_sink = {
    .name = "mqtt",
    .open = open_mqtt,
    .event = event,
    .beat = beat,
    .wants_parts = wants_parts,
    .wants_events = wants_events,
    .reached = reached,
    .report = report,
    .is_busy = is_busy,
    .close = close_mqtt,
};
