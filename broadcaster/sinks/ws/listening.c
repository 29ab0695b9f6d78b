/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/listening.h"

#include "broadcaster/osc/commands.h"
#include "broadcaster/osc/pack.h"
#include "broadcaster/sinks/ws/frame.h"
#include "shared/json/oscquery.h"
#include "shared/log.h"

#include <stdlib.h>
#include <string.h>

/* A leaf that somebody listens to; all zeros: nobody does. */
struct listened {
    struct osc_leaf where;
    uint32_t listeners;
    uint64_t looked;  /* the generation that it was read at */
    uint64_t changed; /* the first generation that had this value */
    bool known;       /* there is a value at present */
    char type;        /* of the value in the message */
    float number;
    struct encoded message;
};

static struct osc_space space_of(const struct listening *all)
{
    const struct source *source = all->hub->source;
    return (struct osc_space){.frame = &all->hub->frame,
                              .names = &source->names,
                              .analyser = source->status_known ? &source->status : NULL,
                              .takes_commands = true};
}

static uint64_t generation_of(const struct listening *all)
{
    return all->hub->stream[STREAM_METRICS].generation;
}

/* --- clients --- */

void listening_open(struct listening *listening)
{
    static const char text[] = "{\"COMMAND\":\"PATH_CHANGED\",\"DATA\":\"/phicast\"}";
    if (encoded_set(&listening->path_changed, text, sizeof text - 1)) {
        log_warning("OSCQuery's clients will not be told when the tree changes: out of memory");
    }
}

void listening_close(struct listening *listening)
{
    encoded_free(&listening->path_changed);
    encoded_free(&listening->batch);
}

static void look_at_shape(struct listening *all)
{
    const struct osc_space space = space_of(all);
    const struct listening_shape shape = {space.frame->channel_count, space.frame->band_count,
                                          (space.frame->parts & PART_CHANNEL_BANDS) != 0,
                                          space.analyser != NULL};
    if (shape.channels != all->shape.channels || shape.bands != all->shape.bands ||
        shape.channel_bands != all->shape.channel_bands || shape.analyser != all->shape.analyser) {
        all->shape = shape;
        all->shapes++;
    }
}

struct listener *listener_open(struct listening *listening, bool may_set)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener && !listening->leaf) {
        listening->leaf = calloc(OSC_LEAVES, sizeof *listening->leaf);
    }
    if (!listener || !listening->leaf) {
        free(listener);
        return NULL;
    }
    look_at_shape(listening);
    listener->all = listening;
    listener->may_set = may_set;
    listener->generation = generation_of(listening);
    listener->shapes = listening->shapes;
    listening->report.clients++;
    return listener;
}

static bool is_in(const uint64_t *set, uint32_t number)
{
    return (set[number / 64] >> number % 64 & 1) != 0;
}

static void stop(struct listener *listener, uint32_t number)
{
    struct listening *all = listener->all;
    struct listened *leaf = &all->leaf[number];
    const uint64_t bit = (uint64_t)1 << number % 64;
    listener->hears[number / 64] &= ~bit;
    listener->owed[number / 64] &= ~bit;
    hub_unfollow(all->hub, osc_leaf_part(&leaf->where));
    all->report.addresses--;
    if (--leaf->listeners == 0) {
        encoded_free(&leaf->message);
        *leaf = (struct listened){0};
    }
}

static void start(struct listener *listener, const struct osc_leaf *where, uint32_t number)
{
    struct listening *all = listener->all;
    const uint64_t bit = (uint64_t)1 << number % 64;
    listener->owed[number / 64] |= bit; /* also who asks once more gets it once more */
    if (!is_in(listener->hears, number)) {
        listener->hears[number / 64] |= bit;
        all->leaf[number].where = *where;
        all->leaf[number].listeners++;
        hub_follow(all->hub, osc_leaf_part(where));
        all->report.addresses++;
    }
}

void listener_close(struct listener *listener)
{
    struct listening *all = listener->all;
    for (uint32_t number = 0; number < OSC_LEAVES; number++) {
        if (is_in(listener->hears, number)) {
            stop(listener, number);
        }
    }
    free(listener);
    if (--all->report.clients == 0) {
        free(all->leaf);
        all->leaf = NULL;
        encoded_free(&all->batch);
    }
}

/* --- what they say --- */

static void take_order(struct listener *listener)
{
    struct osc_order order;
    struct osc_leaf leaf;
    if (osc_order_read(&order, (const char *)listener->said, listener->length) ||
        !osc_leaf_find(&leaf, order.path)) {
        listener->all->report.ignored++;
        return;
    }
    const uint32_t number = osc_leaf_number(&leaf);
    if (order.listen) {
        start(listener, &leaf, number);
    } else if (is_in(listener->hears, number)) {
        stop(listener, number);
    }
}

