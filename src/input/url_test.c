#include "input/url.h"
#include "base/test.h"

#include <locale.h>
#include <string.h>

static const char *why;

static void good(const char *text, const char *normal, const char *host, int port)
{
    struct url u = {0};
    enum err err = url_parse(text, strlen(text), &u, &why);
    ck_assert_msg(err == ERR_OK, "%s: %s", text, why);
    ck_assert_str_eq(u.text, normal);
    ck_assert_str_eq(u.host, host);
    ck_assert_int_eq(u.port, port);
    url_fini(&u);
}

static void bad(const char *text, const char *message)
{
    struct url u = {0};
    ck_assert_msg(url_parse(text, strlen(text), &u, &why) == ERR_BAD_URL, "%s", text);
    ck_assert_msg(strstr(why, message) != NULL, "%s: %s", text, why);
    ck_assert_ptr_null(u.text);
}

START_TEST(a_plain_url_stays_as_it_is)
{
    good("http://a.test/b/c.jpg?d=e&f", "http://a.test/b/c.jpg?d=e&f", "a.test", 80);
    good("https://a.test", "https://a.test/", "a.test", 443);
    good("http://a.test:8080/", "http://a.test:8080/", "a.test", 8080);
    good("http://a.test?q", "http://a.test/?q", "a.test", 80);
}
END_TEST

START_TEST(case_default_port_dots_spaces_and_fragment_are_normalised)
{
    good("  HTTP://EXAMPLE.com:80/../a/./B#frag\t", "http://example.com/a/B", "example.com", 80);
    good("https://h:443/x", "https://h/x", "h", 443);
    good("http://h/a b?c d", "http://h/a%20b?c%20d", "h", 80);
    good("http://h/%41%zz", "http://h/%41%zz", "h", 80);
}
END_TEST

START_TEST(names_and_paths_outside_ascii_become_ascii)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    good("http://b\xc3\xbc"
         "cher.example/p\xc3\xa4th",
        "http://xn--bcher-kva.example/p%C3%A4th", "xn--bcher-kva.example", 80);
}
END_TEST

START_TEST(odd_spellings_of_an_address_become_that_address)
{
    good("http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://2130706433/", "http://127.0.0.1/", "127.0.0.1", 80);
    good(
        "http://[::FFFF:127.0.0.1]:81/", "http://[::ffff:127.0.0.1]:81/", "[::ffff:127.0.0.1]", 81);
}
END_TEST

START_TEST(what_is_not_a_url_to_fetch_is_refused_with_a_reason)
{
    bad("", "empty");
    bad("   ", "empty");
    bad("foo.com/x", "no scheme");
    bad("//foo/x", "no scheme");
    bad("ftp://h/x", "only http");
    bad("file:///etc/passwd", "only http");
    bad("data:image/png;base64,AAAA", "only http");
    bad("http:", "no //");
    bad("http:/h/x", "no //");
    bad("http://", "no host");
    bad("http:///x", "no host");
    bad("http://u:p@h/", "user name");
    bad("http://h:99999/", "ort");
    bad("http://h:0/", "ort");
    bad("http://h:x/", "ort");
    bad("http://a b/", "host");
    bad("http://h/\x01", "control character");
    bad("http://[::1/", "");
    bad("http://[fe80::1%25eth0]/", "zone");
}
END_TEST

START_TEST(length_is_limited_and_a_nul_is_no_end)
{
    char *text = malloc(URL_MAX + 2);
    memset(text, 'a', URL_MAX + 2);
    memcpy(text, "http://h/", 9);
    struct url u = {0};
    ck_assert_int_eq(url_parse(text, URL_MAX + 1, &u, &why), ERR_BAD_URL);
    ck_assert_str_eq(why, "longer than 8 KiB");
    ck_assert_int_eq(url_parse(text, URL_MAX, &u, &why), ERR_OK);
    url_fini(&u);
    text[20] = '\0';
    ck_assert_int_eq(url_parse(text, 100, &u, &why), ERR_BAD_URL);
    free(text);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_plain_url_stays_as_it_is);
    tcase_add_test(t, case_default_port_dots_spaces_and_fragment_are_normalised);
    tcase_add_test(t, names_and_paths_outside_ascii_become_ascii);
    tcase_add_test(t, odd_spellings_of_an_address_become_that_address);
    tcase_add_test(t, what_is_not_a_url_to_fetch_is_refused_with_a_reason);
    tcase_add_test(t, length_is_limited_and_a_nul_is_no_end);
}

int main(void)
{
    return test_main("url", add);
}
