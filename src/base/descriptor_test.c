#include "base/descriptor.h"

#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

START_TEST(a_new_process_keeps_one_descriptor)
{
    int pipes[2], other = dup(STDERR_FILENO), status;
    struct stat st, null;
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(stat("/dev/null", &null), 0);
    pid_t pid = fork();
    if (pid == 0) {
        descriptor_keep_only(pipes[1], 3, 3);
        for (int fd = 0; fd < 3; fd++)
            if (fstat(fd, &st) || st.st_rdev != null.st_rdev)
                _exit(1);
        bool is_closed = fcntl(other, F_GETFD) < 0 || other <= 3;
        _exit(write(3, "x", 1) == 1 && is_closed && fcntl(4, F_GETFD) < 0 ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(other);
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_new_process_keeps_one_descriptor);
    tcase_add_test(t, a_short_file_is_read_to_its_end);
}

int main(void)
{
    return test_main("descriptor", add);
}
