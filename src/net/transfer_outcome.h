/* Turns the result of curl and the callbacks into the job's error, response and timings.
 * Internal to transfer.c: see transfer.h. */
#ifndef NET_TRANSFER_OUTCOME_H
#define NET_TRANSFER_OUTCOME_H

#include "net/contentcoding.h"
#include "net/robotstag.h"
#include "net/tlsfailure.h"
#include "net/transfer.h"

/* Facts recorded by the callbacks; all zero at the start. */
struct outcome {
    enum err abort;      /* not ERR_OK: aborted for this reason */
    bool has_head;       /* the response's header is complete */
    bool wanted;         /* the response is 2xx */
    bool is_robots_txt;  /* copied from the request */
    bool is_asking;      /* the request is conditional */
    bool has_body;       /* a byte of the body has come */
    bool hopeless;       /* with ERR_STALLED: too slow to be complete in time */
    bool endless_fields; /* too many or too large header fields */
    bool much_framing;   /* more framing than body */
    bool has_status;     /* a status line has come */
    bool no_status;      /* the status line is malformed, whatever curl makes of it */
    unsigned opened;     /* sockets opened */
    unsigned refused;    /* addresses the guard refused; the last one: */
    struct addr refused_addr;
    int socket_errno;                 /* socket(2) failed with it; 0: no failure */
    struct tlsfailure *tls;           /* of the last handshake; NULL: there was none */
    struct contentcoding codings;     /* of a 2xx response */
    char detail[ROBOTSTAG_WORD_SIZE]; /* the directive, with ERR_ROBOTS_TAG */
};

/* Sets j->err, j->message, j->response and j->ms. On most errors the body is freed
 * (transfer_keeps_body()). `text` is curl's error buffer. */
void transfer_outcome_fill(const struct outcome *, const struct transfer_conf *, CURL *, CURLcode,
    const char *text, struct job *j);

#endif
