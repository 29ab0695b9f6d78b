/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command by MQTT: the end of its topic, up to a NUL, then its payload. */
#include "broadcaster/sinks/mqtt/order.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    char error[REQUEST_ERROR_MAX] = "";
    char *level = fuzz_text(data, size);
    const size_t used = strlen(level) + 1;
    const size_t length = size > used ? size - used : 0;
    unsigned char *block = malloc(length + 1);
    FUZZ_CHECK(block != NULL);
    unsigned char *payload = block + 1; /* it ends where the block does */
    if (length > 0) {
        memcpy(payload, data + used, length);
    }
    if (level[0] == '\0' || level[0] == '/') {
        if (mqtt_order_read(&request, level, payload, length, error)) {
            fuzz_check_message(error);
            FUZZ_CHECK(request.count == 0);
        } else {
            FUZZ_CHECK(request.count >= 1 && request.count <= REQUEST_COMMANDS_MAX);
            for (uint32_t i = 0; i < request.count; i++) {
                FUZZ_CHECK(command_check(&request.command[i]) == STATUS_OK);
            }
        }
    }
    free(block);
    free(level);
    return 0;
}
