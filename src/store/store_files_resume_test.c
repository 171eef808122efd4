#include "store/test_store.h"

/* Opens a store and resumes shard 0, as the feeder would. */
static void reopen_shard(struct resume *resume)
{
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, NULL, resume, message), 0);
    store_shard_begin(store, 0, resume);
}

START_TEST(a_resumed_shard_is_completed_as_if_it_had_never_stopped)
{
    struct resume resume = {0};
    struct statsfile stats;
    for (uint32_t from = 0; from < 30; from += 10) {
        reopen_shard(&resume);
        ck_assert_uint_eq(resume.rows, from);
        for (uint32_t pos = 29; pos < 30; pos--)
            if (pos * 7 % 3 == from / 10)
                submit(make_image(0, pos, pos + 1));
        resume_fini(&resume);
        if (from == 20)
            store_shard_end(store, 0, 30, fingerprint);
        wait_for(from + 10);
        close_store();
    }
    expect_ordered("manifest/00000.jsonl", 0, 30);
    expect_stats("00000_stats.json", &stats);
    ck_assert_uint_eq(stats.tally.by_code[ERR_OK], 30);
}
END_TEST

START_TEST(a_shard_done_but_for_its_end_closes_without_a_row)
{
    struct resume resume = {0};
    reopen_shard(&resume);
    submit_failure(0, 1, ERR_TIMEOUT);
    submit_failure(0, 0, ERR_TIMEOUT);
    wait_for(2);
    close_store();
    reopen_shard(&resume);
    store_shard_end(store, 0, resume.rows, fingerprint);
    resume_fini(&resume);
    wait_until_closed();
    expect_ordered("manifest/00000.jsonl", 0, 2);
    ck_assert(scratch_has("00000_stats.json"));
    close_store();
}
END_TEST

/* As after a power cut: the rows exist, and their images do not. */
START_TEST(rows_that_are_not_trusted_are_gone_once_the_shard_is_closed)
{
    struct resume resume = {0};
    for (int run = 0; run < 2; run++) {
        reopen_shard(&resume);
        ck_assert_uint_eq(resume.rows, 0);
        resume_fini(&resume);
        for (uint32_t pos = 0; pos < 3; pos++)
            submit(make_image(0, pos, 10));
        wait_for(3 * (unsigned)run + 3);
        if (run == 1) {
            store_shard_end(store, 0, 3, fingerprint);
            wait_until_closed();
        }
        close_store();
        for (uint32_t pos = 0; pos < 3; pos++) {
            char path[40];
            snprintf(path, sizeof path, "images/00000/00000000%u.png", pos);
            ck_assert_int_eq(unlinkat(scratch_dir, path, 0), 0);
        }
    }
    expect_ordered("manifest/00000.jsonl", 0, 3);
}
END_TEST

/* The next run trusts every row that was shown. */
static void expect_shown_is_whole(void)
{
    struct resume resume = {0};
    struct output output = {.layout = &store_files, .dir = scratch_dir, .conf = &conf};
    output.shard_size = conf.shard_size;
    output.digits = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    int err = resume_load(&output, 0, NULL, &resume, message);
    ck_assert_msg(!err, "%s", message);
    ck_assert(buf_append(&shown, "", 1));
    unsigned n = 0;
    for (const char *line = (char *)shown.data; *line; line = strchr(line, '\n') + 1, n++) {
        int64_t pos = row_pos(line, strlen(line), 0, job_digits(JOB_SHARD_DIGITS, conf.shard_size));
        ck_assert_int_ge(pos, 0);
        ck_assert_msg(resume_is_done(&resume, (uint32_t)pos), "%lld", (long long)pos);
    }
    ck_assert_uint_ge(n, n_back - n_failed);
    resume_fini(&resume);
}

