/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording, plain or compressed, line by line: whatever is taken can be printed, and then says the same.
 */
#include "broadcaster/source/lines.h"
#include "shared/json/messages.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

enum { LINES_MOST = 4000 };

static struct recorded recorded;
static struct recorded again;

static enum status print(struct message *message, const struct recorded *from)
{
    switch (from->kind) {
    case RECORDED_METRICS: return message_metrics(message, &from->metrics, from->metrics.parts & PARTS_ALL);
    case RECORDED_LATENCY: return message_latency(message, &from->latency);
    case RECORDED_EVENT: return message_event(message, &from->event);
    default: return STATUS_EMPTY;
    }
}

static void take_line(const struct line *line)
{
    static struct message first;
    static struct message second;
    char why[JSON_WHY_MAX] = "";
    double t;
    const bool peeked = recording_peek_time(line->text, line->length, &t);
    FUZZ_CHECK(!peeked || (t >= -1e11 && t <= 1e11));
    if (recording_read(&recorded, line->text, line->length, why)) {
        fuzz_check_message(why);
        return;
    }
    const enum status status = print(&first, &recorded);
    if (status == STATUS_EMPTY) {
        return;
    }
    FUZZ_CHECK(status == STATUS_OK);
    FUZZ_CHECK(recorded.t >= -1e11 && recorded.t <= 1e11);
    FUZZ_CHECK(recording_read(&again, first.text, first.length, why) == STATUS_OK);
    FUZZ_CHECK(again.kind == recorded.kind && print(&second, &again) == STATUS_OK);
    FUZZ_CHECK(strcmp(first.text, second.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines lines;
    struct line line;
    const int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && lines_open(&lines, fd, -1) == STATUS_OK);
    enum status status = STATUS_OK;
    for (int i = 0;
         i < LINES_MOST && (status == STATUS_OK || status == STATUS_OVERRUN || status == STATUS_BUSY); i++) {
        status = lines_next(&lines, &line);
        if (status == STATUS_OK) {
            FUZZ_CHECK(line.length <= RECORDING_LINE_MAX && lines.number >= 1);
            take_line(&line);
        }
    }
    lines_close(&lines);
    close(fd);
    return 0;
}
