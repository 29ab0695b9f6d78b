/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session of New Session Manager keeps of us: the options, and the breathing as it has been steered
 * since. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_PROJECT_H
#define PHICAST_JACK_CLIENT_CLIENT_PROJECT_H

#include "jack-client/options.h"
#include "jack-client/rt/process.h"
#include "shared/nsm/nsm.h"

#include <stdbool.h>
#include <stdint.h>

struct project {
    struct nsm *nsm; /* NULL: no session, and nothing to do for any of these */
    const struct jack_options *options;
    uint32_t saved;    /* commands carried out when the file was written or read */
    bool saving;       /* it is to be written, */
    uint64_t after;    /* once this many callbacks are over, which take what was asked before */
    uint64_t until_ms; /* or at this time, whatever comes */
};

/* Both must live on. */
void project_init(struct project *project, struct nsm *nsm, const struct jack_options *options);

/* The project has been opened, whether or not there is a JACK server. */
void project_opened(struct project *project);

/* Takes what the session manager asks. To be called before the broadcaster's commands are looked for, so that
 * those that were given before a save are in what is saved. True: another project is to be opened. */
bool project_listen(struct project *project);

/* And after that: saves, and tells the session manager what is new. running: callbacks come. */
void project_tend(struct project *project, const struct rt *rt, bool running, uint64_t now_ms);

#endif
