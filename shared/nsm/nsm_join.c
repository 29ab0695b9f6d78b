/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/nsm/nsm.h"
#include "shared/osc/message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    API_MAJOR = 1,
    API_MINOR = 1,
    PATIENCE_US = 5000000, /* a server that takes longer to answer would give us up as well */
    HOST_MAX = 256,
    PORT_MAX = 6,
    HEAD_MAX = 64,
    PACKET_MAX = 2048,
};

static const char announce[] = "/nsm/server/announce";

/* "FD PORT ASKED OPEN DIRTY\nPATH\nID": what nsm_hand_over has left for the program that is us. */
static const char variable[] = "PHICAST_NSM";

/* --- handing over --- */

void nsm_hand_over(const struct nsm *nsm)
{
    char text[HEAD_MAX + NSM_PATH_MAX + NSM_ID_MAX];
    if (nsm->fd >= 0) {
        snprintf(text, sizeof text, "%d %u %d %d %d\n%s\n%s", nsm->fd, (unsigned)nsm->port, (int)nsm->asked,
                 nsm->open, nsm->dirty, nsm->path, nsm->client_id);
        (void)setenv(variable, text, 1);
        (void)fcntl(nsm->fd, F_SETFD, 0);
    }
}

static bool take_over(struct nsm *nsm)
{
    const char *text = getenv(variable);
    const char *path = text ? strchr(text, '\n') : NULL;
    const char *id = path ? strchr(path + 1, '\n') : NULL;
    int fd;
    unsigned port;
    int asked;
    int open;
    int dirty;
    if (!id || sscanf(text, "%d %u %d %d %d", &fd, &port, &asked, &open, &dirty) != 5 ||
        asked < NSM_NOTHING || asked > NSM_SAVE || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return false;
    }
    *nsm = (struct nsm){.fd = fd,
                        .port = (in_port_t)port,
                        .asked = (enum nsm_asked)asked,
                        .open = open != 0,
                        .dirty = dirty != 0};
    snprintf(nsm->path, sizeof nsm->path, "%.*s", (int)(id - path - 1), path + 1);
    snprintf(nsm->client_id, sizeof nsm->client_id, "%s", id + 1);
    (void)unsetenv(variable);
    return true;
}

/* --- waiting --- */

/* SIGINT and SIGTERM wait from now on, and so end nothing in between. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

enum arrival { SIGNAL, PACKET, NOBODY };

/* timeout_ms below 0: for ever. */
static enum arrival wait_for(int fd, int signals, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    const int count = poll(fds, 2, timeout_ms);
    return fds[0].revents ? SIGNAL : count > 0 ? PACKET : NOBODY;
}

bool nsm_wait(struct nsm *nsm)
{
    const int signals = open_signals();
    bool ended = false;
    while (!ended && !nsm->open && nsm->asked != NSM_OPEN) {
        ended = wait_for(nsm->fd, signals, -1) == SIGNAL;
        (void)nsm_poll(nsm);
    }
    close(signals);
    return !ended;
}

int nsm_next(struct nsm *nsm, char **argv)
{
    nsm->open = false;
    if (!nsm_wait(nsm)) {
        return 0;
    }
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    nsm_hand_over(nsm);
    (void)execv("/proc/self/exe", argv);
    log_error("cannot start anew for the other session: %s; start it again", strerror(errno));
    return 1;
}

/* --- announcing --- */

/* osc.udp://HOST:PORT/ */
static bool read_url(const char *url, char host[HOST_MAX], char port[PORT_MAX])
{
    static const char scheme[] = "osc.udp://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) {
        return false;
    }
    const char *from = url + sizeof scheme - 1;
    const bool v6 = from[0] == '[';
    const char *to = v6 ? strchr(from, ']') : strchr(from, ':');
    from += v6;
    const char *digits = to ? to + 1 + v6 : NULL;
    if (!to || to == from || to - from >= HOST_MAX || (v6 && to[1] != ':')) {
        return false;
    }
    const size_t length = strspn(digits, "0123456789");
    const unsigned long number = strtoul(digits, NULL, 10);
    if (length >= PORT_MAX || number == 0 || number > UINT16_MAX || strcspn(digits + length, "/") != 0) {
        return false;
    }
    snprintf(host, HOST_MAX, "%.*s", (int)(to - from), from);
    snprintf(port, PORT_MAX, "%lu", number);
    return true;
}

enum outcome { JOINED, DENIED, UNREACHABLE, SILENT, ENDED };

