#include "store/shardlock.h"
#include "store/test_resume.h"

#include <openssl/sha.h>
#include <sys/syscall.h>

static bool no_sync; /* fsync(2) stands in for libc's */

int fsync(int fd)
{
    errno = EIO;
    return no_sync ? -1 : (int)syscall(SYS_fsync, fd);
}

/* Adds a row with an image "12345" and a thumbnail "123", with right or wrong hashes. */
static void add_row_with_hashes(uint32_t pos, bool image_right, bool thumb_right)
{
    char path[64];
    struct job *j = make_job(pos);
    j->bytes = 5;
    j->has_sha256 = true;
    SHA256((const uint8_t *)"12345", image_right ? 5 : 4, j->sha256);
    snprintf(path, sizeof path, "images/%u.jpg", pos);
    j->path = mem_dup(path);
    j->n_thumbs = 1;
    j->thumbs = mem_new(sizeof *j->thumbs);
    *j->thumbs = (struct job_thumb){.width = 1, .height = 1, .size = 3, .has_sha256 = true};
    SHA256((const uint8_t *)"123", thumb_right ? 3 : 2, j->thumbs->sha256);
    snprintf(path, sizeof path, "thumbs/%u.jpg", pos);
    j->thumbs->path = mem_dup(path);
    add_job(j);
    job_free(j, NULL);
    snprintf(path, sizeof path, "images/%u.jpg", pos);
    scratch_write(path, "12345", 5);
    snprintf(path, sizeof path, "thumbs/%u.jpg", pos);
    scratch_write(path, "123", 3);
}

START_TEST(behind_the_last_checkpoint_the_hashes_have_to_agree)
{
    add_row_with_hashes(0, false, false);
    size_t first = rows.len;
    add_row_with_hashes(1, true, true);
    add_row_with_hashes(2, true, false);
    add_row_with_hashes(3, false, true);
    add_row(4, ERR_TIMEOUT); /* names no file */
    load();
    expect_done("01234");
    sure = first;
    load();
    expect_done("014");
    sure = first - 1; /* within the first row */
    load();
    expect_done("14");
    sure = 0;
    load();
    expect_done("14");
}
END_TEST

START_TEST(a_checkpoint_beyond_the_end_of_the_manifest_does_not_count)
{
    add_row_with_hashes(0, true, true);
    add_row_with_hashes(1, false, true);
    scratch_write(manifest, rows.data, rows.len);
    note_checkpoint(rows.len + 1);
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    expect_file(note, "00000000000000000000\n");
}
END_TEST

START_TEST(a_shard_has_one_writer)
{
    struct resume second;
    static const struct store_conf store = {.name = &name_key};
    static struct output output;
    output = (struct output){.layout = &store_files, .dir = scratch_dir, .conf = &store};
    output.shard_size = SHARD_SIZE;
    output.digits = job_digits(JOB_SHARD_DIGITS, SHARD_SIZE);
    add_row(0, ERR_TIMEOUT);
    load();
    ck_assert_int_eq(resume_load(&output, SHARD, NULL, &second, message), -EAGAIN);
    ck_assert_int_eq(resume_load(&output, SHARD + 1, NULL, &second, message), 0);
    resume_fini(&second);
    write_stats(); /* it is closed now */
    ck_assert_int_eq(resume_load(&output, SHARD, NULL, &second, message), 0);
    ck_assert(second.closed);
    ck_assert_ptr_null(second.lock);
    resume_fini(&second);
    ck_assert_int_eq(unlinkat(scratch_dir, stats, 0), 0);
    resume_fini(&resume);
    ck_assert_int_eq(resume_load(&output, SHARD, NULL, &second, message), 0);
    ck_assert_uint_eq(second.rows, 1);
    resume_fini(&second);
}
END_TEST

START_TEST(a_lock_that_cannot_be_taken_is_an_error_with_its_name)
{
    scratch_mkdir(note);
    ck_assert_int_eq(load_resume(SHARD_SIZE), -EISDIR);
    ck_assert_str_eq(message, ".imgfetch/00003.open: Is a directory");
}
END_TEST

START_TEST(the_lock_file_of_a_closed_shard_is_removed)
{
    write_stats();
    note_checkpoint(5);
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(resume.closed);
    ck_assert(!scratch_has(note));
}
END_TEST

START_TEST(failed_rows_of_an_open_shard_can_be_done_again)
{
    add_row(0, ERR_TIMEOUT);
    add_row(1, ERR_DNS_FAILURE);
    add_row_with_hashes(2, true, true);
    again.failed[ERR_TIMEOUT] = true;
    load();
    expect_done("12");
    ck_assert(resume.replaces);
    ck_assert(resume_has(&resume, 0));
    ck_assert(resume_differs(&resume, 0, "http://b/"));
    expect_file(note, "00000000000000000000\n"); /* there is no checkpoint */
    struct job_before *before = resume_take_before(&resume, 0);
    ck_assert_int_eq(before->err, ERR_TIMEOUT);
    job_before_free(before);
    ck_assert_ptr_null(resume_take_before(&resume, 1));
    ck_assert_ptr_null(resume_take_before(&resume, UINT32_MAX));
}
END_TEST

