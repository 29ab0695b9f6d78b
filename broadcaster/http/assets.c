/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WEB_DIR and the dependency on its files come from CMakeLists.txt. */
#include "broadcaster/http/assets.h"

#include <string.h>

#define EMBED(symbol, file)                                                                                  \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".balign 16\n" #symbol "_start:\n"                                                               \
            ".incbin \"" WEB_DIR "/" file "\"\n" #symbol "_end:\n"                                           \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const unsigned char symbol##_start[] __attribute__((visibility("hidden")));                       \
    extern const unsigned char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(asset_index, "index.html");
EMBED(asset_about, "about.js");
EMBED(asset_access, "access.js");
EMBED(asset_app, "app.js");
EMBED(asset_awake, "awake.js");
EMBED(asset_bands, "bands.js");
EMBED(asset_breathing, "breathing.js");
EMBED(asset_channels, "channels.js");
EMBED(asset_circle, "circle.js");
EMBED(asset_described, "described.js");
EMBED(asset_edges, "edges.js");
EMBED(asset_events, "events.js");
EMBED(asset_flash, "flash.js");
EMBED(asset_header, "header.js");
EMBED(asset_latency, "latency.js");
EMBED(asset_meter, "meter.js");
EMBED(asset_model, "model.js");
EMBED(asset_outside, "outside.js");
EMBED(asset_page, "page.js");
EMBED(asset_parts, "parts.js");
EMBED(asset_patch, "patch.js");
EMBED(asset_plots, "plots.js");
EMBED(asset_recorder, "recorder.js");
EMBED(asset_replay, "replay.js");
EMBED(asset_ring, "ring.js");
EMBED(asset_scene_orbits, "scene-orbits.js");
EMBED(asset_scene_ridges, "scene-ridges.js");
EMBED(asset_scene_ripples, "scene-ripples.js");
EMBED(asset_scene_waves, "scene-waves.js");
EMBED(asset_server, "server.js");
EMBED(asset_share, "share.js");
EMBED(asset_stage, "stage.js");
EMBED(asset_stage_shows, "stage-shows.js");
EMBED(asset_stream, "stream.js");
EMBED(asset_streams, "streams.js");
EMBED(asset_targets, "targets.js");
EMBED(asset_token, "token.js");
EMBED(asset_view, "view.js");
EMBED(asset_visual, "visual.js");
EMBED(asset_visual_asked, "visual-asked.js");
EMBED(asset_visual_cues, "visual-cues.js");
EMBED(asset_visual_keys, "visual-keys.js");
EMBED(asset_visual_scenes, "visual-scenes.js");
EMBED(asset_words, "words.js");
EMBED(asset_words_de, "words.de.js");
EMBED(asset_words_fr, "words.fr.js");
EMBED(asset_panels, "panels.css");
EMBED(asset_style, "style.css");
EMBED(asset_stage_page, "stage.html");
EMBED(asset_stage_style, "stage.css");
EMBED(asset_visual_page, "visual.html");
EMBED(asset_visual_style, "visual.css");
EMBED(asset_uqr, "vendor/uqr/index.mjs");
EMBED(asset_uqr_licence, "vendor/uqr/LICENSE");

static const char html[] = "text/html; charset=utf-8";
static const char script[] = "text/javascript; charset=utf-8";
static const char plain[] = "text/plain; charset=utf-8";
static const char style[] = "text/css; charset=utf-8";

