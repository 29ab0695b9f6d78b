/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/limits.h"
#include "shared/options.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct limits limits;

static const struct sockaddr *v4(const char *text)
{
    static struct sockaddr_in address;
    address.sin_family = AF_INET;
    inet_pton(AF_INET, text, &address.sin_addr);
    return (const struct sockaddr *)&address;
}

static const struct sockaddr *v6(const char *text)
{
    static struct sockaddr_in6 address;
    address.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &address.sin6_addr);
    return (const struct sockaddr *)&address;
}

static void streams_in_all(void)
{
    limits_init(&limits, 2, 0, 1);
    struct address *address = limits_connect(&limits, v4("127.0.0.1"));
    CU_ASSERT_PTR_NULL(limits_stream_refusal(&limits, address));
    limits_open_stream(&limits, address);
    limits_open_stream(&limits, address);
    CU_ASSERT_PTR_NOT_NULL(limits_stream_refusal(&limits, address));
    CU_ASSERT_EQUAL(limits.refused_streams, 1);
    limits_close_stream(&limits, address);
    CU_ASSERT_PTR_NULL(limits_stream_refusal(&limits, address));
    limits_close_stream(&limits, address);
    limits_disconnect(&limits, address);
    CU_ASSERT_EQUAL(limits.connections, 0);
}

static void streams_of_an_address(void)
{
    limits_init(&limits, 1000, 0, 1);
    struct address *far = limits_connect(&limits, v4("10.0.0.1"));
    struct address *own = limits_connect(&limits, v6("::1"));
    for (int i = 0; i < LIMITS_ADDRESS_DEFAULT; i++) {
        CU_ASSERT_PTR_NULL(limits_stream_refusal(&limits, far));
        limits_open_stream(&limits, far);
        limits_open_stream(&limits, own);
    }
    CU_ASSERT_PTR_NOT_NULL(limits_stream_refusal(&limits, far));
    CU_ASSERT_PTR_NULL(limits_stream_refusal(&limits, own)); /* unless it is asked for */
    limits.max_per_address = 3;
    CU_ASSERT_PTR_NOT_NULL(limits_stream_refusal(&limits, own));
    limits_disconnect(&limits, far);
    limits_disconnect(&limits, own);
}

static void connections_of_an_address(void)
{
    struct address *first = NULL;
    limits_init(&limits, 1000, 2, 1);
    for (int i = 0; i < 2 + LIMITS_SPARE_PER_ADDRESS; i++) {
        CU_ASSERT_TRUE(limits_may_connect(&limits, v6("2001:db8::1")));
        first = limits_connect(&limits, v6("2001:db8::1"));
    }
    CU_ASSERT_FALSE(limits_may_connect(&limits, v6("2001:db8::2"))); /* the same network */
    CU_ASSERT_TRUE(limits_may_connect(&limits, v6("2001:db8:0:1::1")));
    CU_ASSERT_TRUE(limits_may_connect(&limits, v4("10.0.0.1")));
    CU_ASSERT_EQUAL(limits.refused_connections, 1);
    for (int i = 0; i < 2 + LIMITS_SPARE_PER_ADDRESS; i++) {
        limits_disconnect(&limits, first);
    }
}

static void connections_in_all(void)
{
    struct address *first = NULL;
    limits_init(&limits, 1, 0, 1);
    for (int i = 0; i < 1 + LIMITS_SPARE; i++) {
        CU_ASSERT_TRUE(limits_may_connect(&limits, v4("127.0.0.1")));
        first = limits_connect(&limits, v4("127.0.0.1"));
    }
    CU_ASSERT_FALSE(limits_may_connect(&limits, v4("127.0.0.2")));
    for (int i = 0; i < 1 + LIMITS_SPARE; i++) {
        limits_disconnect(&limits, first);
    }
    CU_ASSERT_TRUE(limits_may_connect(&limits, v4("127.0.0.2")));
}

static void set_files(rlim_t most)
{
    struct rlimit files;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = most;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* The next that would be given: who started us may have left some open. */
static rlim_t free_descriptor(void)
{
    const int fd = dup(0);
    close(fd);
    return (rlim_t)fd;
}

static void few_descriptors(void)
{
    char error[OPTION_ERROR_MAX] = "";
    struct rlimit before;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limits_init(&limits, 30, 0, 1);
    limits.targets = 8;
    set_files(8 + LIMITS_RESERVE);
    CU_ASSERT_EQUAL(limits_fit(&limits, 0, error), STATUS_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "ulimit -n"));
    for (rlim_t files = 40; files < 400; files += 7) {
        limits_init(&limits, 30, 0, 1);
        limits.targets = 2;
        set_files(files);
        CU_ASSERT_EQUAL_FATAL(limits_fit(&limits, 0, error), STATUS_OK);
        const rlim_t kept = LIMITS_RESERVE + limits.targets;
        CU_ASSERT_EQUAL(limits.targets, files < 96 ? 2 : files / LIMITS_TARGETS_SHARE);
        const uint32_t all = limits.max_clients + limits.spare;
        CU_ASSERT_TRUE(limits.max_clients >= 1 && limits.max_clients <= 30);
        CU_ASSERT_TRUE(limits.spare >= 1 && limits.spare <= LIMITS_SPARE);
        CU_ASSERT_TRUE(3 + all + kept <= files); /* 0, 1 and 2 are open */
        CU_ASSERT_TRUE(limits.max_clients == 30 || 3 + all + kept > files - 12);
        CU_ASSERT_EQUAL(limits.descriptors, files - kept);
    }
    limits_init(&limits, 30, 0, 3);
    limits.targets = 2;
    set_files(free_descriptor() + LIMITS_RESERVE + 2 + 3);
    CU_ASSERT_EQUAL(limits_fit(&limits, 0, error), STATUS_IO); /* one more is needed, to say no with */
    set_files(free_descriptor() + LIMITS_RESERVE + 2 + 4);
    CU_ASSERT_EQUAL(limits_fit(&limits, 0, error), STATUS_OK);
    CU_ASSERT_EQUAL(limits.max_clients, 1);
    set_files(400);
    limits_init(&limits, 30, 0, 3);
    CU_ASSERT_EQUAL(limits_fit(&limits, 0, error), STATUS_OK);
    CU_ASSERT_EQUAL(limits.max_clients, 30);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void posts(void)
{
    limits_init(&limits, 10, 0, 1);
    struct address *one = limits_connect(&limits, v4("10.0.0.1"));
    struct address *other = limits_connect(&limits, v4("10.0.0.2"));
    for (int i = 0; i < LIMITS_POSTS_BURST; i++) {
        CU_ASSERT_TRUE(limits_may_post(&limits, one, 1000000));
    }
    CU_ASSERT_FALSE(limits_may_post(&limits, one, 1000000));
    CU_ASSERT_TRUE(limits_may_post(&limits, other, 1000000));
    for (int i = 0; i < LIMITS_POSTS_HZ; i++) {
        CU_ASSERT_TRUE(limits_may_post(&limits, one, 2000000));
    }
    CU_ASSERT_FALSE(limits_may_post(&limits, one, 2000000));
    limits_disconnect(&limits, one);
    limits_disconnect(&limits, other);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"streams in all", streams_in_all},
        {"streams of an address", streams_of_an_address},
        {"connections of an address", connections_of_an_address},
        {"connections in all", connections_in_all},
        {"few descriptors", few_descriptors},
        {"posts", posts},
        CU_TEST_INFO_NULL,
    };
    return unit_run("limits", tests);
}
