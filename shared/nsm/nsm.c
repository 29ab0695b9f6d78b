/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/nsm/nsm.h"

#include "shared/log.h"
#include "shared/osc/message.h"
#include "shared/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 65536, ANSWER_MAX = 2048, TEXT_MAX = 1024, READ_MAX = 16 /* packets in one go */ };

static const char *const addresses[] = {[NSM_OPEN] = "/nsm/client/open", [NSM_SAVE] = "/nsm/client/save"};

/* What does not get there is lost: a server that has gone needs it no more. */
void nsm_send(const struct nsm *nsm, const char *address, const char *types, ...)
{
    unsigned char bytes[ANSWER_MAX];
    va_list values;
    va_start(values, types);
    const size_t length = osc_message_vwrite(bytes, sizeof bytes, address, types, values);
    va_end(values);
    if (nsm->fd >= 0 && length > 0) {
        (void)!send(nsm->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

void nsm_close(struct nsm *nsm)
{
    if (nsm->fd >= 0) {
        close(nsm->fd);
    }
    *nsm = NSM_NONE;
}

bool nsm_is_from_server(const struct nsm *nsm, const struct sockaddr_storage *from)
{
    /* The address may be another of the same machine's: /etc/hosts may give it 127.0.1.1. Nobody else there
     * has the port. */
    return from->ss_family == AF_INET
               ? ((const struct sockaddr_in *)(const void *)from)->sin_port == nsm->port
               : from->ss_family == AF_INET6 &&
                     ((const struct sockaddr_in6 *)(const void *)from)->sin6_port == nsm->port;
}

/* --- answers --- */

void nsm_reply(struct nsm *nsm, const char *text)
{
    if (nsm->asked != NSM_NOTHING) {
        nsm->open = true; /* nothing is saved before */
        nsm_send(nsm, "/reply", "ss", addresses[nsm->asked], text);
        nsm->asked = NSM_NOTHING;
    }
}

static void answer_error(struct nsm *nsm, enum nsm_code code, const char *text)
{
    nsm_send(nsm, "/error", "sis", addresses[nsm->asked], (int)code, text);
    nsm->asked = NSM_NOTHING;
}

void nsm_refuse(struct nsm *nsm, enum nsm_code code, const char *text)
{
    char named[TEXT_MAX];
    const bool names_it = nsm->path[0] == '\0' || strstr(text, nsm->path);
    if (nsm->asked != NSM_NOTHING) {
        snprintf(named, sizeof named, "%.500s%s%.500s", names_it ? "" : nsm->path, names_it ? "" : ": ",
                 text);
        answer_error(nsm, code, named);
    }
}

void nsm_set_dirty(struct nsm *nsm, bool dirty)
{
    if (dirty != nsm->dirty) {
        nsm_send(nsm, dirty ? "/nsm/client/is_dirty" : "/nsm/client/is_clean", "");
        nsm->dirty = dirty;
    }
}

void nsm_set_label(struct nsm *nsm, const char *label)
{
    if (strncmp(nsm->label, label, NSM_LABEL_MAX - 1) != 0) {
        snprintf(nsm->label, sizeof nsm->label, "%s", label);
        nsm_send(nsm, "/nsm/client/label", "s", nsm->label);
    }
}

/* --- what is asked --- */

/* As a name of JACK's, which takes them for the beginning of its ports' names. */
static bool is_client_id(const char *text)
{
    return text[0] != '\0' && strlen(text) < NSM_ID_MAX && !strchr(text, ':') && utf8_is_plain(text);
}

static bool is_path(const char *text)
{
    return text[0] == '/' && text[1] != '\0' && strlen(text) < NSM_PATH_MAX && utf8_is_plain(text);
}

/* The strings are the path, the name of the session, and our id in it. */
static void take_open(struct nsm *nsm, const struct osc_message *message)
{
    const char *path = message->argument[0].string;
    const char *id = message->argument[2].string;
    nsm->asked = NSM_OPEN;
    if (nsm->open && !nsm->switches) {
        answer_error(nsm, NSM_ERROR_GENERAL,
                     "this program does not switch; start it anew for another project");
    } else if (!is_path(path)) {
        answer_error(
            nsm, NSM_ERROR_GENERAL,
            "the path must be absolute, and UTF-8 without control characters; give the session another name");
    } else if (!is_client_id(id)) {
        answer_error(nsm, NSM_ERROR_GENERAL,
                     "the client id must do for a JACK client: up to 63 bytes of UTF-8, and no colon");
    } else {
        snprintf(nsm->path, sizeof nsm->path, "%s", path);
        snprintf(nsm->client_id, sizeof nsm->client_id, "%s", id);
    }
}

static bool has_types(const struct osc_message *message, const char *types)
{
    for (uint32_t i = 0; i < message->count; i++) {
        if (message->argument[i].type != types[i]) {
            return false;
        }
    }
    return types[message->count] == '\0';
}

void nsm_packet(struct nsm *nsm, const void *bytes, size_t length)
{
    struct osc_message message;
    const char *address = osc_message_address(bytes, length);
    const bool open = address && strcmp(address, addresses[NSM_OPEN]) == 0;
    const bool save = address && strcmp(address, addresses[NSM_SAVE]) == 0;
    if (address && !open && !save) {
        return; /* news that we have no use for, as that the session is loaded */
    }
    if (!address || osc_message_read(&message, bytes, length) || !has_types(&message, open ? "sss" : "")) {
        log_repeated(&nsm->refused, "the session manager sent what is not of its protocol; passed over");
    } else if (open) {
        take_open(nsm, &message);
    } else {
        nsm->asked = NSM_SAVE;
        if (!nsm->open) {
            answer_error(nsm, NSM_ERROR_GENERAL, "no project is open, so nothing was saved");
        }
    }
}

enum nsm_asked nsm_poll(struct nsm *nsm)
{
    static unsigned char bytes[PACKET_MAX];
    for (int i = 0; i < READ_MAX && nsm->fd >= 0 && nsm->asked == NSM_NOTHING; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        const ssize_t got =
            recvfrom(nsm->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (got >= 0 && nsm_is_from_server(nsm, &from)) { /* else: what we sent found nobody there */
            nsm_packet(nsm, bytes, (size_t)got);
        }
    }
    return nsm->asked;
}
