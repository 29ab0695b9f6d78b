/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/client.h"

#include "shared/clock.h"
#include "shared/text.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A socket with more unsent bytes than this is not writable; and a client of a stream of state that so many
 * messages have not even left for gets no more until they have, and then the newest. To ask costs a tenth of
 * what writing does, so that is done every so many messages. */
enum { UNSENT_MAX = 16384, UNSENT_MESSAGES = 2, LOOK_EVERY = 4 };

enum { CLOSE_REASON_MAX = 123 }; /* bytes: a control frame's 125 less the code */

enum { RSV1 = 0x40 };

#define HEARD_MAX 4096 /* bytes of a message that nobody listens to */

static_assert((int)WIRE_HEADROOM >= (int)LWS_PRE, "libwebsockets writes its head in front of the text");

static struct ws_client *of(struct client *client)
{
    return (struct ws_client *)((char *)client - offsetof(struct ws_client, base));
}

static void tune(struct lws *wsi)
{
    const int fd = lws_get_socket_fd(wsi);
    const int on = 1;
    const int unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static const struct carrier carrier;

int ws_client_established(struct ws_client *client, struct lws *wsi, struct hub *hub,
                          const struct upgrade *upgrade)
{
    const uint64_t now_us = clock_now_us();
    tune(wsi);
    pulse_start(&client->pulse, now_us);
    client->cleared = true;
    client->base.carrier = &carrier;
    client->base.stream = upgrade->kind;
    if (!hub_add(hub, &client->base, &upgrade->asked, now_us)) {
        return -1;
    }
    client->wsi = wsi;
    lws_callback_on_writable(wsi);
    return 0;
}

/* Closes for that reason. */
static int refuse(struct lws *wsi, enum lws_close_status code, const char *why)
{
    unsigned char reason[CLOSE_REASON_MAX];
    const size_t length = strnlen(why, sizeof reason);
    memcpy(reason, why, length);
    lws_close_reason(wsi, code, reason, length);
    return -1;
}

int ws_client_received(struct ws_client *client, const void *bytes, size_t length)
{
    struct lws *wsi = client->wsi;
    if (lws_is_first_fragment(wsi)) {
        const bool packed = (lws_get_reserved_bits(wsi) & RSV1) != 0;
        client->heard = 0;
        client->text = (struct utf8){0};
        client->reads_text = !lws_frame_is_binary(wsi) && !packed;
    }
    client->heard += length;
    if (client->heard + lws_remaining_packet_payload(wsi) > HEARD_MAX) {
        return refuse(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, TEXT_OF(HEARD_MAX) " bytes are the most");
    }
    if (client->reads_text && (!utf8_take(&client->text, bytes, length) ||
                               (lws_is_final_fragment(wsi) && client->text.missing > 0))) {
        return refuse(wsi, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "not UTF-8");
    }
    return 0;
}

/* Whether a close frame has been decided on, by us or by libwebsockets: nothing may follow that. */
static bool is_closing(struct lws *wsi)
{
    return lws_get_close_length(wsi) > 0;
}

static bool is_state(const struct ws_client *client)
{
    return client->base.stream != STREAM_EVENTS;
}

static bool is_backed_up(struct ws_client *client)
{
    struct lws *wsi = client->wsi;
    int unsent = 0;
    if (lws_partial_buffered(wsi)) {
        return true;
    }
    if (client->unlooked > 0) {
        client->unlooked = (uint8_t)((client->unlooked + 1) % LOOK_EVERY);
        return false;
    }
    const uint64_t most = is_state(client) ? UNSENT_MESSAGES * (uint64_t)client->length : UNSENT_MAX;
    if (ioctl(lws_get_socket_fd(wsi), SIOCOUTQNSD, &unsent) == 0 && (uint64_t)unsent > most) {
        return true;
    }
    client->unlooked = 1;
    return false;
}

/* A socket is nearly always writable, and asking libwebsockets to wait until it is costs system calls and a
 * round through the event loop for each message. So it is told that the socket is; if that was wrong, it
 * keeps the rest. All that it has to say before us (the end of an earlier message, a ping, a close) goes
 * first, and what is closing gets no more. */
static void serve(struct client *base)
{
    struct ws_client *client = of(base);
    struct lws *wsi = client->wsi;
    struct lws_pollfd ready = {lws_get_socket_fd(wsi), LWS_POLLOUT, LWS_POLLOUT};
    const uint64_t now_us = clock_now_us();
    const bool waits =
        is_state(client) && client->base.close.code == 0; /* for the next beat, and what is new then */
    if (is_closing(wsi)) {
        return;
    }
    if (pulse_is_gone(&client->pulse, now_us)) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
    } else if (waits && pulse_is_late(&client->pulse, now_us)) {
        return; /* its pong goes on with the newest */
    } else if (!is_backed_up(client)) {
        client->cleared = true;
        lws_service_fd(lws_get_context(wsi), &ready);
    } else if (!waits) {
        lws_callback_on_writable(wsi);
    }
}

