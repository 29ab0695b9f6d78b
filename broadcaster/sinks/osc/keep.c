/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/keep.h"

#include "shared/log.h"

#include <stdio.h>
#include <string.h>

/* The file names in messages: its last part tells most. */
#define PATH "%.120s"

static enum status load(struct osc_keep *keep, char *error)
{
    char why[OPTION_ERROR_MAX];
    const enum status status = kept_targets_load(&keep->kept, keep->path, why);
    keep->unread = status != STATUS_OK && status != STATUS_NOT_FOUND;
    if (keep->unread) {
        snprintf(error, OPTION_ERROR_MAX, PATH ": %.80s; repair or remove it", keep->path, why);
        return status;
    }
    return STATUS_OK;
}

void osc_keep_open(struct osc_keep *keep, const char *name)
{
    char file[STATE_PATH_MAX];
    char error[OPTION_ERROR_MAX];
    snprintf(file, sizeof file, "osc-targets-%.200s.json", name);
    if (state_file_path(keep->path, file)) {
        keep->path[0] = '\0';
    } else if (load(keep, error)) {
        log_warning("the OSC targets that were kept are left out: %s", error);
    }
}

void osc_keep_close(struct osc_keep *keep)
{
    osc_replace_close(&keep->replace);
    kept_targets_free(&keep->kept);
}

/* What would be kept from now on, as a file. */
static enum status save(struct osc_keep *keep, const struct kept_targets *kept, char *error)
{
    struct message text = {0};
    enum status status = kept_targets_print(kept, &text);
    if (status == STATUS_OK) {
        status = osc_replace_file(&keep->replace, keep->path, text.text, text.length);
    }
    message_free(&text);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, PATH ": %s; let phicast-broadcaster write there", keep->path,
                 status_str(status));
    }
    return status == STATUS_NOT_FOUND ? STATUS_IO : status;
}

static enum status prepare(struct osc_keep *keep, char *error)
{
    if (keep->path[0] == '\0') {
        snprintf(error, OPTION_ERROR_MAX, "there is no folder to keep it in; set HOME or XDG_STATE_HOME");
        return STATUS_NO_ACCESS;
    }
    return keep->unread ? load(keep, error) : STATUS_OK;
}

static bool is_kept(const struct osc_keep *keep, const char *url)
{
    for (uint32_t i = 0; i < keep->kept.count; i++) {
        if (strcmp(keep->kept.url[i], url) == 0) {
            return true;
        }
    }
    return false;
}

enum status osc_keep_add(struct osc_keep *keep, const char *url, char error[OPTION_ERROR_MAX])
{
    enum status status = prepare(keep, error);
    if (status || is_kept(keep, url)) {
        return status;
    }
    status = kept_targets_add(&keep->kept, url);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, PATH ": %s", keep->path,
                 status == STATUS_BUSY ? "it is full; remove targets that are kept" : "out of memory");
        return status;
    }
    status = save(keep, &keep->kept, error);
    if (status) {
        kept_targets_remove(&keep->kept, url);
    }
    return status;
}

enum status osc_keep_remove(struct osc_keep *keep, const char *url, char error[OPTION_ERROR_MAX])
{
    struct kept_targets left = {0}; /* the strings are the other's */
    enum status status = prepare(keep, error);
    if (status) {
        return status;
    }
    for (uint32_t i = 0; i < keep->kept.count; i++) {
        if (strcmp(keep->kept.url[i], url) != 0) {
            left.url[left.count++] = keep->kept.url[i];
        }
    }
    status = save(keep, &left, error);
    if (status == STATUS_OK) {
        kept_targets_remove(&keep->kept, url);
    }
    return status;
}

uint64_t osc_keep_beat(struct osc_keep *keep, uint64_t now_us)
{
    return osc_replace_beat(&keep->replace, now_us);
}
