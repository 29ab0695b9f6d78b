/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a name leads to a file that is in use already, so that it is not written over. */
#ifndef PHICAST_JACK_CLIENT_RENDER_SAME_FILE_H
#define PHICAST_JACK_CLIENT_RENDER_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Links are followed. Devices and pipes are not meant: they may be written to by several. */
static inline bool same_file(int fd, const char *path)
{
    struct stat open;
    struct stat named;
    return fstat(fd, &open) == 0 && stat(path, &named) == 0 && S_ISREG(open.st_mode) &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

#endif
