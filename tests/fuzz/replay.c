/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a target over files and folders of them: its seeds, and what once went wrong. Needs no fuzzer. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MAX = 1 << 20 };

static unsigned count;

static void run_file(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    printf("%s\n", path); /* the last one is the one that it died of */
    fflush(stdout);
    uint8_t *input = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(input != NULL);
    memcpy(input, bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
    count++;
}

static void run_path(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        run_file(path);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            char name[4096];
            FUZZ_CHECK((size_t)snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < sizeof name);
            run_file(name);
        }
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    run_file("/dev/null");
    for (int i = 1; i < argc; i++) {
        run_path(argv[i]);
    }
    FUZZ_CHECK(count > 1); /* without a seed nothing would have been tested */
    return 0;
}
