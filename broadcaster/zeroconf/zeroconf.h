/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services on the local network, by way of Avahi: ours told of, others' found.
 *
 * Nearly every call of Avahi's library waits for the answer of a daemon over D-Bus, for 25 s if that stands
 * still, and streams must not wait with it. So each of these has a thread of its own, which is the only one
 * to make such calls, and the functions below look at what it has noted: none of them waits for anybody.
 *
 * Avahi and the bus may be missing, come late, go and come back: they are asked for again, after a second at
 * first and half a minute at most, for ever. */
#ifndef PHICAST_BROADCASTER_ZEROCONF_ZEROCONF_H
#define PHICAST_BROADCASTER_ZEROCONF_ZEROCONF_H

#include "broadcaster/guard/listen.h"
#include "shared/json/reports.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ZEROCONF_NAME_MAX = 64, /* of a service: 63 bytes of UTF-8 */
    ZEROCONF_TYPES_MAX = 2, /* that are looked for */
    ZEROCONF_FACTS_MAX = 10,
    ZEROCONF_FOUND_MAX = 256,  /* addresses of services; what comes beyond is left out */
    ZEROCONF_TXT_MAX = 512,    /* bytes that are kept of a service's facts */
    ZEROCONF_ADDRESS_MAX = 64, /* as text, with the interface where it needs one */
    ZEROCONF_DESCRIPTORS = 6   /* that each of these takes */
};

/* The types' and facts' texts live as long as the program. */
struct zeroconf_offer {
    const char *type; /* "_http._tcp" */
    uint16_t port;
    const char *fact[ZEROCONF_FACTS_MAX]; /* "key=value"; NULL ends them */
    struct listen_addresses at;           /* of these, those that other machines can reach */
};

struct zeroconf_wish {
    const char *name; /* services are called "NAME on HOST"; NULL: none is offered */
    uint32_t offer_count;
    struct zeroconf_offer offer[ZEROCONF_OFFERS_MAX];
    const char *type[ZEROCONF_TYPES_MAX]; /* that are looked for; NULL: none */
};

/* A service that was found, at one of its addresses. All text is UTF-8 without control characters. */
struct zeroconf_service {
    const char *type; /* as it was looked for */
    char name[ZEROCONF_NAME_MAX];
    bool pending;                       /* its address is being asked for, which ends within seconds */
    char address[ZEROCONF_ADDRESS_MAX]; /* a number: "192.168.1.5", "fe80::1%eth0"; empty: not known */
    uint16_t port;
    char txt[ZEROCONF_TXT_MAX]; /* its facts, with spaces between */
};

enum zeroconf_state {
    ZEROCONF_STARTING,
    ZEROCONF_WAITING, /* there is no Avahi */
    ZEROCONF_RUNNING, /* it is there, but does not know all of our services yet */
    ZEROCONF_ANNOUNCED
};

struct zeroconf;

/* Event loop's thread, all of these. */

/* Whether anything of an offer can be told to other machines. */
bool zeroconf_is_reachable(const struct zeroconf_offer *offer);

/* Begins; *wish is copied. NULL when out of memory, descriptors or threads. */
struct zeroconf *zeroconf_open(const struct zeroconf_wish *wish);

/* Does not wait: a thread that hangs cleans up after itself. What was offered is taken back. NULL is fine. */
void zeroconf_close(struct zeroconf *zeroconf);

/* How it is going; detail, of OPTION_ERROR_MAX bytes, says it in words. */
enum zeroconf_state zeroconf_look(struct zeroconf *zeroconf, char *detail);

/* Whether by now all services there are have had the time to answer. */
bool zeroconf_is_settled(struct zeroconf *zeroconf);

/* Moves on whenever a service is found, changes or goes, or the state changes. */
uint32_t zeroconf_changes(struct zeroconf *zeroconf);

/* Copies what is known of services of that name, without regard to case, or of all (NULL); at most `most`.
 * How many. IPv4 addresses come first. */
uint32_t zeroconf_found(struct zeroconf *zeroconf, const char *name, struct zeroconf_service *out,
                        uint32_t most);

/* What /api/status tells of what is offered. */
void zeroconf_report(struct zeroconf *zeroconf, struct zeroconf_report *report);

#endif
