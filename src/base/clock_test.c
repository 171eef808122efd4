#include "base/clock.h"
#include "base/test.h"

START_TEST(a_time_that_was_written_is_read_again)
{
    const double times[] = {0, 1, 951782400.25, 1795771987.5, 4102444799};
    char text[CLOCK_RFC3339_SIZE];
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        clock_rfc3339(times[i], text);
        ck_assert_int_eq(clock_parse_rfc3339(text), (int64_t)(times[i] * 1000));
    }
    ck_assert_int_eq(clock_parse_rfc3339("1970-01-01T00:00:01.002Z"), 1002);
}
END_TEST

START_TEST(malformed_times_are_refused)
{
    static const char *const texts[] = {"", "2026-11-21", "2026-11-21T09:05:31Z",
        "2026-11-21T09:05:31.123", "2026-11-21T09:05:31.123Z ", "2026-11-21 09:05:31.123Z",
        "2026-11-21T09:05:31.12xZ", "-026-11-21T09:05:31.123Z", "1969-12-31T23:59:59.999Z"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(clock_parse_rfc3339(texts[i]) == -1, "%s", texts[i]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_time_that_was_written_is_read_again);
    tcase_add_test(t, malformed_times_are_refused);
}

int main(void)
{
    return test_main("clock", add);
}