/* Once there is space again, the next run does the rest. */
static void expect_rest_can_be_done(uint32_t rows)
{
    struct resume resume = {0};
    n_back = n_failed = 0;
    scratch_make_room();
    reopen_shard(&resume);
    for (uint32_t pos = 0; pos < rows; pos++)
        if (!resume_is_done(&resume, pos))
            submit(make_image(0, pos, 10));
    store_shard_end(store, 0, rows, fingerprint);
    wait_until_closed();
    wait_for(rows - resume.rows);
    ck_assert_uint_eq(n_failed, 0);
    resume_fini(&resume);
    expect_ordered("manifest/00000.jsonl", 0, rows);
    close_store();
}

static void expect_failed_store(int err)
{
    ck_assert_ptr_nonnull(store_error(store));
    ck_assert_ptr_nonnull(strstr(store_error(store), strerror(-err)));
    ck_assert_ptr_nonnull(strstr(store_error(store), scratch_path));
    ck_assert(!scratch_has("00000_stats.json"));
}

START_TEST(an_image_that_does_not_fit_on_the_disk_ends_the_store)
{
    int err = scratch_on_small_disk();
    open_store();
    store_shard_begin(store, 0, &no_resume);
    store_shard_end(store, 0, 9, fingerprint);
    for (uint32_t pos = 0; pos < 5; pos++)
        submit(make_image(0, pos, 4000));
    wait_for(5);
    ck_assert_uint_eq(n_failed, 0);
    ck_assert_ptr_null(store_error(store));
    submit_failure(0, 5, ERR_TIMEOUT);
    submit(make_image(0, 6, 1 << 20));
    submit_failure(0, 7, ERR_TIMEOUT);
    wait_for(8);
    ck_assert_uint_ge(n_failed, 2);
    size_t shown_before = shown.len;
    submit(make_image(0, 8, 10)); /* there is space, but the store has ended */
    wait_for(9);
    ck_assert_uint_ge(n_failed, 3);
    ck_assert_uint_eq(shown.len, shown_before);
    ck_assert(!scratch_has("images/00000/000000008.png"));
    expect_failed_store(err);
    ck_assert(!scratch_has("images/00000/000000006.png"));
    ck_assert(!scratch_has("images/00000/000000006.png.part"));
    close_store();
    expect_shown_is_whole();
    expect_rest_can_be_done(9);
}
END_TEST

START_TEST(a_manifest_that_does_not_fit_on_the_disk_ends_the_store)
{
    enum { N = 400 };
    int err = scratch_on_small_disk();
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t pos = 0; pos < N; pos++)
        submit_failure(0, pos, ERR_TIMEOUT);
    wait_for(N);
    ck_assert_uint_gt(n_failed, N / 4);
    ck_assert_uint_lt(n_failed, N);
    expect_failed_store(err);
    close_store();
    expect_shown_is_whole();
    expect_rest_can_be_done(N);
}
END_TEST

START_TEST(a_shard_that_cannot_be_opened_ends_the_store)
{
    open_store();
    scratch_mkdir("manifest/00000.jsonl");
    store_shard_begin(store, 0, &no_resume);
    submit_failure(0, 0, ERR_TIMEOUT);
    wait_for(1);
    ck_assert_uint_eq(n_failed, 1);
    ck_assert_uint_eq(store_open_shards(store), 0);
    expect_failed_store(-EISDIR);
    close_store();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, store_set_up, store_tear_down);
    tcase_add_test(t, a_resumed_shard_is_completed_as_if_it_had_never_stopped);
    tcase_add_test(t, a_shard_done_but_for_its_end_closes_without_a_row);
    tcase_add_test(t, rows_that_are_not_trusted_are_gone_once_the_shard_is_closed);
    tcase_add_test(t, an_image_that_does_not_fit_on_the_disk_ends_the_store);
    tcase_add_test(t, a_manifest_that_does_not_fit_on_the_disk_ends_the_store);
    tcase_add_test(t, a_shard_that_cannot_be_opened_ends_the_store);
}

int main(void)
{
    return test_main("store_files_resume", add);
}
