/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/tls.h"

#include "shared/log.h"
#include "shared/options.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char tls_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* For reading; NULL: the status says why not. A pipe would hold up the loop. */
static BIO *open_file(const char *option, const char *path, enum status *status, char *error)
{
    struct stat about;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *status = STATUS_OK;
    if (fd < 0) {
        *status = status_from_errno(errno);
        snprintf(error, OPTION_ERROR_MAX, "%s %.128s: %s", option, path, strerror(errno));
        return NULL;
    }
    BIO *file = NULL;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        *status = STATUS_CORRUPT;
        snprintf(error, OPTION_ERROR_MAX, "%s %.128s: not a regular file", option, path);
    } else if (!(file = BIO_new_fd(fd, BIO_CLOSE))) {
        *status = STATUS_NO_MEMORY;
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
    }
    if (!file) {
        close(fd);
    }
    return file;
}

/* What OpenSSL's last complaint says, and forgets it: libwebsockets looks at the queue as well. */
static const char *complaint(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason ? reason : "unknown error";
}

/* OpenSSL would ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer, (void)size, (void)writing;
    *(bool *)asked = true;
    return -1;
}

static enum status read_certificates(struct tls *tls, const char *path, char *error)
{
    bool asked = false;
    enum status status;
    BIO *file = open_file("--tls-cert", path, &status, error);
    if (!file) {
        return status;
    }
    tls->certificate = PEM_read_bio_X509_AUX(file, NULL, no_passphrase, &asked);
    tls->chain = sk_X509_new_null();
    bool good = tls->certificate && tls->chain;
    while (good) {
        X509 *next = PEM_read_bio_X509(file, NULL, no_passphrase, &asked);
        if (!next) {
            /* Its own way to say that there are no more. */
            good = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }
        good = sk_X509_push(tls->chain, next) > 0;
    }
    BIO_free(file);
    if (!good) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--tls-cert %.128s: %s; give the certificate in PEM, its chain after it", path, complaint());
        return STATUS_CORRUPT;
    }
    ERR_clear_error();
    return STATUS_OK;
}

static enum status read_key(struct tls *tls, const char *path, char *error)
{
    bool asked = false;
    enum status status;
    BIO *file = open_file("--tls-key", path, &status, error);
    if (!file) {
        return status;
    }
    tls->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, &asked);
    BIO_free(file);
    if (!tls->key && asked) {
        ERR_clear_error();
        snprintf(error, OPTION_ERROR_MAX,
                 "--tls-key %.96s: encrypted, and nobody is there to give the passphrase; write it without: "
                 "openssl "
                 "pkey -in FILE -out FILE",
                 path);
        return STATUS_CORRUPT;
    }
    if (!tls->key) {
        snprintf(error, OPTION_ERROR_MAX, "--tls-key %.128s: %s; give the private key in PEM", path,
                 complaint());
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

/* Whether they belong together, and OpenSSL takes them. */
static enum status try_pair(const struct tls *tls, const char *certificate, const char *key, char *error)
{
    if (X509_check_private_key(tls->certificate, tls->key) != 1) {
        ERR_clear_error();
        snprintf(error, OPTION_ERROR_MAX,
                 "--tls-key %.88s does not belong to --tls-cert %.88s; put the two in place together", key,
                 certificate);
        return STATUS_CORRUPT;
    }
    SSL_CTX *scratch = SSL_CTX_new(TLS_server_method());
    const bool good =
        scratch && SSL_CTX_use_cert_and_key(scratch, tls->certificate, tls->key, tls->chain, 1) == 1;
    SSL_CTX_free(scratch);
    if (!good) {
        snprintf(error, OPTION_ERROR_MAX, "--tls-cert %.96s: %s; make another certificate", certificate,
                 complaint());
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static void warn_of_date(const struct tls *tls, const char *path)
{
    const ASN1_TIME *since = X509_get0_notBefore(tls->certificate);
    const ASN1_TIME *until = X509_get0_notAfter(tls->certificate);
    const bool early = X509_cmp_current_time(since) > 0;
    struct tm date = {0};
    char text[32] = "an unknown date";
    if (!early && X509_cmp_current_time(until) > 0) {
        return;
    }
    if (ASN1_TIME_to_tm(early ? since : until, &date) == 1) {
        strftime(text, sizeof text, "%Y-%m-%d", &date);
    }
    log_warning("--tls-cert %s: %s %s; clients will refuse it", path,
                early ? "not valid before" : "expired on", text);
}

enum status tls_load(struct tls *tls, const char *certificate, const char *key, char *error)
{
    struct tls fresh = {0};
    enum status status = read_certificates(&fresh, certificate, error);
    if (status == STATUS_OK) {
        status = read_key(&fresh, key, error);
    }
    if (status == STATUS_OK) {
        status = try_pair(&fresh, certificate, key, error);
    }
    if (status) {
        tls_free(&fresh);
        return status;
    }
    warn_of_date(&fresh, certificate);
    tls_free(tls);
    *tls = fresh;
    return STATUS_OK;
}

/* A handshake is about to need a certificate. */
static int show(SSL *connection, void *arg)
{
    const struct tls *tls = arg;
    SSL_certs_clear(connection);
    return SSL_use_cert_and_key(connection, tls->certificate, tls->key, tls->chain, 1);
}

void tls_serve(struct tls *tls, SSL_CTX *context)
{
    SSL_CTX_set_cert_cb(context, show, tls);
}

void tls_free(struct tls *tls)
{
    X509_free(tls->certificate);
    sk_X509_pop_free(tls->chain, X509_free);
    EVP_PKEY_free(tls->key);
    *tls = (struct tls){0};
}
