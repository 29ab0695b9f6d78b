/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/osc/pattern.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* All places in a part of an address that its pattern can have come to so far: bit i says that what went
 * before matches the part's first i characters. The pattern is read once, whatever stands in it. */
typedef uint64_t places;

static_assert(OSC_PART_MAX < 64, "a bit for the end as well");

struct part {
    const char *text;
    size_t length;
};

/* The places of characters that are the one given. */
static places where(const struct part *part, char c)
{
    places found = 0;
    for (size_t i = 0; i < part->length; i++) {
        found |= part->text[i] == c ? (places)1 << i : 0;
    }
    return found;
}

static places where_between(const struct part *part, char from, char to)
{
    places found = 0;
    for (size_t i = 0; i < part->length; i++) {
        found |= part->text[i] >= from && part->text[i] <= to ? (places)1 << i : 0;
    }
    return found;
}

static places all_characters(const struct part *part)
{
    return ((places)1 << part->length) - 1;
}

/* From the lowest place on. */
static places star(const struct part *part, places at)
{
    return ~((at & -at) - 1) & ((places)1 << part->length | all_characters(part));
}

/* Moves *pattern from behind the [ to behind the ]; no places if there is none before `end`. */
static places take_set(const struct part *part, const char **pattern, const char *end, places at)
{
    const char *c = *pattern;
    places in_set = 0;
    const bool negated = c < end && *c == '!';
    for (c += negated ? 1 : 0; c < end && *c != ']'; c++) {
        if (end - c > 2 && c[1] == '-' && c[2] != ']') {
            in_set |= where_between(part, c[0], c[2]);
            c += 2;
        } else {
            in_set |= where(part, *c);
        }
    }
    if (c == end) {
        *pattern = end;
        return 0;
    }
    *pattern = c + 1;
    return (at & (negated ? all_characters(part) & ~in_set : in_set)) << 1;
}

/* The same for { and }. A brace within is wrong; other characters stand for themselves. */
static places take_strings(const struct part *part, const char **pattern, const char *end, places at)
{
    places reached = 0;
    places string = at;
    for (const char *c = *pattern; c < end; c++) {
        if (*c == ',' || *c == '}') {
            reached |= string;
            string = at;
        } else {
            string = (string & where(part, *c)) << 1;
        }
        if (*c == '}') {
            *pattern = c + 1;
            return reached;
        }
        if (*c == '{') {
            break;
        }
    }
    *pattern = end;
    return 0;
}

static bool match_part(const char *pattern, const char *end, const struct part *part)
{
    places at = 1;
    while (pattern < end && at != 0) {
        const char c = *pattern++;
        switch (c) {
        case '?': at = (at & all_characters(part)) << 1; break;
        case '*': at = star(part, at); break;
        case '[': at = take_set(part, &pattern, end, at); break;
        case '{': at = take_strings(part, &pattern, end, at); break;
        default: at = (at & where(part, c)) << 1; break;
        }
    }
    return (at >> part->length & 1) != 0;
}

bool osc_pattern_match(const char *pattern, const char *address)
{
    while (*pattern == '/' && *address == '/') {
        const char *end = pattern + 1 + strcspn(pattern + 1, "/");
        const struct part part = {address + 1, strcspn(address + 1, "/")};
        if (part.length > OSC_PART_MAX || !match_part(pattern + 1, end, &part)) {
            return false;
        }
        pattern = end;
        address = part.text + part.length;
    }
    return *pattern == '\0' && *address == '\0';
}
