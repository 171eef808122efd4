/* What every x_test.c needs: Check, and a main() of one line. Each test runs
 * in a process of its own, so a crash costs one test. */
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
