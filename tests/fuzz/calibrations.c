/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of kept calibrations: what is in it is found or refused, and what is added to it is found again.
 */
#include "shared/json/calibrations.h"

#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

static char folder[] = "/dev/shm/phicast-fuzz-XXXXXX";
static char path[CALIBRATION_PATH_MAX];
static char memory[64]; /* a file that costs little to fill */
static int fd = -1;

static void remove_all(void)
{
    unlink(path);
    rmdir(folder);
}

static void fill(const uint8_t *data, size_t size)
{
    if (fd < 0) {
        fd = memfd_create("calibrations", MFD_CLOEXEC);
        FUZZ_CHECK(fd >= 0 && mkdtemp(folder) != NULL);
        snprintf(memory, sizeof memory, "/proc/self/fd/%d", fd);
        snprintf(path, sizeof path, "%s/calibrations.json", folder);
        atexit(remove_all);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
}

/* Entries that were there already, and one more. */
static void keep_another(const uint8_t *data, size_t size)
{
    struct calibration_entry entry = {.rate = 48000,
                                      .period = 256,
                                      .device = "system",
                                      .round_trip = 1000.5,
                                      .extra = 12.25,
                                      .confidence = 0.5};
    struct calibration_entry found = entry;
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(fwrite(data, 1, size, file) == size);
    FUZZ_CHECK(fclose(file) == 0);
    if (calibrations_keep(path, &entry) == STATUS_OK) {
        found.round_trip = found.extra = found.confidence = 0;
        FUZZ_CHECK(calibrations_find(path, &found) == STATUS_OK);
        FUZZ_CHECK(found.round_trip == entry.round_trip && found.extra == entry.extra);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calibration_entry entry = {.rate = 48000, .period = 256, .device = "system"};
    fill(data, size);
    const enum status status = calibrations_find(memory, &entry);
    if (status == STATUS_OK) {
        FUZZ_CHECK(isfinite(entry.round_trip) && isfinite(entry.extra));
        FUZZ_CHECK(entry.confidence >= 0 && entry.confidence <= 1);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND ||
        size % 64 == 0) { /* a list, now and then a wreck */
        keep_another(data, size);
    }
    return 0;
}
