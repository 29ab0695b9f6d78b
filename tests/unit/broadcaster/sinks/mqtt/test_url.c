/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/url.h"
#include "shared/part.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct mqtt_url url;
static char error[OPTION_ERROR_MAX];

static void refuses(const char *text, const char *part)
{
    error[0] = '\0';
    CU_ASSERT_EQUAL(mqtt_url_read(&url, text, error), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(url.host, "");
    if (!strstr(error, part) || strncmp(error, "--mqtt: ", 8) != 0 || strchr(error, '\n')) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", text, error, part);
        CU_FAIL("the words are others");
    }
}

static void wrong_ones(void)
{
    static char long_text[800] = "mqtt://";
    memset(long_text + 7, 'x', sizeof long_text - 8);
    refuses("", "mqtt://[USER@]HOST");
    refuses("localhost", "mqtt://[USER@]HOST");
    refuses("tcp://localhost", "mqtt://[USER@]HOST");
    refuses("MQTT://localhost", "mqtt://[USER@]HOST");
    refuses("mqtt:/localhost", "mqtt://[USER@]HOST");
    refuses("mqtt://", "no host");
    refuses("mqtt://:1883", "no host");
    refuses("mqtt:///prefix", "no host");
    refuses("mqtt://u@", "no host");
    refuses("mqtt://a b", "no host");
    refuses("mqtt://[::1", "no host");
    refuses("mqtt://[]", "no host");
    refuses("mqtt://[host]", "no host");
    refuses(long_text, "no host");
    refuses("mqtt://a:", "port");
    refuses("mqtt://a:0", "port");
    refuses("mqtt://a:65536", "port");
    refuses("mqtt://a:1x", "port");
    refuses("mqtt://[::1]1883", "port");
    refuses("mqtt://@a", "name");
    refuses("mqtt://%@a", "name");
    refuses("mqtt://%00@a", "name");
    refuses("mqtt://a%0ab@a", "name");
    refuses("mqtt://a//b", "prefix");
    refuses("mqtt://a/b//c", "prefix");
    refuses("mqtt://a/b/#", "prefix");
    refuses("mqtt://a/+/c", "prefix");
    refuses("mqtt://a/$SYS", "prefix");
    refuses("mqtt://a/b c", "prefix");
    refuses("mqtt://a/caf\303\251", "prefix");
}

static void wrong_choices(void)
{
    refuses("mqtt://a?rate", "CHOICE=VALUE");
    refuses("mqtt://a?rate=", "CHOICE=VALUE");
    refuses("mqtt://a?&rate=5", "CHOICE=VALUE");
    refuses("mqtt://a?rate=0", "rate");
    refuses("mqtt://a?rate=121", "rate");
    refuses("mqtt://a?rate=1.5", "rate");
    refuses("mqtt://a?rate=-1", "rate");
    refuses("mqtt://a?add=loudness", "add");
    refuses("mqtt://a?add=levels,", "add");
    refuses("mqtt://a?discovery=hass", "homeassistant");
    refuses("mqtt://a?ca=/x", "mqtts");
    refuses("mqtts://a?ca=%", "ca");
    refuses("mqtts://u@a?password-file=%0a", "password-file");
    refuses("mqtt://a?password-file=/x", "USER");
    refuses("mqtt://a?qos=1", "qos");
}

/* Nor does it appear in the message. */
static void no_password(void)
{
    refuses("mqtt://me:secret@host", "password-file=FILE");
    CU_ASSERT_PTR_NULL(strstr(error, "secret"));
    refuses("mqtt://me:secret@host:x", "password-file=FILE");
    CU_ASSERT_PTR_NULL(strstr(error, "secret"));
}

static void reads(const char *text)
{
    if (mqtt_url_read(&url, text, error)) {
        fprintf(stderr, "%s: %s\n", text, error);
        CU_FAIL("refused");
    }
}

static void plain(void)
{
    char broker[MQTT_BROKER_MAX];
    reads(NULL);
    CU_ASSERT_STRING_EQUAL(url.host, "");
    reads("mqtt://broker.local");
    CU_ASSERT_STRING_EQUAL(url.host, "broker.local");
    CU_ASSERT_EQUAL(url.port, 1883);
    CU_ASSERT_FALSE(url.tls || url.homeassistant);
    CU_ASSERT_STRING_EQUAL(url.prefix, "phicast");
    CU_ASSERT_STRING_EQUAL(url.user, "");
    CU_ASSERT_EQUAL(url.rate_hz, 10);
    CU_ASSERT_EQUAL(url.add, 0);
    CU_ASSERT_STRING_EQUAL(mqtt_url_broker(&url, broker), "mqtt://broker.local:1883");
    reads("mqtt://broker.local/");
    CU_ASSERT_STRING_EQUAL(url.prefix, "phicast");
    reads("mqtts://[fe80::1%eth0]/a/b/");
    CU_ASSERT_STRING_EQUAL(url.host, "fe80::1%eth0");
    CU_ASSERT_EQUAL(url.port, 8883);
    CU_ASSERT_STRING_EQUAL(url.prefix, "a/b");
    CU_ASSERT_STRING_EQUAL(mqtt_url_broker(&url, broker), "mqtts://[fe80::1%eth0]:8883");
}

static void everything(void)
{
    char broker[MQTT_BROKER_MAX];
    reads("mqtts://me%40home@host:65535/stage/left?ca=/etc/my%20ca.pem&password-file=/p%26w&rate=120&"
          "add=levels,bands,onsets&discovery=homeassistant");
    CU_ASSERT_STRING_EQUAL(url.user, "me@home");
    CU_ASSERT_STRING_EQUAL(url.host, "host");
    CU_ASSERT_EQUAL(url.port, 65535);
    CU_ASSERT_STRING_EQUAL(url.prefix, "stage/left");
    CU_ASSERT_STRING_EQUAL(url.ca_file, "/etc/my ca.pem");
    CU_ASSERT_STRING_EQUAL(url.password_file, "/p&w");
    CU_ASSERT_EQUAL(url.rate_hz, 120);
    CU_ASSERT_EQUAL(url.add, PARTS_ALL);
    CU_ASSERT_TRUE(url.homeassistant);
    CU_ASSERT_STRING_EQUAL(mqtt_url_broker(&url, broker), "mqtts://host:65535");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones}, {"wrong choices", wrong_choices}, {"no password", no_password},
        {"plain", plain},           {"everything", everything},       CU_TEST_INFO_NULL,
    };
    return unit_run("mqtt url", tests);
}
