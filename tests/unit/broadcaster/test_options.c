/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/options.h"
#include "tests/unit/saved_options.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = 64, FILE_NAME_MAX = 64 };

static char error[OPTION_ERROR_MAX];

/* argv from words that end with NULL. */
static enum options_result read_words(struct broadcaster_options *options, const char *const *words)
{
    char *argv[ARGS_MAX + 2] = {(char *)"phicast-broadcaster"};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        argv[argc] = (char *)words[argc - 1];
    }
    error[0] = '\0';
    return broadcaster_options_read(options, argc, argv, error);
}

#define READ(options, ...) read_words(options, (const char *const[]){__VA_ARGS__, NULL})

static void refuses(const char *cure, enum options_result result)
{
    CU_ASSERT_EQUAL(result, OPTIONS_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, cure));
    CU_ASSERT_PTR_NULL(strchr(error, '\n'));
}

static void wrong_ones(void)
{
    struct broadcaster_options o;
    refuses("--port", READ(&o, "-p", "65536"));
    refuses("--port", READ(&o, "-p", "-1"));
    refuses("--port", READ(&o, "--port", "http"));
    refuses("--port", READ(&o, "--port=80.5"));
    refuses("needs a value", READ(&o, "-n"));
    refuses("--name", READ(&o, "-n", ""));
    refuses("no such option", READ(&o, "--ocs", "none"));
    refuses("stands alone", READ(&o, "--osc", "none", "--osc", "osc.udp://127.0.0.1:9000"));
    refuses("osc.udp://HOST:PORT", READ(&o, "--osc", "127.0.0.1:9000"));
    refuses("port", READ(&o, "--osc", "osc.udp://127.0.0.1"));
    refuses("no such choice", READ(&o, "--osc", "osc.udp://127.0.0.1:1?speed=3"));
    refuses("--osc-listen", READ(&o, "--osc-listen", "65536"));
    refuses("--osc-listen", READ(&o, "--osc-listen", "none"));
    refuses("--osc-bind", READ(&o, "--osc-listen", "0", "--osc-bind", "localhost"));
    refuses("--osc-listen", READ(&o, "--osc-bind", "127.0.0.1"));
    refuses("takes no value", READ(&o, "--osc-metrics=1"));
    refuses("options only", READ(&o, "8000"));
    refuses("not an IP address", READ(&o, "--bind", "localhost"));
    refuses("give --token-file", READ(&o, "--viewer-token-file", "/t"));
    refuses("loopback", READ(&o, "--bind", "0.0.0.0"));
    refuses("loopback", READ(&o, "--bind", "127.0.0.1", "--bind", "::"));
    refuses("/nonexistent/phicast.conf: ", READ(&o, "--config", "/nonexistent/phicast.conf"));
}

