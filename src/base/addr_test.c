#include "base/addr.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <string.h>

static struct addr addr(const char *text)
{
    struct addr a;
    ck_assert_msg(addr_parse(text, &a), "%s", text);
    return a;
}

static struct addr_net net(const char *text)
{
    struct addr_net n;
    ck_assert_msg(addr_net_parse(text, &n), "%s", text);
    return n;
}

static bool allowed(const char *text, const char *allow)
{
    struct addr a = addr(text);
    if (!allow)
        return addr_is_allowed(&a, NULL, 0);
    struct addr_net n = net(allow);
    return addr_is_allowed(&a, &n, 1);
}

START_TEST(addresses_are_read_and_written_in_their_usual_form)
{
    static const char *const pairs[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0:0::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
        {"[::]", "::"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct addr a = addr(pairs[i][0]);
        char text[ADDR_TEXT_SIZE];
        addr_format(&a, text);
        ck_assert_str_eq(text, pairs[i][1]);
    }
    char text[ADDR_TEXT_SIZE] = "x";
    addr_format(&(struct addr){0}, text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(malformed_addresses_are_refused)
{
    static const char *const wrong[] = {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.0.0.1",
        "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "2130706433", "[1.2.3.4]", "[::1", "::1]", "[]", "[",
        "]", "fe80::1%eth0", "[::1]:80", "1.2.3.4:80", ":::", "12345::", "example.com",
        "[00000000000000000000000000000000000000000000000000000000::1]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct addr a;
        ck_assert_msg(!addr_parse(wrong[i], &a), "%s", wrong[i]);
    }
}
END_TEST

START_TEST(socket_addresses_are_read)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct addr a, want = addr("192.0.2.1");
    ck_assert(addr_from_sockaddr((struct sockaddr *)&v4, &a));
    ck_assert_mem_eq(&a, &want, sizeof a);
    want = addr("::1");
    ck_assert(addr_from_sockaddr((struct sockaddr *)&v6, &a));
    ck_assert_mem_eq(&a, &want, sizeof a);
    ck_assert(!addr_from_sockaddr(&(struct sockaddr){.sa_family = AF_UNIX}, &a));
}
END_TEST

START_TEST(a_set_holds_each_address_once_and_eight_of_them)
{
    struct addr_set set = {0};
    struct addr a = addr("10.0.0.0");
    for (uint8_t i = 0; i < 20; i++) {
        a.bytes[3] = i / 2;
        addr_set_add(&set, &a);
    }
    ck_assert_uint_eq(set.n, ADDR_SET_MAX);
    for (uint8_t i = 0; i < ADDR_SET_MAX; i++)
        ck_assert_uint_eq(set.at[i].bytes[3], i);
}
END_TEST

/* The last bytes of the addresses, as digits. */
static const char *order_of(const struct addr_set *set)
{
    static char text[ADDR_SET_MAX + 1];
    for (unsigned i = 0; i < set->n; i++)
        text[i] = (char)('0' + set->at[i].bytes[3]);
    text[set->n] = '\0';
    return text;
}

START_TEST(a_set_can_begin_elsewhere)
{
    struct addr_set set = {0}, none = {0};
    struct addr a = addr("10.0.0.0");
    for (uint8_t i = 0; i < 4; i++) {
        a.bytes[3] = i;
        addr_set_add(&set, &a);
    }
    addr_set_rotate(&set, 1);
    ck_assert_str_eq(order_of(&set), "1230");
    addr_set_rotate(&set, 4 * 1000000 + 2);
    ck_assert_str_eq(order_of(&set), "3012");
    a.bytes[3] = 1;
    addr_set_begin_with(&set, &a);
    ck_assert_str_eq(order_of(&set), "1302");
    addr_set_begin_with(&set, &a);
    ck_assert_str_eq(order_of(&set), "1302");
    a.bytes[3] = 9;
    addr_set_begin_with(&set, &a);
    ck_assert_str_eq(order_of(&set), "1302");
    addr_set_rotate(&none, 3);
    addr_set_begin_with(&none, &a);
    ck_assert_uint_eq(none.n, 0);
}
END_TEST

START_TEST(networks_contain_their_addresses)
{
    static const struct {
        const char *net, *addr;
        bool in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.9.9.9/8", "10.0.0.1", true},
        {"10.0.0.0/8", "::ffff:10.0.0.1", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"[2001:db8::]/127", "2001:db8::1", true},
        {"2001:db8::/127", "2001:db8::2", false},
        {"::1/128", "::1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct addr_net n = net(cases[i].net);
        struct addr a = addr(cases[i].addr);
        ck_assert_msg(
            addr_net_contains(&n, &a) == cases[i].in, "%s %s", cases[i].net, cases[i].addr);
    }
    static const char *const wrong[] = {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
        "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/ 8", "::/129", "10.0.0.0/4294967304", "10/8",
        "10.0.0.0/8/8", "example.com/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct addr_net n;
        ck_assert_msg(!addr_net_parse(wrong[i], &n), "%s", wrong[i]);
    }
}
END_TEST

/* The first and the last address of each block, and their neighbours outside of it. */
START_TEST(special_blocks_are_refused_to_their_edges)
{
    static const struct {
        const char *before, *first, *last, *after;
    } blocks[] = {
        {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
        {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
        {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
        {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
        {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
        {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
        {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
        {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
        {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
        {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
        {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
        {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
        {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
        {"223.255.255.255", "224.0.0.0", "255.255.255.255", NULL},
        {NULL, "::", "::fffe:ffff:ffff", NULL}, /* to what is IPv4-mapped */
        {NULL, "::1:0:0:0", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", NULL}, /* to NAT64 */
        {NULL, "64:ff9b::1:0:0", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
        {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
        {"3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3ffe::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
        {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        ck_assert_msg(!allowed(blocks[i].first, NULL), "%s", blocks[i].first);
        ck_assert_msg(!allowed(blocks[i].last, NULL), "%s", blocks[i].last);
        if (blocks[i].before)
            ck_assert_msg(allowed(blocks[i].before, NULL), "%s", blocks[i].before);
        if (blocks[i].after)
            ck_assert_msg(allowed(blocks[i].after, NULL), "%s", blocks[i].after);
    }
    ck_assert(!addr_is_allowed(&(struct addr){0}, NULL, 0));
}
END_TEST

/* Each by the name of its registry: IANA IPv4 and IPv6 Special-Purpose Address Registry, and the
 * IPv6 address space. */
START_TEST(no_special_address_is_let_through)
{
    static const char *const special[] = {"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.100.100.200",
        "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.254",
        "192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1",
        "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
        "200::1", "400::1", "1000::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1",
        "2001:30::1", "2001:db8::1", "3ffe::1", "3fff::1", "4000::1", "5f00::1", "8000::1",
        "e000::1", "fc00::1", "fd00:ec2::254", "fe00::1", "fe80::1", "fe80::5efe:8.8.8.8",
        "fec0::1", "ff02::1", "ff0e::1"};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        ck_assert_msg(!allowed(special[i], NULL), "%s", special[i]);
    static const char *const global[] = {"1.1.1.1", "8.8.8.8", "192.31.196.1", "192.52.193.1",
        "192.175.48.1", "2001:4860:4860::8888", "2606:4700::1111", "2620:4f:8000::1", "2a00::1"};
    for (size_t i = 0; i < sizeof global / sizeof *global; i++)
        ck_assert_msg(allowed(global[i], NULL), "%s", global[i]);
}
END_TEST

START_TEST(an_ipv6_form_is_judged_by_the_ipv4_address_in_it)
{
    static const struct {
        const char *good, *bad;
    } forms[] = {
        {"::ffff:8.8.8.8", "::ffff:127.0.0.1"},
        {"::ffff:9.9.9.9", "::ffff:169.254.169.254"},
        {"64:ff9b::8.8.8.8", "64:ff9b::10.0.0.1"},
        {"2002:808:808::1", "2002:c0a8:101::808:808"},
        {"2a00::5efe:8.8.8.8", "2a00::5efe:10.0.0.1"},
        {"2a00::200:5efe:8.8.8.8", "2a00::200:5efe:127.0.0.1"},
        {"2a00::100:5efe:127.0.0.1", "2002:808:808::5efe:127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ck_assert_msg(allowed(forms[i].good, NULL), "%s", forms[i].good);
        ck_assert_msg(!allowed(forms[i].bad, NULL), "%s", forms[i].bad);
    }
    ck_assert(!allowed("::8.8.8.8", NULL)); /* IPv4-compatible: refused as a whole */
}
END_TEST

START_TEST(an_allowed_network_is_let_through_and_nothing_else)
{
    ck_assert(allowed("127.0.0.1", "127.0.0.0/8"));
    ck_assert(!allowed("10.0.0.1", "127.0.0.0/8"));
    ck_assert(allowed("::ffff:127.0.0.1", "127.0.0.0/8"));
    ck_assert(allowed("64:ff9b::7f00:1", "127.0.0.0/8"));
    ck_assert(allowed("2002:7f00:1::", "127.0.0.0/8"));
    ck_assert(allowed("2a00::5efe:127.0.0.1", "127.0.0.0/8"));
    ck_assert(!allowed("fe80::5efe:127.0.0.1", "127.0.0.0/8"));
    ck_assert(!allowed("::127.0.0.1", "127.0.0.0/8"));
    ck_assert(!allowed("::1", "127.0.0.0/8"));
    ck_assert(!allowed("127.0.0.2", "127.0.0.1"));
    ck_assert(!allowed("0.0.0.0", "127.0.0.0/8"));
    ck_assert(allowed("10.0.0.1", "0.0.0.0/0"));
    ck_assert(!allowed("::1", "0.0.0.0/0"));
    ck_assert(allowed("::ffff:10.0.0.1", "0.0.0.0/0"));
    ck_assert(allowed("fe80::1", "::/0"));
    ck_assert(!allowed("10.0.0.1", "::/0"));
    ck_assert(allowed("::1", "::1"));
    ck_assert(allowed("::ffff:10.0.0.1", "::ffff:0:0/96"));
    ck_assert(!allowed("10.0.0.1", "::ffff:0:0/96"));
    ck_assert(allowed("8.8.8.8", "127.0.0.0/8"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, addresses_are_read_and_written_in_their_usual_form);
    tcase_add_test(t, malformed_addresses_are_refused);
    tcase_add_test(t, socket_addresses_are_read);
    tcase_add_test(t, a_set_holds_each_address_once_and_eight_of_them);
    tcase_add_test(t, a_set_can_begin_elsewhere);
    tcase_add_test(t, networks_contain_their_addresses);
    tcase_add_test(t, special_blocks_are_refused_to_their_edges);
    tcase_add_test(t, no_special_address_is_let_through);
    tcase_add_test(t, an_ipv6_form_is_judged_by_the_ipv4_address_in_it);
    tcase_add_test(t, an_allowed_network_is_let_through_and_nothing_else);
}

int main(void)
{
    return test_main("addr", add);
}
