/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What others offer, as Avahi tells of it. An entry is a service seen on one interface by one protocol; it
 * has a resolver, which tells its address, and again whenever that changes. */
#include "broadcaster/zeroconf/avahi.h"
#include "broadcaster/zeroconf/plain.h"

#include <avahi-common/error.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A link-local address is one only with its interface. */
static void print_address(char out[ZEROCONF_ADDRESS_MAX], const AvahiAddress *address, AvahiIfIndex interface)
{
    char number[AVAHI_ADDRESS_STR_MAX];
    char name[IF_NAMESIZE] = "";
    struct in6_addr v6;
    avahi_address_snprint(number, sizeof number, address);
    if (address->proto == AVAHI_PROTO_INET6) {
        memcpy(&v6, address->data.ipv6.address, sizeof v6);
        if (IN6_IS_ADDR_LINKLOCAL(&v6) && interface > 0) {
            if_indextoname((unsigned)interface, name);
        }
    }
    snprintf(out, ZEROCONF_ADDRESS_MAX, "%s%s%s", number, name[0] != '\0' ? "%" : "", name);
}

static void print_facts(char out[ZEROCONF_TXT_MAX], AvahiStringList *facts)
{
    out[0] = '\0';
    for (; facts; facts = avahi_string_list_get_next(facts)) {
        plain_add(out, ZEROCONF_TXT_MAX, " ", out[0] != '\0' && avahi_string_list_get_size(facts) > 0);
        plain_add(out, ZEROCONF_TXT_MAX, avahi_string_list_get_text(facts),
                  avahi_string_list_get_size(facts));
    }
}

static void on_resolved(AvahiServiceResolver *resolver, AvahiIfIndex interface, AvahiProtocol protocol,
                        AvahiResolverEvent event, const char *name, const char *type, const char *domain,
                        const char *host, const AvahiAddress *address, uint16_t port, AvahiStringList *facts,
                        AvahiLookupResultFlags flags, void *data);

static AvahiServiceResolver *resolve(struct avahi *avahi, const struct zeroconf_entry *entry,
                                     const char *name, const char *domain)
{
    return avahi_service_resolver_new(avahi->client, entry->interface, entry->protocol, name,
                                      entry->service.type, domain, entry->protocol, 0, on_resolved, avahi);
}

static bool is_known(const struct zeroconf_entry *entry, const char *address, uint16_t port)
{
    return entry->service.pending ||
           (port == entry->service.port && strcmp(address, entry->service.address) == 0);
}

static void on_resolved(AvahiServiceResolver *resolver, AvahiIfIndex interface, AvahiProtocol protocol,
                        AvahiResolverEvent event, const char *name, const char *type, const char *domain,
                        const char *host, const AvahiAddress *address, uint16_t port, AvahiStringList *facts,
                        AvahiLookupResultFlags flags, void *data)
{
    (void)protocol, (void)type, (void)host, (void)flags;
    struct avahi *avahi = data;
    struct zeroconf *zeroconf = avahi->zeroconf;
    char number[ZEROCONF_ADDRESS_MAX] = "";
    struct zeroconf_entry *entry = zeroconf->entry;
    while (entry && entry->resolver != resolver) {
        entry = entry->next;
    }
    if (!entry) {
        return;
    }
    if (event == AVAHI_RESOLVER_FOUND && address) {
        print_address(number, address, interface);
    }
    /* What a resolver says again may be half of the old and half of the new: where a service has moved to
     * another machine, the new port with the address of before. So what differs is asked for afresh. */
    const bool again = number[0] != '\0' && !is_known(entry, number, port);
    if (again) {
        avahi_service_resolver_free(entry->resolver);
        entry->resolver = resolve(avahi, entry, name, domain);
    }
    pthread_mutex_lock(&zeroconf->lock);
    entry->service.pending = again && entry->resolver;
    memcpy(entry->service.address, number, sizeof number);
    entry->service.address[0] = again ? '\0' : number[0]; /* one that has failed goes on looking */
    print_facts(entry->service.txt, facts);
    entry->service.port = port;
    zeroconf->changes++;
    pthread_mutex_unlock(&zeroconf->lock);
}