static void take_packet(struct listener *listener)
{
    struct listening *all = listener->all;
    struct osc_commands asked;
    if (!listener->may_set) {
        osc_commands_refuse(&asked, NULL, "who opened it may look, but move nothing");
    } else if (osc_commands_read(&asked, NULL, listener->said, listener->length) &&
               osc_commands_give(&asked, all->remote)) {
        all->report.commands += asked.count;
        return;
    }
    log_repeated(&all->report.refused, "OSC packet over a WebSocket refused: %s", asked.wrong);
}

void listener_hear(struct listener *listener, const void *bytes, size_t length, bool ends, bool is_text)
{
    if (length > sizeof listener->said - listener->length) { /* never: who says more is closed */
        return;
    }
    memcpy(listener->said + listener->length, bytes, length);
    listener->length += length;
    if (!ends) {
        return;
    }
    if (is_text) {
        take_order(listener);
    } else {
        take_packet(listener);
    }
    listener->length = 0;
}

/* --- what they hear --- */

/* Brings a leaf up to the generation. Out of memory, it keeps the old value until the next. */
static void refresh(struct listened *leaf, const struct osc_space *space, uint64_t generation)
{
    struct osc_packet packet;
    struct osc_value value;
    char path[OSC_PATH_MAX];
    if (leaf->looked == generation) {
        return;
    }
    const bool was_known = leaf->known;
    leaf->looked = generation;
    leaf->known = osc_leaf_read(&leaf->where, space, &value);
    const float number = (float)value.number;
    if (!leaf->known ||
        (was_known && value.type != 's' && value.type == leaf->type && number == leaf->number)) {
        return;
    }
    const struct wire *plain = &leaf->message.plain;
    if (osc_pack_value(&packet, osc_leaf_path(&leaf->where, path), &value) ||
        (was_known && packet.length == plain->length &&
         memcmp(packet.bytes, wire_text(plain), packet.length) == 0) ||
        encoded_set(&leaf->message, (const char *)packet.bytes, packet.length)) {
        return;
    }
    leaf->type = value.type;
    leaf->number = number;
    leaf->changed = generation;
}

/* The leaves whose messages are due. Returns how many bytes their frames have at most. */
static size_t find_due(struct listener *listener, uint64_t due[LEAF_WORDS])
{
    const struct osc_space space = space_of(listener->all);
    const uint64_t generation = generation_of(listener->all);
    size_t sum = 0;
    for (uint32_t word = 0; word < LEAF_WORDS; word++) {
        due[word] = 0;
        for (uint64_t rest = listener->hears[word]; rest; rest &= rest - 1) {
            const uint64_t bit = rest & -rest;
            struct listened *leaf = &listener->all->leaf[word * 64 + (uint32_t)__builtin_ctzll(rest)];
            refresh(leaf, &space, generation);
            if (leaf->known && leaf->message.plain.length > 0 &&
                (leaf->changed > listener->generation || (listener->owed[word] & bit))) {
                due[word] |= bit;
                sum += WIRE_HEADROOM + leaf->message.plain.length;
            }
        }
    }
    return sum;
}

static void append(struct wire *batch, const struct iovec *frame)
{
    memcpy(wire_text(batch) + batch->length, frame->iov_base, frame->iov_len);
    batch->length += frame->iov_len;
}

struct iovec listener_next(struct listener *listener)
{
    struct listening *all = listener->all;
    struct wire *batch = &all->batch.plain;
    uint64_t due[LEAF_WORDS];
    look_at_shape(all);
    const bool is_reshaped = listener->shapes < all->shapes && all->path_changed.plain.length > 0;
    const size_t most =
        find_due(listener, due) + (is_reshaped ? WIRE_HEADROOM + all->path_changed.plain.length : 0);
    listener->offered = 0;
    batch->length = 0;
    if (most == 0 || wire_reserve(batch, most)) {
        return (struct iovec){0};
    }
    if (is_reshaped) {
        const struct iovec frame = frame_text(&all->path_changed.plain, false);
        append(batch, &frame);
    }
    for (uint32_t word = 0; word < LEAF_WORDS; word++) {
        for (uint64_t rest = due[word]; rest; rest &= rest - 1) {
            const struct listened *leaf = &all->leaf[word * 64 + (uint32_t)__builtin_ctzll(rest)];
            const struct iovec frame = frame_binary(&leaf->message.plain);
            append(batch, &frame);
            listener->offered++;
        }
    }
    return (struct iovec){wire_text(batch), batch->length};
}

void listener_sent(struct listener *listener)
{
    struct listening *all = listener->all;
    listener->generation = generation_of(all);
    listener->shapes = all->shapes;
    memset(listener->owed, 0, sizeof listener->owed);
    all->report.sent += listener->offered;
}
