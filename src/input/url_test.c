#include "input/url.h"
#include "base/test.h"

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
    if (url_is_normal(text, strlen(text)))
        ck_assert_str_eq(text, normal);
    url_fini(&u);
}

static void bad(const char *text, const char *message)
{
    struct url u = {0};
    ck_assert_msg(url_parse(text, strlen(text), &u, &why) == ERR_BAD_URL, "%s", text);
    ck_assert_msg(strstr(why, message) != NULL, "%s: %s", text, why);
    ck_assert_ptr_null(u.text);
    ck_assert(!url_is_normal(text, strlen(text)));
}

START_TEST(a_plain_url_stays_as_it_is)
{
    good("http://a.test/b/c.jpg?d=e&f", "http://a.test/b/c.jpg?d=e&f", "a.test", 80);
    good("https://a.test", "https://a.test/", "a.test", 443);
    good("http://a.test:8080/", "http://a.test:8080/", "a.test", 8080);
    good("http://a.test?q", "http://a.test/?q", "a.test", 80);
}
END_TEST

static bool is_normal(const char *text)
{
    return url_is_normal(text, strlen(text));
}

/* If the text is normal, it stays as it is. */
static void expect_kept(const char *text, size_t len)
{
    struct url u = {0};
    if (!url_is_normal(text, len))
        return;
    ck_assert_msg(url_parse(text, len, &u, &why) == ERR_OK, "%.*s: %s", (int)len, text, why);
    ck_assert_uint_eq(strlen(u.text), len);
    ck_assert_mem_eq(u.text, text, len);
    url_fini(&u);
}

/* Puts the byte into the text, or in place of another one. */
static void hold_to_parsing(const char *base, size_t at, char byte, bool insert)
{
    char text[64];
    size_t len = strlen(base), rest = at + !insert < len ? len - at - !insert : 0;
    memcpy(text, base, at);
    text[at] = byte;
    memcpy(text + at + 1, base + len - rest, rest);
    expect_kept(text, at + 1 + rest);
}

START_TEST(most_urls_that_would_stay_as_they_are_are_known_without_parsing)
{
    static const char *const normal[] = {"http://a.test/", "https://img-1.a_b.test:8080/a//b/c.jpg",
        "http://localhost/a?b/../c&d=%2e", "http://4chan.test/a/b.%2E.c/%41/x...?",
        "https://h.test:80/[b]|~;,@:!$()*+=&-_", "http://h:65535/"};
    for (size_t i = 0; i < sizeof normal / sizeof *normal; i++) {
        ck_assert_msg(is_normal(normal[i]), "%s", normal[i]);
        expect_kept(normal[i], strlen(normal[i]));
    }
}
END_TEST

START_TEST(every_byte_and_every_place_where_it_changes_a_url_is_noticed)
{
    static const char *const bases[] = {
        "http://ab.test:81/c/d?e/f", "https://a-b.c_d/../e", "http://x.test/a/%2e/b"};
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        for (size_t at = 0; at <= strlen(bases[b]); at++)
            for (int byte = 0; byte < 256; byte++)
                for (int insert = 0; insert < 2; insert++)
                    hold_to_parsing(bases[b], at, (char)byte, insert);
    ck_assert(!is_normal("http://a.test/./"));
    ck_assert(!is_normal("http://a.test/.."));
    ck_assert(!is_normal("http://a.test"));
    ck_assert(!is_normal("http://a.test:80/"));
    ck_assert(!is_normal("http://xn--a.test/"));
}
END_TEST

START_TEST(case_default_port_dots_spaces_and_fragment_are_normalised)
{
    good("  HTTP://EXAMPLE.com:80/../a/./B#frag\t", "http://example.com/a/B", "example.com", 80);
    good("https://h:443/x", "https://h/x", "h", 443);
    good("http://h/a b?c d", "http://h/a%20b?c%20d", "h", 80);
    good("http://h/%41%zz", "http://h/%41%zz", "h", 80);
    good("http://h/a/%2e%2E/./.%2e/b/%2e", "http://h/b/", "h", 80);
    good("http://h/%2ea/b%2e/...?/%2e/c", "http://h/%2ea/b%2e/...?/%2e/c", "h", 80);
}
END_TEST

START_TEST(names_and_paths_outside_ascii_become_ascii)
{
    good("http://b\xc3\xbc"
         "cher.example/p\xc3\xa4th",
        "http://xn--bcher-kva.example/p%C3%A4th", "xn--bcher-kva.example", 80);
}
END_TEST

