/*
 * The user's proxies: which URL goes to which one. Text only: no lookup, no connection. Any thread.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "input/url.h"

#include <stdbool.h>

struct proxy {
    const char *url; /* as proxy_check() accepts; NULL: none */
    bool resolves;   /* from proxy_check(): it looks up host names, so we need not */
};

/* A zeroed struct has none. The texts are borrowed. */
struct proxies {
    struct proxy http, https; /* for URLs of that scheme */
    const char *except;       /* hosts that are asked without one, like $no_proxy; NULL: none */
};

/* The one for this URL. */
struct proxy proxy_for(const struct proxies *, const struct url *);

/* True if every URL goes to a proxy that looks up its host. */
bool proxy_resolves_all(const struct proxies *);

/* The variable of the environment that names the proxy for a scheme, as curl chooses it: http_proxy
 * (in small letters only), https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY. scheme NULL: the
 * variable with the exceptions, no_proxy or NO_PROXY. NULL: none is set, or they are empty. */
const char *proxy_variable(const char *scheme);

/* "[scheme://][user:password@]host[:port]", port 1080 by default, like curl's --proxy. Schemes:
 * http (the default), socks4, socks4a, socks5 and socks5h. Returns NULL if valid, else what is
 * wrong (static text). *ret_resolves: the proxy resolves host names (http, socks4a, socks5h). */
const char *proxy_check(const char *url, bool *ret_resolves);

#endif
