/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of the files that need Avahi's library, where it was not there when this was built. */
#include "broadcaster/zeroconf/inside.h"

void zeroconf_run(struct zeroconf *zeroconf)
{
    zeroconf_say(zeroconf, ZEROCONF_WAITING, "this program was built without Avahi (libavahi-client)");
}
