/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libwebsockets has to complain of, in our log. Its log is one for the whole process. Event loop's
 * thread. */
#ifndef PHICAST_BROADCASTER_SINKS_LWS_LOG_H
#define PHICAST_BROADCASTER_SINKS_LWS_LOG_H

/* Each sink that opens a context of it calls this first. */
void lws_log_open(void);

#endif
