#include "base/test.h"
#include "net/httpdate.h"

START_TEST(a_date_is_seconds_since_1970)
{
    ck_assert_int_eq(httpdate_parse("Thu, 14 May 2026 16:11:44 GMT"), 1778775104);
    ck_assert_int_eq(httpdate_parse("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    ck_assert_int_eq(httpdate_parse("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    ck_assert_int_eq(httpdate_parse("Sun Nov  6 08:49:37 1994"), 784111777);
}
END_TEST

START_TEST(a_date_in_the_future_is_one)
{
    ck_assert_int_eq(httpdate_parse("Mon, 01 Jan 2100 00:00:00 GMT"), INT64_C(4102444800));
}
END_TEST

START_TEST(what_no_file_can_have_is_no_date)
{
    ck_assert_int_eq(httpdate_parse(NULL), -1);
    ck_assert_int_eq(httpdate_parse(""), -1);
    ck_assert_int_eq(httpdate_parse("yesterday"), -1);
    ck_assert_int_eq(httpdate_parse("Wed, 31 Dec 1969 23:59:50 GMT"), -1);
    ck_assert_int_eq(httpdate_parse("Tue, 01 Jan 2300 00:00:00 GMT"), -1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_date_is_seconds_since_1970);
    tcase_add_test(t, a_date_in_the_future_is_one);
    tcase_add_test(t, what_no_file_can_have_is_no_date);
}

int main(void)
{
    return test_main("httpdate", add);
}
