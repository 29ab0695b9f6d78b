/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which libjack this process has: JACK's reaches JACK servers, PipeWire's PipeWire, and neither the other.
 * The linker chooses when the program starts, so another one takes another start (resume_exec): what stands
 * here is said to it through the environment.
 *
 * A PipeWire's libjack that somebody else chose (pw-jack, ld.so.conf) is kept: there is none to go back to.
 */
#ifndef PHICAST_JACK_CLIENT_CLIENT_LIBJACK_H
#define PHICAST_JACK_CLIENT_CLIENT_LIBJACK_H

#include <stdbool.h>

/* Control thread, all of them. */

/* Whether it is PipeWire's. Never of a plug-in, whose server brings its own. */
bool libjack_is_pipewires(void);

/* Whether PipeWire's has been chosen by libjack_choose_pipewires; it may still not be the one that we have.
 */
bool libjack_was_chosen(void);

/* The next start has PipeWire's libjack, from this folder. False: out of memory. */
bool libjack_choose_pipewires(const char *folder);

/* The next start has the one that there was before that. */
void libjack_choose_usual(void);

#endif
