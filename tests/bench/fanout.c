/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one message to one client costs the broadcaster, how late it comes and what a client takes of memory,
 * beside the floor: a bare loop that send()s a prebuilt frame, compressed once if at all, to as many sockets.
 * Both run on the machine's first processor; the clients, and what plays the analyser, on the others. */
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { RATE_HZ = 30, CLIENTS_MAX = 4096, LINE = 256, ROUNDS = 5, STALL_OTHERS = 990, STALLED = 10 };

enum { HEAD = 4, TEXT_MAX = 16384, DEFLATE_TAIL = 4 };

enum kind { PLAIN, PLAIN_FLOOR, DEFLATED, DEFLATED_FLOOR, KINDS };

static const double settle_s = 1;
static const double measure_s = 3;
static const double short_stall_s = 8; /* they are pinged after 20 s without a word, and dropped after 30 */
static const double long_stall_s = 60;

struct figures {
    struct load_result load;
    double us_per_message; /* CPU time of the server, user and system */
};

static pid_t start_analyser(char *name)
{
    char *const argv[] = {FLOOD, "-n", name, "-c", "8", "--lively", NULL};
    char line[LINE];
    return child_start(argv, CHILD_OTHERS, line, sizeof line);
}

static pid_t start_broadcaster(char *name, uint16_t *port)
{
    char *const argv[] = {BROADCASTER, "-n", name, "-p", "0", "--bind", "127.0.0.1", "--osc", "none", NULL};
    char line[LINE];
    const pid_t pid = child_start(argv, CHILD_FIRST, line, sizeof line);
    *port = (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10);
    return pid;
}

static struct figures measure(pid_t pid, struct load *load)
{
    struct figures figures;
    load_run(load, settle_s);
    const double before = child_cpu_us(pid);
    figures.load = load_run(load, measure_s);
    figures.us_per_message = (child_cpu_us(pid) - before) / (double)figures.load.messages;
    if (figures.load.closed > 0) {
        fprintf(stderr, "bench_fanout: %u clients lost their connection\n", figures.load.closed);
        exit(1);
    }
    return figures;
}

/* text: gets a message, for the floor. */
static struct figures measure_broadcaster(uint32_t clients, bool deflate, char text[TEXT_MAX])
{
    char name[32];
    uint16_t port = 0;
    snprintf(name, sizeof name, "bench%d", (int)getpid());
    const pid_t analyser = start_analyser(name);
    const pid_t server = start_broadcaster(name, &port);
    struct load *load = load_open(port, clients, "/ws/metrics", deflate, false);
    const struct figures figures = measure(server, load);
    snprintf(text, TEXT_MAX, "%s", load_text(load));
    load_close(load);
    child_stop(server);
    child_stop(analyser);
    return figures;
}

/* The same message all the time, but for its timestamp. */
struct floor_frame {
    unsigned char bytes[HEAD + TEXT_MAX];
    size_t length;
};

