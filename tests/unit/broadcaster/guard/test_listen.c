/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/listen.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct listen_addresses loopback = {.count = 1,
                                                 .address = {{.family = AF_INET, .text = "127.0.0.1"}}};

static void bad_addresses(void)
{
    struct listen_address address;
    CU_ASSERT_EQUAL(listen_parse("", &address), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(listen_parse("localhost", &address), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(listen_parse("127.0.0.1:8000", &address), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(listen_parse("127.0.0.256", &address), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(listen_parse("[::1]", &address), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(listen_parse("0.0.0.0", &address), STATUS_OK);
    CU_ASSERT_TRUE(address.reachable);
    CU_ASSERT_EQUAL(listen_parse("192.168.1.2", &address), STATUS_OK);
    CU_ASSERT_TRUE(address.reachable);
    CU_ASSERT_EQUAL(listen_parse("::", &address), STATUS_OK);
    CU_ASSERT_TRUE(address.reachable);
    CU_ASSERT_EQUAL(listen_parse("::ffff:127.0.0.1", &address), STATUS_OK);
    CU_ASSERT_TRUE(address.reachable);
}

static void good_addresses(void)
{
    struct listen_address address;
    CU_ASSERT_EQUAL(listen_parse("127.0.0.2", &address), STATUS_OK);
    CU_ASSERT_EQUAL(address.family, AF_INET);
    CU_ASSERT_FALSE(address.reachable);
    CU_ASSERT_EQUAL(listen_parse("0:0:0:0:0:0:0:1", &address), STATUS_OK);
    CU_ASSERT_EQUAL(address.family, AF_INET6);
    CU_ASSERT_STRING_EQUAL(address.text, "::1");
    CU_ASSERT_FALSE(address.reachable);
}

static void lists(void)
{
    const struct option_list none = {0};
    const struct option_list bad = {.count = 2, .item = {"::1", "localhost"}};
    const struct option_list far = {.count = 2, .item = {"127.0.0.1", "192.168.1.2"}};
    struct listen_addresses at;
    char error[OPTION_ERROR_MAX] = "";
    CU_ASSERT_EQUAL(listen_read(&at, "--bind", &none, error), STATUS_OK);
    CU_ASSERT_EQUAL(at.count, 2);
    CU_ASSERT_TRUE(at.address[1].optional);
    CU_ASSERT_PTR_NULL(listen_find_reachable(&at));
    CU_ASSERT_EQUAL(listen_read(&at, "--bind", &far, error), STATUS_OK);
    CU_ASSERT_PTR_EQUAL(listen_find_reachable(&at), &at.address[1]);
    CU_ASSERT_EQUAL(listen_read(&at, "--osc-bind", &bad, error), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(error,
                           "--osc-bind localhost: not an IP address; give one such as 127.0.0.1 or ::1");
}

/* Holds a port on 127.0.0.1, listening as a real program does. */
static int take_port(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, length), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void taken_port(void)
{
    struct listen_plan plan;
    char error[OPTION_ERROR_MAX] = "";
    char number[16];
    uint16_t port;
    const int fd = take_port(&port);
    CU_ASSERT_EQUAL(listen_open(&plan, &loopback, port, error), STATUS_BUSY);
    snprintf(number, sizeof number, "port %u", port);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, number));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "-p"));
    close(fd);
    CU_ASSERT_EQUAL(listen_open(&plan, &loopback, port, error), STATUS_OK);
    CU_ASSERT_EQUAL(plan.port, port);
    struct listen_plan second;
    CU_ASSERT_EQUAL(listen_open(&second, &loopback, port, error), STATUS_BUSY); /* it is held */
    listen_close(&second);
    listen_close(&plan);
    CU_ASSERT_EQUAL(listen_open(&plan, &loopback, port, error), STATUS_OK);
    listen_close(&plan);
}

static void free_port_is_shared(void)
{
    struct listen_plan plan;
    char error[OPTION_ERROR_MAX] = "";
    char url[96];
    char wanted[96];
    const struct option_list none = {0};
    struct listen_addresses both;
    CU_ASSERT_EQUAL(listen_read(&both, "--bind", &none, error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(listen_open(&plan, &both, 0, error), STATUS_OK);
    CU_ASSERT_TRUE(plan.at.count == 1 || plan.at.count == 2); /* a machine may lack ::1 */
    CU_ASSERT_NOT_EQUAL(plan.port, 0);
    listen_url(&plan, &plan.at.address[0], url, sizeof url);
    snprintf(wanted, sizeof wanted, "http://127.0.0.1:%u", plan.port);
    CU_ASSERT_STRING_EQUAL(url, wanted);
    if (plan.at.count == 2) {
        listen_url(&plan, &plan.at.address[1], url, sizeof url);
        snprintf(wanted, sizeof wanted, "http://[::1]:%u", plan.port);
        CU_ASSERT_STRING_EQUAL(url, wanted);
    }
    listen_close(&plan);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad addresses", bad_addresses},
        {"good addresses", good_addresses},
        {"lists", lists},
        {"taken port", taken_port},
        {"a free port is shared", free_port_is_shared},
        CU_TEST_INFO_NULL,
    };
    return unit_run("listen", tests);
}
