#include "net/proxy.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

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
