/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What patchbays show: pretty names, order, groups, an icon. Control thread; failures are no matter. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_METADATA_H
#define PHICAST_JACK_CLIENT_CLIENT_METADATA_H

#include "jack-client/ports/ports.h"

void metadata_set(jack_client_t *client, struct ports *ports);
void metadata_remove(jack_client_t *client, struct ports *ports);

#endif
