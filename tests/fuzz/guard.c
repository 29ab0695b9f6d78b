/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host and Origin, apart by a NUL. */
#include "broadcaster/guard.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t length = strnlen((const char *)data, size);
    char *host = fuzz_text(data, length);
    char *origin = length < size ? fuzz_text(data + length + 1, size - length - 1) : fuzz_text(data, 0);
    (void)guard_host_is_address(host);
    (void)guard_host_is(host, origin);
    FUZZ_CHECK(!guard_host_is(host, ""));
    FUZZ_CHECK(!guard_origin_may_post(origin) || guard_origin_allowed(origin));
    const char *own = guard_origin_host(origin);
    FUZZ_CHECK(!own || (own > origin && own < origin + strlen(origin)));
    FUZZ_CHECK(!guard_origin_is_own(origin, host) || strstr(origin, "://") != NULL);
    if (guard_host_allowed(host)) { /* no name that somebody else could point here */
        FUZZ_CHECK(guard_host_is_address(host) || strncasecmp(host, "localhost", 9) == 0 || host[0] == '[');
    }
    free(host);
    free(origin);
    return 0;
}
