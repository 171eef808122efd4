#include "net/transfer_pins.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct addr_set addresses(const char *first, const char *second)
{
    struct addr_set set = {0};
    struct addr a;
    ck_assert(addr_parse(first, &a));
    addr_set_add(&set, &a);
    if (second) {
        ck_assert(addr_parse(second, &a));
        addr_set_add(&set, &a);
    }
    return set;
}

static struct url parse(const char *text)
{
    struct url u;
    const char *why;
    ck_assert_int_eq(url_parse(text, strlen(text), &u, &why), ERR_OK);
    return u;
}

/* The list as one text, " " after each entry; frees it. */
static const char *text_of(struct curl_slist *list)
{
    static char text[2000];
    text[0] = '\0';
    for (struct curl_slist *at = list; at; at = at->next) {
        ck_assert_uint_lt(strlen(text) + strlen(at->data) + 2, sizeof text);
        strcat(strcat(text, at->data), " ");
    }
    curl_slist_free_all(list);
    return text;
}

START_TEST(a_pin_names_host_port_and_addresses)
{
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set two = addresses("192.0.2.1", "2001:db8::1");
    struct url plain = parse("http://a.test/x"), tls = parse("https://a.test/x");
    ck_assert_str_eq(
        text_of(transfer_pins_add(p, &plain, &two)), "a.test:80:192.0.2.1,2001:db8::1 ");
    ck_assert_str_eq(
        text_of(transfer_pins_add(p, &tls, &two)), "a.test:443:192.0.2.1,2001:db8::1 ");
    ck_assert_uint_eq(transfer_pins_count(p), 2);
    url_fini(&plain);
    url_fini(&tls);
    transfer_pins_free(p);
}
END_TEST

START_TEST(a_name_that_begins_with_a_hyphen_is_no_removal)
{
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set one = addresses("192.0.2.1", NULL);
    struct url u = parse("http://-a.test/"), other = parse("http://b.test/");
    ck_assert_str_eq(text_of(transfer_pins_add(p, &u, &one)), "+-a.test:80:192.0.2.1 ");
    transfer_pins_drop(p, &u);
    ck_assert_str_eq(
        text_of(transfer_pins_add(p, &other, &one)), "--a.test:80 b.test:80:192.0.2.1 ");
    url_fini(&u);
    url_fini(&other);
    transfer_pins_free(p);
}
END_TEST

START_TEST(a_pin_goes_with_its_last_user_and_the_next_list_says_so)
{
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set one = addresses("192.0.2.1", NULL);
    struct url a = parse("http://a.test/1"), again = parse("http://a.test/2");
    struct url b = parse("http://b.test/"), c = parse("http://c.test/");
    text_of(transfer_pins_add(p, &a, &one));
    text_of(transfer_pins_add(p, &again, &one));
    transfer_pins_drop(p, &a);
    ck_assert_str_eq(text_of(transfer_pins_add(p, &b, &one)), "b.test:80:192.0.2.1 ");
    ck_assert_uint_eq(transfer_pins_count(p), 2);
    transfer_pins_drop(p, &again);
    ck_assert_uint_eq(transfer_pins_count(p), 1);
    ck_assert_str_eq(text_of(transfer_pins_add(p, &c, &one)), "-a.test:80 c.test:80:192.0.2.1 ");
    url_fini(&a);
    url_fini(&again);
    url_fini(&b);
    url_fini(&c);
    transfer_pins_free(p);
}
END_TEST

START_TEST(a_host_that_comes_back_is_removed_before_it_is_pinned_anew)
{
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set old = addresses("192.0.2.1", NULL), new = addresses("192.0.2.2", NULL);
    struct url a = parse("http://a.test/");
    text_of(transfer_pins_add(p, &a, &old));
    transfer_pins_drop(p, &a);
    ck_assert_str_eq(text_of(transfer_pins_add(p, &a, &new)), "-a.test:80 a.test:80:192.0.2.2 ");
    transfer_pins_drop(p, &a);
    url_fini(&a);
    transfer_pins_free(p);
}
END_TEST

START_TEST(an_address_needs_no_pin)
{
    static const char *const literals[] = {"http://192.0.2.1/", "http://[2001:db8::1]:81/"};
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set one = addresses("192.0.2.1", NULL);
    for (int i = 0; i < 2; i++) {
        struct url u = parse(literals[i]);
        ck_assert_ptr_null(transfer_pins_add(p, &u, &one));
        transfer_pins_drop(p, &u);
        url_fini(&u);
    }
    ck_assert_uint_eq(transfer_pins_count(p), 0);
    transfer_pins_free(p);
}
END_TEST

START_TEST(a_removal_that_is_due_survives_a_transfer_without_a_list)
{
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set one = addresses("192.0.2.1", NULL);
    struct url a = parse("http://a.test/"), literal = parse("http://192.0.2.1/");
    struct url b = parse("http://b.test/");
    text_of(transfer_pins_add(p, &a, &one));
    transfer_pins_drop(p, &a);
    ck_assert_ptr_null(transfer_pins_add(p, &literal, &one));
    ck_assert_str_eq(text_of(transfer_pins_add(p, &b, &one)), "-a.test:80 b.test:80:192.0.2.1 ");
    url_fini(&a);
    url_fini(&b);
    url_fini(&literal);
    transfer_pins_free(p);
}
END_TEST

START_TEST(pins_do_not_grow_with_the_hosts_seen)
{
    enum { HOSTS = 10000 };
    struct transfer_pins *p = transfer_pins_new();
    struct addr_set one = addresses("192.0.2.1", NULL);
    for (int i = 0; i < HOSTS; i++) {
        char text[40];
        snprintf(text, sizeof text, "http://h%d.test/", i);
        struct url u = parse(text);
        struct curl_slist *list = transfer_pins_add(p, &u, &one);
        ck_assert_uint_eq(transfer_pins_count(p), 1);
        ck_assert(!list->next || !list->next->next);
        curl_slist_free_all(list);
        transfer_pins_drop(p, &u);
        url_fini(&u);
    }
    ck_assert_uint_eq(transfer_pins_count(p), 0);
    transfer_pins_free(p);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_pin_names_host_port_and_addresses);
    tcase_add_test(t, a_name_that_begins_with_a_hyphen_is_no_removal);
    tcase_add_test(t, a_pin_goes_with_its_last_user_and_the_next_list_says_so);
    tcase_add_test(t, a_host_that_comes_back_is_removed_before_it_is_pinned_anew);
    tcase_add_test(t, an_address_needs_no_pin);
    tcase_add_test(t, a_removal_that_is_due_survives_a_transfer_without_a_list);
    tcase_add_test(t, pins_do_not_grow_with_the_hosts_seen);
}

int main(void)
{
    return test_main("transfer_pins", add);
}
