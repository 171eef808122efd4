#include "net/transfer_speed.h"

#include "base/test.h"

enum { KB = 1024 };

START_TEST(the_more_in_flight_the_smaller_is_a_buffer)
{
    static const struct {
        unsigned in_flight;
        long size;
    } cases[] = {{1, 64 * KB}, {256, 64 * KB}, {512, 32 * KB}, {1024, 16 * KB}, {60000, 16 * KB}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer_conf conf = {.in_flight = cases[i].in_flight};
        ck_assert_int_eq(transfer_speed_buffer(&conf, 1), cases[i].size);
        ck_assert_int_eq(transfer_speed_buffer(&conf, 5000), cases[i].size);
        conf.in_flight = 0; /* not known: by its own number */
        ck_assert_int_eq(transfer_speed_buffer(&conf, cases[i].in_flight), cases[i].size);
    }
}
END_TEST

START_TEST(bodies_and_bytes_are_counted_with_and_without_a_limit)
{
    atomic_uint bodies = 0;
    atomic_ullong arrived = 0;
    CURL *easy = curl_easy_init();
    const struct transfer_wire wire = {.easy = easy};
    for (uint64_t limit = 0; limit <= 1 << 20; limit += 1 << 20) {
        struct transfer_conf conf = {.max_speed = limit, .bodies = &bodies, .arrived = &arrived};
        struct transfer_speed one = {0}, other = {0};
        transfer_speed_begin(&one, &conf, &wire);
        transfer_speed_begin(&other, &conf, &wire);
        transfer_speed_follow(&one, &conf, &wire);
        ck_assert_uint_eq(atomic_load(&bodies), 2);
        ck_assert_uint_eq(one.shares, limit ? 2 : 0);
        transfer_speed_arrived(&conf, 1000);
        transfer_speed_end(&one, &conf, easy);
        transfer_speed_end(&one, &conf, easy); /* had no other body */
        ck_assert_uint_eq(atomic_load(&bodies), 1);
        transfer_speed_end(&other, &conf, easy);
        ck_assert_uint_eq(atomic_load(&bodies), 0);
    }
    ck_assert_uint_eq(atomic_load(&arrived), 2000);
    curl_easy_cleanup(easy);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_more_in_flight_the_smaller_is_a_buffer);
    tcase_add_test(t, bodies_and_bytes_are_counted_with_and_without_a_limit);
}

int main(void)
{
    return test_main("transfer_speed", add);
}
