/*
 * One question to a DNS server over its own TCP connection (RFC 1035, 4.2.2), used when the UDP
 * answer was truncated. It has no timeout: to give up, free it. Thread: the loop's.
 */
#ifndef NET_RESOLVER_TCP_H
#define NET_RESOLVER_TCP_H

#include "net/resolver_wire.h"

#include <uv.h>

struct resolver_tcp;

/* The server's answer. Called once, from the loop, unless the question is freed before. NULL:
 * the server cannot be reached, or has closed the connection. The bytes are borrowed for the
 * call, which may free the question. */
typedef void resolver_tcp_done(void *arg, const unsigned char *bytes, size_t len);

/* Copies the `len` bytes of the question. Free the result, also after `done`. NULL: the server
 * cannot be reached. */
struct resolver_tcp *resolver_tcp_new(uv_loop_t *, const struct sockaddr_storage *server,
    const unsigned char *question, size_t len, resolver_tcp_done *done, void *arg);

/* The loop must run once more afterwards. NULL is fine. */
void resolver_tcp_free(struct resolver_tcp *);

#endif
