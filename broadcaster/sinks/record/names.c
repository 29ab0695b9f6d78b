/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char default_extension[] = ".jsonl.gz";
static const char packed_extension[] = ".gz";

static bool ends_in(const char *text, size_t length, const char *end)
{
    const size_t rest = strlen(end);
    return length > rest && memcmp(text + length - rest, end, rest) == 0;
}

/* "show.jsonl.gz": "show" and ".jsonl.gz". A dot at the start is none of an extension. */
static void split(struct record_names *names, const char *file)
{
    const size_t length = strlen(file);
    names->packed = ends_in(file, length, packed_extension);
    size_t at = names->packed ? length - (sizeof packed_extension - 1) : length;
    const size_t end = at;
    for (size_t i = end; i > 1 && at == end; i--) {
        at = file[i - 1] == '.' ? i - 1 : at;
    }
    snprintf(names->stem, sizeof names->stem, "%.*s", (int)at, file);
    snprintf(names->extension, sizeof names->extension, "%s", file + at);
}

/* Of the file's path; "." if it names none. */
static bool find_folder(struct record_names *names, const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    return realpath(slash ? folder : ".", names->folder) != NULL;
}

static enum status refuse(enum status status, const char *path, const char *why, char *error)
{
    snprintf(
        error, OPTION_ERROR_MAX,
        "--record %.120s: %s; name a file in a folder that is there and can be written to, or that folder",
        path, why);
    return status;
}

enum status record_names_read(struct record_names *names, const char *path, const char *analyser,
                              bool rotates, char error[OPTION_ERROR_MAX])
{
    struct stat about;
    const bool exists = stat(path, &about) == 0;
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    *names = (struct record_names){.is_folder = exists && S_ISDIR(about.st_mode)};
    if (exists && !names->is_folder && !S_ISREG(about.st_mode)) {
        return refuse(STATUS_BAD_ARG, path, "is neither a file nor a folder", error);
    }
    if (!names->is_folder && strlen(file) + RECORD_NAME_ROOM > NAME_MAX) {
        return refuse(STATUS_BAD_ARG, path, "the name is too long", error);
    }
    if (!names->is_folder && *file == '\0') {
        return refuse(STATUS_NOT_FOUND, path, "there is no such folder", error);
    }
    const bool found = names->is_folder ? realpath(path, names->folder) != NULL : find_folder(names, path);
    if (!found || faccessat(AT_FDCWD, names->folder, W_OK | X_OK, AT_EACCESS) != 0) {
        const int err = errno;
        return refuse(status_from_errno(err), path, strerror(err), error);
    }
    if (names->is_folder) {
        snprintf(names->stem, sizeof names->stem, "%s", analyser);
        snprintf(names->extension, sizeof names->extension, "%s", default_extension);
        names->packed = true;
    } else {
        split(names, file);
    }
    names->stamped = names->is_folder || rotates;
    tzset();
    return STATUS_OK;
}

bool record_names_print(const struct record_names *names, int64_t unix_s, uint32_t number, char out[PATH_MAX])
{
    char stamp[RECORD_NAME_ROOM] = "";
    char again[RECORD_NAME_ROOM] = "";
    struct tm parts;
    const time_t at = (time_t)unix_s;
    if (names->stamped && localtime_r(&at, &parts)) {
        (void)strftime(stamp, sizeof stamp, "-%Y%m%d-%H%M%S", &parts);
    }
    if (number > 1) {
        snprintf(again, sizeof again, "-%u", number);
    }
    return snprintf(out, PATH_MAX, "%s/%s%s%s%s", names->folder, names->stem, stamp, again,
                    names->extension) < PATH_MAX;
}
