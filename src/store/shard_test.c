#include "store/test_shard.h"

/* The text of a row without files. */
static char *make_row(uint32_t pos, enum err err)
{
    size_t len;
    struct job *j = make_job(0, pos);
    if (err)
        job_fail(j, err, "it failed");
    char *row = mem_dup(row_write(writer, j, &len));
    job_free(j, NULL);
    return row;
}

/* Checks that the manifest has these rows, one or two. */
static void expect_rows(const char *first, const char *second)
{
    char *both = mem_new(strlen(first) + strlen(second) + 1);
    stpcpy(stpcpy(both, first), second);
    expect_file(manifest, both);
    ck_assert_int_eq(shard->size, (int64_t)strlen(both));
    free(both);
}

START_TEST(a_row_is_in_the_manifest_after_a_flush_and_not_before)
{
    char *row = make_row(0, ERR_OK);
    add_row(0, ERR_OK);
    ck_assert_int_eq(scratch_size(manifest), 0);
    ck_assert_uint_eq(shard->rows, 1);
    ck_assert_int_eq(shard_flush(shard), 0);
    expect_rows(row, "");
    ck_assert_int_eq(shard_flush(shard), 0); /* nothing is left to write */
    expect_rows(row, "");
    free(row);
}
END_TEST

START_TEST(after_a_failed_write_no_half_row_stays)
{
    char *first = make_row(0, ERR_OK), *second = make_row(1, ERR_TIMEOUT);
    size_t len = strlen(second);
    write_row(0, ERR_OK);
    for (size_t half = 0; half < len; half += half < 3 || half + 3 > len ? 1 : len / 8) {
        add_row(1, ERR_TIMEOUT);
        room = half;
        ck_assert_int_eq(shard_flush(shard), -ENOSPC);
        expect_rows(first, "");
    }
    room = SIZE_MAX;
    write_row(1, ERR_TIMEOUT);
    expect_rows(first, second);
    free(first);
    free(second);
}
END_TEST

START_TEST(after_a_failed_write_no_row_of_the_batch_stays)
{
    char *first = make_row(0, ERR_OK);
    write_row(0, ERR_OK);
    add_row(1, ERR_OK);
    add_row(2, ERR_OK);
    room = strlen(first) * 3 / 2; /* the second one fits, the third one does not */
    ck_assert_int_eq(shard_flush(shard), -ENOSPC);
    expect_rows(first, "");
    free(first);
}
END_TEST

START_TEST(a_full_disk_leaves_whole_rows_only)
{
    enum { ROWS = 1000 };
    int err = 0;
    uint32_t pos = 0;
    close_shard();
    row_writer_free(writer);
    output_close(&output);
    int expected = scratch_on_small_disk();
    ck_assert_int_eq(output_open(&conf, &output), 0);
    output.conf = &conf;
    writer = row_writer_new(output.digits, conf.spec_names, NULL);
    open_shard();
    while (!err && pos < ROWS) {
        add_row(pos++, ERR_TIMEOUT);
        err = shard_flush(shard);
    }
    ck_assert_int_eq(err, expected);
    expect_ordered(manifest, 0, pos - 1);
    ck_assert_int_eq(shard->size, scratch_size(manifest));
}
END_TEST

/* A job at position 0 that is done again: its old row names two files. */
static struct job *make_job_again(const char *path)
{
    static const char *const paths[] = {"images/00000/old.png", "images/00000/both.png"};
    struct job *j = make_job(0, 0);
    j->before = mem_new(sizeof *j->before + 2 * sizeof *j->before->paths);
    j->before->n_paths = 2;
    for (int i = 0; i < 2; i++)
        j->before->paths[i] = mem_dup(paths[i]);
    j->path = path ? mem_dup(path) : NULL;
    return j;
}

static void make_old_files(void)
{
    scratch_mkdir("images");
    scratch_mkdir("images/00000");
    scratch_write("images/00000/old.png", "old", 3);
    scratch_write("images/00000/both.png", "both", 4);
}