static void defaults(void)
{
    struct broadcaster_options o;
    char *argv[] = {(char *)"phicast-broadcaster", NULL};
    CU_ASSERT_EQUAL(broadcaster_options_read(&o, 1, argv, error), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(o.name, "phicast");
    CU_ASSERT_EQUAL(o.port, 8000);
    CU_ASSERT_EQUAL(o.bind.count, 0);
    CU_ASSERT_EQUAL(o.osc.count, 0); /* OSC_URL_DEFAULT */
    CU_ASSERT_FALSE(o.verbose);
    CU_ASSERT_FALSE(o.osc_metrics);
    CU_ASSERT_EQUAL(o.osc_listen, OSC_LISTEN_OFF);
    broadcaster_options_free(&o);
}

static void all_given(void)
{
    struct broadcaster_options o;
    CU_ASSERT_EQUAL(READ(&o, "-n", "stage", "-p", "0", "--bind", "::1", "--bind", "127.0.0.2"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(o.name, "stage");
    CU_ASSERT_EQUAL(o.port, 0);
    CU_ASSERT_EQUAL(o.bind.count, 2);
    CU_ASSERT_STRING_EQUAL(o.bind.item[1], "127.0.0.2");
    broadcaster_options_free(&o);
    CU_ASSERT_EQUAL(READ(&o, "--help"), OPTIONS_HELP);
    CU_ASSERT_EQUAL(READ(&o, "-V"), OPTIONS_VERSION);
}

static void osc_given(void)
{
    struct broadcaster_options o;
    CU_ASSERT_EQUAL(READ(&o, "--osc", "none"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(o.osc.count, 1);
    CU_ASSERT_STRING_EQUAL(o.osc.item[0], "none");
    broadcaster_options_free(&o);
    CU_ASSERT_EQUAL(
        READ(&o, "--osc", "osc.tcp://a:1", "--osc", "osc.udp://[::1]:2/x?metrics=1", "--osc-metrics"),
        OPTIONS_RUN);
    CU_ASSERT_EQUAL(o.osc.count, 2);
    CU_ASSERT_TRUE(o.osc_metrics);
    broadcaster_options_free(&o);
    CU_ASSERT_EQUAL(READ(&o, "--osc-listen", "0", "--osc-bind", "0.0.0.0"), OPTIONS_RUN);
    CU_ASSERT_EQUAL(o.osc_listen, 0);
    CU_ASSERT_EQUAL(o.osc_bind.count, 1);
    broadcaster_options_free(&o);
}

static void make_file(char path[FILE_NAME_MAX], const char *text)
{
    snprintf(path, FILE_NAME_MAX, "/tmp/phicast-test-XXXXXX");
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void command_line_beats_file(void)
{
    struct broadcaster_options o;
    char path[FILE_NAME_MAX];
    make_file(path, "{\"name\": \"file\", \"port\": 9001, \"bind\": [\"127.0.0.2\", \"127.0.0.3\"]}");
    CU_ASSERT_EQUAL(READ(&o, "--config", path), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(o.name, "file");
    CU_ASSERT_EQUAL(o.port, 9001);
    CU_ASSERT_EQUAL(o.bind.count, 2);
    broadcaster_options_free(&o);
    CU_ASSERT_EQUAL(READ(&o, "-p", "9002", "--config", path, "--bind", "127.0.0.1"), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(o.name, "file");
    CU_ASSERT_EQUAL(o.port, 9002);
    CU_ASSERT_EQUAL(o.bind.count, 1);
    CU_ASSERT_STRING_EQUAL(o.bind.item[0], "127.0.0.1");
    broadcaster_options_free(&o);
    unlink(path);
}

static void wrong_files(void)
{
    struct broadcaster_options o;
    char path[FILE_NAME_MAX];
    make_file(path, "{\"port\": 99999}");
    refuses("port", READ(&o, "--config", path));
    unlink(path);
    make_file(path, "{\"bind\": \"0.0.0.0\"}");
    refuses("loopback", READ(&o, "--config", path));
    unlink(path);
    make_file(path, "{\"prot\": 8000}");
    refuses("prot", READ(&o, "--config", path));
    unlink(path);
    make_file(path, "{\"osc\": [\"none\", \"osc.udp://a:1\"]}");
    refuses("stands alone", READ(&o, "--config", path));
    unlink(path);
}

/* Each option that --help has is written if it is not as usual, and read again as it was. */
static void all_is_saved(void)
{
    struct broadcaster_options before;
    struct broadcaster_options o;
    char path[FILE_NAME_MAX];
    char *help = NULL;
    size_t size = 0;
    char *argv[] = {(char *)"phicast-broadcaster", NULL};
    make_file(path, "");
    CU_ASSERT_EQUAL_FATAL(READ(&before, "-n", "stage", "--group", "audio", "-p", "0", "--bind", "127.0.0.2",
                               "--osc", "osc.udp://a:1?metrics=1", "--osc", "osc.tcp://b:2", "--osc-metrics",
                               "--osc-listen", "0", "--osc-bind", "127.0.0.3", "--wled", "239.0.0.1",
                               "--publish", "wss://h/{stream}?rates=5&ca=/c&token-file=/t", "--token-file",
                               "/t", "--viewer-token-file", "/w", "--insecure-open", "--allow-origin",
                               "http://a:1", "--tls-cert", "/c", "--tls-key", "/k", "--max-clients", "7",
                               "--max-per-address", "5", "--user", "nobody", "-v", "--no-zeroconf",
                               "--record", "/r", "--record-add", "levels", "--record-all-frames",
                               "--record-rotate", "1h", "--replay", "/p", "--loop", "--speed", "2", "--from",
                               "3", "--original-time", "--mqtt", "mqtt://u@b/p?rate=5"),
                          OPTIONS_RUN);
    CU_ASSERT_EQUAL_FATAL(broadcaster_options_save(&before, path, error), STATUS_OK);
    FILE *out = open_memstream(&help, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    broadcaster_options_help(out);
    fclose(out);
    const char *const kept[] = {"config", "discover", "export", "help", "version"};
    file_has_all(path, help, kept, sizeof kept / sizeof kept[0]);
    free(help);
    CU_ASSERT_EQUAL_FATAL(broadcaster_options_read_session(&o, 1, argv, path, error), OPTIONS_RUN);
    CU_ASSERT_STRING_EQUAL(o.name, "stage");
    CU_ASSERT(o.port == 0 && o.osc_listen == 0 && o.max_clients == 7 && o.max_per_address == 5);
    CU_ASSERT(o.osc_metrics && o.insecure_open && o.verbose);
    CU_ASSERT_EQUAL_FATAL(o.osc.count, 2);
    CU_ASSERT_STRING_EQUAL(o.osc.item[0], "osc.udp://a:1?metrics=1");
    CU_ASSERT_EQUAL(o.osc_targets.count, 2);
    CU_ASSERT_STRING_EQUAL(o.user, "nobody");
    CU_ASSERT_STRING_EQUAL(o.tls_key, "/k");
    CU_ASSERT_STRING_EQUAL(o.mqtt_at.host, "b");
    CU_ASSERT_EQUAL(o.mqtt_at.rate_hz, 5);
    broadcaster_options_free(&o);
    unlink(path);
    CU_ASSERT_EQUAL(broadcaster_options_read_session(&o, 1, argv, path, error), OPTIONS_RUN); /* it is new */
    CU_ASSERT_EQUAL(o.port, 8000);
    broadcaster_options_free(&o);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones},
        {"defaults", defaults},
        {"all given", all_given},
        {"OSC given", osc_given},
        {"the command line beats the file", command_line_beats_file},
        {"wrong files", wrong_files},
        {"all is saved", all_is_saved},
        CU_TEST_INFO_NULL,
    };
    (void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    return unit_run("options", tests);
}
