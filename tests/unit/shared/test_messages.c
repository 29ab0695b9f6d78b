/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wire messages, letter by letter and parsed back: keys, order, types, precision; and what is refused. */
#include "shared/json/messages.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <float.h>
#include <json-c/json.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static struct message message;

static struct metrics_snapshot sample_metrics(uint32_t channels)
{
    struct metrics_snapshot m = {.frame = 12345,
                                 .timestamp = 1234567890.123,
                                 .ici = 0.654F,
                                 .criticality = 1.234F,
                                 .phase_coherence = 0.876F,
                                 .spectral_centroid = 1234.5F,
                                 .phi_depth = 0.618F,
                                 .phi_phase = 3.14F,
                                 .phi_breathing_active = 1,
                                 .active_channels = 1,
                                 .channel_count = channels};
    for (uint32_t i = 0; i < channels && i < CHANNELS_MAX; i++) {
        m.channel[i] = (struct channel_metrics){440, 0.5F, 0, i % 2 == 0};
    }
    return m;
}

static const struct latency_report sample_latency = {1234567890.123, 45.2, 21.3, 23.9, 10.7, 2.3, 1, 15};

static const struct event sample_events[] = {
    {.kind = EVENT_STATE_CHANGE,
     .timestamp = 1234567890.123,
     .state_change = {STATE_AMBIENT, STATE_CRITICAL, TRIGGER_ICI_THRESHOLD, 0.95F}},
    {.kind = EVENT_CRITICAL, .timestamp = 1234567890.123, .critical = {2.891F, 156.7F, 0.987F}},
    {.kind = EVENT_PHI_ADAPTATION,
     .timestamp = 1234567890.123,
     .phi_adaptation = {0.618F, 0.625F, 3.14F, 3.16F, REASON_CRITICALITY_OPTIMIZATION}},
};

/* The keys of an object in their order with their types' initials: "frame:i timestamp:d ...". */
static const char *shape(struct json_object *object)
{
    static char out[1024];
    size_t used = 0;
    out[0] = '\0';
    json_object_object_foreach(object, key, value)
    {
        const char type = json_type_to_name(json_object_get_type(value))[0];
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s:%c", used ? " " : "", key, type);
    }
    return out;
}

static struct json_object *parse(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(message.text);
    CU_ASSERT_EQUAL(message.length, strlen(message.text));
    CU_ASSERT(message.length < message.capacity);
    struct json_object *root = json_tokener_parse(message.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static void bad_snapshots_are_refused(void)
{
    struct metrics_snapshot m[4] = {sample_metrics(65), sample_metrics(4), sample_metrics(4),
                                    sample_metrics(4)};
    struct latency_report latency = sample_latency;
    m[1].ici = NAN;
    m[2].channel[3].frequency = INFINITY;
    m[3].timestamp = (double)NAN;
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(message_metrics(&message, &m[i], 0), STATUS_CORRUPT);
    }
    latency.jitter_ms = (double)INFINITY;
    CU_ASSERT_EQUAL(message_latency(&message, &latency), STATUS_CORRUPT);
}

/* Behind the contract's keys, in an order of their own; nothing of what is not asked for. */
static void parts_are_added(void)
{
    static const struct {
        uint32_t parts;
        const char *text;
    } rows[] = {
        {PART_ONSETS, ",\"onset_strength\":0.5}"},
        {PART_BANDS, ",\"bands\":[0.25,0.0]}"},
        {PART_LEVELS,
         ",\"levels\":[{\"channel\":0,\"rms\":0.1,\"peak\":1.5,\"clipped\":18446744073709551615}]}"},
        {PARTS_ALL, ",\"levels\":[{\"channel\":0,\"rms\":0.1,\"peak\":1.5,\"clipped\":18446744073709551615}],"
                    "\"bands\":[0.25,0.0],\"onset_strength\":0.5}"},
    };
    struct metrics_snapshot m = sample_metrics(1);
    m.band_count = 2;
    m.parts = PARTS_ALL;
    m.requested = (struct requested_metrics){
        .onset_strength = 0.5F, .level = {{0.1F, 1.5F, UINT64_MAX}}, .band = {0.25F, 0, 9}};
    CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
    char *plain = strdup(message.text);
    const size_t length = strlen(plain) - 1; /* without the brace */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(message_metrics(&message, &m, rows[i].parts), STATUS_OK);
        CU_ASSERT_EQUAL(strncmp(message.text, plain, length), 0);
        CU_ASSERT_STRING_EQUAL(message.text + length, rows[i].text);
    }
    m.parts |= PART_CHANNEL_BANDS;
    m.requested.channel_band[0][1] = 2;
    CU_ASSERT_EQUAL(message_metrics(&message, &m, PART_BANDS), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text + length, ",\"bands\":[0.25,0.0],\"channel_bands\":[[0.0,2.0]]}");
    CU_ASSERT_EQUAL(message_metrics(&message, &m, PART_LEVELS), STATUS_OK);
    CU_ASSERT_PTR_NULL(strstr(message.text, "bands"));
    const struct event onset = {.kind = EVENT_ONSET, .timestamp = 1234567890.123, .onset = {0.5F, 31}};
    CU_ASSERT_EQUAL(message_event(&message, &onset), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(
        message.text, "{\"type\":\"onset\",\"timestamp\":1234567890.123000,\"strength\":0.5,\"band\":31}");
    free(plain);
}

static void bad_events_are_refused(void)
{
    struct event e = sample_events[0];
    CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_OK);
    const char *before = strdup(message.text);
    e.kind = 0;
    CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_CORRUPT);
    e.kind = EVENT_ONSET + 1;
    CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_CORRUPT);
    e = sample_events[0];
    e.state_change.to_state = 99;
    CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_CORRUPT);
    e = sample_events[1];
    e.critical.criticality = NAN;
    CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_CORRUPT);
    CU_ASSERT_STRING_EQUAL(message.text, before); /* a refusal leaves the last message alone */
    free((char *)before);
}

