/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one set of result codes. Every fallible function of the project returns one. */
#ifndef PHICAST_SHARED_STATUS_H
#define PHICAST_SHARED_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_BAD_ARG,   /* a value outside its documented range */
    STATUS_NO_MEMORY, /* allocation or shared-memory space refused */
    STATUS_NO_ACCESS, /* permission denied */
    STATUS_FOREIGN,   /* it belongs to a user who was not named */
    STATUS_NOT_FOUND, /* no such segment, file or server */
    STATUS_NOT_READY, /* it exists, but its writer has not finished making it */
    STATUS_BUSY,      /* somebody else owns it */
    STATUS_BAD_MAGIC, /* not a segment of this kind */
    STATUS_BAD_ABI,   /* a segment of another layout version */
    STATUS_TRUNCATED, /* shorter than its layout */
    STATUS_TORN,      /* a writer kept changing it; try again */
    STATUS_CORRUPT,   /* contents that no writer of ours would have written */
    STATUS_EMPTY,     /* nothing new in the ring */
    STATUS_OVERRUN,   /* the ring's writer overtook this reader */
    STATUS_IO         /* any other failure of the operating system */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* A short lower-case phrase for a message, never NULL. Any thread. */
const char *status_str(enum status status);

/* The status that an errno value stands for; STATUS_OK for 0. Any thread. */
MUST_CHECK enum status status_from_errno(int err);

#endif