int ws_client_ponged(struct ws_client *client, const void *bytes, size_t length)
{
    uint64_t pinged_us = 0;
    if (length == sizeof pinged_us) {
        memcpy(&pinged_us, bytes, length);
    }
    if (pulse_take_pong(&client->pulse, pinged_us, clock_now_us())) {
        client->cleared = true;
        lws_callback_on_writable(client->wsi);
    }
    return 0;
}

static bool ping(struct ws_client *client, uint64_t now_us)
{
    unsigned char bytes[LWS_PRE + sizeof now_us];
    memcpy(bytes + LWS_PRE, &now_us, sizeof now_us);
    pulse_pinged(&client->pulse, now_us);
    return lws_write(client->wsi, bytes + LWS_PRE, sizeof now_us, LWS_WRITE_PING) >= 0;
}

static bool send_message(struct ws_client *client, struct hub *hub, const struct wire *wire)
{
    if (lws_write(client->wsi, wire_text(wire), wire->length, LWS_WRITE_TEXT) < (int)wire->length) {
        return false;
    }
    client->length = (uint32_t)wire->length;
    if (hub_sent(hub, &client->base) || client->base.close.code != 0) {
        lws_callback_on_writable(client->wsi);
    }
    return true;
}

/* The message that is due, as this client wants it; NULL: none is. */
static const struct wire *choose(struct ws_client *client, struct hub *hub, struct deflater *deflater,
                                 uint64_t now_us)
{
    struct encoded *message = hub_next(hub, &client->base, now_us);
    const struct wire *packed = message && client->deflates ? deflate_encoded(deflater, message) : NULL;
    client->packed = packed != NULL;
    return packed ? packed : message ? &message->plain : NULL;
}

int ws_client_writeable(struct ws_client *client, struct hub *hub, struct deflater *deflater)
{
    struct lws *wsi = client->wsi;
    if (is_closing(wsi)) { /* libwebsockets asks us all the same */
        return 0;
    }
    if (hub_may_close(hub, &client->base)) {
        return refuse(wsi, (enum lws_close_status)client->base.close.code, client->base.close.reason);
    }
    if (is_state(client) && !client->cleared) { /* an earlier message is off at last */
        return 0;
    }
    client->cleared = false;
    const uint64_t now_us = clock_now_us();
    const struct wire *wire = choose(client, hub, deflater, now_us);
    if (wire && !send_message(client, hub, wire)) {
        return -1;
    }
    if (lws_partial_buffered(wsi)) { /* one write at a time */
        return 0;
    }
    const bool due =
        pulse_is_due(&client->pulse, is_state(client) ? PULSE_OFTEN_US : PULSE_SELDOM_US, now_us);
    return due && !ping(client, now_us) ? -1 : 0;
}

int ws_client_closed(struct ws_client *client, struct hub *hub)
{
    if (client->wsi) { /* else it never got as far as a stream */
        hub_remove(hub, &client->base);
        client->wsi = NULL;
    }
    return 0;
}

static void drop(struct client *base)
{
    enum { GRACE_S = 2 };
    lws_set_timeout(of(base)->wsi, PENDING_TIMEOUT_LAGGING, GRACE_S);
}

static const struct carrier carrier = {serve, drop};
