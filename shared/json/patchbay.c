/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/patchbay.h"

#include "shared/json/build.h"

enum status message_patchbay(struct message *message, const struct patchbay *patchbay, uint32_t channels)
{
    struct build build = build_object();
    struct build sources = build_list(patchbay->count);
    for (uint32_t i = 0; i < patchbay->count; i++) {
        const struct patch_source *source = &patchbay->source[i];
        struct build one = build_object();
        struct build feeds = build_list(CHANNELS_MAX);
        for (uint32_t channel = 0; channel < channels; channel++) {
            if (source->feeds >> channel & 1U) {
                build_count(&feeds, NULL, channel);
            }
        }
        build_text(&one, "name", source->name);
        build_nest(&one, "feeds", feeds);
        build_nest(&sources, NULL, one);
    }
    build_count(&build, "channels", channels);
    build_nest(&build, "sources", sources);
    build_count(&build, "more", patchbay->more);
    return build_print(build, message);
}
