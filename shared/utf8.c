/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/utf8.h"

/* What may follow the first byte of a character; missing 0 for one that none can start with. */
static struct utf8 after(unsigned char first)
{
    if (first >= 0xc2 && first <= 0xdf) {
        return (struct utf8){1, 0x80, 0xbf};
    }
    if (first >= 0xe0 && first <= 0xef) {
        return (struct utf8){2, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
    }
    if (first >= 0xf0 && first <= 0xf4) {
        return (struct utf8){3, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
    }
    return (struct utf8){0};
}

bool utf8_take(struct utf8 *utf8, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = bytes[i];
        if (utf8->missing == 0) {
            if (byte >= 0x80) {
                *utf8 = after(byte);
                if (utf8->missing == 0) {
                    return false;
                }
            }
        } else if (byte < utf8->least || byte > utf8->most) {
            return false;
        } else {
            utf8->missing--;
            utf8->least = utf8->missing > 0 ? 0x80 : 0;
            utf8->most = utf8->missing > 0 ? 0xbf : 0;
        }
    }
    return true;
}

size_t utf8_first(const char *text)
{
    struct utf8 utf8 = {0};
    size_t length = 0;
    do { /* the 0 at the end continues no character */
        if (text[length] == '\0' || !utf8_take(&utf8, (const unsigned char *)&text[length], 1)) {
            return 0;
        }
        length++;
    } while (utf8.missing > 0);
    return length;
}

bool utf8_is_control(const char *text)
{
    const unsigned char first = (unsigned char)text[0];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)text[1] < 0xa0);
}

bool utf8_is_plain(const char *text)
{
    size_t length = 1;
    while (*text != '\0' && length > 0) {
        length = utf8_is_control(text) ? 0 : utf8_first(text);
        text += length;
    }
    return length > 0;
}
