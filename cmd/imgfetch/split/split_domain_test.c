#include "cmd/imgfetch/split/split_domain.h"

#include "base/test.h"

#include <string.h>

static struct split_domains *domains;

static void set_up(void)
{
    domains = split_domain_new();
    ck_assert_ptr_nonnull(domains);
}

static void tear_down(void)
{
    split_domain_free(domains);
}

static void expect(const char *url, const char *name)
{
    struct split_domain domain;
    struct urllist_value value = {url, strlen(url), URLLIST_TEXT};
    split_domain_of(domains, &value, &domain);
    ck_assert_str_eq(domain.name, name);
    ck_assert_uint_eq(domain.hash, split_domain_hash(name, strlen(name)));
}

START_TEST(a_domain_is_one_below_a_public_suffix)
{
    for (int i = 0; i < 2; i++) { /* the second time, it is remembered */
        expect("http://a.b.example.com/x.jpg", "example.com");
        expect("HTTPS://A.Example.CO.UK:8443?x", "example.co.uk");
        expect("https://example.co.uk#x", "example.co.uk");
        expect("http://me.github.io/", "me.github.io");
        expect("http://github.io/", "github.io");
        expect("http://a.b.test", "b.test");
        expect("http://localhost/", "localhost");
    }
}
END_TEST

START_TEST(an_address_is_its_own_domain)
{
    expect("http://127.0.0.1:80/", "127.0.0.1");
    expect("http://0x7f.1/", "127.0.0.1");
    expect("http://[::1]:80/", "[::1]");
    expect("http://1.2.3.example.com/", "example.com");
    ck_assert(split_domain_is_address("127.0.0.1"));
    ck_assert(!split_domain_is_address("a1.example"));
}
END_TEST

START_TEST(a_url_is_read_as_a_run_reads_it)
{
    expect("http:\\\\a.example.com\\@b.example.org/", "example.com");
    expect("http://a.example%2ecom/", "example.com");
    expect("http://b\xc3\xbc.example.org/", "example.org");
    expect("http:a.example.com/", "example.com");
}
END_TEST

START_TEST(what_is_no_url_has_no_domain)
{
    expect("no url", "");
    expect("ftp://example.com/", "");
    expect("", "");
    expect("http://user@example.com/", "");
    expect("http://example.com:99999/", "");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_domain_is_one_below_a_public_suffix);
    tcase_add_test(t, an_address_is_its_own_domain);
    tcase_add_test(t, a_url_is_read_as_a_run_reads_it);
    tcase_add_test(t, what_is_no_url_has_no_domain);
}

int main(void)
{
    return test_main("split_domain", add);
}
