/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program may be started with standard input, output or error closed. The next file or socket it opened
 * would then take the number, and be sent what was meant for a person. */
#ifndef PHICAST_SHARED_STANDARD_FILES_H
#define PHICAST_SHARED_STANDARD_FILES_H

/* First thing in main. Puts in place of each that is closed one that cannot be read from (0) or written to
 * (1), so that its use fails as it would have; what goes to 2 is lost. */
void standard_files_keep(void);

#endif
