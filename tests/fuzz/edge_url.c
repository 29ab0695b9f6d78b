/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A --publish URL. */
#include "broadcaster/sinks/edge/url.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_url url;
    char error[OPTION_ERROR_MAX] = "";
    char *text = fuzz_text(data, size);
    if (edge_url_parse(&url, text, error)) {
        fuzz_check_message(error);
    } else {
        struct edge_url again;
        fuzz_check_message(url.text);
        FUZZ_CHECK(url.port > 0 && url.host[0] != '\0' && strstr(url.path, EDGE_STREAM));
        FUZZ_CHECK(edge_url_channels(&url) >= 3);
        FUZZ_CHECK(edge_url_parse(&again, url.text, error) == (url.user[0] ? STATUS_BAD_ARG : STATUS_OK));
        FUZZ_CHECK(strcmp(again.host, url.host) == 0 && strcmp(again.path, url.path) == 0);
        FUZZ_CHECK(again.port == url.port && again.tls == url.tls);
    }
    free(text);
    return 0;
}
