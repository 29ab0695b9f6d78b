/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of phicast-render. */
#ifndef PHICAST_JACK_CLIENT_RENDER_OPTIONS_H
#define PHICAST_JACK_CLIENT_RENDER_OPTIONS_H

#include "jack-client/engine.h"
#include "jack-client/render/audio_format.h"
#include "shared/options.h"

#include <stdio.h>

struct render_options {
    struct engine_config engine;             /* first; rate and channels are the file's */
    bool csv;                                /* comma-separated values instead of JSON */
    const char *events;                      /* where events are written to; NULL: nowhere */
    const char *audio_out;                   /* where the sound is written to; NULL: nowhere */
    const struct audio_format *audio_format; /* of that */
    const char *file;
};

/* Fills *options with the defaults, then from argv. OPTIONS_ERROR: `error` says what is wrong, and how to
 * mend it. argv must live on. */
enum options_result render_options_parse(struct render_options *options, int argc, char **argv,
                                         char error[OPTION_ERROR_MAX]);

void render_options_help(FILE *out);

#endif
