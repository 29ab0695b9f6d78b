/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose certificates are believed. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_TRUST_H
#define PHICAST_BROADCASTER_SINKS_EDGE_TRUST_H

#include "shared/options.h"

struct ssl_ctx_st;

/* What client connections need, to be freed with trust_close. ca: a file of authorities in PEM; empty: the
 * system's. Names are checked by whoever connects. NULL: `error` names the file and the cure. */
struct ssl_ctx_st *trust_open(const char *ca, char error[OPTION_ERROR_MAX]);

/* What is wrong with the certificate that is being looked at (X509_STORE_CTX); NULL: nothing. */
const char *trust_refusal(void *looking);

/* NULL is fine. */
void trust_close(struct ssl_ctx_st *trust);

#endif
