#include "net/resolver_pins.h"

#include "base/test.h"

#include <string.h>

static struct resolver_pins *pins(int family, const char *const *texts)
{
    char message[RESOLVER_MESSAGE_SIZE] = "";
    struct resolver_pins *p = resolver_pins_new(texts, family, message);
    ck_assert_msg(p != NULL, "%s", message);
    return p;
}

/* The addresses as text with spaces between; "-": no pin; "!": a pin without addresses. */
static const char *look(const struct resolver_pins *p, const char *name, uint16_t port)
{
    static char out[ADDR_SET_MAX * (ADDR_TEXT_SIZE + 1)];
    struct resolver_answer a;
    if (!resolver_pins_answer(p, name, strlen(name), port, &a))
        return "-";
    if (a.err != ERR_OK)
        return a.err == ERR_DNS_NOT_FOUND && a.message ? "!" : "?";
    out[0] = '\0';
    for (unsigned i = 0; i < a.addrs.n; i++) {
        char text[ADDR_TEXT_SIZE];
        addr_format(&a.addrs.at[i], text);
        strcat(strcat(out, i ? " " : ""), text);
    }
    return out;
}

START_TEST(a_pin_is_for_its_name_and_port)
{
    struct resolver_pins *p = pins(0,
        (const char *[]){"a.test:80:192.0.2.1", "+A.Test:443:192.0.2.2,[2001:db8::1],2001:db8::2",
            "b.test.:80:::1", "a.test:8080:192.0.2.4", NULL});
    ck_assert_str_eq(look(p, "a.test", 80), "192.0.2.1");
    ck_assert_str_eq(look(p, "a.test", 443), "192.0.2.2 2001:db8::1 2001:db8::2");
    ck_assert_str_eq(look(p, "a.test", 8080), "192.0.2.4");
    ck_assert_str_eq(look(p, "a.test", 81), "-");
    ck_assert_str_eq(look(p, "b.test", 80), "::1");
    ck_assert_str_eq(look(p, "b.test", 443), "-");
    resolver_pins_free(p);
}
END_TEST

START_TEST(a_star_is_for_every_name_without_a_pin_of_its_own)
{
    struct resolver_pins *p =
        pins(0, (const char *[]){"*:80:192.0.2.9", "a.test:80:192.0.2.1", NULL});
    ck_assert_str_eq(look(p, "a.test", 80), "192.0.2.1");
    ck_assert_str_eq(look(p, "c.test", 80), "192.0.2.9");
    ck_assert_str_eq(look(p, "c.test", 443), "-");
    resolver_pins_free(p);
}
END_TEST

START_TEST(the_later_of_two_pins_counts)
{
    struct resolver_pins *p =
        pins(0, (const char *[]){"a.test:80:192.0.2.1", "a.test:80:192.0.2.2", NULL});
    ck_assert_str_eq(look(p, "a.test", 80), "192.0.2.2");
    resolver_pins_free(p);
}
END_TEST

START_TEST(addresses_of_the_other_family_are_left_out)
{
    struct resolver_pins *p =
        pins(6, (const char *[]){"a.test:80:192.0.2.1,::2", "b.test:80:192.0.2.1", NULL});
    ck_assert_str_eq(look(p, "a.test", 80), "::2");
    ck_assert_str_eq(look(p, "b.test", 80), "!");
    resolver_pins_free(p);
}
END_TEST

START_TEST(a_malformed_pin_is_refused_and_named)
{
    static const char *const wrong[] = {"", "a.test", "a.test:80", "a.test:80:", "a.test::1.2.3.4",
        "a.test:0:1.2.3.4", "a.test:65536:1.2.3.4", "a.test:8x:1.2.3.4", "a.test: 80:1.2.3.4",
        "a.test:-80:1.2.3.4", ":80:1.2.3.4", "-a/b:80:1.2.3.4", "a.test:80:b.test",
        "a.test:80:1.2.3.4,", "a.test:80:,1.2.3.4", "a.test:80:1.2.3.4 ", "*.test:80:1.2.3.4",
        "a..b:80:1.2.3.4", ".:80:1.2.3.4", "[::1]:80:1.2.3.4", "a.test:80:[::1", "-a.test:80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char message[RESOLVER_MESSAGE_SIZE] = "";
        const char *const list[] = {"ok.test:80:192.0.2.1", wrong[i], NULL};
        ck_assert_msg(!resolver_pins_new(list, 0, message), "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(message, wrong[i]));
    }
}
END_TEST

START_TEST(no_pins_answer_nothing)
{
    struct resolver_pins *p = pins(0, NULL);
    ck_assert_str_eq(look(p, "a.test", 80), "-");
    resolver_pins_free(p);
    resolver_pins_free(NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_pin_is_for_its_name_and_port);
    tcase_add_test(t, a_star_is_for_every_name_without_a_pin_of_its_own);
    tcase_add_test(t, the_later_of_two_pins_counts);
    tcase_add_test(t, addresses_of_the_other_family_are_left_out);
    tcase_add_test(t, a_malformed_pin_is_refused_and_named);
    tcase_add_test(t, no_pins_answer_nothing);
}

int main(void)
{
    return test_main("resolver_pins", add);
}
