/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/dump/snapshots.h"

#include "shared/metric.h"
#include "shared/part.h"

#include <string.h>

void print_age(struct printer *to, const char *name, uint64_t then_us, uint64_t now_us)
{
    const double ahead = then_us > now_us ? (double)(then_us - now_us) : 0;
    const double ago = then_us > now_us ? 0 : (double)(now_us - then_us);
    print_number(to, name, (ago - ahead) / 1e3);
}

/* What comes with another part is not named: it shows in its list. */
void print_parts(struct printer *to, const char *name, uint32_t parts)
{
    char text[sizeof PARTS_LIST] = "";
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        if (parts & part) {
            const size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? "," : "", part_str(part));
        }
    }
    print_text(to, name, text[0] != '\0' ? text : "none");
}

static void print_metric(struct printer *to, const struct metric *metric, const void *snapshot)
{
    const double value = metric_read(metric, snapshot);
    switch (metric->type) {
    case METRIC_TIME: print_seconds(to, metric->name, value); break;
    case METRIC_FLAG: print_flag(to, metric->name, value != 0); break;
    case METRIC_COUNT: print_count(to, metric->name, (uint64_t)value); break;
    case METRIC_SERIAL: print_count(to, metric->name, metric_serial(metric, snapshot)); break;
    default: print_number(to, metric->name, value); break;
    }
}

static void print_all(struct printer *to, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        print_metric(to, &metric[i], snapshot);
    }
}

/* A row for each channel or band, or the numbers themselves. */
static void print_group(struct printer *to, const struct metric_group *group,
                        const struct metrics_snapshot *m)
{
    const struct metric_extent extent = metric_extent(group, m);
    struct metric_place place = {.group = group};
    if (!group->key) {
        print_all(to, group->metric, group->count, metric_struct(&place, m));
        return;
    }
    print_list(to, group->key);
    for (place.channel = 0; place.channel < extent.channels; place.channel++) {
        for (place.band = 0; place.band < extent.bands; place.band++) {
            print_row(to);
            if (group->channel_step) {
                print_count(to, "channel", place.channel);
            }
            if (group->band_step) {
                print_count(to, "number", place.band);
            }
            print_all(to, group->metric, group->count, metric_struct(&place, m));
            print_row_end(to);
        }
    }
    print_list_end(to);
}

static void print_requested(struct printer *to, const struct metrics_snapshot *m)
{
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        if (m->parts & metric_group[g].part) {
            print_group(to, &metric_group[g], m);
        }
    }
}

void print_metrics(struct printer *to, const struct metrics_snapshot *m, uint64_t now_us)
{
    print_object(to, "metrics");
    print_all(to, frame_metric, FRAME_METRICS, m);
    print_text(to, "state", sound_state_str(m->state));
    print_parts(to, "parts", m->parts);
    print_count(to, "centre_us", m->centre_us);
    print_count(to, "published_us", m->published_us);
    print_age(to, "age_ms", m->published_us, now_us);
    print_list(to, "channel");
    for (uint32_t i = 0; i < m->channel_count; i++) {
        print_row(to);
        print_count(to, "channel", i);
        print_all(to, channel_metric, CHANNEL_METRICS, &m->channel[i]);
        print_row_end(to);
    }
    print_list_end(to);
    print_requested(to, m);
    print_object_end(to);
}

void print_latency(struct printer *to, const struct latency_snapshot *l)
{
    print_object(to, "latency");
    print_number(to, "hardware_ms", l->hardware_ms);
    print_number(to, "buffer_ms", l->buffer_ms);
    print_number(to, "jitter_ms", l->jitter_ms);
    print_flag(to, "calibrated", l->calibrated);
    print_flag(to, "compensated", l->compensated);
    print_object_end(to);
}

void print_status(struct printer *to, const struct analyser_status *s)
{
    print_object(to, "status");
    print_flag(to, "jack_running", s->jack_running);
    print_count(to, "sample_rate", s->sample_rate);
    print_count(to, "period", s->period);
    print_count(to, "window", s->window);
    print_count(to, "hop", s->hop);
    print_count(to, "channel_count", s->channel_count);
    print_number(to, "dsp_load", (double)s->dsp_load);
    print_number(to, "worst_callback_us", (double)s->worst_callback_us);
    print_count(to, "callbacks", s->callbacks);
    print_count(to, "frames", s->frames);
    print_count(to, "xruns", s->xruns);
    print_count(to, "gaps", s->gaps);
    print_count(to, "nonfinite_samples", s->nonfinite_samples);
    print_text(to, "calibration", calibration_state_str(s->calibration));
    print_number(to, "calibration_confidence", (double)s->calibration_confidence);
    print_number(to, "round_trip_ms", s->round_trip_ms);
    print_number(to, "extra_ms", s->extra_ms);
    print_number(to, "ici_threshold", (double)s->ici_threshold);
    print_number(to, "criticality_threshold", (double)s->criticality_threshold);
    print_number(to, "phi_rate", (double)s->phi_rate);
    print_flag(to, "auto_phi", s->auto_phi);
    print_parts(to, "parts", s->parts);
    print_object_end(to);
}

void print_names(struct printer *to, const struct channel_names *names)
{
    print_list(to, "names");
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        if (names->name[i][0] != '\0') {
            print_row(to);
            print_count(to, "channel", i);
            print_text(to, "name", names->name[i]);
            print_row_end(to);
        }
    }
    print_list_end(to);
}

void print_patchbay(struct printer *to, const struct patchbay *patchbay)
{
    print_list(to, "patchbay");
    for (uint32_t i = 0; i < patchbay->count; i++) {
        print_row(to);
        print_count(to, "id", patchbay->source[i].id);
        print_count(to, "feeds", patchbay->source[i].feeds);
        print_text(to, "name", patchbay->source[i].name);
        print_row_end(to);
    }
    print_list_end(to);
}
