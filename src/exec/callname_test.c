#include "exec/callname.h"

#include "base/test.h"

#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>

START_TEST(a_call_has_its_number_and_its_name)
{
    char text[CALLNAME_SIZE], should[CALLNAME_SIZE];
    callname_text(SYS_execve, text);
    snprintf(should, sizeof should, "%d (execve)", SYS_execve);
    ck_assert_str_eq(text, should);
    callname_text(SYS_set_mempolicy_home_node, text);
    ck_assert_str_eq(text, "450 (set_mempolicy_home_node)");
}
END_TEST

START_TEST(calls_newer_than_the_headers_have_names)
{
    char text[CALLNAME_SIZE];
    callname_text(462, text);
    ck_assert_str_eq(text, "462 (mseal)");
    callname_text(CALLNAME_KNOWN - 1, text);
    ck_assert_str_eq(text, "469 (file_setattr)");
}
END_TEST

START_TEST(any_other_number_is_unknown)
{
    char text[CALLNAME_SIZE];
    callname_text(CALLNAME_KNOWN, text);
    ck_assert_str_eq(text, "470 (unknown)");
    callname_text(INT_MAX, text);
    ck_assert_str_eq(text, "2147483647 (unknown)");
    callname_text(-1, text);
    ck_assert_str_eq(text, "4294967295 (unknown)");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_call_has_its_number_and_its_name);
    tcase_add_test(t, calls_newer_than_the_headers_have_names);
    tcase_add_test(t, any_other_number_is_unknown);
}

int main(void)
{
    return test_main("callname", add);
}
