/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What listeners are told, beat by beat: no socket, and a hub whose frames the test makes. */
#include "broadcaster/sinks/ws/listening.h"
#include "tests/unit/broadcaster/hub_rig.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct listening listening;
static struct control control;
static struct segment control_segment = {.fd = -1, .memory = &control};
static struct remote remote;

static void begin(void)
{
    open_hub("no-such-analyser", 0);
    memset(&control, 0, sizeof control);
    hub.frame = (struct metrics_snapshot){.channel_count = 2, .ici = 0.5F};
    hub.stream[STREAM_METRICS].generation = 1;
    remote = (struct remote){.control = &control_segment, .source = hub.source};
    listening = (struct listening){.hub = &hub, .remote = &remote};
    listening_open(&listening);
}

static void end(void)
{
    listening_close(&listening);
    close_hub();
}

static void say(struct listener *listener, const char *command, const char *path)
{
    char text[256];
    const int length = snprintf(text, sizeof text, "{\"COMMAND\":\"%s\",\"DATA\":\"%s\"}", command, path);
    listener_hear(listener, text, 5, false, true); /* in two pieces */
    listener_hear(listener, text + 5, (size_t)length - 5, true, true);
}

/* The next frame of the hub. */
static void beat(float ici)
{
    hub.frame.ici = ici;
    hub.stream[STREAM_METRICS].generation++;
}

/* The addresses of what is due, with blanks between, and PATH_CHANGED. */
static const char *due(struct listener *listener)
{
    static char text[512];
    const struct iovec batch = listener_next(listener);
    const unsigned char *bytes = batch.iov_base;
    text[0] = '\0';
    for (size_t at = 0; at < batch.iov_len; at += 2 + bytes[at + 1]) { /* all are short */
        CU_ASSERT_FATAL(bytes[at + 1] < 126 && at + 2 + bytes[at + 1] <= batch.iov_len);
        const bool is_text = bytes[at] == 0x81;
        CU_ASSERT_TRUE(is_text || bytes[at] == 0x82);
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? " " : "",
                 is_text ? "PATH_CHANGED" : (const char *)bytes + at + 2);
    }
    return text;
}

static void hears(struct listener *listener, const char *addresses)
{
    CU_ASSERT_STRING_EQUAL(due(listener), addresses);
    listener_sent(listener);
}

static void what_changes(void)
{
    begin();
    struct listener *one = listener_open(&listening, true);
    struct listener *two = listener_open(&listening, true);
    CU_ASSERT_FATAL(one && two);
    hears(one, "");
    say(one, "LISTEN", "/phicast/ici");
    say(one, "LISTEN", "/phicast/criticality");
    hears(one, "/phicast/ici /phicast/criticality");
    hears(one, "");
    beat(0.5F);
    hears(one, "");
    beat(0.75F);
    say(two, "LISTEN", "/phicast/criticality"); /* which stands still */
    hears(one, "/phicast/ici");
    hears(two, "/phicast/criticality");
    say(two, "LISTEN", "/phicast/criticality");
    hears(two, "/phicast/criticality"); /* it is asked for */
    beat(0.25F);
    CU_ASSERT_STRING_EQUAL(due(one), "/phicast/ici"); /* not taken */
    beat(0.25F);
    hears(one, "/phicast/ici");
    hears(one, "");
    say(one, "IGNORE", "/phicast/ici");
    say(one, "IGNORE", "/phicast/ici");
    beat(0.5F);
    hears(one, "");
    CU_ASSERT_EQUAL(listening.report.addresses, 2);
    CU_ASSERT_EQUAL(listening.report.sent, 6);
    listener_close(one);
    hears(two, "");
    listener_close(two);
    CU_ASSERT_EQUAL(listening.report.addresses, 0);
    CU_ASSERT_PTR_NULL(listening.leaf);
    end();
}

/* What nobody listens to any more starts anew; what is not known waits. */
static void what_comes_and_goes(void)
{
    begin();
    struct listener *one = listener_open(&listening, true);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one);
    say(one, "LISTEN", "/phicast/channel/3/name");
    say(one, "LISTEN", "/phicast/channel/3/active");
    say(one, "LISTEN", "/phicast/set/rate");
    hears(one, "/phicast/channel/3/active");
    beat(0.5F);
    hub.frame.channel_count = 3;
    hub.source->status_known = true;
    hears(one, "PATH_CHANGED /phicast/channel/3/name /phicast/set/rate");
    beat(0.5F);
    hub.source->status_known = false;
    hears(one, "PATH_CHANGED");
    beat(0.5F);
    hub.source->status_known = true;
    hears(one, "PATH_CHANGED /phicast/set/rate"); /* the same as before, but it was away */
    struct listener *two = listener_open(&listening, true);
    hears(two, "");
    listener_close(two);
    say(one, "IGNORE", "/phicast/set/rate");
    say(one, "LISTEN", "/phicast/set/rate");
    hears(one, "/phicast/set/rate");
    listener_close(one);
    end();
}

static void parts(void)
{
    begin();
    struct listener *one = listener_open(&listening, true);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one);
    say(one, "LISTEN", "/phicast/level/1/rms");
    say(one, "LISTEN", "/phicast/level/1/rms");
    say(one, "LISTEN", "/phicast/level/64/peak");
    say(one, "LISTEN", "/phicast/channel/1/band/1");
    say(one, "LISTEN", "/phicast/ici");
    CU_ASSERT_EQUAL(hub.askers[PART_LEVELS - 1], 2);
    CU_ASSERT_EQUAL(hub.askers[PART_BANDS - 1], 1);
    say(one, "IGNORE", "/phicast/level/1/rms");
    CU_ASSERT_EQUAL(hub.askers[PART_LEVELS - 1], 1);
    listener_close(one);
    CU_ASSERT_EQUAL(hub.askers[PART_LEVELS - 1], 0);
    CU_ASSERT_EQUAL(hub.askers[PART_BANDS - 1], 0);
    end();
}

static void what_they_set(void)
{
    static const char depth[] = "/phicast/set/depth\0\0,f\0\0\x3f\0\0\0";
    begin();
    hub.source->writer = 1; /* anything */
    hub.source->takes_commands = true;
    struct listener *page = listener_open(&listening, false);
    struct listener *one = listener_open(&listening, true);
    CU_ASSERT_FATAL(page && one);
    listener_hear(page, depth, sizeof depth - 1, true, false);
    CU_ASSERT_EQUAL(listening.report.refused, 1);
    listener_hear(one, depth, sizeof depth - 5, true, false);
    CU_ASSERT_EQUAL(listening.report.refused, 2);
    listener_hear(one, depth, sizeof depth - 1, true, true);
    CU_ASSERT_EQUAL(listening.report.ignored, 1);
    CU_ASSERT_EQUAL(ring_head(&control.commands), 0);
    listener_hear(one, depth, sizeof depth - 1, true, false);
    CU_ASSERT_EQUAL(ring_head(&control.commands), 1);
    CU_ASSERT_EQUAL(listening.report.commands, 1);
    listener_close(page);
    listener_close(one);
    hub.source->writer = 0;
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what changes", what_changes},
        {"what comes and goes", what_comes_and_goes},
        {"parts", parts},
        {"what they set", what_they_set},
        CU_TEST_INFO_NULL,
    };
    return unit_run("listening", tests);
}
