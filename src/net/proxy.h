/*
 * The proxy that the user has named: its URL, and what follows from its kind. Text only: nothing
 * is looked up, nothing is connected. Any thread.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>

/* "[scheme://][user:password@]host[:port]", port 1080 unless said, as curl's --proxy. Schemes:
 * http (which is also none), socks4, socks4a, socks5 and socks5h. NULL: it is one; else what is
 * wrong (static text). *ret_resolves: the proxy looks names up, and we need not (http, socks4a,
 * socks5h). */
const char *proxy_check(const char *url, bool *ret_resolves);

#endif
