#include "cmd/imgfetch/leaks.h"

#include "base/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static struct leaks before;
static char message[LEAKS_MESSAGE_SIZE];

static void *wait_for_end(void *pipe_end)
{
    char c;
    return read(*(int *)pipe_end, &c, 1) < 0 ? pipe_end : NULL;
}

START_TEST(a_descriptor_left_open_is_told)
{
    leaks_note(&before);
    ck_assert_msg(leaks_none(&before, message), "%s", message);
    int fd = open("/dev/null", O_RDONLY);
    ck_assert(!leaks_none(&before, message));
    close(fd);
    ck_assert_msg(leaks_none(&before, message), "%s", message);
}
END_TEST

START_TEST(a_thread_left_running_is_told)
{
    int ends[2];
    pthread_t thread;
    ck_assert_int_eq(pipe(ends), 0);
    leaks_note(&before);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, &ends[0]), 0);
    ck_assert(!leaks_none(&before, message));
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
}
END_TEST

static void *end_at_once(void *arg)
{
    return arg;
}

/* It may still be in /proc for a moment. */
START_TEST(a_thread_that_has_been_joined_is_not_told)
{
    leaks_note(&before);
    for (int i = 0; i < 3000; i++) {
        pthread_t threads[4];
        for (int k = 0; k < 4; k++)
            ck_assert_int_eq(pthread_create(&threads[k], NULL, end_at_once, NULL), 0);
        for (int k = 0; k < 4; k++)
            pthread_join(threads[k], NULL);
        ck_assert_msg(leaks_none(&before, message), "%s, round %d", message, i);
    }
}
END_TEST

START_TEST(a_child_left_behind_is_told)
{
    leaks_note(&before);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    ck_assert(!leaks_none(&before, message));
    while (waitpid(child, NULL, 0) > 0)
        ;
    ck_assert_msg(leaks_none(&before, message), "%s", message);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_descriptor_left_open_is_told);
    tcase_add_test(t, a_thread_left_running_is_told);
    tcase_add_test(t, a_thread_that_has_been_joined_is_not_told);
    tcase_add_test(t, a_child_left_behind_is_told);
}

int main(void)
{
    return test_main("leaks", add);
}
