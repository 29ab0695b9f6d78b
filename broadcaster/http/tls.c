/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/tls.h"

#include "shared/log.h"
#include "shared/options.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What TLS 1.2 may use: forward secrecy and authenticated encryption. (1.3 knows nothing else.) */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct pair {
    X509 *certificate;
    STACK_OF(X509) * chain; /* what comes after it, perhaps nothing */
    EVP_PKEY *key;
};

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

/* What OpenSSL's last complaint says, and forgets it. */
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

static enum status read_certificates(struct pair *pair, const char *path, char *error)
{
    bool asked = false;
    enum status status;
    BIO *file = open_file("--tls-cert", path, &status, error);
    if (!file) {
        return status;
    }
    pair->certificate = PEM_read_bio_X509_AUX(file, NULL, no_passphrase, &asked);
    pair->chain = sk_X509_new_null();
    bool good = pair->certificate && pair->chain;
    while (good) {
        X509 *next = PEM_read_bio_X509(file, NULL, no_passphrase, &asked);
        if (!next) {
            /* Its own way to say that there are no more. */
            good = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }
        good = sk_X509_push(pair->chain, next) > 0;
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

static enum status read_key(struct pair *pair, const char *path, char *error)
{
    bool asked = false;
    enum status status;
    BIO *file = open_file("--tls-key", path, &status, error);
    if (!file) {
        return status;
    }
    pair->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, &asked);
    BIO_free(file);
    if (!pair->key && asked) {
        ERR_clear_error();
        snprintf(error, OPTION_ERROR_MAX,
                 "--tls-key %.96s: encrypted, and nobody is there to give the passphrase; write it without: "
                 "openssl "
                 "pkey -in FILE -out FILE",
                 path);
        return STATUS_CORRUPT;
    }
    if (!pair->key) {
        snprintf(error, OPTION_ERROR_MAX, "--tls-key %.128s: %s; give the private key in PEM", path,
                 complaint());
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
                           const unsigned char *offered, unsigned int offered_length, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl, (void)arg;
    return SSL_select_next_proto((unsigned char **)(void *)out, length, ours, sizeof ours - 1, offered,
                                 offered_length) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

/* A crowd that comes at once is work, however slow the machine. */
static void note_work(const SSL *ssl, int where, int result)
{
    const struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    (void)result;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && tls->on_work) {
        tls->on_work();
    }
}

static SSL_CTX *make_context(void)
{
    static const unsigned char name[] = "phicast";
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_set_cipher_list(context, ciphers) != 1 ||
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_session_id_context(context, name, sizeof name - 1) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_info_callback(context, note_work);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}

/* If they belong together, and OpenSSL takes them. */
static enum status use_pair(struct tls *tls, const struct pair *pair, const char *certificate,
                            const char *key, char *error)
{
    if (X509_check_private_key(pair->certificate, pair->key) != 1) {
        ERR_clear_error();
        snprintf(error, OPTION_ERROR_MAX,
                 "--tls-key %.88s does not belong to --tls-cert %.88s; put the two in place together", key,
                 certificate);
        return STATUS_CORRUPT;
    }
    SSL_CTX *context = make_context();
    if (!context || SSL_CTX_use_cert_and_key(context, pair->certificate, pair->key, pair->chain, 1) != 1) {
        SSL_CTX_free(context);
        snprintf(error, OPTION_ERROR_MAX, "--tls-cert %.96s: %s; make another certificate", certificate,
                 complaint());
        return STATUS_CORRUPT;
    }
    tls_free(tls);
    SSL_CTX_set_app_data(context, tls); /* for note_work */
    tls->context = context;
    return STATUS_OK;
}

static void warn_of_date(const struct pair *pair, const char *path)
{
    const ASN1_TIME *since = X509_get0_notBefore(pair->certificate);
    const ASN1_TIME *until = X509_get0_notAfter(pair->certificate);
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

enum status tls_load(struct tls *tls, const char *certificate, const char *key, char error[OPTION_ERROR_MAX])
{
    struct pair pair = {0};
    enum status status = read_certificates(&pair, certificate, error);
    if (status == STATUS_OK) {
        status = read_key(&pair, key, error);
    }
    if (status == STATUS_OK) {
        status = use_pair(tls, &pair, certificate, key, error);
    }
    if (status == STATUS_OK) {
        warn_of_date(&pair, certificate);
    }
    X509_free(pair.certificate);
    sk_X509_pop_free(pair.chain, X509_free);
    EVP_PKEY_free(pair.key);
    return status;
}

struct ssl_st *tls_accept(struct tls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->context);
    if (ssl && SSL_set_fd(ssl, fd) == 1) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

void tls_free(struct tls *tls)
{
    SSL_CTX_free(tls->context); /* those who use it hold it */
    tls->context = NULL;
}
