/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/csv.h"

#include "shared/metric.h"

#include <inttypes.h>

/* A column's place, and what to do with it. */
typedef void column(FILE *out, const struct metric_place *place, const struct metrics_snapshot *snapshot);

static void print_name(FILE *out, const struct metric_place *place, const struct metrics_snapshot *snapshot)
{
    char address[METRIC_ADDRESS_MAX];
    (void)snapshot;
    if (!place->group->channel_step && !place->group->band_step) {
        fputs(place->metric->name, out);
        return;
    }
    for (const char *c = metric_address(place, address); *c; c++) {
        fputc(*c == '/' ? '_' : *c, out);
    }
}

static void print_value(FILE *out, const struct metric_place *place, const struct metrics_snapshot *snapshot)
{
    const double value = metric_value(place, snapshot);
    switch (place->metric->type) {
    case METRIC_TIME: fprintf(out, "%.6f", value); break;
    case METRIC_FLAG:
    case METRIC_COUNT: fprintf(out, "%.0f", value); break;
    case METRIC_SERIAL:
        fprintf(out, "%" PRIu64, metric_serial(place->metric, metric_struct(place, snapshot)));
        break;
    default: fprintf(out, "%.7g", value);
    }
}

static bool print_line(FILE *out, const struct metrics_snapshot *snapshot, column *print)
{
    const char *separator = "";
    struct metric_place place = {0};
    while (metric_next(&place, snapshot, snapshot->parts)) {
        for (uint32_t m = 0; m < place.group->count; m++) {
            place.metric = &place.group->metric[m];
            fputs(separator, out);
            separator = ",";
            print(out, &place, snapshot);
        }
    }
    fputc('\n', out);
    return !ferror(out);
}

bool csv_print_names(FILE *out, const struct metrics_snapshot *snapshot)
{
    return print_line(out, snapshot, print_name);
}

bool csv_print_frame(FILE *out, const struct metrics_snapshot *snapshot)
{
    return print_line(out, snapshot, print_value);
}
