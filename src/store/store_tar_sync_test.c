/* What has to be on disk before something else is; and what of a tar is believed where no
 * checkpoint says that it was. */
#include "store/store_tar.h"
#include "store/test_store.h"

#include <sys/syscall.h>

enum { ROWS = 5, LEN = 300 };
static const char part[] = "00000.tar.part", manifest[] = "00000.jsonl";

static bool no_sync; /* these two stand in for libc's */

int fsync(int fd)
{
    errno = EIO;
    return no_sync ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    errno = EIO;
    return no_sync ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static struct resume resume;

static void load(void)
{
    int err = resume_load(store_output(store), 0, NULL, &resume, message);
    ck_assert_msg(!err, "%s", message);
}

/* ROWS rows in the part, as a killed run leaves them without a checkpoint. */
static void set_up(void)
{
    store_set_up();
    conf.layout = &store_tar;
    conf.n_specs = 0;
    conf.originals = false;
    conf.checkpoint_ms = 3600000;
    open_store();
    load();
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), 0);
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
    for (uint32_t pos = 0; pos < ROWS; pos++)
        submit(make_image(0, pos, LEN));
    wait_for(ROWS);
}

static void tear_down(void)
{
    resume_fini(&resume);
    close_store();
    store_tear_down();
}

static void stop_and_open_again(void)
{
    close_store();
    open_store();
}

static void exchange(const char *name, const char *was, const char *becomes, size_t len)
{
    char *text = scratch_read(name);
    const char *at = memmem(text, (size_t)scratch_size(name), was, len);
    ck_assert_ptr_nonnull(at);
    int fd = openat(scratch_dir, name, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, becomes, len, at - text), (ssize_t)len);
    close(fd);
    free(text);
}

static void expect_done(const char *positions)
{
    for (uint32_t pos = 0; pos < ROWS; pos++)
        ck_assert_msg(
            resume_is_done(&resume, pos) == (strchr(positions, (char)('0' + pos)) != NULL),
            "place %u", pos);
}

START_TEST(a_tar_is_on_disk_before_it_has_its_name)
{
    no_sync = true;
    store_shard_end(store, 0, ROWS, fingerprint);
    while (store_open_shards(store))
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_ptr_nonnull(store_error(store));
    ck_assert(!scratch_has("00000.tar"));
    ck_assert(scratch_has(part));
    no_sync = false;
}
END_TEST

/* Else the part would be cut while its samples are nowhere else. */
START_TEST(what_goes_to_the_spool_is_on_disk_before_the_part_is_cut)
{
    int64_t size = scratch_size(part);
    stop_and_open_again();
    exchange(manifest, "{\"key\":\"000000000\"", "{\"key\":\"000000001\"", 18); /* row 0 is gone */
    exchange(manifest, "\"index\":0,", "\"index\":1,", 10);
    load();
    expect_done("1234");
    no_sync = true;
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), -EIO);
    ck_assert_int_eq(scratch_size(part), size);
    no_sync = false;
    resume_fini(&resume);
    load();
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), 0);
    ck_assert_int_eq(scratch_size(part), 0);
}
END_TEST

START_TEST(a_sample_is_believed_with_its_bytes_only)
{
    char was[LEN], becomes[LEN];
    memset(was, 'x', LEN);
    memcpy(becomes, was, LEN);
    becomes[LEN - 1] = 'y';
    stop_and_open_again();
    load();
    expect_done("01234");
    resume_fini(&resume);
    exchange(part, was, becomes, LEN); /* of the first one */
    load();
    expect_done("1234");
}
END_TEST

START_TEST(a_sample_that_lacks_what_its_row_names_is_not_believed)
{
    stop_and_open_again();
    exchange(manifest, "000000001.png", "000000001.jpg", 13);
    load();
    expect_done("0234");
}
END_TEST

START_TEST(a_sample_whose_text_has_a_hole_is_not_believed)
{
    stop_and_open_again();
    exchange(part, "\"url\":\"http", "\"url\":\"\0\0\0\0", 11);
    load();
    expect_done("1234");
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_tar_is_on_disk_before_it_has_its_name);
    tcase_add_test(t, what_goes_to_the_spool_is_on_disk_before_the_part_is_cut);
    tcase_add_test(t, a_sample_is_believed_with_its_bytes_only);
    tcase_add_test(t, a_sample_that_lacks_what_its_row_names_is_not_believed);
    tcase_add_test(t, a_sample_whose_text_has_a_hole_is_not_believed);
}

int main(void)
{
    return test_main("store_tar_sync", add_tests);
}
