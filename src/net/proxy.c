#include "net/proxy.h"

#include "base/addr.h"
#include "base/span.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *scheme;
    bool resolves;
} kinds[] = {
    {"http", true},
    {"socks4", false},
    {"socks4a", true},
    {"socks5", false},
    {"socks5h", true},
};

static const char *check_scheme(const char *scheme, bool *ret_resolves)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(scheme, kinds[i].scheme)) {
            *ret_resolves = kinds[i].resolves;
            return NULL;
        }
    return "unknown scheme (http, socks4, socks4a, socks5 or socks5h)";
}

const char *proxy_check(const char *url, bool *ret_resolves)
{
    bool bare = !strstr(url, "://");
    char *scheme = NULL, *path = NULL;
    const char *why = "not a proxy URL (like http://host:8080 or socks5h://host)";
    CURLU *u = curl_url();
    if (!u)
        abort();
    unsigned flags = bare ? CURLU_DEFAULT_SCHEME : CURLU_NON_SUPPORT_SCHEME;
    if (!curl_url_set(u, CURLUPART_URL, url, flags) &&
        !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
        !curl_url_get(u, CURLUPART_PATH, &path, 0) && (!*path || !strcmp(path, "/")))
        why = check_scheme(bare ? "http" : scheme, ret_resolves);
    curl_free(scheme);
    curl_free(path);
    curl_url_cleanup(u);
    return why;
}

/* ---- which URL goes where ---- */

static bool is_address_in(const struct addr *addr, struct span text)
{
    char copy[64];
    struct addr_net net;
    snprintf(copy, sizeof copy, "%.*s", text.len < sizeof copy ? (int)text.len : 0, text.at);
    return addr_net_parse(copy, &net) && addr_net_contains(&net, addr);
}

/* True if the host is the name, or ends with a dot and the name. Dots around both do not count. */
static bool is_below(struct span host, struct span name)
{
    if (name.len && *name.at == '.') {
        name.at++;
        name.len--;
    }
    name.len -= name.len && name.at[name.len - 1] == '.';
    host.len -= host.len && host.at[host.len - 1] == '.';
    if (!name.len || host.len < name.len)
        return false;
    const char *end = host.at + host.len - name.len;
    return !strncasecmp(end, name.at, name.len) && (end == host.at || end[-1] == '.');
}

static bool is_excepted(const char *except, const char *host)
{
    struct addr addr;
    bool is_address = addr_parse(host, &addr);
    for (size_t len; *(except += strspn(except, ", \t")); except += len) {
        len = strcspn(except, ", \t");
        struct span item = {except, len};
        if (span_is(item, "*") ||
            (is_address ? is_address_in(&addr, item) : is_below(span_of(host), item)))
            return true;
    }
    return false;
}

struct proxy proxy_for(const struct proxies *proxies, const struct url *url)
{
    struct proxy proxy = url->tls ? proxies->https : proxies->http;
    if (proxy.url && proxies->except && is_excepted(proxies->except, url->host))
        return (struct proxy){0};
    return proxy;
}

bool proxy_resolves_all(const struct proxies *p)
{
    return p->http.resolves && p->https.resolves && !p->except;
}

const char *proxy_variable(const char *scheme)
{
    static const char *const http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const https[] = {
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const except[] = {"no_proxy", "NO_PROXY", NULL};
    const char *const *names = !scheme ? except : !strcmp(scheme, "https") ? https : http;
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && *value)
            return *names;
    }
    return NULL;
}
