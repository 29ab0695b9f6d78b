/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/server_choice.h"

#include "jack-client/client/libjack.h"
#include "jack-client/client/pipewire.h"
#include "jack-client/client/server_name.h"

#include <stdlib.h>
#include <string.h>

enum { FOLDER_MAX = 4096 };

static const char usual_name[] = "default";

const char *server_name(const struct jack_options *options)
{
    const char *set = getenv("JACK_DEFAULT_SERVER");
    return options->server ? options->server : set ? set : usual_name;
}

bool server_is_named(const struct jack_options *options)
{
    return options->server || strcmp(server_name(options), usual_name) != 0;
}

unsigned long server_usual(void)
{
    return server_of_name(usual_name);
}

enum server_choice server_choose_before(unsigned long left)
{
    if (!libjack_was_chosen() || !libjack_is_pipewires()) {
        return SERVER_HERE;
    }
    const unsigned long server = server_usual();
    return server != 0 && server != left ? SERVER_JACK : SERVER_HERE;
}

enum server_choice server_choose_after(const struct jack_options *options)
{
    char folder[FOLDER_MAX];
    if (server_is_named(options) || libjack_was_chosen() || libjack_is_pipewires() || !pipewire_answers()) {
        return SERVER_HERE;
    }
    return pipewire_find_libjack(folder, sizeof folder) ? SERVER_PIPEWIRE : SERVER_OUT_OF_REACH;
}

bool server_prepare_start(enum server_choice choice)
{
    char folder[FOLDER_MAX];
    if (choice == SERVER_JACK) {
        libjack_choose_usual();
        return true;
    }
    return pipewire_find_libjack(folder, sizeof folder) && libjack_choose_pipewires(folder);
}
