/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we offer, told to Avahi. */
#include "broadcaster/zeroconf/avahi.h"
#include "broadcaster/zeroconf/plain.h"

#include <arpa/inet.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 100 };

/* Where a service is told of. */
struct place {
    AvahiIfIndex interface; /* AVAHI_IF_UNSPEC: on all */
    AvahiProtocol protocol;
};

/* Two services of one name at different ports would be taken for one: so the host's is in it. */
static void make_name(struct avahi *avahi)
{
    char name[2 * ZEROCONF_NAME_MAX + 8];
    const char *host = avahi_client_get_host_name(avahi->client);
    const int length = snprintf(name, sizeof name, "%s on %.*s", avahi->zeroconf->name, ZEROCONF_NAME_MAX,
                                host ? host : "?");
    avahi->name[0] = '\0';
    plain_add(avahi->name, sizeof avahi->name, name, (size_t)length);
}

static void take_another_name(struct avahi *avahi)
{
    char *name = avahi_alternative_service_name(avahi->name);
    if (name) {
        snprintf(avahi->name, sizeof avahi->name, "%s", name);
        avahi_free(name);
    }
}

/* The interface that has the address; false: none has. */
static bool find_interface(const struct listen_address *address, AvahiIfIndex *index)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return false;
    }
    const struct ifaddrs *at = all;
    for (; at; at = at->ifa_next) {
        char text[INET6_ADDRSTRLEN] = "";
        if (at->ifa_addr && at->ifa_addr->sa_family == address->family) {
            const void *bytes =
                address->family == AF_INET
                    ? (const void *)&((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr
                    : (const void *)&((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr;
            inet_ntop(address->family, bytes, text, sizeof text);
        }
        if (strcmp(text, address->text) == 0) {
            break;
        }
    }
    *index = at ? (AvahiIfIndex)if_nametoindex(at->ifa_name) : 0;
    freeifaddrs(all);
    return *index > 0;
}

static bool find_place(const struct listen_address *address, struct place *place)
{
    const bool v4 = address->family == AF_INET;
    *place = (struct place){AVAHI_IF_UNSPEC, v4 ? AVAHI_PROTO_INET : AVAHI_PROTO_INET6};
    return strcmp(address->text, v4 ? "0.0.0.0" : "::") == 0 || find_interface(address, &place->interface);
}

static int add(struct avahi *avahi, const struct zeroconf_offer *offer, struct place place)
{
    AvahiStringList *facts = NULL; /* Avahi has its lists from the last one on */
    for (uint32_t i = 0; i < ZEROCONF_FACTS_MAX && offer->fact[i]; i++) {
        facts = avahi_string_list_add(facts, offer->fact[i]);
    }
    const int error =
        avahi_entry_group_add_service_strlst(avahi->group, place.interface, place.protocol, 0, avahi->name,
                                             offer->type, NULL, NULL, offer->port, facts);
    avahi_string_list_free(facts);
    return error;
}

/* At each place once. An address that no interface has any more is passed over: nobody can come by it. */
static int add_everywhere(struct avahi *avahi, const struct zeroconf_offer *offer)
{
    struct place place[OPTION_LIST_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < offer->at.count; i++) {
        uint32_t same = 0;
        if (!offer->at.address[i].reachable || !find_place(&offer->at.address[i], &place[count])) {
            continue;
        }
        while (same < count && (place[same].interface != place[count].interface ||
                                place[same].protocol != place[count].protocol)) {
            same++;
        }
        const int error = same == count ? add(avahi, offer, place[count]) : AVAHI_OK;
        if (error) {
            return error;
        }
        count = same == count ? count + 1 : count;
    }
    return AVAHI_OK;
}

static int add_all(struct avahi *avahi)
{
    const struct zeroconf_wish *wish = &avahi->zeroconf->wish;
    int error = AVAHI_OK;
    for (uint32_t i = 0; i < wish->offer_count && error == AVAHI_OK; i++) {
        error = add_everywhere(avahi, &wish->offer[i]);
    }
    return error;
}

/* Under the present name, or the next one that no service of this machine has. */
static void announce(struct avahi *avahi)
{
    int error = add_all(avahi);
    for (int i = 0; i < NAMES_MAX && error == AVAHI_ERR_COLLISION; i++) {
        take_another_name(avahi);
        avahi_entry_group_reset(avahi->group);
        error = add_all(avahi);
    }
    if (error == AVAHI_OK) {
        error = avahi_entry_group_is_empty(avahi->group) ? AVAHI_ERR_NO_NETWORK
                                                         : avahi_entry_group_commit(avahi->group);
    }
    if (error) {
        avahi_fail(avahi, "Avahi does not take our services: %s", avahi_strerror(error));
    }
}

static void on_group(AvahiEntryGroup *group, AvahiEntryGroupState state, void *data)
{
    struct avahi *avahi = data;
    struct zeroconf *zeroconf = avahi->zeroconf;
    switch (state) {
    case AVAHI_ENTRY_GROUP_UNCOMMITED:
    case AVAHI_ENTRY_GROUP_REGISTERING: break;
    case AVAHI_ENTRY_GROUP_ESTABLISHED:
        avahi->lived = true;
        pthread_mutex_lock(&zeroconf->lock);
        snprintf(zeroconf->announced, sizeof zeroconf->announced, "%s", avahi->name);
        pthread_mutex_unlock(&zeroconf->lock);
        zeroconf_say(zeroconf, ZEROCONF_ANNOUNCED, "announced on the network as \"%s\"", avahi->name);
        break;
    case AVAHI_ENTRY_GROUP_COLLISION: /* with one of another machine */
        take_another_name(avahi);
        avahi_entry_group_reset(group);
        announce(avahi);
        break;
    case AVAHI_ENTRY_GROUP_FAILURE:
        avahi_fail(avahi, "Avahi does not take our services: %s",
                   avahi_strerror(avahi_client_errno(avahi->client)));
        break;
    }
}

void avahi_announce(struct avahi *avahi)
{
    if (!avahi->zeroconf->wish.name) {
        return;
    }
    if (!avahi->group) {
        avahi->group = avahi_entry_group_new(avahi->client, on_group, avahi);
    }
    if (!avahi->group) {
        avahi_fail(avahi, "Avahi does not take our services: %s",
                   avahi_strerror(avahi_client_errno(avahi->client)));
        return;
    }
    make_name(avahi);
    announce(avahi);
}

void avahi_unannounce(struct avahi *avahi)
{
    zeroconf_say(avahi->zeroconf, ZEROCONF_RUNNING, "Avahi looks for a name for this machine");
    if (avahi->group) {
        avahi_entry_group_reset(avahi->group);
    }
}
