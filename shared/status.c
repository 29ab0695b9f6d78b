/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/status.h"

#include <errno.h>

const char *status_str(enum status status)
{
    switch (status) {
    case STATUS_OK: return "ok";
    case STATUS_BAD_ARG: return "value out of range";
    case STATUS_NO_MEMORY: return "out of memory";
    case STATUS_NO_ACCESS: return "permission denied";
    case STATUS_FOREIGN: return "belongs to another user";
    case STATUS_NOT_FOUND: return "not found";
    case STATUS_NOT_READY: return "not ready yet";
    case STATUS_BUSY: return "in use by another process";
    case STATUS_BAD_MAGIC: return "not a phicast segment";
    case STATUS_BAD_ABI: return "made by another version of phicast";
    case STATUS_TRUNCATED: return "truncated";
    case STATUS_TORN: return "changed while being read";
    case STATUS_CORRUPT: return "corrupt";
    case STATUS_EMPTY: return "nothing new";
    case STATUS_OVERRUN: return "overrun";
    case STATUS_IO: return "input/output error";
    }
    return "unknown status";
}

enum status status_from_errno(int err)
{
    switch (err) {
    case 0: return STATUS_OK;
    case ENOMEM:
    case ENOSPC: return STATUS_NO_MEMORY;
    case EACCES:
    case EPERM:
    case EROFS: return STATUS_NO_ACCESS;
    case ENOENT: return STATUS_NOT_FOUND;
    case EAGAIN:
    case EBUSY:
    case EEXIST: return STATUS_BUSY;
    case EINVAL:
    case ENAMETOOLONG: return STATUS_BAD_ARG;
    default: return STATUS_IO;
    }
}