START_TEST(odd_spellings_of_an_address_become_that_address)
{
    good("http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://2130706433/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://0/", "http://0.0.0.0/", "0.0.0.0", 80);
    good("http://127.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://0177.0x0.0.01/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://127.0.0.1./", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://0X7F.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://0X7F.1.:8080/x?y", "http://127.0.0.1:8080/x?y", "127.0.0.1", 8080);
    good("http://127%2e0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://%30x7f.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://[0:0::1]/", "http://[::1]/", "[::1]", 80);
    good("http://[::ffff:7f00:1]/", "http://[::ffff:7f00:1]/", "[::ffff:7f00:1]", 80);
    good("http://[::FFFF:127.0.0.1]:81/", "http://[::ffff:7f00:1]:81/", "[::ffff:7f00:1]", 81);
    good("http://[1:0:0:2:0:0:0:3]/", "http://[1:0:0:2::3]/", "[1:0:0:2::3]", 80);
    good("http://[1:0:0:2:3:0:0:4]/", "http://[1::2:3:0:0:4]/", "[1::2:3:0:0:4]", 80);
    good("http://[1:0:2:3:4:5:0:0]/", "http://[1:0:2:3:4:5::]/", "[1:0:2:3:4:5::]", 80);
    good("http://[1:2:3:4:5:6:0:8]/", "http://[1:2:3:4:5:6:0:8]/", "[1:2:3:4:5:6:0:8]", 80);
    good("http://[::]/", "http://[::]/", "[::]", 80);
    good("http://0x/", "http://0.0.0.0/", "0.0.0.0", 80);
    good("http://1.0xffffff/", "http://1.255.255.255/", "1.255.255.255", 80);
    good("http://00000000000000000000000000000001.2/", "http://1.0.0.2/", "1.0.0.2", 80);
}
END_TEST

START_TEST(digits_and_dots_of_other_scripts_make_an_address_too)
{
    good("http://127\u30020\u30020\uff0e1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://\u2460\u2461\u2466.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://\u2460\u2461\u2466.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://\uff10\uff58\uff17\uff46\uff0e\uff11/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://%E2%91%A0\u2461\u2466.1\u3002/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://127.0.0.1\u00ad/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://\u24db\u24de\u24d2alhost/", "http://localhost/", "localhost", 80);
}
END_TEST

/* Compatibility forms of "/", "?", "#", "@", ":", "%", " ", "(" and "a/c". */
START_TEST(a_name_that_maps_to_more_than_a_name_is_refused)
{
    bad("http://127.0.0.1\uff0f.a.test/", "host name");
    bad("http://a.test\uff1f.b.test/", "host name");
    bad("http://a.test\uff03.b.test/", "host name");
    bad("http://a.test\uff20127.0.0.1/", "host name");
    bad("http://a.test\uff1a80.b.test/", "host name");
    bad("http://a.test\uff0541.b.test/", "host name");
    bad("http://a\u3000b.test/", "host name");
    bad("http://a\u2474.test/", "host name");
    bad("http://a.test\u2100.b.test/", "host name");
    bad("http://a.test\xff.b.test/", "host name");
}
END_TEST

START_TEST(a_host_that_ends_in_a_number_is_an_address_or_nothing)
{
    bad("http://256.0.0.1/", "number");
    bad("http://4294967296/", "number");
    bad("http://1.2.3.4.5/", "number");
    bad("http://1.2.3.4.5./", "number");
    bad("http://08/", "number");
    bad("http://1..2/", "number");
    bad("http://1.2.3.256/", "number");
    bad("http://1.0x1000000/", "number");
    bad("http://1.0xg.2/", "number");
    bad("http://1.-2.3/", "number");
    bad("http://a.0x1/", "number");
    bad("http://a.test.1/", "number");
    good("http://127.0.0.1.a.test/", "http://127.0.0.1.a.test/", "127.0.0.1.a.test", 80);
    good("http://1.2.3.4e0/", "http://1.2.3.4e0/", "1.2.3.4e0", 80);
}
END_TEST

START_TEST(text_that_only_looks_like_a_host_is_not_the_host)
{
    good("http://127.0.0.1#@a.test/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://127.0.0.1?@a.test/", "http://127.0.0.1/?@a.test/", "127.0.0.1", 80);
    good("http://127.0.0.1/\\@a.test/", "http://127.0.0.1//@a.test/", "127.0.0.1", 80);
    good("http://127.0.0.1\\@a.test/", "http://127.0.0.1/@a.test/", "127.0.0.1", 80);
    good("http://a.test\\.127.0.0.1/", "http://a.test/.127.0.0.1/", "a.test", 80);
    good("http://@127.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    good("http://:@127.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    bad("http://a.test@127.0.0.1/", "user name");
    bad("http://@a.test@127.0.0.1/", "user name");
    bad("http://a.test@@127.0.0.1/", "user name");
    bad("http://a.test:80@127.0.0.1/", "user name");
    bad("http://a.test%2f@127.0.0.1/", "user name");
    bad("http://127.0.0.1%00.a.test/", "ost");
    bad("http://127.0.0.1%23.a.test/", "ost");
    bad("http://%2531.0.0.1/", "ost");
    bad("http://a.test%40127.0.0.1/", "ost");
    bad("http://[::1].a.test/", "");
    bad("http://[::1]127.0.0.1/", "");
    bad("http://127.0.0.1:80:80/", "ort");
    bad("http://127.0.0.1:65536/", "ort");
    bad("http://127.0.0.1:+80/", "ort");
}
END_TEST

START_TEST(a_url_is_read_as_browsers_read_it)
{
    good("http:\\\\h\\a\\b", "http://h/a/b", "h", 80);
    good("http:/h/x", "http://h/x", "h", 80);
    good("http:h/x", "http://h/x", "h", 80);
    good("http:127.0.0.1/x", "http://127.0.0.1/x", "127.0.0.1", 80);
    good("https:////h/x", "https://h/x", "h", 443);
    good("ht\ntp://h\t/a\r\nb", "http://h/ab", "h", 80);
    good("\x01 http://h/a\x1f", "http://h/a", "h", 80);
    good("http://h/a\x01"
         "b",
        "http://h/a%01b", "h", 80);
    good("http://h/{a}|^`'[b]", "http://h/%7Ba%7D|%5E%60'[b]", "h", 80);
    good("http://h/?{a}|^`'[b]\\/..", "http://h/?{a}|^`%27[b]\\/..", "h", 80);
    good("http://h:/x", "http://h/x", "h", 80);
    good("http://h:00081/x", "http://h:81/x", "h", 81);
    good("http://h/a\\..\\b", "http://h/b", "h", 80);
    good("http://h/a//../..//b/.", "http://h//b/", "h", 80);
    good("http://h\\?q#f", "http://h/?q", "h", 80);
}
END_TEST

START_TEST(normalising_twice_changes_nothing)
{
    static const char *const texts[] = {"HTTP://A.test:80/../x y#z", "http://0x7f.1./?",
        "http://\u2460.\u2461:81", "http://b\u00fccher.example./\u00e4", "http://[::FFFF:1.2.3.4]",
        "http://%41%2e.test/%zz/%2e%2e/", "http://a..b/;p?q=\"", "https://localhost.:443/%2F"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct url once = {0}, twice = {0};
        ck_assert_msg(!url_parse(texts[i], strlen(texts[i]), &once, &why), "%s: %s", texts[i], why);
        ck_assert_msg(!url_parse(once.text, strlen(once.text), &twice, &why), "%s", once.text);
        ck_assert_str_eq(twice.text, once.text);
        ck_assert_str_eq(twice.host, once.host);
        url_fini(&once);
        url_fini(&twice);
    }
}
END_TEST

START_TEST(bad_urls_are_refused_with_a_reason)
{
    bad("", "empty");
    bad("   ", "empty");
    bad("foo.com/x", "no scheme");
    bad("//foo/x", "no scheme");
    bad("ftp://h/x", "only http");
    bad("file:///etc/passwd", "only http");
    bad("data:image/png;base64,AAAA", "only http");
    bad("http:", "no host");
    bad("http://", "no host");
    bad("http:///?x", "no host");
    bad("http://:80/", "no host");
    bad("example.com:8080/a.jpg", "no scheme");
    bad("localhost:8080/a.jpg", "no scheme");
    bad("\u00a0http://h/", "invisible");
    bad("http://h/a.jpg\u200b", "invisible");
    bad("\ufeffhttp://h/", "invisible");
    bad("http://u:p@h/", "user name");
    bad("http://h:99999/", "ort");
    bad("http://h:0/", "ort");
    bad("http://h:x/", "ort");
    bad("http://a b/", "bad host name");
    bad("http://a b", "bad host name");
    bad("http://u v@h/", "user name");
    bad("http://[::1/", "");
    bad("http://[fe80::1%25eth0]/", "zone");
}
END_TEST

static void leads(const char *reference, const char *target)
{
    char *text = url_resolve("http://a.test:81/b/c.jpg?d/e=f", reference);
    ck_assert_msg(text && strcmp(text, target) == 0, "%s: %s", reference, text);
    free(text);
}

START_TEST(a_redirect_is_resolved_against_its_url)
{
    leads("x.png", "http://a.test:81/b/x.png");
    leads("../x y?z", "http://a.test:81/b/../x y?z");
    leads("x\n.png\t", "http://a.test:81/b/x.png");
    leads("\\x", "http://a.test:81\\x");
    leads("http:x.png", "http://a.test:81/b/x.png");
    leads("HTTP:/x.png", "http://a.test:81/x.png");
    leads("http:?x", "http://a.test:81/b/c.jpg?x");
    leads("http:", "http://a.test:81/b/c.jpg?d/e=f");
    leads("http:\\/b.test", "http:\\/b.test");
    leads("https:x.png", "https:x.png");
    leads("/x?y", "http://a.test:81/x?y");
    leads("?x", "http://a.test:81/b/c.jpg?x");
    leads("#x", "http://a.test:81/b/c.jpg?d/e=f#x");
    leads("//b.test/x", "http://b.test/x");
    leads("////b.test/x", "http:////b.test/x");
    leads(" \tHTTPS://b.test \r\n", "HTTPS://b.test");
    leads("ftp:x", "ftp:x");
    leads("a.scheme.that.is.longer.than.the.whole.url:x",
        "a.scheme.that.is.longer.than.the.whole.url:x");
    leads("1:x", "http://a.test:81/b/1:x");
    leads("x/y:z", "http://a.test:81/b/x/y:z");
    leads(":x", "http://a.test:81/b/:x");
    leads("\\\\b.test/x", "http:\\\\b.test/x");
    ck_assert_ptr_null(url_resolve("http://a.test/", ""));
    ck_assert_ptr_null(url_resolve("http://a.test/", " \t "));
}
END_TEST

START_TEST(a_site_is_a_scheme_a_host_and_a_port)
{
    static const char *const others[] = {
        "https://a.test/", "http://a.test:81/", "http://b.test/", "http://a.test./"};
    struct url url = {0}, other = {0};
    ck_assert_int_eq(url_parse("http://a.test/1", 15, &url, &why), ERR_OK);
    ck_assert_int_eq(url_parse("http://A.test:80/2", 18, &other, &why), ERR_OK);
    ck_assert(url_is_same_site(&url, &other));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        url_fini(&other);
        ck_assert_int_eq(url_parse(others[i], strlen(others[i]), &other, &why), ERR_OK);
        ck_assert_msg(!url_is_same_site(&url, &other), "%s", others[i]);
    }
    url_fini(&other);
    url_fini(&url);
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
    ck_assert_int_eq(url_parse(text, 22, &u, &why), ERR_OK);
    ck_assert_str_eq(u.text, "http://h/aaaaaaaaaaa%00a");
    url_fini(&u);
    free(text);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_plain_url_stays_as_it_is);
    tcase_add_test(t, most_urls_that_would_stay_as_they_are_are_known_without_parsing);
    tcase_add_test(t, every_byte_and_every_place_where_it_changes_a_url_is_noticed);
    tcase_add_test(t, case_default_port_dots_spaces_and_fragment_are_normalised);
    tcase_add_test(t, names_and_paths_outside_ascii_become_ascii);
    tcase_add_test(t, odd_spellings_of_an_address_become_that_address);
    tcase_add_test(t, digits_and_dots_of_other_scripts_make_an_address_too);
    tcase_add_test(t, a_name_that_maps_to_more_than_a_name_is_refused);
    tcase_add_test(t, a_host_that_ends_in_a_number_is_an_address_or_nothing);
    tcase_add_test(t, text_that_only_looks_like_a_host_is_not_the_host);
    tcase_add_test(t, a_url_is_read_as_browsers_read_it);
    tcase_add_test(t, normalising_twice_changes_nothing);
    tcase_add_test(t, bad_urls_are_refused_with_a_reason);
    tcase_add_test(t, a_redirect_is_resolved_against_its_url);
    tcase_add_test(t, a_site_is_a_scheme_a_host_and_a_port);
    tcase_add_test(t, length_is_limited_and_a_nul_is_no_end);
}

int main(void)
{
    return test_main("url", add);
}