START_TEST(the_hash_of_an_image_is_noted)
{
    uint8_t sha256[32];
    SHA256((const uint8_t *)"12345", 5, sha256);
    add_row_with_hashes(0, true, true);
    again.refresh = true;
    load();
    struct job_before *before = resume_take_before(&resume, 0);
    ck_assert(before->has_sha256);
    ck_assert_mem_eq(before->sha256, sha256, sizeof sha256);
    job_before_free(before);
}
END_TEST

START_TEST(a_closed_shard_is_opened_only_for_rows_that_are_wanted)
{
    add_row(0, ERR_TIMEOUT);
    add_row_with_hashes(1, true, true);
    scratch_write(manifest, rows.data, rows.len);
    write_stats();
    again.failed[ERR_DNS_FAILURE] = true;
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(resume.closed);
    ck_assert(scratch_has(stats));
    again.failed[ERR_TIMEOUT] = true;
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(!resume.closed);
    ck_assert(!scratch_has(stats));
    expect_done("1");
    ck_assert_uint_eq(strspn(resume.fingerprint, "f"), 64);
}
END_TEST

/* Or a power cut brings the statistics back while rows are done again. */
START_TEST(a_closed_shard_is_open_once_that_is_on_disk)
{
    add_row(0, ERR_OK);
    scratch_write(manifest, rows.data, rows.len);
    write_stats();
    again.longer = true;
    no_sync = true;
    ck_assert_int_eq(load_resume(SHARD_SIZE), -EIO);
    no_sync = false;
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    expect_done("0");
}
END_TEST

START_TEST(a_row_that_is_asked_for_again_tells_its_files_and_what_to_ask_with)
{
    add_text(BEGIN "0" URL ",\"final_url\":\"http://b/\",\"index\":30,\"error\":null,\"bytes\":5,"
                   "\"path\":\"images/0.jpg\",\"etag\":\"W/\\\"x\\\"\",\"last_modified\":\"y\","
                   "\"thumbs\":[{\"path\":\"thumbs/0.jpg\",\"bytes\":3}]}\n");
    scratch_write("images/0.jpg", "12345", 5);
    scratch_write("thumbs/0.jpg", "123", 3);
    again.refresh = true;
    load();
    expect_done("");
    struct job_before *before = resume_take_before(&resume, 0);
    ck_assert_int_eq(before->err, ERR_OK);
    ck_assert_uint_eq(before->bytes, 5);
    ck_assert_str_eq(before->final_url, "http://b/");
    ck_assert_str_eq(before->etag, "W/\"x\"");
    ck_assert_str_eq(before->last_modified, "y");
    ck_assert_uint_eq(before->n_paths, 2);
    ck_assert_str_eq(before->paths[1], "thumbs/0.jpg");
    ck_assert(!before->has_sha256);
    job_before_free(before);
}
END_TEST

START_TEST(a_duplicate_row_has_no_files_of_its_own)
{
    add_text(BEGIN "1" URL ",\"index\":31,\"error\":null,\"bytes\":5,\"path\":\"images/0.jpg\","
                   "\"thumbs\":[],\"duplicate_of\":\"000030000\"}\n");
    scratch_write("images/0.jpg", "12345", 5);
    again.refresh = true;
    load();
    struct job_before *before = resume_take_before(&resume, 1);
    ck_assert_uint_eq(before->n_paths, 0);
    job_before_free(before);
}
END_TEST

START_TEST(a_row_with_files_elsewhere_is_not_trusted)
{
    scratch_write("mine", "12345", 5);
    add_text(BEGIN "0" URL ",\"index\":30,\"error\":null,\"bytes\":5,\"thumbs\":[],"
                   "\"path\":\"images/../mine\"}\n");
    load();
    expect_done("");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, behind_the_last_checkpoint_the_hashes_have_to_agree);
    tcase_add_test(t, a_checkpoint_beyond_the_end_of_the_manifest_does_not_count);
    tcase_add_test(t, a_shard_has_one_writer);
    tcase_add_test(t, a_lock_that_cannot_be_taken_is_an_error_with_its_name);
    tcase_add_test(t, the_lock_file_of_a_closed_shard_is_removed);
    tcase_add_test(t, failed_rows_of_an_open_shard_can_be_done_again);
    tcase_add_test(t, the_hash_of_an_image_is_noted);
    tcase_add_test(t, a_closed_shard_is_opened_only_for_rows_that_are_wanted);
    tcase_add_test(t, a_closed_shard_is_open_once_that_is_on_disk);
    tcase_add_test(t, a_row_that_is_asked_for_again_tells_its_files_and_what_to_ask_with);
    tcase_add_test(t, a_duplicate_row_has_no_files_of_its_own);
    tcase_add_test(t, a_row_with_files_elsewhere_is_not_trusted);
}

int main(void)
{
    return test_main("resume_lock", add);
}
