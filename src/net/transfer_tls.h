/* The certificates that a transfer accepts, and the version of HTTP that it offers in the
 * handshake. Internal to transfer.c: see transfer.h. */
#ifndef NET_TRANSFER_TLS_H
#define NET_TRANSFER_TLS_H

#include "net/tlsfailure.h"
#include "net/tlsrecords.h"
#include "net/transfer.h"

/* What a handle's handshakes need and leave; zeroed at first. */
struct transfer_tls {
    const struct transfer_conf *conf;
    struct tlsfailure *failure; /* of the last handshake; NULL: there was none */
    struct tlsrecords *records; /* likewise; NULL without HTTP/2 */
};

/* Sets curl's options. conf and the struct are borrowed for the handle's life. */
void transfer_tls_set(struct transfer_tls *, CURL *, const struct transfer_conf *);

/* Forgets the last handshake: a transfer begins, or the handle is freed. */
void transfer_tls_forget(struct transfer_tls *);

/* For CURLOPT_HTTP_VERSION. */
long transfer_tls_http(enum transfer_http);

#endif