/* Where the pointer to that entry stands, or to the end of the list. Only the thread changes the list. */
static struct zeroconf_entry **find(struct zeroconf *zeroconf, const struct zeroconf_entry *like)
{
    struct zeroconf_entry **at = &zeroconf->entry;
    while (*at && ((*at)->interface != like->interface || (*at)->protocol != like->protocol ||
                   (*at)->service.type != like->service.type ||
                   strcmp((*at)->service.name, like->service.name) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static void add(struct avahi *avahi, const struct zeroconf_entry *like, const char *name, const char *domain)
{
    struct zeroconf *zeroconf = avahi->zeroconf;
    struct zeroconf_entry **at = find(zeroconf, like);
    struct zeroconf_entry *entry =
        *at || zeroconf->entry_count == ZEROCONF_FOUND_MAX ? NULL : calloc(1, sizeof *entry);
    if (!entry) {
        return;
    }
    *entry = *like;
    entry->resolver = resolve(avahi, like, name, domain);
    if (!entry->resolver) {
        free(entry);
        return;
    }
    pthread_mutex_lock(&zeroconf->lock);
    *at = entry;
    zeroconf->entry_count++;
    zeroconf->changes++;
    pthread_mutex_unlock(&zeroconf->lock);
}

static void drop(struct avahi *avahi, const struct zeroconf_entry *like)
{
    struct zeroconf *zeroconf = avahi->zeroconf;
    struct zeroconf_entry **at = find(zeroconf, like);
    struct zeroconf_entry *entry = *at;
    if (!entry) {
        return;
    }
    pthread_mutex_lock(&zeroconf->lock);
    *at = entry->next;
    zeroconf->entry_count--;
    zeroconf->changes++;
    pthread_mutex_unlock(&zeroconf->lock);
    if (entry->resolver) {
        avahi_service_resolver_free(entry->resolver);
    }
    free(entry);
}

static void settle(struct avahi *avahi)
{
    struct zeroconf *zeroconf = avahi->zeroconf;
    avahi->unsettled -= avahi->unsettled > 0 ? 1 : 0;
    pthread_mutex_lock(&zeroconf->lock);
    zeroconf->settled = avahi->unsettled == 0;
    avahi->lived = avahi->lived || zeroconf->settled;
    zeroconf->changes++;
    pthread_mutex_unlock(&zeroconf->lock);
}

static void on_browsed(AvahiServiceBrowser *browser, AvahiIfIndex interface, AvahiProtocol protocol,
                       AvahiBrowserEvent event, const char *name, const char *type, const char *domain,
                       AvahiLookupResultFlags flags, void *data)
{
    (void)type, (void)flags;
    struct avahi *avahi = data;
    const struct zeroconf_wish *wish = &avahi->zeroconf->wish;
    struct zeroconf_entry like = {.interface = interface, .protocol = protocol, .service.pending = true};
    for (uint32_t i = 0; i < ZEROCONF_TYPES_MAX; i++) {
        like.service.type = avahi->browser[i] == browser ? wish->type[i] : like.service.type;
    }
    if (name) {
        plain_add(like.service.name, sizeof like.service.name, name, strlen(name));
    }
    switch (event) {
    case AVAHI_BROWSER_NEW: add(avahi, &like, name, domain); break;
    case AVAHI_BROWSER_REMOVE: drop(avahi, &like); break;
    case AVAHI_BROWSER_ALL_FOR_NOW: settle(avahi); break;
    case AVAHI_BROWSER_CACHE_EXHAUSTED: break;
    case AVAHI_BROWSER_FAILURE:
        avahi_fail(avahi, "Avahi does not look for services: %s",
                   avahi_strerror(avahi_client_errno(avahi->client)));
        break;
    }
}

void avahi_browse(struct avahi *avahi)
{
    const struct zeroconf_wish *wish = &avahi->zeroconf->wish;
    for (uint32_t i = 0; i < ZEROCONF_TYPES_MAX && wish->type[i] && !avahi->browser[i]; i++) {
        avahi->unsettled++;
        avahi->browser[i] = avahi_service_browser_new(avahi->client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                                      wish->type[i], NULL, 0, on_browsed, avahi);
        if (!avahi->browser[i]) {
            avahi_fail(avahi, "Avahi does not look for services: %s",
                       avahi_strerror(avahi_client_errno(avahi->client)));
            return;
        }
    }
}
