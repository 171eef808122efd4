/*
 * Counts what comes over a TLS connection of HTTP/2, frames of every kind included, and cuts off
 * one that brings nothing but frames: libcurl 7.88 reads on inside one call as long as there are
 * any, so no time limit would hold, nor would other transfers of its thread go on.
 *
 * A record is attached to the SSL_CTX of each new connection. It is shared by the SSL_CTX, which
 * curl may keep for longer than the transfer, and the transfer: tlsrecords_drop() gives the
 * latter's share up. One thread for all that share it.
 */
#ifndef NET_TLSRECORDS_H
#define NET_TLSRECORDS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct tlsrecords;

/* So much may come without a byte for any transfer, or TLSRECORDS_GIVEN_UP once a stream was given
 * up: what was on its way for that is nobody's, and libcurl has a window of 32 MB. */
enum { TLSRECORDS_IDLE = 1 << 20, TLSRECORDS_GIVEN_UP = 40 << 20 };

/* Follows the connections of this SSL_CTX. */
struct tlsrecords *tlsrecords_watch(SSL_CTX *);

void tlsrecords_drop(struct tlsrecords *); /* NULL is fine */

/* The record of a connection of HTTP/2; else NULL, as for NULL. */
struct tlsrecords *tlsrecords_of(SSL *);

/* A transfer gets something: bytes that came since the last call, TLS and frames included. */
uint64_t tlsrecords_take(struct tlsrecords *);

/* A stream was given up before its end. */
void tlsrecords_give_up(struct tlsrecords *);

/* True if a stream was given up: not all that comes is somebody's. */
bool tlsrecords_has_given_up(const struct tlsrecords *);

/* True if the connection was cut off. NULL: false. */
bool tlsrecords_is_cut_off(const struct tlsrecords *);

#endif