static const struct {
    const char *path;
    const char *content_type;
    const unsigned char *start;
    const unsigned char *end;
} files[] = {
    {"/", html, asset_index_start, asset_index_end},
    {"/about.js", script, asset_about_start, asset_about_end},
    {"/access.js", script, asset_access_start, asset_access_end},
    {"/app.js", script, asset_app_start, asset_app_end},
    {"/awake.js", script, asset_awake_start, asset_awake_end},
    {"/bands.js", script, asset_bands_start, asset_bands_end},
    {"/breathing.js", script, asset_breathing_start, asset_breathing_end},
    {"/channels.js", script, asset_channels_start, asset_channels_end},
    {"/circle.js", script, asset_circle_start, asset_circle_end},
    {"/described.js", script, asset_described_start, asset_described_end},
    {"/edges.js", script, asset_edges_start, asset_edges_end},
    {"/events.js", script, asset_events_start, asset_events_end},
    {"/flash.js", script, asset_flash_start, asset_flash_end},
    {"/header.js", script, asset_header_start, asset_header_end},
    {"/latency.js", script, asset_latency_start, asset_latency_end},
    {"/meter.js", script, asset_meter_start, asset_meter_end},
    {"/model.js", script, asset_model_start, asset_model_end},
    {"/outside.js", script, asset_outside_start, asset_outside_end},
    {"/page.js", script, asset_page_start, asset_page_end},
    {"/parts.js", script, asset_parts_start, asset_parts_end},
    {"/patch.js", script, asset_patch_start, asset_patch_end},
    {"/plots.js", script, asset_plots_start, asset_plots_end},
    {"/recorder.js", script, asset_recorder_start, asset_recorder_end},
    {"/replay.js", script, asset_replay_start, asset_replay_end},
    {"/ring.js", script, asset_ring_start, asset_ring_end},
    {"/scene-orbits.js", script, asset_scene_orbits_start, asset_scene_orbits_end},
    {"/scene-ridges.js", script, asset_scene_ridges_start, asset_scene_ridges_end},
    {"/scene-ripples.js", script, asset_scene_ripples_start, asset_scene_ripples_end},
    {"/scene-waves.js", script, asset_scene_waves_start, asset_scene_waves_end},
    {"/server.js", script, asset_server_start, asset_server_end},
    {"/share.js", script, asset_share_start, asset_share_end},
    {"/stage.js", script, asset_stage_start, asset_stage_end},
    {"/stage-shows.js", script, asset_stage_shows_start, asset_stage_shows_end},
    {"/stream.js", script, asset_stream_start, asset_stream_end},
    {"/streams.js", script, asset_streams_start, asset_streams_end},
    {"/targets.js", script, asset_targets_start, asset_targets_end},
    {"/token.js", script, asset_token_start, asset_token_end},
    {"/view.js", script, asset_view_start, asset_view_end},
    {"/visual.js", script, asset_visual_start, asset_visual_end},
    {"/visual-asked.js", script, asset_visual_asked_start, asset_visual_asked_end},
    {"/visual-cues.js", script, asset_visual_cues_start, asset_visual_cues_end},
    {"/visual-keys.js", script, asset_visual_keys_start, asset_visual_keys_end},
    {"/visual-scenes.js", script, asset_visual_scenes_start, asset_visual_scenes_end},
    {"/words.js", script, asset_words_start, asset_words_end},
    {"/words.de.js", script, asset_words_de_start, asset_words_de_end},
    {"/words.fr.js", script, asset_words_fr_start, asset_words_fr_end},
    {"/panels.css", style, asset_panels_start, asset_panels_end},
    {"/style.css", style, asset_style_start, asset_style_end},
    {"/stage", html, asset_stage_page_start, asset_stage_page_end},
    {"/stage.css", style, asset_stage_style_start, asset_stage_style_end},
    {"/visual", html, asset_visual_page_start, asset_visual_page_end},
    {"/visual.css", style, asset_visual_style_start, asset_visual_style_end},
    {"/vendor/uqr/index.mjs", script, asset_uqr_start, asset_uqr_end},
    {"/vendor/uqr/LICENSE", plain, asset_uqr_licence_start, asset_uqr_licence_end},
};

const struct asset *asset_find(const char *path, struct asset *asset)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(path, files[i].path) == 0) {
            *asset = (struct asset){files[i].path, files[i].content_type, files[i].start,
                                    (size_t)(files[i].end - files[i].start)};
            return asset;
        }
    }
    return NULL;
}
