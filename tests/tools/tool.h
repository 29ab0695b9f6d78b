/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tools share: their options, a client, its connections, sound in memory. All for the main thread.
 */
#ifndef PHICAST_TESTS_TOOLS_TOOL_H
#define PHICAST_TESTS_TOOLS_TOOL_H

#include "shared/options.h"

#include <jack/jack.h>
#include <stdbool.h>
#include <stddef.h>

enum { TOOL_CHANNELS_MAX = 64 };

/* A sound file, one array per channel. */
struct sound {
    size_t frames;
    int channels;
    int rate;                          /* Hz */
    float *channel[TOOL_CHANNELS_MAX]; /* as read: floats keep every bit */
};

/* Parses and prints help, version or the error; -1 to go on, else the exit code. At least one operand is
 * asked for; with operands NULL, none. */
int tool_parse(const struct option_table *table, void *options, int argc, char **argv, int *operands);

/* Opens a client; NULL after saying why not. */
jack_client_t *tool_open(const char *name, const char *server);

/* Blocks SIGINT and SIGTERM, so that tool_stopped sees them. Before any thread is started. */
void tool_block_signals(void);

/* Waits for up to 10 ms; true after SIGINT, SIGTERM or the server's end. */
bool tool_stopped(void);

/* Connects own[k] with the k-th of the audio ports whose full names match the glob patterns, in the order of
 * the patterns and of their registration; flags says of which direction those are (JackPortIsInput or
 * JackPortIsOutput). Waits up to 30 s for them to appear; false after saying what is missing. */
bool tool_connect(jack_client_t *client, jack_port_t *const *own, int count,
                  const struct option_list *patterns, unsigned long flags);

/* What the system's clock reads when JACK's reads that (us), in Unix seconds: both are read together, again
 * and again, and the pair that lay closest counts. */
double tool_unix_time(jack_time_t time);

/* Reads a file whole, appending its channels; false after saying why not. The arrays are never freed. */
bool sound_read(struct sound *sound, const char *path);

/* Writes 32-bit float, interleaved, every bit kept; false after saying why not. */
bool sound_write(const char *path, int rate, int channels, size_t frames, const float *interleaved);

#endif
