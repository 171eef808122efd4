/* From what curl and the callbacks saw of a transfer to the job's error, response
 * and timings. The inside of transfer.c: see transfer.h. */
#ifndef NET_TRANSFER_OUTCOME_H
#define NET_TRANSFER_OUTCOME_H

#include "net/robotstag.h"
#include "net/transfer.h"

/* What the callbacks noticed; all zero at the start. */
struct outcome {
    enum err abort;      /* not ERR_OK: given up for this reason */
    bool has_head;       /* the head of an answer is whole */
    bool wanted;         /* of a 2xx answer */
    bool is_robots_txt;  /* as in the request */
    bool is_asking;      /* whether the image has changed */
    bool has_body;       /* a byte of its body came */
    bool encoded;        /* it is gzip or deflate: Content-Length is not its length */
    bool endless_fields; /* more of them than are borne */
    bool no_status;      /* the status line is none, whatever curl makes of it */
    unsigned opened;     /* sockets opened */
    unsigned refused;    /* addresses the guard refused; the last one: */
    struct addr refused_addr;
    int socket_errno;                 /* socket(2) failed with it; 0: it did not */
    char detail[ROBOTSTAG_WORD_SIZE]; /* what ERR_ROBOTS_TAG is about */
};

/* Sets j->err, j->message, j->response (but for the body) and j->ms. On an error the body
 * is dropped. `text` is curl's error buffer. */
void transfer_outcome_fill(const struct outcome *, const struct transfer_conf *, CURL *, CURLcode,
    const char *text, struct job *j);

#endif
