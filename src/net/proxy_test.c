#include "net/proxy.h"

#include "base/test.h"

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

static void add(TCase *t)
{
    tcase_add_test(t, the_scheme_of_a_proxy_says_whether_it_resolves_names);
    tcase_add_test(t, malformed_proxies_are_refused);
}

int main(void)
{
    return test_main("proxy", add);
}
