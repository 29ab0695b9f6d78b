/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/extension.h"

#include "broadcaster/sinks/ws/client.h"

/* Those with a place here are repeated in the answer when they are offered. */
static const struct lws_ext_options answered[] = {
    {"server_no_context_takeover", EXTARG_NONE},
    {NULL, 0},
};

static int on_extension(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
                        enum lws_extension_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)context, (void)extension, (void)user, (void)length;
    struct ws_client *client = lws_wsi_user(wsi);
    switch (reason) {
    case LWS_EXT_CB_CONSTRUCT:
        if (!client) {
            return -1;
        }
        client->deflates = true;
        *(const struct lws_ext_options **)in = answered;
        return 0;
    default: return 0;
    }
}

const struct lws_extension extensions[] = {
    {"permessage-deflate", on_extension, "permessage-deflate"},
    {NULL, NULL, NULL},
};
