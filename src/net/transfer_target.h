/* Part of net/transfer.h: which addresses a request may reach. */
#ifndef NET_TRANSFER_TARGET_H
#define NET_TRANSFER_TARGET_H

#include "net/transfer_outcome.h"

/* True if the guard allows the address; else the outcome tells it. */
bool transfer_target_may_reach(const struct transfer_conf *, const struct addr *, struct outcome *);

/*
 * With a proxy: true if the guard allows the host. It checks the addresses that are known: that of
 * a literal, those of a name that is this machine wherever it is looked up (net/resolver_names.h),
 * or those in the request, if the proxy looks up no names. Leaves the allowed ones in `ret`.
 */
bool transfer_target_check(
    const struct transfer_conf *, const struct request *, struct outcome *, struct addr_set *ret);

#endif
