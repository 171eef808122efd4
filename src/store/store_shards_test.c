#include "store/store_shards.h"
#include "store/test_store.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static const char manifest[] = "manifest/00000.jsonl";

static bool is_full; /* the disk; writev(2) stands in for libc's */

ssize_t writev(int fd, const struct iovec *v, int n)
{
    errno = ENOSPC;
    return is_full ? -1 : syscall(SYS_writev, fd, v, n);
}

static struct output output;
static struct store_shards *shards;
static struct job_queue back;

static void set_up(void)
{
    store_set_up();
    conf.checkpoint_ms = 60000;
    ck_assert_int_eq(output_open(&conf, &output), 0);
    output.conf = &conf;
    int err = 0;
    shards = store_shards_new(&conf, &output, &err);
    ck_assert_ptr_nonnull(shards);
    TAILQ_INIT(&back);
    struct resume resume = {0};
    store_shards_begin(shards, 0, &resume);
    resume_fini(&resume);
}

static void tear_down(void)
{
    struct job *j;
    while ((j = TAILQ_FIRST(&back))) {
        TAILQ_REMOVE(&back, j, link);
        job_free(j, NULL);
    }
    store_shards_free(shards);
    output_close(&output);
    store_tear_down();
}

static void put(uint32_t pos)
{
    store_shards_put(shards, make_image(0, pos, 100), &back);
}

static void expect_all_failed(unsigned n)
{
    struct job *j;
    TAILQ_FOREACH (j, &back, link) {
        ck_assert_int_eq(j->err, ERR_IO_ERROR);
        ck_assert_ptr_nonnull(strstr(j->message, "not written"));
        n--;
    }
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_nonnull(strstr(store_shards_error(shards), strerror(ENOSPC)));
    ck_assert_uint_eq(store_shards_closed(shards), 1);
}

START_TEST(a_row_is_in_the_manifest_once_it_is_flushed)
{
    put(0);
    ck_assert(scratch_has("images/00000/000000000.png"));
    ck_assert_int_eq(scratch_size(manifest), 0);
    store_shards_flush(shards, false, &back);
    ck_assert_int_gt(scratch_size(manifest), 0);
    ck_assert_int_eq(TAILQ_FIRST(&back)->err, ERR_OK);
    ck_assert_uint_eq(store_shards_closed(shards), 0);
}
END_TEST

START_TEST(behind_a_sample_that_failed_nothing_more_is_written)
{
    is_full = true;
    put(0);
    is_full = false;
    put(1);
    store_shards_end(shards, 0, 2, fingerprint);
    store_shards_flush(shards, false, &back);
    expect_all_failed(2);
    ck_assert(!scratch_has("images/00000/000000001.png"));
    ck_assert_int_eq(scratch_size(manifest), 0);
    ck_assert(!scratch_has("00000_stats.json"));
}
END_TEST

START_TEST(rows_that_did_not_reach_the_manifest_have_failed)
{
    put(0);
    put(1);
    is_full = true;
    store_shards_flush(shards, false, &back);
    expect_all_failed(2);
    ck_assert_int_eq(scratch_size(manifest), 0);
    ck_assert_uint_eq(shown.len, 0);
}
END_TEST

START_TEST(once_it_has_failed_every_job_comes_back_failed)
{
    put(0);
    is_full = true;
    store_shards_flush(shards, false, &back);
    is_full = false;
    put(1);
    store_shards_flush(shards, false, &back);
    expect_all_failed(2);
    ck_assert(!scratch_has("images/00000/000000001.png"));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_row_is_in_the_manifest_once_it_is_flushed);
    tcase_add_test(t, behind_a_sample_that_failed_nothing_more_is_written);
    tcase_add_test(t, rows_that_did_not_reach_the_manifest_have_failed);
    tcase_add_test(t, once_it_has_failed_every_job_comes_back_failed);
}

int main(void)
{
    return test_main("store_shards", add_tests);
}
