/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mark of a function that the process callback may call: it neither allocates, locks, logs, makes a
 * system call, nor loops without a bound known beforehand. tests/unit/jack-client/test_process.c holds it to
 * that. */
#ifndef PHICAST_SHARED_RT_SAFE_H
#define PHICAST_SHARED_RT_SAFE_H

#define RT_SAFE

#endif
