/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row for each option of the broadcaster, its help page, and what holds where nothing is said. */
#ifndef PHICAST_BROADCASTER_OPTIONS_TABLE_H
#define PHICAST_BROADCASTER_OPTIONS_TABLE_H

#include "broadcaster/options.h"

extern const struct option_table broadcaster_option_table;
extern const struct broadcaster_options broadcaster_option_defaults;

#endif
