/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file in, JSON lines and perhaps another sound file out. */
#ifndef PHICAST_JACK_CLIENT_RENDER_RENDER_H
#define PHICAST_JACK_CLIENT_RENDER_RENDER_H

#include "jack-client/render/options.h"
#include "shared/status.h"

#include <stdio.h>

/* Prints one metrics message per frame. Any failure has been logged. */
MUST_CHECK enum status render_file(const struct render_options *options, FILE *out);

#endif
