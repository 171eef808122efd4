/* Part of net/transfer.h: where a request leads that goes through a proxy. Any thread. */
#ifndef NET_TRANSFER_TARGET_H
#define NET_TRANSFER_TARGET_H

#include "net/transfer.h"

/* The addresses of the request's host, which may be none: of a literal, of a name that is this
 * machine wherever it is looked up (net/resolver_names.h), or those in the request, if the proxy
 * looks up no names. False: only the proxy knows. */
bool transfer_target_addrs(
    const struct transfer_conf *, const struct request *, struct addr_set *ret);

#endif
