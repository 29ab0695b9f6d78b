/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/zeroconf/avahi.h"

#include <avahi-common/error.h>
#include <avahi-common/timeval.h>

enum {
    PAUSE_MIN_MS = 1000,
    PAUSE_MAX_MS = 30000,
    CONNECT_MS = 30000 /* a daemon that stood still when it was asked is not heard of when it goes on */
};

static void on_state(AvahiClient *client, AvahiClientState state, void *data)
{
    struct avahi *avahi = data;
    avahi->client = client; /* this is called before avahi_client_new returns, too */
    switch (state) {
    case AVAHI_CLIENT_CONNECTING:
        zeroconf_say(avahi->zeroconf, ZEROCONF_WAITING,
                     "Avahi is not running; start avahi-daemon (Debian's package of that name)");
        break;
    case AVAHI_CLIENT_S_REGISTERING:
    case AVAHI_CLIENT_S_COLLISION: avahi_unannounce(avahi); break;
    case AVAHI_CLIENT_S_RUNNING:
        zeroconf_say(avahi->zeroconf, ZEROCONF_RUNNING, "Avahi is there");
        avahi_browse(avahi);
        avahi_announce(avahi);
        break;
    case AVAHI_CLIENT_FAILURE:
        avahi_fail(avahi, "Avahi has gone: %s", avahi_strerror(avahi_client_errno(client)));
        break;
    }
}

static void on_end(AvahiWatch *watch, int fd, AvahiWatchEvent events, void *data)
{
    (void)watch, (void)fd, (void)events;
    struct avahi *avahi = data;
    avahi->ending = true;
    avahi_simple_poll_quit(avahi->poll);
}

static void on_connect_timeout(AvahiTimeout *timeout, void *data)
{
    (void)timeout;
    struct avahi *avahi = data;
    if (!avahi->client || avahi_client_get_state(avahi->client) == AVAHI_CLIENT_CONNECTING) {
        avahi_simple_poll_quit(avahi->poll);
    }
}

/* Until the connection fails, or all shall end. */
static void serve(struct avahi *avahi)
{
    struct timeval when;
    int error = 0;
    avahi->poll = avahi_simple_poll_new();
    if (!avahi->poll) {
        zeroconf_say(avahi->zeroconf, ZEROCONF_WAITING, "out of memory or descriptors");
        return;
    }
    const AvahiPoll *poll = avahi_simple_poll_get(avahi->poll);
    AvahiWatch *end = poll->watch_new(poll, avahi->zeroconf->end, AVAHI_WATCH_IN, on_end, avahi);
    AvahiTimeout *timeout =
        poll->timeout_new(poll, avahi_elapse_time(&when, CONNECT_MS, 0), on_connect_timeout, avahi);
    AvahiClient *client = avahi_client_new(poll, AVAHI_CLIENT_NO_FAIL, on_state, avahi, &error);
    if (client) {
        avahi_simple_poll_loop(avahi->poll);
        avahi_client_free(client); /* and with it all that it has made */
    } else {
        zeroconf_say(avahi->zeroconf, ZEROCONF_WAITING,
                     "the system's D-Bus does not answer (%s); Avahi needs it: start dbus and avahi-daemon",
                     avahi_strerror(error));
    }
    poll->timeout_free(timeout);
    poll->watch_free(end);
    avahi_simple_poll_free(avahi->poll);
}

void zeroconf_run(struct zeroconf *zeroconf)
{
    int pause_ms = PAUSE_MIN_MS;
    bool ending = false;
    while (!ending) {
        struct avahi avahi = {.zeroconf = zeroconf};
        serve(&avahi);
        zeroconf_forget(zeroconf);
        pause_ms = avahi.lived ? PAUSE_MIN_MS : pause_ms;
        ending = avahi.ending || zeroconf_pause(zeroconf, pause_ms);
        pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
    }
}