static void write_floor_frame(struct floor_frame *frame, char *text, z_stream *deflater)
{
    struct timespec now;
    char start[64];
    clock_gettime(CLOCK_REALTIME, &now);
    const int written =
        snprintf(start, sizeof start, "{\"timestamp\":%.6f", (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
    memcpy(text, start, (size_t)written);
    size_t length = strlen(text);
    if (deflater) {
        deflateReset(deflater);
        deflater->next_in = (unsigned char *)text;
        deflater->avail_in = (uInt)length;
        deflater->next_out = frame->bytes + HEAD;
        deflater->avail_out = TEXT_MAX;
        deflate(deflater, Z_SYNC_FLUSH);
        length = deflater->total_out - DEFLATE_TAIL;
    } else {
        memcpy(frame->bytes + HEAD, text, length);
    }
    frame->bytes[0] = deflater ? 0xc1 : 0x81;
    frame->bytes[1] = 126;
    frame->bytes[2] = (unsigned char)(length >> 8);
    frame->bytes[3] = (unsigned char)length;
    frame->length = HEAD + length;
}

/* Never returns. */
static void run_floor(int listener, uint32_t clients, char *text, bool deflate)
{
    static int fds[CLIENTS_MAX];
    static struct floor_frame frame;
    z_stream deflater = {0};
    const int on = 1;
    struct timespec next;
    if (deflate &&
        deflateInit2(&deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        _exit(1);
    }
    for (uint32_t i = 0; i < clients; i++) {
        fds[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        next.tv_nsec += 1000000000 / RATE_HZ;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        write_floor_frame(&frame, text, deflate ? &deflater : NULL);
        for (uint32_t i = 0; i < clients; i++) {
            if (send(fds[i], frame.bytes, frame.length, MSG_DONTWAIT | MSG_NOSIGNAL) !=
                (ssize_t)frame.length) {
                _exit(1);
            }
        }
    }
}

static struct figures measure_floor(uint32_t clients, bool deflate, char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1024) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        child_fail("the floor's socket");
    }
    const pid_t pid = child_split(CHILD_FIRST);
    if (pid == 0) {
        run_floor(listener, clients, text, deflate);
    }
    close(listener);
    struct load *load = load_open(ntohs(address.sin_port), clients, NULL, false, false);
    const struct figures figures = measure(pid, load);
    load_close(load);
    child_stop(pid);
    return figures;
}

static void print(const struct bench *bench, uint32_t clients, const char *kind,
                  const struct figures *figures, const struct figures *floor)
{
    char what[96];
    snprintf(what, sizeof what, "%u clients, %s: CPU a message", clients, kind);
    bench_row(bench, what, figures->us_per_message, "us", floor->us_per_message);
    snprintf(what, sizeof what, "%u clients, %s: age on arrival, p50", clients, kind);
    bench_row(bench, what, figures->load.p50_ms, "ms", floor->load.p50_ms);
    snprintf(what, sizeof what, "%u clients, %s: age on arrival, p99", clients, kind);
    bench_row(bench, what, figures->load.p99_ms, "ms", floor->load.p99_ms);
    snprintf(what, sizeof what, "%u clients, %s: rate of the slowest", clients, kind);
    bench_row(bench, what, figures->load.rate_hz, "Hz", floor->load.rate_hz);
    snprintf(what, sizeof what, "%u clients, %s: rate that 99 %% have", clients, kind);
    bench_row(bench, what, figures->load.rate99_hz, "Hz", floor->load.rate99_hz);
    snprintf(what, sizeof what, "%u clients, %s: a client's share of the net", clients, kind);
    bench_row(bench, what, figures->load.bytes_per_message * figures->load.rate_hz / 1e3, "KB/s",
              floor->load.bytes_per_message * floor->load.rate_hz / 1e3);
}

/* Of each figure by itself. */
static struct figures median(const struct figures rounds[ROUNDS])
{
    struct figures out = rounds[0];
    double *const to[] = {&out.us_per_message, &out.load.bytes_per_message,
                          &out.load.rate_hz,   &out.load.rate99_hz,
                          &out.load.p50_ms,    &out.load.p99_ms};
    double values[sizeof to / sizeof to[0]][ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++) {
        const struct load_result *load = &rounds[r].load;
        values[0][r] = rounds[r].us_per_message;
        values[1][r] = load->bytes_per_message;
        values[2][r] = load->rate_hz;
        values[3][r] = load->rate99_hz;
        values[4][r] = load->p50_ms;
        values[5][r] = load->p99_ms;
    }
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        *to[i] = bench_quantile(values[i], ROUNDS, 0.5);
    }
    return out;
}

/* In turn, so that what else the machine does falls upon all of them. */
static void fan_out(const struct bench *bench, uint32_t clients)
{
    struct figures figures[KINDS][ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++) {
        char text[TEXT_MAX];
        figures[PLAIN][r] = measure_broadcaster(clients, false, text);
        figures[PLAIN_FLOOR][r] = measure_floor(clients, false, text);
        figures[DEFLATED][r] = measure_broadcaster(clients, true, text);
        figures[DEFLATED_FLOOR][r] = measure_floor(clients, true, text);
    }
    for (int kind = PLAIN; kind < KINDS; kind += 2) {
        const struct figures ours = median(figures[kind]);
        const struct figures floor = median(figures[kind + 1]);
        print(bench, clients, kind == PLAIN ? "plain" : "deflated", &ours, &floor);
    }
}

static void print_stalled(const struct bench *bench, const char *when, const struct load_result *others,
                          const struct load_result *calm)
{
    char what[96];
    snprintf(what, sizeof what, "%s: rate of the slowest other", when);
    bench_row(bench, what, others->rate_hz, "Hz", calm->rate_hz);
    snprintf(what, sizeof what, "%s: age on arrival at the others, p50", when);
    bench_row(bench, what, others->p50_ms, "ms", calm->p50_ms);
    snprintf(what, sizeof what, "%s: age on arrival at the others, p99", when);
    bench_row(bench, what, others->p99_ms, "ms", calm->p99_ms);
}

/* Ten of a thousand stop reading: for a while, and then for so long that they are taken for dead. The floor
 * is what the others get when all of them read. */
static void stall(const struct bench *bench)
{
    char name[32];
    uint16_t port = 0;
    snprintf(name, sizeof name, "bench%d", (int)getpid());
    const pid_t analyser = start_analyser(name);
    const pid_t server = start_broadcaster(name, &port);
    struct load *load = load_open(port, STALL_OTHERS + STALLED, "/ws/metrics", false, false);
    load_run(load, settle_s);
    const struct load_result calm = load_run(load, short_stall_s);

    load_choose(load, 0, STALL_OTHERS);
    struct load_result result = load_run(load, short_stall_s);
    print_stalled(bench, "10 of 1000 stop for 8 s", &result, &calm);
    load_choose(load, STALL_OTHERS, STALLED);
    result = load_run(load, settle_s); /* what was under way to them comes first */
    bench_row(bench, "10 of 1000 stop for 8 s: dropped", result.closed, "clients", 0);
    result = load_run(load, settle_s);
    bench_row(bench, "they read again: age on arrival, p50", result.p50_ms, "ms", calm.p50_ms);

    load_choose(load, 0, STALL_OTHERS);
    load_run(load, settle_s);
    result = load_run(load, long_stall_s);
    print_stalled(bench, "10 of 1000 stop for 60 s", &result, &calm);
    load_choose(load, STALL_OTHERS, STALLED);
    result = load_run(load, settle_s);
    bench_row(bench, "10 of 1000 stop for 60 s: dropped", result.closed, "clients", 0);
    load_close(load);
    child_stop(server);
    child_stop(analyser);
}

/* Clients of the events, to whom nothing happens. */
static void weigh(const struct bench *bench, uint32_t clients, bool deflate)
{
    char name[32];
    char what[96];
    uint16_t port = 0;
    snprintf(name, sizeof name, "bench%d", (int)getpid());
    const pid_t server = start_broadcaster(name, &port);
    load_close(
        load_open(port, 16, "/ws/events", deflate, false)); /* what comes with the first is not theirs */
    const double before = child_memory_kib(server, "VmRSS:");
    struct load *load = load_open(port, clients, "/ws/events", deflate, false);
    load_run(load, settle_s);
    const double kib = (child_memory_kib(server, "VmRSS:") - before) / clients;
    snprintf(what, sizeof what, "%u idle clients, %s: memory each", clients, deflate ? "deflated" : "plain");
    bench_row(bench, what, kib, "KiB", 0);
    load_close(load);
    child_stop(server);
}

int main(int argc, char **argv)
{
    static const uint32_t clients[] = {100, 1000, 2000, 3500};
    struct rlimit files;
    const struct bench bench = bench_open("fanout", argc, argv);

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    child_pin(CHILD_OTHERS);
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        fan_out(&bench, clients[i]);
    }
    stall(&bench);
    weigh(&bench, 1000, false);
    weigh(&bench, 1000, true);
    return 0;
}
