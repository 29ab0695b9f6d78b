/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC as a sink: the targets (out.h), and the sockets on which commands come in (in.h). */
#include "broadcaster/options.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/osc/in.h"
#include "broadcaster/sinks/osc/out.h"
#include "broadcaster/sinks/osc/service.h"
#include "shared/clock.h"

#include <ev.h>
#include <stdlib.h>

struct osc {
    struct sink base;
    struct osc_out *out; /* NULL: no targets */
    struct osc_in in;
    struct ev_loop *loop;
    ev_io readable[OPTION_LIST_MAX];
};

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)events;
    osc_in_read(watcher->data);
}

static void close_osc(struct sink *sink)
{
    struct osc *osc = (struct osc *)sink;
    for (uint32_t i = 0; i < osc->in.count; i++) {
        ev_io_stop(osc->loop, &osc->readable[i]);
    }
    osc_in_close(&osc->in);
    osc_out_close(osc->out);
    osc_service_close();
    free(osc);
}

static enum status open_osc(struct sink **sink, const struct sink_context *context, char *error)
{
    const struct broadcaster_options *options = context->options;
    struct osc *osc = calloc(1, sizeof *osc);
    if (!osc) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    osc->base.kind = &osc_sink;
    osc->loop = context->loop;
    enum status status = osc_out_open(&osc->out, &options->osc_targets, clock_now_us(), error);
    if (status == STATUS_OK && options->osc_listen != OSC_LISTEN_OFF) {
        status = osc_in_open(&osc->in, context->remote, options->osc_listen, &options->osc_at, error);
    }
    for (uint32_t i = 0; i < osc->in.count; i++) {
        ev_io_init(&osc->readable[i], on_readable, osc->in.fd[i], EV_READ);
        osc->readable[i].data = &osc->in;
        ev_io_start(osc->loop, &osc->readable[i]);
    }
    *sink = &osc->base;
    return status;
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    (void)id;
    osc_out_event(((struct osc *)sink)->out, event, now_us);
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    return osc_out_beat(((struct osc *)sink)->out, source, now_us);
}

static bool wants_events(const struct sink *sink)
{
    return osc_out_wants_events(((const struct osc *)sink)->out);
}

static uint32_t wants_parts(const struct sink *sink)
{
    return osc_out_wants_parts(((const struct osc *)sink)->out);
}

static void report(const struct sink *sink, struct server_report *report)
{
    const struct osc *osc = (const struct osc *)sink;
    osc_out_report(osc->out, &report->osc);
    osc_in_report(&osc->in, &report->osc);
}

static void announce(const struct sink *sink, FILE *out)
{
    const struct osc *osc = (const struct osc *)sink;
    for (uint32_t i = 0; i < osc->in.count; i++) {
        fprintf(out, "listening for OSC on %s\n", osc->in.url[i]);
    }
}

const struct sink_kind osc_sink = {
    .name = "osc",
    .open = open_osc,
    .event = event,
    .beat = beat,
    .wants_parts = wants_parts,
    .wants_events = wants_events,
    .report = report,
    .announce = announce,
    .close = close_osc,
};