/* Whether the packet answers our announcement, and how; SILENT: it does not. */
static enum outcome judge(const unsigned char *bytes, size_t length)
{
    struct osc_message message;
    const char *address = osc_message_address(bytes, length);
    if (!address || osc_message_read(&message, bytes, length) || message.count < 3 ||
        message.argument[0].type != 's' || strcmp(message.argument[0].string, announce) != 0) {
        return SILENT;
    }
    if (strcmp(address, "/reply") == 0 && message.count == 4 && message.argument[2].type == 's') {
        log_info("in a session of %s", message.argument[2].string);
        return JOINED;
    }
    if (strcmp(address, "/error") == 0 && message.argument[2].type == 's') {
        log_warning("the session manager refuses us: %s; going on without a session",
                    message.argument[2].string);
        return DENIED;
    }
    return SILENT;
}

static enum outcome wait_for_answer(struct nsm *nsm, int signals)
{
    const uint64_t until_us = clock_now_us() + PATIENCE_US;
    for (uint64_t now_us = clock_now_us(); now_us < until_us; now_us = clock_now_us()) {
        unsigned char bytes[PACKET_MAX];
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        if (wait_for(nsm->fd, signals, (int)((until_us - now_us) / 1000) + 1) == SIGNAL) {
            return ENDED;
        }
        const ssize_t got = recvfrom(nsm->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return UNREACHABLE;
        }
        const enum outcome outcome =
            got > 0 && nsm_is_from_server(nsm, &from) ? judge(bytes, (size_t)got) : SILENT;
        if (outcome == JOINED && connect(nsm->fd, (struct sockaddr *)&from, size) != 0) {
            return UNREACHABLE;
        }
        if (outcome != SILENT) {
            return outcome;
        }
    }
    return SILENT;
}

/* That nobody is there is told to an unconnected socket only if it asks to be; and it cannot be a connected
 * one, because the answer may come from another address of the same machine. */
static void hear_of_errors(int fd, int family, int on)
{
    (void)setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                     family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
}

static enum outcome announce_at(struct nsm *nsm, const struct addrinfo *at, const struct nsm_client *client,
                                int signals)
{
    unsigned char bytes[PACKET_MAX];
    const size_t length =
        osc_message_write(bytes, sizeof bytes, announce, "sssiii", client->name, client->capabilities,
                          client->executable, API_MAJOR, API_MINOR, (int)getpid());
    *nsm = NSM_NONE;
    nsm->fd = socket(at->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (nsm->fd < 0) {
        return UNREACHABLE;
    }
    nsm->port = at->ai_family == AF_INET ? ((struct sockaddr_in *)(void *)at->ai_addr)->sin_port
                                         : ((struct sockaddr_in6 *)(void *)at->ai_addr)->sin6_port;
    hear_of_errors(nsm->fd, at->ai_family, 1);
    const bool sent = sendto(nsm->fd, bytes, length, 0, at->ai_addr, at->ai_addrlen) == (ssize_t)length;
    const enum outcome outcome = sent ? wait_for_answer(nsm, signals) : UNREACHABLE;
    hear_of_errors(nsm->fd, at->ai_family, 0);
    if (outcome != JOINED) {
        nsm_close(nsm);
    }
    return outcome;
}

/* IPv4 first: liblo, on which nsmd runs, opens no other sockets unless told to. */
static enum outcome announce_everywhere(struct nsm *nsm, const char *host, const char *port,
                                        const struct nsm_client *client, int signals)
{
    static const int families[] = {AF_INET, AF_INET6};
    enum outcome outcome = UNREACHABLE;
    for (size_t i = 0; i < 2 && outcome == UNREACHABLE; i++) {
        const struct addrinfo hints = {.ai_family = families[i], .ai_socktype = SOCK_DGRAM};
        struct addrinfo *list = NULL;
        if (getaddrinfo(host, port, &hints, &list) != 0) {
            continue;
        }
        for (const struct addrinfo *at = list; at && outcome == UNREACHABLE; at = at->ai_next) {
            outcome = announce_at(nsm, at, client, signals);
        }
        freeaddrinfo(list);
    }
    return outcome;
}

bool nsm_join(struct nsm *nsm, const struct nsm_client *client)
{
    char host[HOST_MAX];
    char port[PORT_MAX];
    const char *url = getenv("NSM_URL");
    const bool switches = strstr(client->capabilities, ":switch:") != NULL;
    *nsm = NSM_NONE;
    if (take_over(nsm)) {
        nsm->switches = switches;
        return true;
    }
    if (!url || url[0] == '\0') {
        return false;
    }
    if (!read_url(url, host, port)) {
        log_warning("NSM_URL %s: is no address of a session manager, osc.udp://HOST:PORT/; going on without "
                    "a session",
                    url);
        return false;
    }
    const int signals = open_signals();
    const enum outcome outcome = announce_everywhere(nsm, host, port, client, signals);
    close(signals);
    if (outcome == UNREACHABLE || outcome == SILENT) {
        log_warning("NSM_URL %s: no session manager answers there; going on without a session", url);
    }
    nsm->switches = switches;
    return outcome == JOINED;
}
