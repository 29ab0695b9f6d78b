/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our side of TLS: a certificate chain and its key, loaded together or not at all. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_TLS_H
#define PHICAST_BROADCASTER_HTTP_TLS_H

#include "shared/options.h"
#include "shared/status.h"

struct ssl_st;
struct ssl_ctx_st;

/* Start from {.on_work = ...}; stays where it is. */
struct tls {
    struct ssl_ctx_st *context;
    void (*on_work)(void); /* called after each handshake, which takes its time; NULL: nobody cares */
};

/* Takes both files, for those who connect from now on, or leaves what was there: STATUS_NO_ACCESS,
 * STATUS_NOT_FOUND, STATUS_CORRUPT (not PEM, an encrypted key, or one that does not belong to the
 * certificate) ... `error` names the file and the cure. A certificate that clients will refuse today is
 * taken, with a warning in the log. */
MUST_CHECK enum status tls_load(struct tls *tls, const char *certificate, const char *key,
                                char error[OPTION_ERROR_MAX]);

/* The state of a connection on that socket, for SSL_free; NULL when out of memory. */
struct ssl_st *tls_accept(struct tls *tls, int fd);

void tls_free(struct tls *tls);

#endif
