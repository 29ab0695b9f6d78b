/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A constant in a text is the constant itself: "from " TEXT_OF(RATE_MIN) " to " TEXT_OF(RATE_MAX). It must be
 * a macro, and a plain number. */
#ifndef PHICAST_SHARED_TEXT_H
#define PHICAST_SHARED_TEXT_H

#define TEXT_OF_WORDS(words) #words
#define TEXT_OF(constant) TEXT_OF_WORDS(constant)

#endif
