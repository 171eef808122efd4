#include "store/tarfile.h"
#include "base/test_scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/syscall.h>

static struct tarfile *tar;

static size_t takes;       /* most bytes that a write takes; 0: all */
static unsigned interrupt; /* every n-th write fails with EINTR; 0: none */
static unsigned writes;

/* Replaces libc's function. */
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    writes++;
    if (interrupt && writes % interrupt == 0) {
        errno = EINTR;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, takes && len > takes ? takes : len, offset);
}

static int open_tar(const char *name)
{
    int fd = openat(scratch_dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void begin(const char *name, int64_t size)
{
    tar = tarfile_new(open_tar(name), size);
}

static void add(const char *name, size_t len)
{
    char *bytes = malloc(len + 1);
    memset(bytes, 'a' + (int)(len % 26), len);
    ck_assert_int_eq(tarfile_add(tar, name, bytes, len, 0), 0);
    free(bytes);
}

static void end(void)
{
    ck_assert_int_eq(tarfile_flush(tar), 0);
    tarfile_free(tar);
}

/* The sizes of three members; one is larger than the buffer. */
enum { ONE = 1000, TWO = 1536, LARGE = 700001 };
static void make(const char *name)
{
    begin(name, 0);
    add("0.jpg", ONE);
    add("0.json", TWO);
    add("1.jpg", LARGE);
    end();
}

static char found[200]; /* what the scan found: "0.jpg:0-1536 " and so on */
static bool note(void *arg, const struct tarfile_member *m)
{
    size_t len = strlen(found);
    snprintf(found + len, sizeof found - len, "%s:%d-%d ", m->name, (int)m->offset, (int)m->end);
    return !arg || strcmp(m->name, arg) != 0;
}

static const char *scan(const char *name, const char *last)
{
    int fd = open_tar(name);
    found[0] = '\0';
    ck_assert_int_eq(tarfile_scan(fd, note, (void *)last), 0);
    close(fd);
    return found;
}

#define ALL "0.jpg:0-1536 0.json:1536-3584 1.jpg:3584-704512 "

START_TEST(members_are_found_where_they_were_added)
{
    make("t");
    ck_assert_str_eq(scan("t", NULL), ALL);
    ck_assert_str_eq(scan("t", "0.json"), "0.jpg:0-1536 0.json:1536-3584 ");
    ck_assert_int_eq(scratch_size("t"), 704512);
    begin("t", 704512);
    add("2", 0);
    ck_assert_int_eq(tarfile_size(tar), 704512 + 512);
    ck_assert_int_eq(tarfile_end(tar), 0);
    end();
    ck_assert_int_eq(scratch_size("t"), 704512 + 512 + 1024);
    ck_assert_str_eq(scan("t", NULL), ALL "2:704512-705024 ");
}
END_TEST

/* Checks all fields of the header, as libarchive reads them. */
START_TEST(a_member_has_nothing_but_name_and_size)
{
    struct archive_entry *entry;
    make("t");
    int fd = open_tar("t");
    struct archive *archive = archive_read_new();
    archive_read_support_format_tar(archive);
    ck_assert_int_eq(archive_read_open_fd(archive, fd, 10240), ARCHIVE_OK);
    ck_assert_int_eq(archive_read_next_header(archive, &entry), ARCHIVE_OK);
    ck_assert_int_eq(archive_format(archive), ARCHIVE_FORMAT_TAR_USTAR);
    ck_assert_str_eq(archive_entry_pathname(entry), "0.jpg");
    ck_assert_int_eq(archive_entry_size(entry), ONE);
    ck_assert_int_eq(archive_entry_perm(entry), 0444);
    ck_assert_int_eq(archive_entry_mtime(entry), 0);
    ck_assert_int_eq(archive_entry_uid(entry), 0);
    ck_assert_int_eq(archive_entry_gid(entry), 0);
    ck_assert_str_eq(archive_entry_uname(entry), "");
    ck_assert_str_eq(archive_entry_gname(entry), "");
    char bytes[ONE], expected[ONE];
    memset(expected, 'a' + ONE % 26, ONE);
    ck_assert_int_eq(archive_read_data(archive, bytes, ONE), ONE);
    ck_assert_mem_eq(bytes, expected, ONE);
    archive_read_free(archive);
    close(fd);
}
END_TEST

START_TEST(of_a_torn_tar_the_whole_members_are_found)
{
    static const struct {
        int size;
        const char *found;
    } cases[] = {
        {0, ""},
        {511, ""},
        {512, ""},
        {1535, ""}, /* the member without its last block */
        {1536, "0.jpg:0-1536 "},
        {1537, "0.jpg:0-1536 "},
        {3583, "0.jpg:0-1536 "},
        {3584, "0.jpg:0-1536 0.json:1536-3584 "},
        {704511, "0.jpg:0-1536 0.json:1536-3584 "},
    };
    make("t");
    for (int i = sizeof cases / sizeof *cases - 1; i >= 0; i--) {
        int fd = open_tar("t");
        ck_assert_int_eq(ftruncate(fd, cases[i].size), 0);
        close(fd);
        ck_assert_str_eq(scan("t", NULL), cases[i].found);
    }
}
END_TEST

/* Of a head that was changed: POSIX.1-1988. */
static void put_sum(char *head)
{
    unsigned sum = 0;
    memcpy(head + 148, "        ", 8);
    for (int b = 0; b < 512; b++)
        sum += (unsigned char)head[b];
    snprintf(head + 148, 8, "%06o", sum);
}

START_TEST(what_is_no_plain_member_ends_the_scan)
{
    static const char zeros[1024];
    const char *first = "0.jpg:0-1536 ";
    for (int i = 0; i < 7; i++) {
        make("t");
        char *bytes = scratch_read("t");
        switch (i) {
        case 0:
            memset(bytes + 1536, 0, sizeof zeros); /* a hole */
            break;
        case 1:
            memset(bytes + 1536, 'x', 512); /* not a header */
            break;
        case 2:
            bytes[1536] ^= 1; /* a wrong checksum */
            break;
        default: /* another kind of member */
            bytes[1536 + 156] = "25x1"[i - 3];
            strcpy(bytes + 1536 + 157, "0.jpg");
            put_sum(bytes + 1536);
        }
        scratch_write("t", bytes, 704512);
        free(bytes);
        ck_assert_str_eq(scan("t", NULL), first);
    }
    scratch_write("t", "no tar at all", 13);
    ck_assert_str_eq(scan("t", NULL), "");
    scratch_write("t", zeros, sizeof zeros);
    ck_assert_str_eq(scan("t", NULL), "");
}
END_TEST

START_TEST(a_size_beyond_the_file_is_no_member)
{
    begin("t", 0);
    add("0.jpg", ONE);
    end();
    char *bytes = scratch_read("t");
    memcpy(bytes + 124, "77777777777", 11); /* 8 GiB less one */
    put_sum(bytes);
    scratch_write("t", bytes, 1536);
    free(bytes);
    ck_assert_str_eq(scan("t", NULL), "");
}
END_TEST

static bool take(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    (void)name, (void)bytes;
    *(size_t *)arg += len;
    return true;
}

/* A file with holes: tar(5), "GNU tar archives", type S. */
START_TEST(a_member_that_grows_as_it_is_read_is_refused)
{
    enum { MEGABYTE = 1 << 20 };
    size_t len = 0;
    begin("t", 0);
    add("0.jpg", 1);
    end();
    int fd = open_tar("t");
    ck_assert_int_eq(tarfile_read(fd, 0, 1024, take, &len), 0);
    ck_assert_uint_eq(len, 1);
    char *bytes = scratch_read("t");
    bytes[156] = 'S';
    memcpy(bytes + 257, "ustar  ", 8);
    memset(bytes + 386, 0, 126);
    sprintf(bytes + 386, "%011o", MEGABYTE - 1); /* where the piece begins, and its bytes */
    sprintf(bytes + 398, "%011o", 1);
    sprintf(bytes + 483, "%011o", MEGABYTE);
    put_sum(bytes);
    scratch_write("t", bytes, 1024);
    free(bytes);
    ck_assert_int_eq(tarfile_read(fd, 0, 1024, take, &len), -EBADMSG);
    ck_assert_uint_eq(len, 1);
    close(fd);
}
END_TEST

START_TEST(members_are_copied_as_they_are)
{
    make("t");
    begin("u", 0);
    int fd = open_tar("t");
    ck_assert_int_eq(tarfile_copy(tar, fd, 3584, 704512 - 3584), 0);
    ck_assert_int_eq(tarfile_copy(tar, fd, 0, 1536), 0);
    ck_assert_int_eq(tarfile_copy(tar, fd, 704512, 1), -EIO); /* beyond the end of the file */
    close(fd);
    tarfile_free(tar);
    begin("u", 0);
    fd = open_tar("t");
    ck_assert_int_eq(tarfile_copy(tar, fd, 3584, 704512 - 3584), 0);
    ck_assert_int_eq(tarfile_copy(tar, fd, 0, 1536), 0);
    close(fd);
    end();
    ck_assert_str_eq(scan("u", NULL), "1.jpg:0-700928 0.jpg:700928-702464 ");
}
END_TEST

START_TEST(the_rest_of_a_short_write_is_written_next)
{
    make("t");
    char *expected = scratch_read("t");
    for (takes = 509; takes < 704512; takes *= 7) {
        interrupt = interrupt ? 0 : 3;
        writes = 0;
        make("u");
        ck_assert_uint_gt(writes, 704512 / takes);
        ck_assert_int_eq(scratch_size("u"), 704512);
        char *is = scratch_read("u");
        ck_assert_mem_eq(is, expected, 704512);
        free(is);
        ck_assert_int_eq(unlinkat(scratch_dir, "u", 0), 0);
    }
    free(expected);
}
END_TEST

/* A part that was cut grows on from there. */
START_TEST(what_is_added_after_a_cut_lies_behind_it)
{
    make("t");
    begin("t", 704512);
    ck_assert_int_eq(tarfile_cut(tar, 1536), 0);
    ck_assert_int_eq(scratch_size("t"), 1536);
    ck_assert_int_eq(tarfile_size(tar), 1536);
    add("2", 1);
    end();
    ck_assert_str_eq(scan("t", NULL), "0.jpg:0-1536 2:1536-2560 ");
    ck_assert_int_eq(scratch_size("t"), 2560);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    int err = scratch_on_small_disk();
    begin("t", 0);
    add("0.jpg", ONE);
    char *bytes = calloc(1, LARGE);
    ck_assert_int_eq(tarfile_add(tar, "1.jpg", bytes, LARGE, 0), err);
    ck_assert_int_eq(tarfile_add(tar, "2.jpg", bytes, 1, 0), err);
    ck_assert_int_eq(tarfile_flush(tar), err);
    free(bytes);
    tarfile_free(tar);
    ck_assert_str_eq(scan("t", NULL), "0.jpg:0-1536 ");
}
END_TEST

/* Or else its samples would be taken for missing, and cut off. */
START_TEST(a_tar_that_cannot_be_read_is_not_a_torn_one)
{
    char last[100] = "";
    int fd = openat(scratch_dir, "t", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_eq(ftruncate(fd, 2048), 0);
    ck_assert_int_eq(tarfile_scan(fd, note, last), -EBADF);
    size_t len = 0;
    ck_assert_int_eq(tarfile_read(fd, 0, 1024, take, &len), -EBADF);
    close(fd);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, members_are_found_where_they_were_added);
    tcase_add_test(t, a_member_has_nothing_but_name_and_size);
    tcase_add_test(t, of_a_torn_tar_the_whole_members_are_found);
    tcase_add_test(t, what_is_no_plain_member_ends_the_scan);
    tcase_add_test(t, a_size_beyond_the_file_is_no_member);
    tcase_add_test(t, a_member_that_grows_as_it_is_read_is_refused);
    tcase_add_test(t, members_are_copied_as_they_are);
    tcase_add_test(t, the_rest_of_a_short_write_is_written_next);
    tcase_add_test(t, what_is_added_after_a_cut_lies_behind_it);
    tcase_add_test(t, a_full_disk_is_told);
    tcase_add_test(t, a_tar_that_cannot_be_read_is_not_a_torn_one);
}

int main(void)
{
    return test_main("tarfile", add_tests);
}
