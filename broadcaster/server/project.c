/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/project.h"

#include "broadcaster/options.h"
#include "shared/json/config.h"
#include "shared/log.h"
#include "shared/nsm/nsm.h"

enum { LOOK_US = 200000 };

void project_beat(struct server *server, uint64_t now_us)
{
    if (now_us < server->project_us) {
        return;
    }
    struct server_report report = {0};
    feed_report(&server->hub.feed, &report);
    server->project_us = now_us + LOOK_US;
    nsm_set_dirty(server->nsm, report.osc.changes != server->saved_changes);
}

static void list_targets(struct option_list *list, const struct osc_report *osc)
{
    list->count = 0;
    for (uint32_t i = 0; i < osc->target_count; i++) {
        if (!osc->target[i].kept) {
            list->item[list->count++] = osc->target[i].given;
        }
    }
    if (list->count == 0) {
        list->item[list->count++] = "none";
    }
}

/* A file to which nothing is new keeps its comments. */
void project_save(struct server *server)
{
    char error[OPTION_ERROR_MAX];
    struct nsm *nsm = server->nsm;
    struct broadcaster_options options = *server->options;
    struct server_report report = {0};
    feed_report(&server->hub.feed, &report);
    const bool news = report.osc.changes != server->saved_changes;
    if (news) {
        list_targets(&options.osc, &report.osc);
    }
    if ((news || !config_is_there(nsm->path)) && broadcaster_options_save(&options, nsm->path, error)) {
        log_error("%s", error);
        nsm_refuse(nsm, NSM_ERROR_GENERAL, error);
        return;
    }
    server->saved_changes = report.osc.changes;
    nsm_set_dirty(nsm, false);
    nsm_reply(nsm, "saved");
}
