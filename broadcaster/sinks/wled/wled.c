/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WLED devices as a sink (--wled): levels, bands and onsets, 50 times a second. Nothing is sent while there
 * is no sound to be measured: they then do what they do without a microphone. */
#include "broadcaster/options.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/wled/packet.h"
#include "broadcaster/stream/schedule.h"
#include "shared/clock.h"
#include "shared/json/reports.h"
#include "shared/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WLED_HZ = 50 };

struct device {
    const struct wled_address *address;
    int fd;
    uint64_t sent;
    uint64_t dropped;
};

struct wled {
    struct sink base;
    struct schedule schedule;
    struct wled_state state;
    bool onset; /* since the last packet */
    uint32_t count;
    struct device device[OPTION_LIST_MAX];
};

static void close_wled(struct sink *sink)
{
    struct wled *wled = (struct wled *)sink;
    for (uint32_t i = 0; i < wled->count; i++) {
        close(wled->device[i].fd);
    }
    free(wled);
}

static enum status open_device(struct device *device, const struct wled_address *address, char *error)
{
    device->address = address;
    device->fd = socket(address->to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (device->fd < 0) {
        snprintf(error, OPTION_ERROR_MAX, "--wled %s: no socket: %s", address->text, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status open_wled(struct sink **sink, const struct sink_context *context, char *error)
{
    const struct wled_addresses *addresses = &context->options->wled_at;
    if (addresses->count == 0) {
        return STATUS_OK;
    }
    struct wled *wled = calloc(1, sizeof *wled);
    if (!wled) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    wled->base.kind = &wled_sink;
    schedule_init(&wled->schedule, clock_now_us(), WLED_HZ);
    *sink = &wled->base;
    for (uint32_t i = 0; i < addresses->count; i++) {
        const enum status status = open_device(&wled->device[i], &addresses->address[i], error);
        if (status) {
            return status;
        }
        wled->count++;
    }
    return STATUS_OK;
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    struct wled *wled = (struct wled *)sink;
    (void)id, (void)now_us;
    wled->onset = wled->onset || event->kind == EVENT_ONSET;
}

/* A device that is off refuses it, and it matters no more than that. */
static void send_to(struct device *device, const unsigned char *packet)
{
    const struct wled_address *address = device->address;
    const ssize_t taken = sendto(device->fd, packet, WLED_PACKET, MSG_NOSIGNAL,
                                 (const struct sockaddr *)(const void *)&address->to, address->length);
    if (taken == WLED_PACKET) {
        device->sent++;
        return;
    }
    log_repeated(&device->dropped, "WLED at %s: %s", address->text, strerror(errno));
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    struct wled *wled = (struct wled *)sink;
    if (schedule_deadline(&wled->schedule) <= now_us) {
        schedule_advance(&wled->schedule, now_us);
        if (source_is_live(source)) {
            unsigned char packet[WLED_PACKET];
            wled_pack(&wled->state, &source->metrics, source->status_known ? source->status.sample_rate : 0,
                      wled->onset, packet);
            wled->onset = false;
            for (uint32_t i = 0; i < wled->count; i++) {
                send_to(&wled->device[i], packet);
            }
        }
    }
    return schedule_deadline(&wled->schedule);
}

static bool wants_events(const struct sink *sink)
{
    (void)sink;
    return true;
}

static uint32_t wants_parts(const struct sink *sink)
{
    (void)sink;
    return PARTS_ALL;
}

static void report(const struct sink *sink, struct server_report *report)
{
    const struct wled *wled = (const struct wled *)sink;
    for (uint32_t i = 0; i < wled->count; i++) {
        report->wled[i] = (struct wled_report){wled->device[i].address->text, wled->device[i].sent,
                                               wled->device[i].dropped};
    }
    report->wled_count = wled->count;
}

const struct sink_kind wled_sink = {
    .name = "wled",
    .open = open_wled,
    .event = event,
    .beat = beat,
    .wants_parts = wants_parts,
    .wants_events = wants_events,
    .report = report,
    .close = close_wled,
};
