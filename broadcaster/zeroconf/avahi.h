/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to Avahi, from its beginning to its end. The thread of zeroconf.h, all of it. */
#ifndef PHICAST_BROADCASTER_ZEROCONF_AVAHI_H
#define PHICAST_BROADCASTER_ZEROCONF_AVAHI_H

#include "broadcaster/zeroconf/inside.h"

#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/simple-watch.h>

struct avahi {
    struct zeroconf *zeroconf;
    AvahiSimplePoll *poll;
    AvahiClient *client;
    bool lived;  /* it has done what was wished */
    bool ending; /* not to be made anew */

    AvahiEntryGroup *group;       /* what we offer; NULL: not yet */
    char name[ZEROCONF_NAME_MAX]; /* under which we do */

    AvahiServiceBrowser *browser[ZEROCONF_TYPES_MAX];
    uint32_t unsettled; /* browsers that have not told of all there is */
};

/* Something went wrong, as the detail says: the connection ends, and is made anew after a pause. */
__attribute__((format(printf, 2, 3))) void avahi_fail(struct avahi *avahi, const char *format, ...);

/* Offers all services, under a name that nobody else has (announce.c). */
void avahi_announce(struct avahi *avahi);
/* Takes them back while the host looks for another name for itself. */
void avahi_unannounce(struct avahi *avahi);

/* Begins to look for others' (browse.c), if it has not. */
void avahi_browse(struct avahi *avahi);

#endif
