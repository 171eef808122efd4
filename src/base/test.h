/* Shared by every x_test.c: Check, and a one-line main(). Each test runs in its own process, so
 * a crash fails one test only. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <check.h>
#include <stdlib.h>

static inline int test_main(const char *name, void (*add)(TCase *))
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    add(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
