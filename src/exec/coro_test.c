#include "exec/coro.h"
#include "base/test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char trace[200];

static void say(const char *text)
{
    strcat(trace, text);
}

static void three_steps(void *arg)
{
    for (int i = 0; i < 3; i++) {
        say(arg);
        coro_yield();
    }
    say("end ");
}

START_TEST(a_coroutine_goes_on_where_it_stopped)
{
    trace[0] = 0;
    struct coro *c = coro_new(three_steps, (void *)"step ");
    say("main ");
    while (!coro_has_ended(c)) {
        coro_resume(c);
        say("main ");
    }
    ck_assert_str_eq(trace, "main step main step main step main end main ");
    coro_free(c);
}
END_TEST

START_TEST(coroutines_take_turns_without_knowing_each_other)
{
    trace[0] = 0;
    struct coro *a = coro_new(three_steps, (void *)"a "), *b = coro_new(three_steps, (void *)"b ");
    for (int i = 0; i < 4; i++) {
        coro_resume(a);
        coro_resume(b);
    }
    ck_assert_str_eq(trace, "a b a b a b end end ");
    coro_free(a);
    coro_free(b);
}
END_TEST

/* Enough live variables for all registers that a call preserves: on arm64 ten, and eight of
 * doubles. */
static void compute(void *arg)
{
    double *ret = arg, x = 1.5, y = 2.5, z = 3.5, t = 4.5, u = 5.5, v = 6.5, w = 7.5, s = 8.5;
    unsigned long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
    for (int i = 0; i < 1000; i++) {
        a += b, b ^= c, c += d, d ^= e, e += f, f ^= g, g += h, h ^= a;
        x = x * 1.0001 + (double)(a & 7);
        y += x, z -= y, t += z / 2, u -= t, v += u / 3, w -= v, s += w / 5;
        if (ret[1] != 0)
            coro_yield();
    }
    ret[0] = x + y + z + t + u + v + w + s + (double)((a ^ b ^ c ^ d ^ e ^ f ^ g ^ h) & 0xffff);
}

START_TEST(a_switch_preserves_what_a_call_preserves)
{
    double expected[2] = {0, 0}, found[100][2];
    struct coro *c[100];
    compute(expected);
    for (int i = 0; i < 100; i++) {
        found[i][1] = 1;
        c[i] = coro_new(compute, found[i]);
    }
    for (int turn = 0; turn <= 1000; turn++)
        for (int i = 0; i < 100; i++)
            coro_resume(c[i]);
    for (int i = 0; i < 100; i++) {
        ck_assert(coro_has_ended(c[i]));
        ck_assert_double_eq(found[i][0], expected[0]);
        coro_free(c[i]);
    }
}
END_TEST

START_TEST(one_that_was_never_resumed_can_be_freed)
{
    trace[0] = 0;
    coro_free(coro_new(three_steps, (void *)"never"));
    coro_free(NULL);
    ck_assert_str_eq(trace, "");
}
END_TEST

static int dive(int depth)
{
    volatile char room[1024];
    room[depth % 1024] = (char)depth;
    return depth < 0 ? 0 : dive(depth + 1) + room[depth % 1024];
}

static void overflow(void *arg)
{
    (void)arg;
    dive(0);
}

START_TEST(running_over_the_stack_is_a_crash)
{
    coro_resume(coro_new(overflow, NULL));
}
END_TEST

/* Whatever may be mapped below it. */
static void step_over(void *arg)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t top = ((uintptr_t)&page + page - 1) / page * page;
    (void)arg;
    *(volatile char *)(top - CORO_STACK_SIZE) = 1;
    say("inside ");
    *(volatile char *)(top - CORO_STACK_SIZE - 1) = 1;
}

static void end_well(int signal)
{
    (void)signal;
    _exit(strcmp(trace, "inside ") == 0 ? 0 : 1);
}

START_TEST(the_byte_below_the_stack_is_nobodys)
{
    static char other[65536];
    const stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
    const struct sigaction on_fault = {.sa_handler = end_well, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &on_fault, NULL);
    trace[0] = 0;
    coro_resume(coro_new(step_over, NULL));
    ck_abort_msg("it could be written to");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_coroutine_goes_on_where_it_stopped);
    tcase_add_test(t, coroutines_take_turns_without_knowing_each_other);
    tcase_add_test(t, a_switch_preserves_what_a_call_preserves);
    tcase_add_test(t, one_that_was_never_resumed_can_be_freed);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test_raise_signal(t, running_over_the_stack_is_a_crash, SIGSEGV);
    tcase_add_test(t, the_byte_below_the_stack_is_nobodys);
#else
    (void)the_byte_below_the_stack_is_nobodys;
    (void)running_over_the_stack_is_a_crash; /* not under sanitizers: they catch it first */
#endif
}

int main(void)
{
    return test_main("coro", add);
}