START_TEST(files_of_a_replaced_row_go_once_the_new_row_is_written)
{
    make_old_files();
    add_job_row(make_job_again("images/00000/both.png"));
    ck_assert(scratch_has("images/00000/old.png"));
    ck_assert_int_eq(shard_flush(shard), 0);
    ck_assert(!scratch_has("images/00000/old.png"));
    ck_assert(scratch_has("images/00000/both.png")); /* the new row names this file, too */
    add_job_row(make_job_again(NULL));
    ck_assert_int_eq(shard_flush(shard), 0); /* one of them is gone already */
    ck_assert(!scratch_has("images/00000/both.png"));
}
END_TEST

START_TEST(files_of_a_replaced_row_stay_if_the_new_row_is_not_written)
{
    make_old_files();
    add_job_row(make_job_again(NULL));
    room = 10;
    ck_assert_int_eq(shard_flush(shard), -ENOSPC);
    ck_assert(scratch_has("images/00000/old.png"));
    ck_assert(scratch_has("images/00000/both.png"));
}
END_TEST

START_TEST(a_file_of_a_thumbnail_that_the_new_row_names_stays)
{
    make_old_files();
    struct job *j = make_job_again(NULL);
    add_thumb(j, "x");
    add_thumb(j, "y");
    j->thumbs[0].path = mem_dup("thumbs/256/00000/new.jpg");
    j->thumbs[1].path = mem_dup("images/00000/old.png");
    add_job_row(j);
    ck_assert_int_eq(shard_flush(shard), 0);
    ck_assert(scratch_has("images/00000/old.png"));
    ck_assert(!scratch_has("images/00000/both.png"));
}
END_TEST

START_TEST(a_row_can_be_read_once_it_is_in_the_manifest)
{
    struct buf line = {0};
    char *expected = make_row(7, ERR_OK);
    expected[strlen(expected) - 1] = '\0';
    add_row(7, ERR_OK);
    ck_assert_int_eq(shard_read_row(shard, 7, &line), -ENOENT);
    ck_assert_int_eq(shard_flush(shard), 0);
    ck_assert_int_eq(shard_read_row(shard, 7, &line), 0);
    ck_assert_str_eq((char *)line.data, expected);
    write_row(3, ERR_OK);
    write_row(7, ERR_TIMEOUT); /* the last one of a key counts */
    ck_assert_int_eq(shard_read_row(shard, 7, &line), 0);
    ck_assert_ptr_nonnull(strstr((char *)line.data, "timeout"));
    ck_assert_int_eq(shard_read_row(shard, 3, &line), 0);
    free(expected);
    buf_fini(&line);
}
END_TEST

START_TEST(a_row_that_is_kept_is_counted_and_not_written)
{
    struct job *j = make_job_again(NULL);
    j->before->err = ERR_TIMEOUT;
    shard_keep_row(shard, j);
    job_free(j, NULL);
    ck_assert_int_eq(shard_flush(shard), 0);
    ck_assert_int_eq(scratch_size(manifest), 0);
    ck_assert_uint_eq(shard->rows, 1);
    ck_assert_uint_eq(shard->tally.by_code[ERR_TIMEOUT], 1);
}
END_TEST

START_TEST(a_manifest_that_cannot_be_opened_is_told)
{
    struct resume resume = {0};
    struct shard *other;
    scratch_mkdir("manifest/00001.jsonl");
    ck_assert_int_eq(shardlock_take(scratch_dir, 1, &resume.lock), 0);
    ck_assert_int_eq(shard_open(&output, 1, &resume, &other), -EISDIR);
    ck_assert_ptr_nonnull(resume.lock); /* still the caller's */
    resume_fini(&resume);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_row_is_in_the_manifest_after_a_flush_and_not_before);
    tcase_add_test(t, after_a_failed_write_no_half_row_stays);
    tcase_add_test(t, after_a_failed_write_no_row_of_the_batch_stays);
    tcase_add_test(t, a_full_disk_leaves_whole_rows_only);
    tcase_add_test(t, files_of_a_replaced_row_go_once_the_new_row_is_written);
    tcase_add_test(t, files_of_a_replaced_row_stay_if_the_new_row_is_not_written);
    tcase_add_test(t, a_file_of_a_thumbnail_that_the_new_row_names_stays);
    tcase_add_test(t, a_row_can_be_read_once_it_is_in_the_manifest);
    tcase_add_test(t, a_row_that_is_kept_is_counted_and_not_written);
    tcase_add_test(t, a_manifest_that_cannot_be_opened_is_told);
}

int main(void)
{
    return test_main("shard", add_tests);
}
