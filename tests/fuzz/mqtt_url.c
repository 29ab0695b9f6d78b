/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An --mqtt URL. */
#include "broadcaster/sinks/mqtt/url.h"
#include "shared/part.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mqtt_url url;
    char error[OPTION_ERROR_MAX] = "";
    char *text = fuzz_text(data, size);
    if (mqtt_url_read(&url, text, error)) {
        fuzz_check_message(error);
        FUZZ_CHECK(url.host[0] == '\0');
    } else {
        struct mqtt_url again;
        char broker[MQTT_BROKER_MAX];
        FUZZ_CHECK(url.host[0] != '\0' && url.port > 0);
        FUZZ_CHECK(url.rate_hz >= 1 && url.rate_hz <= MQTT_RATE_MAX && (url.add & ~(uint32_t)PARTS_ALL) == 0);
        FUZZ_CHECK(url.prefix[0] != '\0' && url.prefix[0] != '/' && !strpbrk(url.prefix, "#+ "));
        FUZZ_CHECK(url.user[0] != '\0' || url.password_file[0] == '\0');
        FUZZ_CHECK(mqtt_url_read(&again, mqtt_url_broker(&url, broker), error) == STATUS_OK);
        FUZZ_CHECK(strcmp(again.host, url.host) == 0 && again.port == url.port && again.tls == url.tls);
    }
    free(text);
    return 0;
}
