/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of phicast-jack, the plug-in's init string, and the configuration file. */
#ifndef PHICAST_JACK_CLIENT_OPTIONS_H
#define PHICAST_JACK_CLIENT_OPTIONS_H

#include "jack-client/engine.h"
#include "jack-client/ports/midi_out_map.h"
#include "shared/options.h"
#include "shared/telemetry.h"

#include <stdbool.h>

struct jack_options {
    struct engine_config engine; /* first; the rate is JACK's, and not known yet */
    char **argv;                 /* as the program was started; NULL in a plug-in */
    struct midi_map midi;
    bool midi_out;                    /* MIDI goes out, */
    struct option_list midi_out_cc;   /* "ici=20", and */
    struct option_list midi_out_note; /* "onset=66", as given, */
    struct midi_out_map midi_out_map; /* and what that comes to */
    const char *name;                 /* segment, */
    const char *client;               /* and JACK client: the same, but in a session */
    bool cv;                          /* control voltages go out, */
    uint32_t cv_add;                  /* of these as well: PART_LEVELS, PART_BANDS */
    const char *server;               /* NULL: JACK's own choice */
    bool wait;                        /* for a server that is absent at the start */
    bool calibrate;                   /* measure once, and end */
    double calibrate_level;           /* dBFS, -60...0 */
    const char *calibrate_out;        /* port that calibration_out is to be connected with; NULL: as it is */
    const char *calibrate_in;         /* likewise for calibration_in */
    bool no_compensation;             /* timestamps are those of publishing */
    const char *group;                /* that may read the segment; NULL: the owner alone */
    bool verbose;                     /* log more */
    bool check;                       /* only look whether a server answers */
    const char *config_path;          /* NULL: no configuration file */
    struct config *config;            /* what it held: the strings above may stand in it */
    struct option_list connect;       /* patterns */
    struct option_list follow;        /* patterns */
    struct option_list label;         /* "1=Kick", as given, */
    struct channel_names labels;      /* and what that comes to; empty: the channel is called by its source */
};

/* Fills *options with the defaults, then from the configuration file, then from argv,
 * which wins. OPTIONS_ERROR: `error` says what is wrong, and how to mend it. Free with jack_options_free,
 * whatever the result. */
enum options_result jack_options_parse(struct jack_options *options, int argc, char **argv,
                                       char error[OPTION_ERROR_MAX]);

/* The same in a session: the file at `path` takes the configuration file's place if it is there, and `client`
 * is JACK's name for us. Both must live on. */
enum options_result jack_options_parse_session(struct jack_options *options, int argc, char **argv,
                                               const char *path, const char *client,
                                               char error[OPTION_ERROR_MAX]);

/* Writes a file at `path` that jack_options_parse_session reads as these options. As config_save. */
MUST_CHECK enum status jack_options_save(const struct jack_options *options, const char *path,
                                         char error[OPTION_ERROR_MAX]);
void jack_options_free(struct jack_options *options);

/* The same from a plug-in's init string: words apart by blanks, 'quoted' or "quoted" where they hold some.
 * The words are cut in place, so init must live as long as the options. client, which must live on as well,
 * is the name if none was given. */
enum options_result jack_options_parse_init(struct jack_options *options, const char *client, char *init,
                                            char error[OPTION_ERROR_MAX]);

void jack_options_help(FILE *out);

#endif
