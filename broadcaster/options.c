/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options.h"

#include "broadcaster/guard/guard.h"
#include "broadcaster/options_table.h"

#include <string.h>

static enum options_result read_bind(struct broadcaster_options *options, char *error)
{
    if (listen_read(&options->listen_at, "--bind", &options->bind, error)) {
        return OPTIONS_ERROR;
    }
    const struct listen_address *reachable = listen_find_reachable(&options->listen_at);
    if (reachable && !options->token_file && !options->insecure_open) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--bind %.64s: reachable from other machines; give --token-file FILE as well, or "
                 "--insecure-open to let anybody in, or a loopback address",
                 reachable->text);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result check_security(const struct broadcaster_options *options, char *error)
{
    for (uint32_t i = 0; i < options->allow_origin.count; i++) {
        const char *origin = options->allow_origin.item[i];
        if (!guard_origin_is_one(origin)) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--allow-origin %.64s: give http://HOST[:PORT] or https://HOST[:PORT] and nothing after "
                     "it, or "
                     "null for pages opened from files",
                     origin);
            return OPTIONS_ERROR;
        }
    }
    if (options->viewer_token_file && !options->token_file) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "--viewer-token-file: anybody may steer; give --token-file FILE as well, with another token");
        return OPTIONS_ERROR;
    }
    if (!options->tls_cert != !options->tls_key) {
        snprintf(error, OPTION_ERROR_MAX, "--tls-cert and --tls-key go together; give both");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result read_osc(struct broadcaster_options *options, char *error)
{
    if (osc_choices_read(&options->osc_targets, &options->osc, options->osc_metrics, error) ||
        listen_read(&options->osc_at, "--osc-bind", &options->osc_bind, error)) {
        return OPTIONS_ERROR;
    }
    if (options->osc_bind.count > 0 && options->osc_listen == OSC_LISTEN_OFF) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--osc-bind: does nothing by itself; give --osc-listen PORT as well");
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result check_replay(const struct replay_choice *replay, const char *export, char *error)
{
    const char *plays = replay->loops           ? "--loop"
                        : replay->speed != 1    ? "--speed"
                        : replay->from > 0      ? "--from"
                        : replay->original_time ? "--original-time"
                                                : NULL;
    if (!replay->path && (plays || export)) {
        snprintf(error, OPTION_ERROR_MAX, "%s: does nothing by itself; give --replay FILE as well",
                 plays ? plays : "--export");
        return OPTIONS_ERROR;
    }
    if (export && strcmp(export, "mcap") != 0) {
        snprintf(error, OPTION_ERROR_MAX, "--export %.64s: is no format that is known; give mcap", export);
        return OPTIONS_ERROR;
    }
    if (export && plays) {
        snprintf(error, OPTION_ERROR_MAX, "--export: plays nothing, and exports all; leave %s away", plays);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

static enum options_result read_record(struct broadcaster_options *options, char *error)
{
    if (!options->record && (options->record_add || options->record_all_frames || options->record_rotate)) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--record-add, --record-all-frames and --record-rotate do nothing by themselves; give "
                 "--record PATH "
                 "as well");
        return OPTIONS_ERROR;
    }
    return rotation_read(&options->record_rotation, options->record_rotate, error) ? OPTIONS_ERROR
                                                                                   : OPTIONS_RUN;
}

enum options_result broadcaster_options_read_session(struct broadcaster_options *options, int argc,
                                                     char **argv, const char *session,
                                                     char error[OPTION_ERROR_MAX])
{
    int operands = argc;
    *options = broadcaster_option_defaults;
    enum options_result result =
        options_parse(&broadcaster_option_table, options, argc, argv, &operands, error);
    char found[CONFIG_PATH_MAX];
    const char *path = session && config_is_there(session) ? session
                       : options->config_path              ? options->config_path
                       : config_find(found)                ? found
                                                           : NULL;
    if (result == OPTIONS_RUN && path) {
        struct config *config = NULL;
        *options = broadcaster_option_defaults;
        if (config_load(path, &broadcaster_option_table, options, &config, error)) {
            return OPTIONS_ERROR;
        }
        options->config = config;
        result = options_parse(&broadcaster_option_table, options, argc, argv, &operands, error);
    }
    if (result == OPTIONS_RUN && operands < argc) {
        snprintf(error, OPTION_ERROR_MAX, "%.64s: phicast-broadcaster takes options only; see --help",
                 argv[operands]);
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_RUN) {
        result = read_bind(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = check_security(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = read_osc(options, error);
    }
    if (result == OPTIONS_RUN) {
        result = check_replay(&options->replay, options->export, error);
    }
    if (result == OPTIONS_RUN && wled_addresses_read(&options->wled_at, &options->wled, error)) {
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_RUN && edge_urls_read(&options->publish_to, &options->publish, error)) {
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_RUN) {
        result = read_record(options, error);
    }
    if (result == OPTIONS_RUN && mqtt_url_read(&options->mqtt_at, options->mqtt, error)) {
        result = OPTIONS_ERROR;
    }
    if (result == OPTIONS_ERROR) {
        broadcaster_options_free(options);
    }
    return result;
}

enum options_result broadcaster_options_read(struct broadcaster_options *options, int argc, char **argv,
                                             char error[OPTION_ERROR_MAX])
{
    return broadcaster_options_read_session(options, argc, argv, NULL, error);
}

enum status broadcaster_options_save(const struct broadcaster_options *options, const char *path,
                                     char error[OPTION_ERROR_MAX])
{
    return config_save(path, &broadcaster_option_table, options, &broadcaster_option_defaults, error);
}

void broadcaster_options_free(struct broadcaster_options *options)
{
    config_free(options->config);
    options->config = NULL;
}

void broadcaster_options_help(FILE *out)
{
    options_help(&broadcaster_option_table, &broadcaster_option_defaults, out);
}
