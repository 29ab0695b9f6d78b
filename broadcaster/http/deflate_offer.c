/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/deflate_offer.h"

#include <string.h>

enum { OFFERS_MAX = 256 };

static const char name[] = "permessage-deflate";

/* Moves past blanks. */
static const char *skip(const char *text)
{
    return text + strspn(text, " \t");
}

/* A number of bits as a parameter's value, quoted or not: 8 to 15. NULL if it is none, else what follows. */
static const char *skip_bits(const char *text)
{
    const bool quoted = *text == '"';
    const char *digits = text + (quoted ? 1 : 0);
    const size_t count = strspn(digits, "0123456789");
    const bool good =
        (count == 1 && digits[0] >= '8') || (count == 2 && digits[0] == '1' && digits[1] <= '5');
    if (!good || (quoted && digits[count] != '"')) {
        return NULL;
    }
    return digits + count + (quoted ? 1 : 0);
}

/* The parameter at `text`; NULL if it cannot be granted, else what follows it. */
static const char *take_parameter(const char *text, unsigned *seen)
{
    static const char *const known[] = {"server_no_context_takeover", "client_no_context_takeover",
                                        "client_max_window_bits"};
    const size_t length = strcspn(text, "=;, \t");
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i]) == length && memcmp(text, known[i], length) == 0 && !(*seen & (1U << i))) {
            const char *rest = skip(text + length);
            *seen |= 1U << i;
            return *rest != '=' ? rest : i == 2 ? skip_bits(skip(rest + 1)) : NULL;
        }
    }
    return NULL;
}

bool deflate_offer_takes(const char *offers)
{
    unsigned seen = 0;
    const char *at = strstr(offers, name);
    if (!at || strlen(offers) >= OFFERS_MAX - 1) {
        return false;
    }
    at = skip(at + sizeof name - 1);
    while (at && *at == ';') {
        at = take_parameter(skip(at + 1), &seen);
        at = at ? skip(at) : NULL;
    }
    if (!at || (*at != '\0' && *at != ',')) {
        return false;
    }
    /* A second offer of it, after one without parameters, makes libwebsockets hang up. */
    return seen != 0 || !strstr(at, name);
}
