/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PipeWire seen from outside, without any library: whether a server answers, and where its libjack is. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_PIPEWIRE_H
#define PHICAST_JACK_CLIENT_CLIENT_PIPEWIRE_H

#include <stdbool.h>
#include <stddef.h>

/* Control thread. Whether somebody takes connections where PipeWire's clients look for it: PIPEWIRE_REMOTE
 * (pipewire-0) in PIPEWIRE_RUNTIME_DIR, or else XDG_RUNTIME_DIR, or else in /run/pipewire. */
bool pipewire_answers(void);

/* Control thread. The folder with PipeWire's libjack, which lies in pipewire-0.3/jack beside the libjack that
 * we use, or beside libc. False: it is not installed. */
bool pipewire_find_libjack(char *folder, size_t size);

#endif
