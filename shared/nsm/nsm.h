/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program as a client of New Session Manager, or of another server that speaks its protocol: OSC over
 * UDP, from one socket, as https://new-session-manager.jackaudio.org/api/ has it (API 1.1).
 *
 * A program joins at its start, waits until it is asked to open a project, and answers once that is done. To
 * switch to another project it starts itself anew, with the socket handed over: nothing is left of the one
 * before, and the server sees the same client. One thread at a time. */
#ifndef PHICAST_SHARED_NSM_NSM_H
#define PHICAST_SHARED_NSM_NSM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NSM_PATH_MAX = 4096, NSM_ID_MAX = 64 /* JACK takes no longer names */, NSM_LABEL_MAX = 128 };

/* The API's error codes, as far as we have a use for them. */
enum nsm_code { NSM_ERROR_GENERAL = -1, NSM_ERROR_BAD_PROJECT = -9 };

/* What the server waits for. */
enum nsm_asked { NSM_NOTHING, NSM_OPEN, NSM_SAVE };

struct nsm {
    int fd;                     /* -1: there is no session manager */
    in_port_t port;             /* the server's, in network order */
    enum nsm_asked asked;       /* not answered yet */
    bool open;                  /* a project is: so it has been answered */
    bool switches;              /* we have said that we can open another project after the first */
    bool dirty;                 /* so it has been told */
    char path[NSM_PATH_MAX];    /* of the project; empty: none has been asked for */
    char client_id[NSM_ID_MAX]; /* our name in the session, and in JACK */
    char label[NSM_LABEL_MAX];  /* as told last */
    uint64_t refused;           /* packets that made no sense */
};

#define NSM_NONE ((struct nsm){.fd = -1})

/* As the API's announce has it. */
struct nsm_client {
    const char *name;         /* what JACK's client would be called without a session */
    const char *capabilities; /* ":switch:" and the like */
    const char *executable;   /* argv[0] */
};

/* At the start: looks for NSM_URL and announces us there, which may take 5 s. False: there is no session
 * manager (and if there should be one, it was logged why not), or SIGINT or SIGTERM has come, which is left
 * for others to take. Both stay blocked if there is an NSM_URL. */
bool nsm_join(struct nsm *nsm, const struct nsm_client *client);
void nsm_close(struct nsm *nsm);

/* Waits until there is a project to be opened, or goes on with the one that is. False: SIGINT or SIGTERM has
 * come, and is not taken. */
bool nsm_wait(struct nsm *nsm);

/* Never waits: what is to be done now, and remains so until it is answered. NSM_OPEN: `path` is that of
 * another project already. */
enum nsm_asked nsm_poll(struct nsm *nsm);

/* One packet of the server's. */
void nsm_packet(struct nsm *nsm, const void *bytes, size_t length);

/* Answer what has been asked, if anything has. text is for people; that of a refusal is about the project's
 * file, which is put in front if text does not name it. */
void nsm_reply(struct nsm *nsm, const char *text);
void nsm_refuse(struct nsm *nsm, enum nsm_code code, const char *text);

/* Are told to the server if they are news. */
void nsm_set_dirty(struct nsm *nsm, bool dirty);
void nsm_set_label(struct nsm *nsm, const char *label);

/* Before the program starts itself anew by exec, all descriptors being marked to be closed: what comes then
 * goes on with the socket, in nsm_join. */
void nsm_hand_over(const struct nsm *nsm);

/* Waits until another project is to be opened, and starts the program anew for it. Returns what the program
 * is to end with: 0 at a signal; 1 if the start fails, which was logged. */
int nsm_next(struct nsm *nsm, char **argv);

/* For nsm_join.c. */
void nsm_send(const struct nsm *nsm, const char *address, const char *types, ...);
bool nsm_is_from_server(const struct nsm *nsm, const struct sockaddr_storage *from);

#endif
