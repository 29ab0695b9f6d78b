/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into phicast-jack: a libjack that never comes back from the function that PHICAST_HANG names, as
 * JACK2's never does from closing a client once in some hundred times. With PHICAST_HANG_ONCE, the path of a
 * file, only as long as that file can be removed. */
#include <dlfcn.h>
#include <jack/jack.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hang_in(const char *function)
{
    const char *where = getenv("PHICAST_HANG");
    const char *once = getenv("PHICAST_HANG_ONCE");
    if (where && strcmp(where, function) == 0 && (!once || unlink(once) == 0)) {
        for (;;) {
            pause();
        }
    }
}

/* The server's name is the only thing that phicast-jack ever adds. */
jack_client_t *jack_client_open(const char *name, jack_options_t options, jack_status_t *status, ...)
{
    jack_client_t *(*real)(const char *, jack_options_t, jack_status_t *, ...);
    hang_in("jack_client_open");
    *(void **)&real = dlsym(RTLD_NEXT, "jack_client_open");
    va_list rest;
    va_start(rest, status);
    const char *server = options & JackServerName ? va_arg(rest, const char *) : NULL;
    va_end(rest);
    return real(name, options, status, server);
}

int jack_client_close(jack_client_t *client)
{
    int (*real)(jack_client_t *);
    hang_in("jack_client_close");
    *(void **)&real = dlsym(RTLD_NEXT, "jack_client_close");
    return real(client);
}

int jack_activate(jack_client_t *client)
{
    int (*real)(jack_client_t *);
    hang_in("jack_activate");
    *(void **)&real = dlsym(RTLD_NEXT, "jack_activate");
    return real(client);
}

int jack_connect(jack_client_t *client, const char *source, const char *sink)
{
    int (*real)(jack_client_t *, const char *, const char *);
    hang_in("jack_connect");
    *(void **)&real = dlsym(RTLD_NEXT, "jack_connect");
    return real(client, source, sink);
}
