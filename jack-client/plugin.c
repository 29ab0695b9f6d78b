/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast.so: the analyser as a client inside the JACK server.
 *
 *     jack_load phicast phicast -i "-c 2 --connect 'system:capture_*'"
 *
 * The init string takes phicast-jack's options. The client's name is also the segment's, unless -n says
 * otherwise. The server makes and closes the client, and calls the two functions below. It calls jack_finish
 * with its engine locked, while the control thread may be waiting for that very lock to make a connection.
 * Such a thread is thrown out (call.h), and frees everything itself once it hears. The library is never
 * unmapped (-z nodelete), so that it has code to run.
 */
#include "jack-client/client/control.h"
#include "jack-client/client/server_call.h"
#include "jack-client/options.h"
#include "shared/log.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Found by the server through their names alone; jack/ declares neither. */
int jack_initialize(jack_client_t *client, const char *init);
void jack_finish(void *rt);

struct plugin {
    struct control_side control;
    struct jack_options options;
    char *init; /* the options' words */
    pthread_t thread;
    struct server_call call;
};

static void plugin_free(struct plugin *plugin)
{
    jack_options_free(&plugin->options);
    free(plugin->init);
    free(plugin);
}

/* The server has closed the client by now: nothing may be asked of it. */
static void close_and_free(void *arg)
{
    struct plugin *plugin = arg;
    atomic_store(&plugin->control.session.lost, true);
    control_close(&plugin->control);
    plugin_free(plugin);
}

static void *run(void *arg)
{
    struct plugin *plugin = arg;
    server_call_bind(&plugin->call);
    (void)!control_run(&plugin->control);
    return NULL;
}

static bool read_options(struct plugin *plugin, jack_client_t *client, const char *init)
{
    char error[OPTION_ERROR_MAX] = "out of memory";
    plugin->init = strdup(init ? init : "");
    const enum options_result result =
        plugin->init
            ? jack_options_parse_init(&plugin->options, jack_get_client_name(client), plugin->init, error)
            : OPTIONS_ERROR;
    if (result == OPTIONS_HELP || result == OPTIONS_VERSION) {
        log_error("--help and --version are for phicast-jack; as a plug-in, give its other options");
    } else if (result == OPTIONS_ERROR) {
        log_error("%s", error);
    }
    log_set_verbose(plugin->options.verbose);
    return result == OPTIONS_RUN;
}

/* The server's thread. 0 if the plug-in runs from now on. */
int jack_initialize(jack_client_t *client, const char *init)
{
    struct plugin *plugin = calloc(1, sizeof *plugin);
    log_open("phicast.so");
    if (!plugin) {
        log_error("out of memory");
        return 1;
    }
    if (!read_options(plugin, client, init) ||
        control_open(&plugin->control, &plugin->options, client, NULL)) {
        plugin_free(plugin);
        return 1;
    }
    plugin->call = (struct server_call){.leave = close_and_free, .context = plugin};
    if (pthread_create(&plugin->thread, NULL, run, plugin) != 0) {
        log_error("cannot start the control thread");
        control_close(&plugin->control);
        plugin_free(plugin);
        return 1;
    }
    return 0;
}

/* The server's thread. It passes what the process callback was given. */
void jack_finish(void *rt)
{
    enum { PATIENCE_S = 1 };
    struct plugin *plugin = (struct plugin *)((char *)rt - offsetof(struct plugin, control.rt));
    const pthread_t thread = plugin->thread;
    struct timespec until;

    control_end(&plugin->control);
    clock_gettime(CLOCK_REALTIME, &until);
    do {
        until.tv_sec += PATIENCE_S;
        if (pthread_timedjoin_np(thread, NULL, &until) == 0) {
            close_and_free(plugin);
            return;
        }
    } while (!server_call_abandon(&plugin->call));
    pthread_detach(thread);
}
