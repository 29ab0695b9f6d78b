/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/render/wave.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <sndfile.h>
#include <stdio.h>
#include <unistd.h>

static char directory[] = "/tmp/phicast-wave-XXXXXX";

void wave_open(void)
{
    if (!mkdtemp(directory)) {
        abort();
    }
}

const char *wave_path(const char *name)
{
    static char path[WAVE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

void wave_close(void)
{
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)) != NULL) {
        unlink(wave_path(entry->d_name)); /* fails for "." and "..", as it should */
    }
    if (entries) {
        closedir(entries);
    }
    rmdir(directory);
}

void wave_write(const char *name, int format, int rate, int channels, const float *interleaved, size_t count)
{
    SF_INFO info = {.format = format, .samplerate = rate, .channels = channels};
    SNDFILE *file = sf_open(wave_path(name), SFM_WRITE, &info);
    CU_ASSERT_PTR_NOT_NULL(file);
    if (file) {
        CU_ASSERT_EQUAL(sf_writef_float(file, interleaved, (sf_count_t)count), (sf_count_t)count);
        sf_close(file);
    }
}

void wave_write_bytes(const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(wave_path(name), "wb");
    CU_ASSERT_PTR_NOT_NULL(file);
    if (file) {
        CU_ASSERT_EQUAL(fwrite(bytes, 1, count, file), count);
        fclose(file);
    }
}
