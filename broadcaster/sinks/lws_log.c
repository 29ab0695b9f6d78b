/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/lws_log.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <string.h>

/* Of connections that it could not make: whoever wanted one says so. */
static bool is_said_already(const char *line)
{
    static const char *const starts[] = {"lws_client_handshake: ", "SSL error: ", "problems parsing header",
                                         "Ran out of header data space"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (strncmp(line, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Clients can bring about many of these lines. After a quiet minute the next one is news again. */
static void log_lws(int level, const char *line)
{
    enum { QUIET_US = 60000000 };
    static uint64_t times;
    static uint64_t last_us;
    const uint64_t now_us = clock_now_us();
    (void)level;
    if (is_said_already(line)) {
        return;
    }
    if (now_us - last_us > QUIET_US) {
        times = 0;
    }
    last_us = now_us;
    log_repeated(&times, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

void lws_log_open(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
}