static void metrics_letter_by_letter(void)
{
    const struct metrics_snapshot m = sample_metrics(2);
    CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(
        message.text,
        "{\"frame\":12345,\"timestamp\":1234567890.123000,\"ici\":0.654,\"criticality\":1.234,"
        "\"phase_coherence\":0.876,\"spectral_centroid\":1234.5,\"phi_depth\":0.618,\"phi_phase\":3.14,"
        "\"phi_breathing_active\":true,\"active_channels\":1,\"channel_metrics\":["
        "{\"channel\":0,\"frequency\":440.0,\"amplitude\":0.5,\"phase\":0.0,\"active\":true},"
        "{\"channel\":1,\"frequency\":440.0,\"amplitude\":0.5,\"phase\":0.0,\"active\":false}]}");
}

static void metrics_shape(void)
{
    for (uint32_t channels = 1; channels <= CHANNELS_MAX; channels++) {
        const struct metrics_snapshot m = sample_metrics(channels);
        CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
        struct json_object *root = parse();
        CU_ASSERT_STRING_EQUAL(
            shape(root), "frame:i timestamp:d ici:d criticality:d phase_coherence:d spectral_centroid:d "
                         "phi_depth:d phi_phase:d phi_breathing_active:b active_channels:i "
                         "channel_metrics:a");
        struct json_object *list = json_object_object_get(root, "channel_metrics");
        CU_ASSERT_EQUAL(json_object_array_length(list), channels);
        for (uint32_t i = 0; i < channels; i++) {
            struct json_object *entry = json_object_array_get_idx(list, i);
            CU_ASSERT_STRING_EQUAL(shape(entry), "channel:i frequency:d amplitude:d phase:d active:b");
            CU_ASSERT_EQUAL(json_object_get_int(json_object_object_get(entry, "channel")), (int)i);
        }
        json_object_put(root);
    }
}

static void latency_letter_by_letter(void)
{
    CU_ASSERT_EQUAL(message_latency(&message, &sample_latency), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(
        message.text,
        "{\"timestamp\":1234567890.123000,\"total_latency_ms\":45.2,\"hardware_latency_ms\":21.3,"
        "\"software_latency_ms\":23.9,\"buffer_latency_ms\":10.7,\"jitter_ms\":2.3,"
        "\"calibrated\":true,\"compensation_ms\":15.0}");
    struct json_object *root = parse();
    CU_ASSERT_STRING_EQUAL(shape(root), "timestamp:d total_latency_ms:d hardware_latency_ms:d "
                                        "software_latency_ms:d buffer_latency_ms:d jitter_ms:d calibrated:b "
                                        "compensation_ms:d");
    json_object_put(root);
}

static void events_letter_by_letter(void)
{
    static const char *const wanted[] = {
        "{\"type\":\"state_change\",\"timestamp\":1234567890.123000,\"from_state\":\"ambient\","
        "\"to_state\":\"critical\",\"trigger\":\"ici_threshold\",\"confidence\":0.95}",
        "{\"type\":\"critical_event\",\"timestamp\":1234567890.123000,\"criticality\":2.891,"
        "\"duration_ms\":156.7,\"peak_ici\":0.987}",
        "{\"type\":\"phi_adaptation\",\"timestamp\":1234567890.123000,\"old_depth\":0.618,\"new_depth\":0."
        "625,"
        "\"old_phase\":3.14,\"new_phase\":3.16,\"reason\":\"criticality_optimization\"}",
    };
    static const char *const shapes[] = {
        "type:s timestamp:d from_state:s to_state:s trigger:s confidence:d",
        "type:s timestamp:d criticality:d duration_ms:d peak_ici:d",
        "type:s timestamp:d old_depth:d new_depth:d old_phase:d new_phase:d reason:s",
    };
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(message_event(&message, &sample_events[i]), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(message.text, wanted[i]);
        struct json_object *root = parse();
        CU_ASSERT_STRING_EQUAL(shape(root), shapes[i]);
        json_object_put(root);
    }
}

/* Every state, trigger and reason is plain ASCII: nothing to escape. */
static void every_name_travels(void)
{
    int sent = 0;
    for (uint32_t state = 0; sound_state_str(state); state++) {
        for (uint32_t trigger = 0; state_trigger_str(trigger); trigger++) {
            struct event e = sample_events[0];
            e.state_change = (struct state_change){state, state, trigger, 1};
            CU_ASSERT_EQUAL(message_event(&message, &e), STATUS_OK);
            CU_ASSERT_PTR_NULL(strchr(message.text, '\\'));
            CU_ASSERT_PTR_NOT_NULL(strstr(message.text, sound_state_str(state)));
            CU_ASSERT_PTR_NOT_NULL(strstr(message.text, state_trigger_str(trigger)));
            CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "\"confidence\":1.0}"));
            sent++;
        }
    }
    CU_ASSERT_EQUAL(sent, 36);
}

