/*
 * The head of a request: RFC 9112 as far as GET and HEAD need it.
 *
 * Pure functions over bytes. Nothing is copied, so a request is valid as long as
 * the bytes it was read from. Bodies are refused.
 */
#ifndef IMGSERVE_REQUEST_H
#define IMGSERVE_REQUEST_H

#include "base/span.h"

enum {
    REQUEST_HEAD_MAX = 16384,  /* bytes of a head, its last empty line included */
    REQUEST_TARGET_MAX = 8192, /* RFC 9112, section 3, wants at least 8000 */
};

struct request {
    bool is_head;       /* HEAD, not GET */
    bool is_http10;     /* knows no chunks */
    bool keep_alive;    /* the connection may be used again */
    struct span head;   /* all of it */
    struct span target; /* path and query as sent, without scheme and authority */
    struct span path;   /* starts with '/'; not decoded */
    struct span query;  /* after the '?'; may be empty */
    struct span host;   /* without port; brackets kept; as sent; empty when HTTP/1.0 sends none */
    struct span if_none_match; /* at NULL: none */
};

/* The length of the head at the start of `bytes`; 0: it is not complete yet.
 * A line may end with LF alone (RFC 9112, section 2.2). */
size_t request_head_len(struct span bytes);

/* `head` is one complete head. 0: *ret is filled. Else: the status to refuse it
 * with; then what follows on the connection cannot be trusted. */
int request_parse(struct span head, struct request *ret);

/* Our own pages: stats, reset, echo. */
bool request_is_internal(const struct request *);

#endif
