/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/url.h"

#include <stdlib.h>
#include <string.h>

bool url_cut(char *out, size_t size, const char *start, const char *end)
{
    const size_t length = (size_t)(end - start);
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(out, start, length);
    out[length] = '\0';
    return true;
}

bool url_number(uint32_t *number, const char *start, const char *end, uint32_t min, uint32_t max)
{
    char digits[6];
    if (!url_cut(digits, sizeof digits, start, end) || digits[strspn(digits, "0123456789")] != '\0') {
        return false;
    }
    const unsigned long value = strtoul(digits, NULL, 10);
    if (value < min || value > max) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

bool url_is_host(const char *host, bool bracketed)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    static const char v6[] = "0123456789abcdefABCDEF:.%-_ghijklmnopqrstuvwxyz";
    return host[strspn(host, bracketed ? v6 : name)] == '\0' && (!bracketed || strchr(host, ':'));
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

bool url_decode(char *out, const char *text)
{
    for (; *text; text++) {
        if (*text != '%') {
            *out++ = *text;
            continue;
        }
        const int high = hex_digit(text[1]);
        const int low = high < 0 ? -1 : hex_digit(text[2]);
        if (low < 0 || (high == 0 && low == 0)) {
            return false;
        }
        *out++ = (char)(high * 16 + low);
        text += 2;
    }
    *out = '\0';
    return true;
}
