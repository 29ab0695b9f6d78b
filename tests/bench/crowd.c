/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clients of the benchmark of edges (edge/edge.py): a crowd that reads a stream for a time, or that
 * comes; and what that cost the servers. Prints one JSON object. */
#include "shared/options.h"
#include "tests/bench/arrive.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/link.h"
#include "tests/bench/load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define AT(member) offsetof(struct crowd_options, member)

enum { PIDS_MAX = 16 };

static const double settling = 1.0 / 3; /* of the time of a reading, before it */

struct crowd_options {
    const char *path;
    const char *pids;
    uint32_t port;
    uint32_t clients;
    uint32_t ms;
    uint32_t at_once;
    bool deflate;
    bool tls;
    bool silent;
};

static const struct option_row rows[] = {
    {"path", 0, OPTION_STRING, "PATH", "the stream", AT(path), 0, 0},
    {"pids", 0, OPTION_STRING, "PID,...", "the servers", AT(pids), 0, 0},
    {"port", 'p', OPTION_UINT, "PORT", "where they listen, on 127.0.0.1", AT(port), 1, 65535},
    {"clients", 0, OPTION_UINT, "N", "how many", AT(clients), 1, 100000},
    {"ms", 0, OPTION_UINT, "MS", "read for so long", AT(ms), 1, 3600000},
    {"at-once", 0, OPTION_UINT, "N", "come, so many at a time, and do not stay", AT(at_once), 1, 100000},
    {"deflate", 0, OPTION_FLAG, NULL, "with permessage-deflate", AT(deflate), 0, 0},
    {"tls", 0, OPTION_FLAG, NULL, "with TLS", AT(tls), 0, 0},
    {"silent", 0, OPTION_FLAG, NULL, "come to a stream on which nothing is sent", AT(silent), 0, 0},
};

static const struct option_table table = {.program = "bench_crowd",
                                          .usage = "[options]",
                                          .about = "Clients of a server of streams.",
                                          .rows = rows,
                                          .count = sizeof rows / sizeof rows[0]};

struct servers {
    uint32_t count;
    pid_t pid[PIDS_MAX];
    double cpu_us[PIDS_MAX];
    double kib[PIDS_MAX];
};

static void servers_parse(struct servers *servers, const char *text)
{
    char *end = NULL;
    for (; *text && servers->count < PIDS_MAX; text = *end ? end + 1 : end) {
        servers->pid[servers->count++] = (pid_t)strtol(text, &end, 10);
    }
}

static void servers_time(struct servers *servers)
{
    for (uint32_t i = 0; i < servers->count; i++) {
        servers->cpu_us[i] = child_cpu_us(servers->pid[i]);
    }
}

static void servers_weigh(struct servers *servers)
{
    for (uint32_t i = 0; i < servers->count; i++) {
        servers->kib[i] = child_memory_kib(servers->pid[i], "VmRSS:");
    }
}

/* What has come to it since. */
static void print_servers(const struct servers *servers)
{
    struct servers now = *servers;
    servers_time(&now);
    servers_weigh(&now);
    printf(", \"cpu_us\": [");
    for (uint32_t i = 0; i < servers->count; i++) {
        printf("%s%.0f", i ? ", " : "", now.cpu_us[i] - servers->cpu_us[i]);
    }
    printf("], \"kib\": [");
    for (uint32_t i = 0; i < servers->count; i++) {
        printf("%s%.0f", i ? ", " : "", now.kib[i] - servers->kib[i]);
    }
    printf("]}\n");
}

static void read_on(const struct crowd_options *options, struct servers *servers)
{
    servers_weigh(servers);
    struct load *load =
        load_open((uint16_t)options->port, options->clients, options->path, options->deflate, options->tls);
    load_run(load, settling * options->ms * 1e-3);
    servers_time(servers);
    const double before = bench_now_us();
    const struct load_result result = load_run(load, options->ms * 1e-3);
    printf("{\"seconds\": %.4f, \"messages\": %llu, \"bytes\": %.1f, \"rate_hz\": %.3f, \"rate99_hz\": %.3f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"closed\": %u",
           (bench_now_us() - before) * 1e-6, (unsigned long long)result.messages, result.bytes_per_message,
           result.rate_hz, result.rate99_hz, result.p50_ms, result.p99_ms, result.closed);
    print_servers(servers);
    load_close(load);
}

static void come(const struct crowd_options *options, struct servers *servers)
{
    const struct arrive_wish wish = {.port = (uint16_t)options->port,
                                     .count = options->clients,
                                     .at_once = options->at_once,
                                     .path = options->path,
                                     .deflate = options->deflate,
                                     .tls = options->tls,
                                     .silent = options->silent};
    servers_weigh(servers);
    servers_time(servers);
    const double before = child_cpu_us(getpid());
    const struct arrive_result result = arrive(&wish);
    printf("{\"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"own_us\": %.0f", result.seconds,
           result.p50_ms, result.p99_ms, child_cpu_us(getpid()) - before);
    print_servers(servers);
}

int main(int argc, char **argv)
{
    struct crowd_options options = {.path = "/ws/metrics", .pids = "", .port = 8000, .clients = 100};
    struct servers servers = {0};
    struct rlimit files;
    char error[OPTION_ERROR_MAX];
    int operands = 0;
    if (options_parse(&table, &options, argc, argv, &operands, error) != OPTIONS_RUN) {
        fprintf(stderr, "bench_crowd: %s\n", error);
        return 2;
    }
    servers_parse(&servers, options.pids);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    child_pin(CHILD_OTHERS);
    if (options.at_once > 0) {
        come(&options, &servers);
    } else {
        read_on(&options, &servers);
    }
    return 0;
}
