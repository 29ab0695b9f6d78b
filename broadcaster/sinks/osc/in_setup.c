/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/listen.h"
#include "broadcaster/sinks/osc/in.h"
#include "shared/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each try fails only if the port the kernel picked for one address is in use on another. */
enum { PICK_TRIES = 32 };

/* Returns 0, or the errno of address *failed, and then nothing is open. */
static int bind_all(struct osc_in *in, const struct listen_addresses *at, uint16_t port, uint32_t *failed)
{
    for (uint32_t i = 0; i < at->count; i++) {
        const struct listen_address *address = &at->address[i];
        const bool v6 = address->family == AF_INET6;
        const int fd = listen_bind(address, SOCK_DGRAM, &port);
        if (fd < 0 && address->optional && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) {
            continue;
        }
        if (fd < 0) {
            const int err = errno;
            *failed = i;
            osc_in_close(in);
            return err;
        }
        snprintf(in->url[in->count], sizeof in->url[0], "osc.udp://%s%s%s:%u", v6 ? "[" : "", address->text,
                 v6 ? "]" : "", port);
        in->fd[in->count++] = fd;
    }
    return 0;
}

enum status osc_in_open(struct osc_in *in, struct remote *remote, uint32_t port,
                        const struct listen_addresses *at, char error[OPTION_ERROR_MAX])
{
    uint32_t failed = 0;
    int err = EADDRINUSE;

    *in = (struct osc_in){.remote = remote};
    for (uint32_t i = 0; i < at->count; i++) {
        if (at->address[i].reachable) {
            log_warning("--osc-bind %s: whoever reaches this address can move what OSC moves",
                        at->address[i].text);
        }
    }
    for (int attempt = 0; attempt < PICK_TRIES && err == EADDRINUSE; attempt++) {
        err = bind_all(in, at, (uint16_t)port, &failed);
        if (port != 0) {
            break;
        }
    }
    if (err == EADDRINUSE) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "%s UDP port %u: taken by another program; give another with --osc-listen PORT, or 0 for a free "
            "one",
            at->address[failed].text, port);
        return STATUS_BUSY;
    }
    if (err) {
        snprintf(error, OPTION_ERROR_MAX, "%s UDP port %u: %s; give another with --osc-bind or --osc-listen",
                 at->address[failed].text, port, strerror(err));
    }
    return status_from_errno(err);
}

void osc_in_close(struct osc_in *in)
{
    for (uint32_t i = 0; i < in->count; i++) {
        close(in->fd[i]);
    }
    in->count = 0;
}
