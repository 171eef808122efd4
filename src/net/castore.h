/*
 * The certificates that servers' ones are checked against: read from the bundle when the first
 * connection needs them, once for all transfers of a process. Parsing takes tens of ms, which
 * curl would spend for each of its handles, if not for each connection.
 *
 * Any thread.
 */
#ifndef NET_CASTORE_H
#define NET_CASTORE_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct castore;

/* file: PEM, borrowed; NULL: the bundle curl was built with. Nothing is read yet. */
struct castore *castore_new(const char *file);
void castore_free(struct castore *); /* NULL is fine. What uses it keeps what it needs */

/* Reads them now: before processes are forked that would each read them. In a thread, because a
 * thread's heap is its own (mallopt(3), M_ARENA_MAX): reading leaves holes of all sizes, and where
 * a child fills one it pays for a copy of the page. (If there can be no thread, castore_use()
 * reads.) */
void castore_read(struct castore *);

/* Gives it to a connection. False: the bundle cannot be read, then and for good. */
bool castore_use(struct castore *, SSL_CTX *);

/* Of the bundle, for people. */
const char *castore_file(const struct castore *);

#endif
