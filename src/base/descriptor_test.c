#include "base/descriptor.h"

#include "base/test.h"

#include <errno.h>
#include <stdio.h>
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

static void add(TCase *t)
{
    tcase_add_test(t, a_short_file_is_read_to_its_end);
}

int main(void)
{
    return test_main("descriptor", add);
}
