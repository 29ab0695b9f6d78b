/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file, read as phicast-render reads it. */
#include "jack-client/render/sound_file.h"
#include "tests/fuzz/fuzz.h"

enum { BLOCKS_MAX = 16 };

/* libsndfile's decoders lose memory over some files; what we lose is still told of. */
const char *
__lsan_default_suppressions(void);            /* NOLINT(bugprone-reserved-identifier): the sanitizer's name */
const char *__lsan_default_suppressions(void) /* NOLINT(bugprone-reserved-identifier) */
{
    return "leak:libvorbis\nleak:libsndfile\nleak:libmpg123\nleak:libFLAC\nleak:libopus\nleak:libogg\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sound_file file;
    char error[SOUND_FILE_ERROR_MAX] = "";
    enum status status = sound_file_open(&file, fuzz_file(data, size), error);
    if (status) {
        fuzz_check_message(error);
        return 0;
    }
    FUZZ_CHECK(file.channels >= 1 && file.channels <= CHANNELS_MAX);
    FUZZ_CHECK(file.sample_rate >= 1000 && file.sample_rate <= 1000000);
    uint64_t passed = 0;
    uint32_t count = 1;
    for (int i = 0; i < BLOCKS_MAX && count > 0; i++) {
        count = sound_file_read(&file);
        FUZZ_CHECK(count <= SOUND_FILE_BLOCK);
        passed += count;
    }
    FUZZ_CHECK(file.passed == passed);
    status = sound_file_end(&file, error);
    FUZZ_CHECK(count > 0 || status != STATUS_OK || passed > 0);
    if (status) {
        fuzz_check_message(error);
    }
    sound_file_close(&file);
    return 0;
}
