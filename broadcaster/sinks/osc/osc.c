/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC as a sink: the targets (out.h), those of them that are kept for the next start (keep.h), and the
 * sockets on which commands come in (in.h). */
#include "broadcaster/guard/limits.h"
#include "broadcaster/options.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/osc/in.h"
#include "broadcaster/sinks/osc/keep.h"
#include "broadcaster/sinks/osc/map.h"
#include "broadcaster/sinks/osc/out.h"
#include "broadcaster/sinks/osc/service.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

struct osc {
    struct sink base;
    bool metrics; /* what a URL means that does not say */
    const struct limits *limits;
    struct osc_out *out;
    struct osc_keep keep;
    struct osc_in in;
    uint64_t changes; /* see osc_report */
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
    osc_keep_close(&osc->keep);
    osc_service_close();
    free(osc);
}

/* Those of the options. */
static enum status open_given(struct osc *osc, const struct broadcaster_options *options, char *error)
{
    const struct osc_choices *targets = &options->osc_targets;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < targets->count && status == STATUS_OK; i++) {
        const char *given = targets->by_default ? OSC_URL_DEFAULT : options->osc.item[i];
        uint32_t id;
        status = osc_out_add(osc->out, &targets->choice[i], given, targets->by_default, clock_now_us(), &id,
                             error);
    }
    return status;
}

/* What a URL says that comes from elsewhere than the options. */
static enum status parse(const struct osc *osc, struct osc_choice *choice, const char *url, char *error)
{
    static const char option[] = "--osc ";
    const enum status status = osc_choice_parse(choice, url, osc->metrics, error);
    if (status && strncmp(error, option, sizeof option - 1) == 0) {
        memmove(error, error + sizeof option - 1, strlen(error + sizeof option - 1) + 1);
    }
    return status;
}

/* Those of earlier runs, as far as they can be had: none of them keeps the program from starting. */
static void open_kept(struct osc *osc, const char *name)
{
    osc_keep_open(&osc->keep, name);
    for (uint32_t i = 0; i < osc->keep.kept.count; i++) {
        const char *url = osc->keep.kept.url[i];
        struct osc_choice choice;
        char error[OPTION_ERROR_MAX];
        uint32_t id = 0;
        enum status status = parse(osc, &choice, url, error);
        if (status == STATUS_OK) {
            id = osc_out_find(osc->out, &choice);
            status = id ? STATUS_OK : osc_out_add(osc->out, &choice, url, false, clock_now_us(), &id, error);
        }
        if (status || osc_out_keep(osc->out, id, url)) {
            log_warning("%s: a target is left out: %s", osc->keep.path, status ? error : "out of memory");
        }
    }
}

static enum status open_targets(struct osc *osc, const struct sink_context *context, char *error)
{
    osc->out = osc_out_open();
    if (!osc->out) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    osc->metrics = context->options->osc_metrics;
    osc->limits = context->limits;
    const enum status status = open_given(osc, context->options, error);
    if (status == STATUS_OK) {
        open_kept(osc, context->options->name);
        context->limits->targets = osc_out_count(osc->out);
    }
    return status;
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
    enum status status = open_targets(osc, context, error);
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

/* What the URL says, if there may be such a target now. */
static enum status judge_target(const struct osc *osc, const char *url, struct osc_choice *choice,
                                char *error)
{
    const enum status status = parse(osc, choice, url, error);
    if (status) {
        return status;
    }
    if (osc_map_is_file(choice->map)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "map: give a ready-made one; a file is only read at the start (--osc)");
        return STATUS_BAD_ARG;
    }
    const uint32_t same = osc_out_find(osc->out, choice);
    if (same) {
        snprintf(error, OPTION_ERROR_MAX, "there is that target already: its id is %u", same);
        return STATUS_BUSY;
    }
    if (osc_out_count(osc->out) >= osc->limits->targets && osc->limits->targets < OPTION_LIST_MAX) {
        snprintf(error, OPTION_ERROR_MAX,
                 "the limit of open files leaves room for %u targets; remove one, or raise it (ulimit -n)",
                 osc->limits->targets);
        return STATUS_BUSY;
    }
    return STATUS_OK;
}

static enum status add_target(struct sink *sink, const char *url, bool keep, uint32_t *id, char *error)
{
    struct osc *osc = (struct osc *)sink;
    struct osc_choice choice;
    enum status status = judge_target(osc, url, &choice, error);
    if (status == STATUS_OK) {
        status = osc_out_add(osc->out, &choice, url, false, clock_now_us(), id, error);
    }
    osc->changes += status == STATUS_OK && !keep ? 1 : 0;
    if (status || !keep) {
        return status;
    }
    status = osc_out_keep(osc->out, *id, url);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
    } else {
        status = osc_keep_add(&osc->keep, url, error);
    }
    if (status) {
        osc_out_remove(osc->out, *id);
    }
    return status;
}

static enum status remove_target(struct sink *sink, uint32_t id, char *error)
{
    struct osc *osc = (struct osc *)sink;
    if (!osc_out_has(osc->out, id)) {
        snprintf(error, OPTION_ERROR_MAX, "there is no target of that id");
        return STATUS_NOT_FOUND;
    }
    const char *kept = osc_out_kept(osc->out, id);
    const enum status status = kept ? osc_keep_remove(&osc->keep, kept, error) : STATUS_OK;
    if (status == STATUS_OK) {
        osc->changes += kept ? 0 : 1;
        osc_out_remove(osc->out, id);
    }
    return status;
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    (void)id;
    osc_out_event(((struct osc *)sink)->out, event, now_us);
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    struct osc *osc = (struct osc *)sink;
    return clock_earlier(osc_out_beat(osc->out, source, now_us), osc_keep_beat(&osc->keep, now_us));
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
    report->osc.changes = osc->changes;
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
    .add_target = add_target,
    .remove_target = remove_target,
    .report = report,
    .announce = announce,
    .close = close_osc,
};
