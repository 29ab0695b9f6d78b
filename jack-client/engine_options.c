/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/engine_options.h"

enum options_result engine_options_check(const struct engine_config *config, char *error)
{
    const struct analysis_config *analysis = &config->analysis;
    if (analysis->hop > analysis->window) {
        snprintf(error, OPTION_ERROR_MAX, "--hop %u: is longer than the window; give at most --window (%u)",
                 analysis->hop, analysis->window);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}
