/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate that is shown and its key. libwebsockets would take a new certificate before it looks at
 * the key, and be left without either when they do not belong together; so they are loaded here, tried, and
 * only then used. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_TLS_H
#define PHICAST_BROADCASTER_TLS_H

#include "shared/status.h"

#include <openssl/ssl.h>

struct tls {
    X509 *certificate;      /* NULL: none */
    STACK_OF(X509) * chain; /* what comes after it, perhaps nothing */
    EVP_PKEY *key;
};

/* What TLS 1.2 may use: forward secrecy and authenticated encryption. (1.3 knows nothing else.) */
extern const char tls_ciphers[];

/* Takes both files, or leaves *tls as it was: STATUS_NO_ACCESS, STATUS_NOT_FOUND, STATUS_CORRUPT (not PEM, an
 * encrypted key, or one that does not belong to the certificate) ... `error` has OPTION_ERROR_MAX bytes,
 * names the file and the cure. A certificate that clients will refuse today is taken, with a warning in the
 * log. */
MUST_CHECK enum status tls_load(struct tls *tls, const char *certificate, const char *key, char *error);

/* From now on every handshake of `context` shows what tls holds at that time; tls must live on. */
void tls_serve(struct tls *tls, SSL_CTX *context);

/* One of all zeros is fine. */
void tls_free(struct tls *tls);

#endif
