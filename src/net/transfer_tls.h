/* The certificates that a transfer accepts, and the version of HTTP that it offers in the
 * handshake. Internal to transfer.c: see transfer.h. */
#ifndef NET_TRANSFER_TLS_H
#define NET_TRANSFER_TLS_H

#include "net/transfer.h"

/* Sets curl's options. conf is borrowed for the handle's life. */
void transfer_tls_set(CURL *, const struct transfer_conf *);

/* For CURLOPT_HTTP_VERSION. */
long transfer_tls_http(enum transfer_http);

#endif
