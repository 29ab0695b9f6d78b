/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/report.h"

static struct stream_report describe(const struct stream *stream, uint64_t now_us)
{
    const struct meter *meter = &stream->meter;
    const uint64_t second = now_us / 1000000U;
    return (struct stream_report){
        .clients = stream->client_count,
        .sent = stream->sent,
        .rate_hz = second == meter->second       ? meter->rate_hz
                   : second == meter->second + 1 ? meter->count
                                                 : 0,
    };
}

struct server_report report_make(const struct hub *hub, uint64_t now_us, uint64_t started_us)
{
    const struct source *source = hub->source;
    struct server_report report = {
        .uptime_s = (double)(now_us - started_us) / 1e6,
        .source_name = source->name,
        .source_state = source_state_str(source->state),
        .source_detail = source->why,
        .frame = source->metrics.frame,
        .attached = source->attached,
        .refused_snapshots = source->refused,
        .refused_events = source->refused_events,
        .lost_events = source->lost_events,
        .state = sound_state_str(hub->feed.state),
        .sound = source_is_live(source) ? &source->metrics : NULL,
        .sound_latency = hub_latency(hub, now_us),
        .analyser = source->status_known ? &source->status : NULL,
        .names = &source->names,
        .replay = source->replay,
        .metrics = describe(&hub->stream[STREAM_METRICS], now_us),
        .latency = describe(&hub->stream[STREAM_LATENCY], now_us),
        .events = describe(&hub->stream[STREAM_EVENTS], now_us),
        .zeroconf = {.state = "off"},
    };
    feed_report(&hub->feed, &report);
    return report;
}
