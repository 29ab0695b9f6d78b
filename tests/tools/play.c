/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-play: plays sound files into JACK, sample by sample as they are in the file. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_EVERY = 10 /* of tool_stopped's 10 ms */ };

struct play_options {
    const char *name;
    const char *server;
    struct option_list connect;
    bool loop;
    bool clock;
    uint32_t lead;
};

/* One output port and what it plays. */
struct track {
    jack_port_t *port;
    const float *samples;
    size_t frames;
};

/* All that the process callback touches. */
struct player {
    jack_client_t *client;
    int count;
    bool loop;
    size_t end;           /* frame after the last of the longest track */
    size_t lead;          /* frames of silence before the first sample */
    size_t position;      /* frames played, lead included */
    atomic_bool go;       /* set by main: play from the next period on */
    atomic_bool done;     /* set here: the last sample went out */
    atomic_bool started;  /* set here, after `first` */
    jack_nframes_t first; /* JACK frame of the first sample */
    struct track track[TOOL_CHANNELS_MAX];
};

static const struct option_row rows[] = {
    {"name", 'n', OPTION_STRING, "NAME", "JACK client name (default phicast-play)",
     offsetof(struct play_options, name), 0, 0},
    {"server", 's', OPTION_STRING, "SERVER", "JACK server name", offsetof(struct play_options, server), 0, 0},
    {"connect", 0, OPTION_LIST, "PATTERN",
     "input ports to play into, a glob; wait for them before playing; may be repeated",
     offsetof(struct play_options, connect), 0, 0},
    {"loop", 0, OPTION_FLAG, NULL, "start every file over at its end, until stopped",
     offsetof(struct play_options, loop), 0, 0},
    {"clock", 0, OPTION_FLAG, NULL,
     "print ten times a second what the time is, as a JACK frame and as Unix time",
     offsetof(struct play_options, clock), 0, 0},
    {"lead", 0, OPTION_UINT, "FRAMES", "silence before the first sample (default 0)",
     offsetof(struct play_options, lead), 0, 1e9},
};

static const struct option_table table = {
    .program = "phicast-play",
    .usage = "[options] FILE...",
    .about =
        "Plays sound files into JACK, all at once, each channel to a port of its own, without resampling.\n"
        "Prints the JACK frame of the first sample, and ends after the last.",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
};

/* Copies `count` frames of the track from stream position `at` on. */
static void play_track(const struct player *player, const struct track *track, float *out, size_t at,
                       size_t count)
{
    for (size_t i = 0; i < count;) {
        const size_t stream = at + i;
        size_t from;
        size_t run;
        if (stream < player->lead) {
            run = player->lead - stream < count - i ? player->lead - stream : count - i;
            memset(out + i, 0, run * sizeof *out);
            i += run;
            continue;
        }
        from = stream - player->lead;
        from = player->loop ? from % track->frames : from;
        if (from >= track->frames) {
            memset(out + i, 0, (count - i) * sizeof *out);
            return;
        }
        run = track->frames - from < count - i ? track->frames - from : count - i;
        memcpy(out + i, track->samples + from, run * sizeof *out);
        i += run;
    }
}

static int process(jack_nframes_t frames, void *arg)
{
    struct player *player = arg;
    const bool playing = atomic_load(&player->go) && !atomic_load(&player->done);

    if (playing && !atomic_load(&player->started)) {
        player->first = jack_last_frame_time(player->client) + (jack_nframes_t)player->lead;
        atomic_store(&player->started, true);
    }
    for (int c = 0; c < player->count; c++) {
        float *out = jack_port_get_buffer(player->track[c].port, frames);
        if (playing) {
            play_track(player, &player->track[c], out, player->position, frames);
        } else {
            memset(out, 0, frames * sizeof *out);
        }
    }
    if (playing) {
        player->position += frames;
        if (!player->loop && player->position >= player->lead + player->end) {
            atomic_store(&player->done, true);
        }
    }
    return 0;
}

static bool load(struct player *player, const char *path, jack_nframes_t rate)
{
    struct sound sound;

    if (!sound_read(&sound, path)) {
        return false;
    }
    if (sound.frames == 0 || player->count + sound.channels > TOOL_CHANNELS_MAX) {
        log_error("%s: %s", path, sound.frames == 0 ? "is empty" : "brings the channels over 64");
        return false;
    }
    if ((jack_nframes_t)sound.rate != rate) {
        log_warning("%s: recorded at %d Hz, played at %u", path, sound.rate, rate);
    }
    for (int c = 0; c < sound.channels; c++) {
        char name[16];
        struct track *track = &player->track[player->count++];
        snprintf(name, sizeof name, "out_%d", player->count);
        track->samples = sound.channel[c];
        track->frames = sound.frames;
        track->port = jack_port_register(player->client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
        if (!track->port || !track->samples) {
            log_error("%s: no port or no memory", path);
            return false;
        }
    }
    player->end = sound.frames > player->end ? sound.frames : player->end;
    return true;
}

static void tell_time(jack_client_t *client)
{
    const jack_nframes_t frame = jack_frame_time(client);
    printf("JACK frame %u is Unix time %.6f\n", frame, tool_unix_time(jack_frames_to_time(client, frame)));
    fflush(stdout);
}

static int run(struct player *player, const struct play_options *options)
{
    jack_port_t *ports[TOOL_CHANNELS_MAX];
    bool stopped = false;
    bool told = false;
    uint32_t looks = 0;

    jack_set_process_callback(player->client, process, player);
    if (jack_activate(player->client) != 0) {
        log_error("JACK refused to activate the client");
        return EXIT_FAILURE;
    }
    for (int c = 0; c < player->count; c++) {
        ports[c] = player->track[c].port;
    }
    if (options->connect.count > 0 &&
        !tool_connect(player->client, ports, player->count, &options->connect, JackPortIsInput)) {
        return EXIT_FAILURE;
    }
    atomic_store(&player->go, true);
    while (!stopped && !atomic_load(&player->done)) {
        stopped = tool_stopped();
        if (!told && atomic_load(&player->started)) {
            told = true;
            printf("first sample at JACK frame %u\n", player->first);
            fflush(stdout);
        }
        if (told && options->clock && ++looks % CLOCK_EVERY == 0) {
            tell_time(player->client);
        }
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct player player;
    struct play_options options = {.name = "phicast-play"};
    int operand;
    int code = tool_parse(&table, &options, argc, argv, &operand);

    if (code >= 0) {
        return code;
    }
    tool_block_signals();
    player.loop = options.loop;
    player.lead = options.lead;
    player.client = tool_open(options.name, options.server);
    if (!player.client) {
        return EXIT_FAILURE;
    }
    code = EXIT_SUCCESS;
    for (; operand < argc && code == EXIT_SUCCESS; operand++) {
        code =
            load(&player, argv[operand], jack_get_sample_rate(player.client)) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (code == EXIT_SUCCESS) {
        code = run(&player, &options);
    }
    jack_client_close(player.client);
    return code;
}
