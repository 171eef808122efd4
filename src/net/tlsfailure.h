/*
 * Why a TLS handshake failed, told so that people can act on it: which certificate, which date,
 * which name. And whether it failed at all, or the connection just broke off.
 *
 * A record is attached to the SSL_CTX of each new connection. It is shared by the SSL_CTX, which
 * curl may keep for longer than the transfer, and the transfer: tlsfailure_drop() gives the
 * latter's share up. One thread for all that share it.
 */
#ifndef NET_TLSFAILURE_H
#define NET_TLSFAILURE_H

#include <openssl/ssl.h>
#include <stdbool.h>

enum { TLSFAILURE_MESSAGE_SIZE = 160 };

struct tlsfailure;

/* Follows the handshakes of this SSL_CTX. */
struct tlsfailure *tlsfailure_watch(SSL_CTX *);

void tlsfailure_drop(struct tlsfailure *); /* NULL is fine */

/* True if a handshake began and ended for a reason that may pass: the connection was closed or
 * reset, or the server said that it is in trouble, or bytes were damaged. */
bool tlsfailure_is_break(const struct tlsfailure *);

/* True if the server refused us by an alert, in the handshake or, as TLS 1.3 does with a client
 * without a certificate, behind it. */
bool tlsfailure_is_refusal(const struct tlsfailure *);

/*
 * Call it when a new connection failed before anything of a response came. True: the handshake
 * offered a session of an earlier connection, which may be what the server choked on. It is not
 * offered again, so that the next try is one that curl would make.
 */
bool tlsfailure_spoil_session(struct tlsfailure *);

/* Says what failed, as printable ASCII. name_mismatch: the certificate is good, but not for `host`.
 * False: nothing better than OpenSSL's own text is known. */
bool tlsfailure_explain(const struct tlsfailure *, const char *host, bool name_mismatch,
    char message[TLSFAILURE_MESSAGE_SIZE]);

#endif
