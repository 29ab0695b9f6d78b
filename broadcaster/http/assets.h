/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of web/, which are part of the program. */
#ifndef PHICAST_BROADCASTER_HTTP_ASSETS_H
#define PHICAST_BROADCASTER_HTTP_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path; /* on the server */
    const char *content_type;
    const unsigned char *data;
    size_t length; /* bytes */
};

/* Any thread. NULL for a path that is none of the page's; else *asset is filled and returned. */
const struct asset *asset_find(const char *path, struct asset *asset);

#endif
