/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of connections. */
#include "jack-client/client/links.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static void an_empty_set_has_nothing(void)
{
    struct links links = {0};
    CU_ASSERT_PTR_NULL(links_find(&links, "a", "b"));
    CU_ASSERT_PTR_NULL(links_find(&links, "", ""));
    links_clear(&links); /* as often as one likes */
    links_clear(&links);
    CU_ASSERT_EQUAL(links.count, 0);
}

static void a_link_is_both_names(void)
{
    struct links links = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(links_add(&links, "system:capture_1", "phicast:in_1"));
    CU_ASSERT_PTR_NULL(links_find(&links, "system:capture_1", "phicast:in_2"));
    CU_ASSERT_PTR_NULL(links_find(&links, "system:capture_2", "phicast:in_1"));
    CU_ASSERT_PTR_NULL(links_find(&links, "phicast:in_1", "system:capture_1"));
    CU_ASSERT_PTR_NULL(links_find(&links, "system:capture_", "phicast:in_1"));
    const struct link *found = links_find(&links, "system:capture_1", "phicast:in_1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_STRING_EQUAL(found->source, "system:capture_1");
    CU_ASSERT_STRING_EQUAL(found->sink, "phicast:in_1");
    CU_ASSERT_FALSE(found->marked);
    CU_ASSERT_EQUAL(found->gone_ms, 0);
    links_clear(&links);
}

/* The names are copied: the caller's may go. */
static void names_are_copies(void)
{
    struct links links = {0};
    char source[8] = "a:b";
    char sink[8] = "c:d";
    links_add(&links, source, sink);
    memset(source, 'x', 3);
    memset(sink, 'x', 3);
    CU_ASSERT_PTR_NOT_NULL(links_find(&links, "a:b", "c:d"));
    links_clear(&links);
}

static void adding_twice_gives_the_same(void)
{
    struct links links = {0};
    struct link *first = links_add(&links, "a", "b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    first->marked = true;
    first->gone_ms = 77;
    const struct link *again = links_add(&links, "a", "b");
    CU_ASSERT_PTR_EQUAL(again, first);
    CU_ASSERT(again->marked && again->gone_ms == 77);
    CU_ASSERT_EQUAL(links.count, 1);
    links_clear(&links);
}

static void appending_twice_gives_two(void)
{
    struct links links = {0};
    CU_ASSERT_PTR_NOT_NULL(links_append(&links, "a", "b"));
    CU_ASSERT_PTR_NOT_NULL(links_append(&links, "a", "b"));
    CU_ASSERT_EQUAL(links.count, 2);
    links_clear(&links);
}

/* Removing by index while walking backwards, as sweeping does: every other one goes. */
static void many_links(void)
{
    enum { MANY = 1000 };
    struct links links = {0};
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "port_%d", i);
        struct link *link = links_add(&links, name, "sink");
        CU_ASSERT_PTR_NOT_NULL_FATAL(link);
        link->marked = i % 2;
    }
    CU_ASSERT_EQUAL(links.count, MANY);
    for (size_t i = links.count; i-- > 0;) {
        if (links.link[i].marked) {
            links_remove(&links, i);
        }
    }
    CU_ASSERT_EQUAL(links.count, MANY / 2);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "port_%d", i);
        CU_ASSERT_EQUAL(links_find(&links, name, "sink") == NULL, i % 2);
    }
    links_clear(&links);
    CU_ASSERT_EQUAL(links.count, 0);
    CU_ASSERT_PTR_NULL(links_find(&links, "port_0", "sink"));
    CU_ASSERT_PTR_NOT_NULL(links_add(&links, "port_0", "sink")); /* usable again */
    links_clear(&links);
}

static void a_source_is_forgotten_whole(void)
{
    struct links links = {0};
    links_add(&links, "a", "x");
    links_add(&links, "b", "x");
    links_add(&links, "a", "y");
    links_forget_source(&links, "c");
    CU_ASSERT_EQUAL(links.count, 3);
    links_forget_source(&links, "a");
    CU_ASSERT_EQUAL_FATAL(links.count, 1);
    CU_ASSERT_PTR_NOT_NULL(links_find(&links, "b", "x"));
    links_clear(&links);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty set has nothing", an_empty_set_has_nothing},
        {"a link is both names", a_link_is_both_names},
        {"names are copies", names_are_copies},
        {"adding twice gives the same", adding_twice_gives_the_same},
        {"appending twice gives two", appending_twice_gives_two},
        {"many links", many_links},
        {"a source is forgotten whole", a_source_is_forgotten_whole},
        CU_TEST_INFO_NULL,
    };
    return unit_run("links", tests);
}
