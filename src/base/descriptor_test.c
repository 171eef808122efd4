#include "base/descriptor.h"

#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Closes one of the others after a while. */
static void *make_room(void *fd)
{
    usleep(50000);
    close(*(int *)fd);
    return NULL;
}

START_TEST(it_waits_for_a_descriptor)
{
    struct rlimit before, few;
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){16, before.rlim_max};
    int last = -1, fd;
    pthread_t thread;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(pthread_create(&thread, NULL, make_room, &last), 0);
    fd = descriptor_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0);
    ck_assert_int_eq(fd, last);
    pthread_join(thread, NULL);
    setrlimit(RLIMIT_NOFILE, &before); /* what looks for leaks needs some */
}
END_TEST

START_TEST(other_failures_are_told_at_once)
{
    ck_assert_int_eq(descriptor_openat(AT_FDCWD, "/no/such/file", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_short_file_is_read_to_its_end)
{
    char got[8] = "";
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    int fd = fileno(f);
    ck_assert_int_eq(write(fd, "012345", 6), 6);
    ck_assert_int_eq(descriptor_read_at(fd, got, 3, 1), 3);
    ck_assert_str_eq(got, "123");
    ck_assert_int_eq(descriptor_read_at(fd, got, sizeof got, 4), 2);
    ck_assert_int_eq(descriptor_read_at(fd, got, sizeof got, 6), 0);
    fclose(f);
    ck_assert_int_eq(descriptor_read_at(-1, got, sizeof got, 0), -EBADF);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, it_waits_for_a_descriptor);
    tcase_add_test(t, other_failures_are_told_at_once);
    tcase_add_test(t, a_short_file_is_read_to_its_end);
}

int main(void)
{
    return test_main("descriptor", add);
}
