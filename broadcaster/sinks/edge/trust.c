/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool load(SSL_CTX *context, const char *ca)
{
    return (ca[0] ? SSL_CTX_load_verify_file(context, ca) : SSL_CTX_set_default_verify_paths(context)) == 1;
}

SSL_CTX *trust_open(const char *ca, char error[OPTION_ERROR_MAX])
{
    if (ca[0] && access(ca, R_OK) != 0) {
        snprintf(error, OPTION_ERROR_MAX, "--publish: ca=%.128s: %s", ca, strerror(errno));
        return NULL;
    }
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || !load(context, ca)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        snprintf(error, OPTION_ERROR_MAX, "--publish: ca=%.128s: %s; give certificates in PEM", ca,
                 reason ? reason : "no certificates");
        ERR_clear_error();
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

const char *trust_refusal(void *looking)
{
    const int error = X509_STORE_CTX_get_error(looking);
    return error == X509_V_OK ? NULL : X509_verify_cert_error_string(error);
}

void trust_close(SSL_CTX *trust)
{
    SSL_CTX_free(trust);
}
