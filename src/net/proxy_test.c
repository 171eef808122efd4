#include "net/proxy.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(the_scheme_of_a_proxy_says_whether_it_resolves_names)
{
    static const struct {
        const char *url;
        bool resolves;
    } table[] = {
        {"http://192.0.2.1:3128", true},
        {"http://192.0.2.1:3128/", true},
        {"HTTP://proxy.test", true},
        {"proxy.test:3128", true},
        {"socks.test", true}, /* the name of a host decides nothing */
        {"192.0.2.1", true},
        {"[2001:db8::1]:8080", true},
        {"user:pass%40word@proxy.test:3128", true},
        {"http://user:password@proxy.test:3128", true},
        {"socks4://192.0.2.1", false},
        {"socks4a://192.0.2.1", true},
        {"socks5://user:password@192.0.2.1:1080", false},
        {"socks5h://[2001:db8::1]:1080", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bool resolves = !table[i].resolves;
        const char *why = proxy_check(table[i].url, &resolves);
        ck_assert_msg(!why, "%s: %s", table[i].url, why);
        ck_assert_msg(resolves == table[i].resolves, "%s", table[i].url);
    }
}
END_TEST

START_TEST(malformed_proxies_are_refused)
{
    static const char *const bad[] = {"", "https://proxy.test", "ftp://proxy.test", "socks5://",
        "http://proxy.test:99999", "http://proxy.test:x", "http://proxy.test/path", "a b", "://"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool ignored;
        ck_assert_msg(proxy_check(bad[i], &ignored) != NULL, "%s", bad[i]);
    }
}
END_TEST

static struct proxy asked(const struct proxies *proxies, const char *text)
{
    struct url url;
    const char *why;
    ck_assert_msg(url_parse(text, strlen(text), &url, &why) == ERR_OK, "%s", text);
    struct proxy proxy = proxy_for(proxies, &url);
    url_fini(&url);
    return proxy;
}

START_TEST(each_scheme_has_its_proxy)
{
    struct proxies proxies = {.http = {"http://a/", true}, .https = {"socks5://b", false}};
    ck_assert_str_eq(asked(&proxies, "http://x.test/").url, "http://a/");
    ck_assert(asked(&proxies, "http://x.test/").resolves);
    ck_assert_str_eq(asked(&proxies, "https://x.test/").url, "socks5://b");
    ck_assert(!asked(&proxies, "https://x.test/").resolves);
    ck_assert(!proxy_resolves_all(&proxies));
    proxies.https.resolves = true;
    ck_assert(proxy_resolves_all(&proxies));
    proxies.except = "x.test";
    ck_assert(!proxy_resolves_all(&proxies));
    ck_assert_ptr_null(asked(&(struct proxies){0}, "http://x.test/").url);
}
END_TEST

START_TEST(some_hosts_are_asked_without_a_proxy)
{
    static const struct {
        const char *except, *host;
        bool goes_there;
    } table[] = {
        {"*", "a.test", false}, {"", "a.test", true}, {"a.test", "a.test", false},
        {"a.test", "b.a.test", false}, {".a.test", "b.a.test", false}, {".a.test", "a.test", false},
        {"a.test", "xa.test", true}, {"a.test", "a.test.b", true}, {"A.Test.", "a.test", false},
        {"a.test", "a.test.", false}, {"b.test, a.test", "a.test", false},
        {"b.test a.test,", "a.test", false}, {".", "a.test", true},
        {"192.0.2.1", "192.0.2.1", false}, {"192.0.2.0/24", "192.0.2.99", false},
        {"192.0.2.0/24", "192.0.3.1", true}, {"2.1", "192.0.2.1", true},
        {"192.0.2.1", "x.192.0.2.1.test", true}, {"[2001:db8::1]", "[2001:db8::1]", false},
        {"2001:db8::/32", "[2001:db8::1]", false},
        {"*.test", "a.test", true}, /* curl knows no patterns either */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct proxies proxies = {.http = {"http://p/", true}, .except = table[i].except};
        char text[100];
        snprintf(text, sizeof text, "http://%s/", table[i].host);
        ck_assert_msg((asked(&proxies, text).url != NULL) == table[i].goes_there, "%s: %s",
            table[i].except, table[i].host);
    }
}
END_TEST

START_TEST(variables_are_chosen_as_curl_does)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
        "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    ck_assert_ptr_null(proxy_variable("http"));
    ck_assert_ptr_null(proxy_variable("https"));
    ck_assert_ptr_null(proxy_variable(NULL));
    setenv("HTTP_PROXY", "x", 1); /* a header "Proxy" of a request to a CGI program is this one */
    ck_assert_ptr_null(proxy_variable("http"));
    setenv("ALL_PROXY", "x", 1);
    ck_assert_str_eq(proxy_variable("http"), "ALL_PROXY");
    setenv("HTTPS_PROXY", "x", 1);
    ck_assert_str_eq(proxy_variable("https"), "HTTPS_PROXY");
    setenv("https_proxy", "x", 1);
    ck_assert_str_eq(proxy_variable("https"), "https_proxy");
    setenv("https_proxy", "", 1);
    ck_assert_str_eq(proxy_variable("https"), "HTTPS_PROXY");
    setenv("http_proxy", "x", 1);
    ck_assert_str_eq(proxy_variable("http"), "http_proxy");
    setenv("NO_PROXY", "x", 1);
    ck_assert_str_eq(proxy_variable(NULL), "NO_PROXY");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, each_scheme_has_its_proxy);
    tcase_add_test(t, some_hosts_are_asked_without_a_proxy);
    tcase_add_test(t, variables_are_chosen_as_curl_does);
    tcase_add_test(t, the_scheme_of_a_proxy_says_whether_it_resolves_names);
    tcase_add_test(t, malformed_proxies_are_refused);
}

int main(void)
{
    return test_main("proxy", add);
}