/* What a typed client takes for a float: a decimal point or an exponent in every one. */
static bool floats_stay_floats(const char *text)
{
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        const size_t length = strspn(colon + 1, "+-0123456789.e");
        const bool integer = length > 0 && !memchr(colon + 1, '.', length) && !memchr(colon + 1, 'e', length);
        const bool key_is_integer = strncmp(colon - 7, "\"frame\"", 7) == 0 ||
                                    strncmp(colon - 17, "\"active_channels\"", 17) == 0 ||
                                    strncmp(colon - 9, "\"channel\"", 9) == 0;
        if (length > 0 && integer != key_is_integer) {
            return false;
        }
    }
    return true;
}

static void numbers_of_every_size(void)
{
    static const float values[] = {0,       -0.0F, 1,       1e-45F,  1e-7F, 0.1F,       100,        123456.7F,
                                   9999999, 1e7F,  1.5e10F, FLT_MAX, 1e20F, 0.3333333F, 16777216.0F};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct metrics_snapshot m = sample_metrics(1);
        m.criticality = m.channel[0].amplitude = values[i];
        CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
        CU_ASSERT_TRUE(floats_stay_floats(message.text));
        struct json_object *root = parse();
        struct json_object *number = json_object_object_get(root, "criticality");
        const double read = json_object_get_double(number);
        CU_ASSERT_EQUAL(json_object_get_type(number), json_type_double);
        CU_ASSERT(fabs(read - (double)values[i]) <= 1e-6 * (double)values[i]);
        json_object_put(root);
    }
}

static void timestamps_keep_microseconds(void)
{
    for (int i = 0; i < 1000; i++) {
        struct metrics_snapshot m = sample_metrics(1);
        char wanted[64];
        m.timestamp = 1760000000.0 + i * 1e-6;
        snprintf(wanted, sizeof wanted, "\"timestamp\":1760000000.%06d,", i);
        CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(message.text, wanted));
    }
    struct metrics_snapshot m = sample_metrics(1);
    m.frame = UINT64_MAX;
    m.timestamp = 0; /* phicast-render counts from the file's start */
    CU_ASSERT_EQUAL(message_metrics(&message, &m, 0), STATUS_OK);
    CU_ASSERT_EQUAL(strncmp(message.text, "{\"frame\":18446744073709551615,\"timestamp\":0.000000,", 51), 0);
}

static void one_buffer_serves_all(void)
{
    const struct metrics_snapshot large = sample_metrics(64);
    struct message own = {0};
    CU_ASSERT_EQUAL(message_event(&own, &sample_events[1]), STATUS_OK);
    const size_t small = own.length;
    CU_ASSERT_EQUAL(message_metrics(&own, &large, 0), STATUS_OK);
    CU_ASSERT(own.length > 64 * 60 && own.length < own.capacity);
    const size_t capacity = own.capacity;
    CU_ASSERT_EQUAL(message_event(&own, &sample_events[1]), STATUS_OK);
    CU_ASSERT_EQUAL(own.length, small);
    CU_ASSERT_EQUAL(strlen(own.text), small);
    CU_ASSERT_EQUAL(own.capacity, capacity);
    message_free(&own);
    CU_ASSERT_PTR_NULL(own.text);
    message_free(&own);
}

static void a_comma_locale_does_no_harm(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !set; i++) {
        set = setlocale(LC_ALL, names[i]);
    }
    if (!set || strcmp(localeconv()->decimal_point, ",") != 0) {
        puts("SKIPPED: no locale with a decimal comma is installed");
        return;
    }
    metrics_letter_by_letter();
    latency_letter_by_letter();
    events_letter_by_letter();
    setlocale(LC_ALL, "C");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad snapshots are refused", bad_snapshots_are_refused},
        {"parts are added", parts_are_added},
        {"bad events are refused", bad_events_are_refused},
        {"metrics letter by letter", metrics_letter_by_letter},
        {"metrics: shape, 1 to 64 channels", metrics_shape},
        {"latency letter by letter", latency_letter_by_letter},
        {"events letter by letter", events_letter_by_letter},
        {"every name travels", every_name_travels},
        {"numbers of every size", numbers_of_every_size},
        {"timestamps keep microseconds", timestamps_keep_microseconds},
        {"one buffer serves all", one_buffer_serves_all},
        {"a comma locale does no harm", a_comma_locale_does_no_harm},
        CU_TEST_INFO_NULL,
    };
    const int code = unit_run("messages", tests);
    message_free(&message);
    return code;
}
