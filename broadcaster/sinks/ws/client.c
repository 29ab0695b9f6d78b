/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/client.h"

#include "broadcaster/sinks/ws/extension.h"
#include "broadcaster/stream/query.h"
#include "shared/clock.h"
#include "shared/text.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
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

enum { ARGUMENT_MAX = 256 }; /* bytes: none of ours is as long */

enum stream_kind ws_stream_of(const char *path)
{
    static const char *const paths[STREAM_COUNT] = {"/ws/metrics", "/ws/latency", "/ws/events"};
    int kind = 0;
    while (kind < STREAM_COUNT && strcmp(path, paths[kind]) != 0) {
        kind++;
    }
    return (enum stream_kind)kind;
}

static void tune(struct lws *wsi)
{
    const int fd = lws_get_socket_fd(wsi);
    const int on = 1;
    const int unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static struct refusal read_wish(struct wish *wish, enum stream_kind kind, const char *query)
{
    char argument[ARGUMENT_MAX];
    const char *wrong = NULL;
    *wish = query_default(kind);
    while (!wrong && request_next_argument(&query, argument, sizeof argument)) {
        wrong = query_take(wish, kind, argument);
    }
    return (struct refusal){wrong ? 400 : 0, wrong};
}

/* 16 bytes in base64. */
static bool is_key(const char *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key && strlen(key) == WS_KEY_LENGTH && strspn(key, digits) == WS_KEY_LENGTH - 2 &&
           strcmp(key + WS_KEY_LENGTH - 2, "==") == 0;
}

struct refusal ws_read_offer(struct ws_offer *offer, const struct http_request *request)
{
    const char *version = request->field[FIELD_WS_VERSION];
    const char *key = request->field[FIELD_WS_KEY];
    const char *offered = request->field[FIELD_WS_EXTENSIONS];
    if (!version || strcmp(version, "13") != 0) {
        return (struct refusal){426, "Sec-WebSocket-Version: 13 is spoken here"};
    }
    if (!is_key(key)) {
        return (struct refusal){400, "Sec-WebSocket-Key is missing, or not 16 bytes in base64"};
    }
    *offer = (struct ws_offer){.kind = ws_stream_of(request->path)};
    memcpy(offer->key, key, WS_KEY_LENGTH);
    const size_t length = offered ? strlen(offered) : 0;
    if (offered && extension_takes(offered) && length < sizeof offer->extensions) {
        memcpy(offer->extensions, offered, length + 1);
    }
    return read_wish(&offer->wish, offer->kind, request->query);
}

size_t ws_print_request(const struct ws_offer *offer, char *out, size_t size)
{
    const bool extends = offer->extensions[0] != '\0';
    const int length = snprintf(
        out, size,
        "GET / HTTP/1.1\r\nHost: phicast\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s%s%s\r\n",
        offer->key, extends ? "Sec-WebSocket-Extensions: " : "", offer->extensions, extends ? "\r\n" : "");
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

int ws_established(struct lws *wsi, struct hub *hub, struct client *client, const struct ws_offer *offer)
{
    tune(wsi);
    pulse_start(&client->pulse, clock_now_us());
    client->cleared = true;
    client->stream = offer->kind;
    client->wsi = wsi;
    if (!hub_add(hub, client, &offer->wish, clock_now_us())) {
        client->wsi = NULL;
        return -1;
    }
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

int ws_received(struct lws *wsi, struct client *client, const void *bytes, size_t length)
{
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

static bool is_state(const struct client *client)
{
    return client->stream != STREAM_EVENTS;
}

static bool is_backed_up(struct lws *wsi, struct client *client)
{
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
void ws_serve(struct lws *wsi, struct client *client)
{
    struct lws_pollfd ready = {lws_get_socket_fd(wsi), LWS_POLLOUT, LWS_POLLOUT};
    const uint64_t now_us = clock_now_us();
    const bool waits =
        is_state(client) && client->close.code == 0; /* for the next beat, and what is new then */
    if (is_closing(wsi)) {
        return;
    }
    if (pulse_is_gone(&client->pulse, now_us)) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
    } else if (waits && pulse_is_late(&client->pulse, now_us)) {
        return; /* its pong goes on with the newest */
    } else if (!is_backed_up(wsi, client)) {
        client->cleared = true;
        lws_service_fd(lws_get_context(wsi), &ready);
    } else if (!waits) {
        lws_callback_on_writable(wsi);
    }
}

int ws_ponged(struct lws *wsi, struct client *client, const void *bytes, size_t length)
{
    uint64_t pinged_us = 0;
    if (length == sizeof pinged_us) {
        memcpy(&pinged_us, bytes, length);
    }
    if (pulse_heard(&client->pulse, pinged_us, clock_now_us())) {
        client->cleared = true;
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static bool ping(struct lws *wsi, struct client *client, uint64_t now_us)
{
    unsigned char bytes[LWS_PRE + sizeof now_us];
    memcpy(bytes + LWS_PRE, &now_us, sizeof now_us);
    pulse_pinged(&client->pulse, now_us);
    return lws_write(wsi, bytes + LWS_PRE, sizeof now_us, LWS_WRITE_PING) >= 0;
}

static bool send_message(struct lws *wsi, struct hub *hub, struct client *client, const struct wire *wire)
{
    if (lws_write(wsi, wire_text(wire), wire->length, LWS_WRITE_TEXT) < (int)wire->length) {
        return false;
    }
    client->length = (uint32_t)wire->length;
    if (hub_sent(hub, client) || client->close.code != 0) {
        lws_callback_on_writable(wsi);
    }
    return true;
}

int ws_writeable(struct lws *wsi, struct hub *hub, struct client *client)
{
    if (is_closing(wsi)) { /* libwebsockets asks us all the same */
        return 0;
    }
    if (hub_may_close(hub, client)) {
        return refuse(wsi, (enum lws_close_status)client->close.code, client->close.reason);
    }
    if (is_state(client) && !client->cleared) { /* an earlier message is off at last */
        return 0;
    }
    client->cleared = false;
    const uint64_t now_us = clock_now_us();
    const struct wire *wire = hub_next(hub, client, now_us);
    if (wire && !send_message(wsi, hub, client, wire)) {
        return -1;
    }
    if (lws_partial_buffered(wsi)) { /* one write at a time */
        return 0;
    }
    const bool due =
        pulse_is_due(&client->pulse, is_state(client) ? PULSE_OFTEN_US : PULSE_SELDOM_US, now_us);
    return due && !ping(wsi, client, now_us) ? -1 : 0;
}

int ws_closed(struct hub *hub, struct client *client)
{
    if (client->wsi) { /* else it never got as far as a stream */
        hub_remove(hub, client);
        client->wsi = NULL;
    }
    return 0;
}
