/*
 * One question to a DNS server over a TCP connection of its own (RFC 1035, 4.2.2), for an answer
 * that UDP has cut off. It has no time-out: whoever waits no longer frees it. Thread: the loop's.
 */
#ifndef NET_RESOLVER_TCP_H
#define NET_RESOLVER_TCP_H

#include "net/resolver_wire.h"

#include <uv.h>

struct resolver_tcp;

/* From the loop, once, unless it is freed before: what the server says. NULL: it cannot be reached,
 * or closes. The bytes are borrowed for the call, which may free the question. */
typedef void resolver_tcp_done(void *arg, const unsigned char *bytes, size_t len);

/* question: its `len` bytes are copied. Always free it. NULL: the server cannot be reached. */
struct resolver_tcp *resolver_tcp_new(uv_loop_t *, const struct sockaddr_storage *server,
    const unsigned char *question, size_t len, resolver_tcp_done *done, void *arg);

/* The loop must run once more afterwards. NULL is fine. */
void resolver_tcp_free(struct resolver_tcp *);

#endif
