/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of kept calibrations: what is in it is found or refused, and what is added to it is found again.
 */
#include "shared/json/calibrations.h"

#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <unistd.h>

static char folder[] = "/dev/shm/phicast-fuzz-XXXXXX";
static char path[CALIBRATION_PATH_MAX];

static void remove_all(void)
{
    unlink(path);
    rmdir(folder);
}

static void write_file(const uint8_t *data, size_t size)
{
    if (path[0] == '\0') {
        FUZZ_CHECK(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/calibrations.json", folder);
        atexit(remove_all);
    }
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(fwrite(data, 1, size, file) == size);
    FUZZ_CHECK(fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calibration_entry entry = {.rate = 48000, .period = 256, .device = "system"};
    write_file(data, size);
    if (calibrations_find(path, &entry) == STATUS_OK) {
        FUZZ_CHECK(isfinite(entry.round_trip) && isfinite(entry.extra));
        FUZZ_CHECK(entry.confidence >= 0 && entry.confidence <= 1);
    }
    entry.round_trip = 1000.5;
    entry.extra = 12.25;
    entry.confidence = 0.5;
    if (calibrations_keep(path, &entry) == STATUS_OK) {
        struct calibration_entry found = {.rate = 48000, .period = 256, .device = "system"};
        FUZZ_CHECK(calibrations_find(path, &found) == STATUS_OK);
        FUZZ_CHECK(found.round_trip == entry.round_trip && found.extra == entry.extra);
    }
    return 0;
}
