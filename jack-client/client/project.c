/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/project.h"

#include "shared/json/config.h"
#include "shared/log.h"
#include "shared/relaxed.h"

#include <stdio.h>

enum { TAKEN_AFTER = 2 /* callbacks: the one under way may be past its commands */, TAKEN_MS = 500 };

void project_init(struct project *project, struct nsm *nsm, const struct jack_options *options)
{
    *project = (struct project){.nsm = nsm, .options = options};
}

void project_opened(struct project *project)
{
    if (project->nsm && project->nsm->asked == NSM_OPEN) {
        log_info("project %s", project->nsm->path);
        nsm_reply(project->nsm, "opened");
    }
}

bool project_listen(struct project *project)
{
    return project->nsm && nsm_poll(project->nsm) == NSM_OPEN;
}

/* The options, with the breathing as it is now. Before the first callback it is as the options have it. */
static struct jack_options what_to_save(const struct project *project, const struct rt *rt)
{
    struct jack_options options = *project->options;
    if (load_relaxed(rt->reports.callbacks) > 0) {
        options.engine.breathing = load_relaxed(rt->reports.breathing) != 0;
        options.engine.auto_phi = load_relaxed(rt->reports.auto_phi) != 0;
        options.engine.phi_depth = load_relaxed(rt->reports.phi_depth);
        options.engine.phi_phase = load_relaxed(rt->reports.phi_phase);
        options.engine.phi_rate = load_relaxed(rt->reports.phi_rate);
    }
    return options;
}

/* A file that nothing has been steered away from stays as it is, comments and all. */
static void save(struct project *project, const struct rt *rt)
{
    struct nsm *nsm = project->nsm;
    char error[OPTION_ERROR_MAX];
    const uint32_t commands = load_relaxed(rt->reports.commands);
    if (commands != project->saved || !config_is_there(nsm->path)) {
        const struct jack_options options = what_to_save(project, rt);
        if (jack_options_save(&options, nsm->path, error)) {
            log_error("%s", error);
            nsm_refuse(nsm, NSM_ERROR_GENERAL, error);
            return;
        }
        project->saved = commands;
    }
    nsm_reply(nsm, "saved");
}

static void tend_saving(struct project *project, const struct rt *rt, bool running, uint64_t now_ms)
{
    const uint64_t callbacks = atomic_load_explicit(&rt->reports.callbacks, memory_order_acquire);
    if (!project->saving) {
        project->saving = true;
        project->after = callbacks + TAKEN_AFTER;
        project->until_ms = now_ms + TAKEN_MS;
    }
    if (!running || callbacks >= project->after || now_ms >= project->until_ms) {
        project->saving = false;
        save(project, rt);
    }
}

static void tell(struct project *project, const struct rt *rt, bool running)
{
    char label[NSM_LABEL_MAX] = "waiting for a JACK server";
    if (running) {
        snprintf(label, sizeof label, "%s: %u channels", project->options->name, rt->ports.channels);
    }
    nsm_set_label(project->nsm, label);
    nsm_set_dirty(project->nsm, load_relaxed(rt->reports.commands) != project->saved);
}

void project_tend(struct project *project, const struct rt *rt, bool running, uint64_t now_ms)
{
    if (project->nsm && project->nsm->asked != NSM_OPEN) {
        if (project->nsm->asked == NSM_SAVE) {
            tend_saving(project, rt, running, now_ms);
        }
        tell(project, rt, running);
    }
}
