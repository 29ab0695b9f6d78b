/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of a session manager: each behind its length, one byte. The first byte says what we are. */
#include "shared/nsm/nsm.h"

#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct nsm *nsm)
{
    FUZZ_CHECK(nsm->path[0] == '\0' || (nsm->path[0] == '/' && utf8_is_plain(nsm->path)));
    FUZZ_CHECK(utf8_is_plain(nsm->client_id) && !strchr(nsm->client_id, ':'));
    FUZZ_CHECK(nsm->asked != NSM_OPEN || (nsm->path[0] != '\0' && nsm->client_id[0] != '\0'));
    FUZZ_CHECK(nsm->asked != NSM_SAVE || nsm->open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nsm nsm = NSM_NONE;
    if (size == 0) {
        return 0;
    }
    nsm.switches = (data[0] & 1) != 0;
    for (size_t at = 1; at < size;) {
        const size_t left = size - at - 1;
        const size_t length = data[at] < left ? data[at] : left;
        uint8_t *packet = malloc(length > 0 ? length : 1); /* of just that size */
        FUZZ_CHECK(packet != NULL);
        memcpy(packet, data + at + 1, length);
        nsm_packet(&nsm, packet, length);
        free(packet);
        check(&nsm);
        if (data[0] & 2) {
            nsm_reply(&nsm, "done");
        } else {
            nsm_refuse(&nsm, NSM_ERROR_GENERAL, "no");
        }
        FUZZ_CHECK(nsm.asked == NSM_NOTHING);
        at += 1 + length;
    }
    return 0;
}
