#include "net/resolver_names.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_valid(const char *name)
{
    return resolver_names_is_valid(name, strlen(name));
}

START_TEST(names_that_cannot_be_are_known)
{
    static const char *const right[] = {
        "a", "example.com", "xn--bcher-kva.example", "_dmarc.a", "1.2.3.4.5", "a-.b", "A.B"};
    static const char *const wrong[] = {"", ".", "a..b", ".a", "a.", "a b", "a/b", "a\\.b", "a%41",
        "b\xc3\xbc.de", "a:1", "[::1]", "*", "a\tb", "-\x01"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        ck_assert_msg(is_valid(right[i]), "%s", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(!is_valid(wrong[i]), "%s", wrong[i]);
    ck_assert(!resolver_names_is_valid("a\0b", 3));

    char label[65];
    memset(label, 'a', sizeof label);
    ck_assert(resolver_names_is_valid(label, 63));
    ck_assert(!resolver_names_is_valid(label, 64));

    char name[254]; /* labels of 1: "a.a.a..." */
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'a';
    ck_assert(resolver_names_is_valid(name, 253));
    name[252] = name[253] = 'a';
    ck_assert(!resolver_names_is_valid(name, 254));
}
END_TEST

START_TEST(literals_answer_themselves_in_the_wanted_family)
{
    struct resolver_answer a;
    ck_assert(resolver_names_answer_literal("192.0.2.1", 9, 0, &a));
    ck_assert_int_eq(a.err, ERR_OK);
    ck_assert_uint_eq(a.addrs.n, 1);
    ck_assert_uint_eq(a.addrs.at[0].family, 4);
    ck_assert(resolver_names_answer_literal("[2001:db8::1]", 13, 6, &a));
    ck_assert_uint_eq(a.addrs.at[0].family, 6);
    ck_assert(resolver_names_answer_literal("2001:db8::1", 11, 4, &a));
    ck_assert_int_eq(a.err, ERR_DNS_NOT_FOUND);
    ck_assert_uint_eq(a.addrs.n, 0);
    ck_assert(!resolver_names_answer_literal("192.0.2.1.example", 17, 0, &a));
}
END_TEST

START_TEST(special_names_are_never_asked)
{
    struct resolver_answer a;
    ck_assert(resolver_names_answer_special("localhost", 9, 0, &a));
    ck_assert_uint_eq(a.addrs.n, 2);
    ck_assert(resolver_names_answer_special("a.b.localhost", 13, 6, &a));
    ck_assert_uint_eq(a.addrs.n, 1);
    ck_assert_uint_eq(a.addrs.at[0].bytes[15], 1);
    ck_assert(resolver_names_answer_special("localhost.localdomain", 21, 4, &a));
    ck_assert_uint_eq(a.addrs.at[0].bytes[0], 127);
    ck_assert(resolver_names_answer_special("ip6-localhost", 13, 0, &a));
    ck_assert(resolver_names_answer_special("ip6-loopback", 12, 0, &a));
    ck_assert(!resolver_names_answer_special("localdomain", 11, 0, &a));
    ck_assert(resolver_names_answer_special("a.invalid", 9, 0, &a));
    ck_assert_int_eq(a.err, ERR_DNS_NOT_FOUND);
    ck_assert_ptr_nonnull(a.message);
    ck_assert(!resolver_names_answer_special("notlocalhost", 12, 0, &a));
    ck_assert(!resolver_names_answer_special("localhost.com", 13, 0, &a));
    ck_assert(!resolver_names_answer_special("", 0, 0, &a));
}
END_TEST

static struct resolver_cache *read_hosts(const char *text, int family)
{
    char path[] = "/tmp/hosts_test.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct resolver_cache *c = resolver_cache_new();
    resolver_names_read_hosts(path, family, c);
    unlink(path);
    return c;
}

static unsigned count_addrs(struct resolver_cache *c, const char *name)
{
    const struct resolver_answer *a = resolver_cache_find(c, name, strlen(name), 0);
    return a ? a->addrs.n : 0;
}

START_TEST(the_hosts_file_is_read_as_the_system_does)
{
    static const char text[] = "# comment\n"
                               "\n"
                               "192.0.2.1 one.test One-Alias.TEST. # trailing two.test\n"
                               "\t2001:db8::1\tone.test\r\n"
                               "192.0.2.1 one.test\n"
                               "not-an-address three.test\n"
                               "fe80::1%lo0 four.test\n"
                               "192.0.2.5\n"
                               "192.0.2.6 bad/name five.test\n"
                               "192.0.2.7 last.test";
    struct resolver_cache *c = read_hosts(text, 0);
    ck_assert_uint_eq(count_addrs(c, "one.test"), 2);
    ck_assert_uint_eq(count_addrs(c, "one-alias.test"), 1);
    ck_assert_uint_eq(count_addrs(c, "two.test"), 0);
    ck_assert_uint_eq(count_addrs(c, "three.test"), 0);
    ck_assert_uint_eq(count_addrs(c, "four.test"), 0);
    ck_assert_uint_eq(count_addrs(c, "bad/name"), 0);
    ck_assert_uint_eq(count_addrs(c, "five.test"), 1);
    ck_assert_uint_eq(count_addrs(c, "last.test"), 1);
    resolver_cache_free(c);

    c = read_hosts(text, 6);
    ck_assert_uint_eq(count_addrs(c, "one.test"), 1);
    ck_assert_uint_eq(count_addrs(c, "last.test"), 0);
    resolver_cache_free(c);
}
END_TEST

START_TEST(a_missing_hosts_file_has_no_names)
{
    struct resolver_cache *c = resolver_cache_new();
    resolver_names_read_hosts("/nonexistent/hosts", 0, c);
    ck_assert_uint_eq(count_addrs(c, "localhost"), 0);
    resolver_cache_free(c);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, names_that_cannot_be_are_known);
    tcase_add_test(t, literals_answer_themselves_in_the_wanted_family);
    tcase_add_test(t, special_names_are_never_asked);
    tcase_add_test(t, the_hosts_file_is_read_as_the_system_does);
    tcase_add_test(t, a_missing_hosts_file_has_no_names);
}

int main(void)
{
    return test_main("resolver_names", add);
}
