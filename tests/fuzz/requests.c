/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bodies of POST /api/phi, /api/calibrate, /api/osc/targets, /api/record, /api/replay and /api/patch. The
 * first byte says which. */
#include "shared/json/requests.h"

#include "tests/fuzz/fuzz.h"

static void target(const char *text, size_t length)
{
    struct target_request request;
    char error[REQUEST_ERROR_MAX] = "";
    if (request_target(&request, text, length, error)) {
        fuzz_check_message(error);
        FUZZ_CHECK(request.url[0] == '\0' && !request.keep);
        return;
    }
    FUZZ_CHECK(request.url[0] != '\0');
    for (const char *c = request.url; *c; c++) {
        FUZZ_CHECK(*c > ' ' && *c <= '~');
    }
}

static void take_wish(const char *text, size_t size)
{
    struct replay_wish wish;
    char error[REQUEST_ERROR_MAX] = "";
    if (request_replay(&wish, text, size, error)) {
        fuzz_check_message(error);
        return;
    }
    FUZZ_CHECK(wish.has_paused || wish.has_position || wish.has_speed);
    FUZZ_CHECK(!wish.has_position || (wish.position >= 0 && wish.position <= REPLAY_PLACE_MAX));
    FUZZ_CHECK(!wish.has_speed || (wish.speed >= REPLAY_SPEED_MIN && wish.speed <= REPLAY_SPEED_MAX));
}

static void patch(const char *text, size_t size)
{
    struct patch_wish wish;
    char error[REQUEST_ERROR_MAX] = "";
    if (request_patch(&wish, text, size, error)) {
        fuzz_check_message(error);
        return;
    }
    FUZZ_CHECK(wish.source[0] != '\0' && memchr(wish.source, '\0', sizeof wish.source));
    FUZZ_CHECK(wish.channel < CHANNELS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    char error[REQUEST_ERROR_MAX] = "";
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    bool on;
    if (data[0] & 16) {
        patch(text, size - 1);
        return 0;
    }
    if (data[0] & 8) {
        take_wish(text, size - 1);
        return 0;
    }
    if (data[0] & 2) {
        target(text, size - 1);
        return 0;
    }
    if (data[0] & 4) {
        if (request_record(&on, text, size - 1, error)) {
            fuzz_check_message(error);
        }
        return 0;
    }
    const enum status status = data[0] & 1 ? request_calibrate(&request, text, size - 1, error)
                                           : request_phi(&request, text, size - 1, error);
    if (status) {
        fuzz_check_message(error);
        return 0;
    }
    FUZZ_CHECK(request.count >= 1 && request.count <= REQUEST_COMMANDS_MAX);
    for (uint32_t i = 0; i < request.count; i++) {
        FUZZ_CHECK(command_check(&request.command[i]) == STATUS_OK);
    }
    return 0;
}
