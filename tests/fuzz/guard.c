/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host and Origin, apart by a NUL. */
#include "broadcaster/guard/guard.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t length = strnlen((const char *)data, size);
    char *host = fuzz_text(data, length);
    char *origin = length < size ? fuzz_text(data + length + 1, size - length - 1) : fuzz_text(data, 0);
    (void)guard_host_is_address(host);
    (void)guard_host_is(host, origin);
    FUZZ_CHECK(!guard_host_is(host, ""));
    FUZZ_CHECK(!guard_origin_is_loopback(origin) || strstr(origin, "://") != NULL);
    FUZZ_CHECK(!guard_origin_is_loopback(origin) || !guard_origin_is_file(origin));
    FUZZ_CHECK(!guard_origin_is_one(origin) || guard_origins_match(origin, origin));
    FUZZ_CHECK(guard_origins_match(origin, "http://localhost:80") ==
               guard_origins_match("http://LOCALHOST", origin));
    FUZZ_CHECK(!guard_origin_is_at(origin, host) || strstr(origin, "://") != NULL);
    if (guard_host_is_loopback(host)) { /* no name that somebody else could point here */
        FUZZ_CHECK(guard_host_is_address(host) || strncasecmp(host, "localhost", 9) == 0 || host[0] == '[');
    }
    free(host);
    free(origin);
    return 0;
}
