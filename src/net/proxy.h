/*
 * Validates the URL of the user's proxy. Text only: no lookup, no connection. Any thread.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>

/* "[scheme://][user:password@]host[:port]", port 1080 by default, like curl's --proxy. Schemes:
 * http (the default), socks4, socks4a, socks5 and socks5h. Returns NULL if valid, else what is
 * wrong (static text). *ret_resolves: the proxy resolves host names, so we need not (http,
 * socks4a, socks5h). */
const char *proxy_check(const char *url, bool *ret_resolves);

#endif
