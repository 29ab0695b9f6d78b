/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mark of a function that the process callback may call: it neither allocates, locks, logs, makes a
 * system call, nor loops without a bound known beforehand. tests/unit/jack-client/rt/test_process.c holds it
 * to that, and so does clang from version 20 on: when compiling, with -Wfunction-effects, and in the preset
 * "rtsan" when running (RealtimeSanitizer). It stands before the declaration and the definition. */
#ifndef PHICAST_SHARED_RT_SAFE_H
#define PHICAST_SHARED_RT_SAFE_H

/* RT_TRUST(void f(void);) says the same of another project's function, which promises it in words only. */
#if __has_attribute(nonblocking)
#define RT_SAFE __attribute__((nonblocking))
#define RT_TRUST(declaration)                                                                                \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wfunction-effects\"")              \
        RT_SAFE declaration _Pragma("clang diagnostic pop")
#else
#define RT_SAFE
#define RT_TRUST(declaration)
#endif

#endif
