/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/tools/tool.h"

#include "shared/log.h"

#include <fnmatch.h>
#include <signal.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_TRIES = 3000 }; /* of 10 ms */

static atomic_bool server_gone;

int tool_parse(const struct option_table *table, void *options, int argc, char **argv, int *operands)
{
    char error[OPTION_ERROR_MAX];
    int first;

    log_open(table->program);
    switch (options_parse(table, options, argc, argv, &first, error)) {
    case OPTIONS_HELP: options_help(table, NULL, stdout); return EXIT_SUCCESS;
    case OPTIONS_VERSION: printf("%s %s\n", table->program, PHICAST_VERSION); return EXIT_SUCCESS;
    case OPTIONS_ERROR: log_error("%s", error); return 2;
    case OPTIONS_RUN: break;
    }
    if (operands && first == argc) {
        log_error("nothing to work on; see --help");
        return 2;
    }
    if (operands) {
        *operands = first;
    } else if (first < argc) {
        log_error("%s: not an option; see --help", argv[first]);
        return 2;
    }
    return -1;
}

static void on_shutdown(void *arg)
{
    (void)arg;
    atomic_store(&server_gone, true);
}

static void ignore_message(const char *text)
{
    (void)text;
}

jack_client_t *tool_open(const char *name, const char *server)
{
    jack_status_t status = 0;
    jack_client_t *client;

    jack_set_error_function(ignore_message);
    jack_set_info_function(ignore_message);
    client = server ? jack_client_open(name, JackNoStartServer | JackServerName, &status, server)
                    : jack_client_open(name, JackNoStartServer, &status);
    if (!client) {
        log_error("no client %s in JACK server %s (status 0x%x); is it running?", name,
                  server ? server : "default", (unsigned)status);
        return NULL;
    }
    jack_on_shutdown(client, on_shutdown, NULL);
    return client;
}

static sigset_t stop_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

void tool_block_signals(void)
{
    const sigset_t set = stop_signals();

    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool tool_stopped(void)
{
    const sigset_t set = stop_signals();
    const struct timespec wait = {.tv_nsec = 10000000};

    return sigtimedwait(&set, NULL, &wait) > 0 || atomic_load(&server_gone);
}

/* Connects as many as there are; the number of matching ports, or -1 if one could not be connected (yet). */
static int connect_round(jack_client_t *client, jack_port_t *const *own, int count,
                         const struct option_list *patterns, unsigned long flags)
{
    const char **ports = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, flags);
    bool failed = false;
    int k = 0;

    for (uint32_t p = 0; p < patterns->count; p++) {
        for (size_t i = 0; ports && ports[i]; i++) {
            const char *other = ports[i];
            if (fnmatch(patterns->item[p], other, 0) != 0) {
                continue;
            }
            if (k < count && !jack_port_connected_to(own[k], other)) {
                const char *mine = jack_port_name(own[k]);
                const bool out = flags & JackPortIsInput; /* ours is the source */
                failed |= jack_connect(client, out ? mine : other, out ? other : mine) != 0;
            }
            k++;
        }
    }
    jack_free(ports);
    return failed ? -1 : k;
}

bool tool_connect(jack_client_t *client, jack_port_t *const *own, int count,
                  const struct option_list *patterns, unsigned long flags)
{
    int before = -1;

    /* Ports of a client that is still starting come one by one and refuse connections: done when all were
     * connected and there are no more than at the look before. */
    for (int i = 0; i < CONNECT_TRIES && !tool_stopped(); i++) {
        const int found = connect_round(client, own, count, patterns, flags);
        if (found > 0 && found == before) {
            if (found < count) {
                log_warning("%d of %d channels stay unconnected: no more ports match", count - found, count);
            }
            return true;
        }
        before = found;
    }
    log_error("no port that matches %s could be connected", patterns->item[0]);
    return false;
}

double tool_unix_time(jack_time_t time)
{
    enum { TRIES = 20 };
    jack_time_t closest = UINT64_MAX;
    double unix_time = 0;

    for (int i = 0; i < TRIES; i++) {
        struct timespec now;
        const jack_time_t before = jack_get_time();
        clock_gettime(CLOCK_REALTIME, &now);
        const jack_time_t after = jack_get_time();
        if (after - before < closest) {
            const double ahead = (double)(int64_t)(time - before) - 0.5 * (double)(after - before);
            closest = after - before;
            unix_time = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + 1e-6 * ahead;
        }
    }
    return unix_time;
}

bool sound_read(struct sound *sound, const char *path)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    float *frame;

    if (!file) {
        log_error("%s: %s", path, sf_strerror(NULL));
        return false;
    }
    if (info.channels > TOOL_CHANNELS_MAX) {
        log_error("%s: more than %d channels", path, TOOL_CHANNELS_MAX);
        sf_close(file);
        return false;
    }
    frame = malloc(sizeof *frame * (size_t)info.channels * (size_t)(info.frames + 1));
    if (!frame || sf_readf_float(file, frame, info.frames) != info.frames) {
        log_error("%s: could not be read to its end", path);
        free(frame);
        sf_close(file);
        return false;
    }
    sf_close(file);
    *sound =
        (struct sound){.frames = (size_t)info.frames, .channels = info.channels, .rate = info.samplerate};
    for (int c = 0; c < info.channels; c++) {
        float *samples = malloc(sizeof *samples * (sound->frames + 1));
        for (size_t i = 0; samples && i < sound->frames; i++) {
            memcpy(&samples[i], &frame[i * (size_t)info.channels + (size_t)c], sizeof *samples);
        }
        sound->channel[c] = samples;
    }
    free(frame);
    return true;
}

bool sound_write(const char *path, int rate, int channels, size_t frames, const float *interleaved)
{
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    bool written;

    if (!file) {
        log_error("%s: %s", path, sf_strerror(NULL));
        return false;
    }
    sf_command(file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    written = sf_writef_float(file, interleaved, (sf_count_t)frames) == (sf_count_t)frames;
    if (sf_close(file) != 0 || !written) {
        log_error("%s: could not be written", path);
        return false;
    }
    return true;
}
