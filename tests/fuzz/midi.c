/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIDI messages: each a length and so many bytes. */
#include "jack-client/ports/midi.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct midi_map map = MIDI_DEFAULTS;
    while (size > 0) {
        const size_t length = data[0] % 5U < size ? data[0] % 5U : size - 1;
        struct command command;
        uint8_t *message = malloc(length > 0 ? length : 1);
        FUZZ_CHECK(message != NULL);
        memcpy(message, data + 1, length);
        if (midi_command(&map, message, length, &command)) {
            FUZZ_CHECK(command_check(&command) == STATUS_OK);
        }
        free(message);
        data += 1 + length;
        size -= 1 + length;
    }
    return 0;
}
