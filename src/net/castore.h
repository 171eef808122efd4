/*
 * The CA certificates: read from the bundle when the first connection needs them, once for all
 * transfers of a process. Parsing takes tens of ms. curl would parse them once per handle, or even
 * per connection.
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
void castore_free(struct castore *); /* NULL is fine. Connections keep their own reference */

/* Reads the bundle now. Call it before forking, so that the children need not each read it. A
 * thread does the reading, because it has its own heap (mallopt(3), M_ARENA_MAX): parsing leaves
 * free blocks of all sizes there, and a child that reused one would pay for a copy of the page.
 * If no thread can be started, castore_use() reads. */
void castore_read(struct castore *);

/* Sets the certificates of a connection. False: the bundle cannot be read; that is permanent. */
bool castore_use(struct castore *, SSL_CTX *);

/* The path of the bundle, for messages. */
const char *castore_file(const struct castore *);

#endif
