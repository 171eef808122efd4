#include "base/thread.h"

#include "base/test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum { STACK = 1024 * 1024 }; /* bytes; a sanitizer raises what is less */

/* What a thread observed about itself. */
static char name[16];
static sigset_t blocked;
static size_t stack_size;

static void look_around(void *arg)
{
    pthread_attr_t attr;
    *(int *)arg += 1;
    pthread_getname_np(pthread_self(), name, sizeof name);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attr), 0);
    pthread_attr_getstacksize(&attr, &stack_size);
    pthread_attr_destroy(&attr);
}

static void start_and_wait(size_t stack)
{
    pthread_t thread;
    int calls = 0;
    ck_assert_int_eq(thread_start(&thread, "fifteen letters", stack, look_around, &calls), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(calls, 1);
}

START_TEST(a_thread_is_called_once_under_its_name)
{
    start_and_wait(0);
    ck_assert_str_eq(name, "fifteen letters");
}
END_TEST

START_TEST(all_signals_are_blocked_in_it_and_none_in_its_maker)
{
    static const int some[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    start_and_wait(0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        ck_assert(sigismember(&blocked, some[i]));
        ck_assert_int_eq(sigismember(&after, some[i]), sigismember(&before, some[i]));
    }
    ck_assert(!sigismember(&blocked, SIGSYS)); /* the call that was refused would end the process */
}
END_TEST

START_TEST(its_stack_is_as_large_as_was_asked_for)
{
    start_and_wait(STACK);
    ck_assert_uint_eq(stack_size, STACK);
    start_and_wait(3 * STACK);
    ck_assert_uint_eq(stack_size, 3 * STACK);
}
END_TEST

START_TEST(errors_of_thread_creation_are_returned)
{
    pthread_t thread;
    sigset_t mask;
    int calls = 0;
    ck_assert_int_eq(thread_start(&thread, "small", 1, look_around, &calls), -EINVAL);
    size_t too_much = (size_t)1 << 52; /* more than there are addresses */
    ck_assert_int_eq(thread_start(&thread, "large", too_much, look_around, &calls), -EAGAIN);
    ck_assert_int_eq(calls, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    ck_assert(!sigismember(&mask, SIGINT));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_thread_is_called_once_under_its_name);
    tcase_add_test(t, all_signals_are_blocked_in_it_and_none_in_its_maker);
    tcase_add_test(t, its_stack_is_as_large_as_was_asked_for);
    tcase_add_test(t, errors_of_thread_creation_are_returned);
}

int main(void)
{
    return test_main("thread", add);
}
