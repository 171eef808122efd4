#include "base/mem.h"
#include "base/test.h"
#include "manifest/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const specs[] = {"256"};
static struct row_writer *writer;
static struct job *job;

static void set_up(void)
{
    writer = row_writer_new((struct job_digits){5, 4}, specs, NULL);
    job = job_new();
    job->source = mem_dup("http://a/#1");
    job->request.url.text = mem_dup("http://a/");
    job->response.content_type = mem_dup("image/png");
    job->attempts = 2;
    job->started = 1795251931.125;
    job->thumbs = mem_new(sizeof *job->thumbs);
    job->thumbs[0] = (struct job_thumb){.path = mem_dup("thumbs/256/x.jpg"), .size = 7};
    job->n_thumbs = 1;
}

static void tear_down(void)
{
    job_free(job, NULL);
    row_writer_free(writer);
}

/* The job is the first row. */
static char *shared_fields_of_job(void)
{
    size_t len;
    const char *row = row_write(writer, job, &len);
    return row_shared_fields(row, len);
}

START_TEST(a_duplicate_row_has_the_fields_of_the_first_row)
{
    struct job *j = job_new();
    char expected[2000];
    size_t len;
    j->source = mem_dup("http://a/#2");
    j->shard = 1;
    j->index = 10007;
    j->pos = 7;
    j->first = mem_new(sizeof *j->first);
    j->first->pos = 34;
    j->first->fields = shared_fields_of_job();
    snprintf(expected, sizeof expected,
        "{\"key\":\"000010007\",\"index\":10007,\"line\":0,\"url\":\"http://a/#2\","
        "\"final_url\":%s,\"duplicate_of\":\"000000034\",\"reused\":false,\"started\":null,"
        "\"finished\":null,"
        "\"ms\":{\"dns\":0.000,\"connect\":0.000,\"tls\":0.000,\"first_byte\":0.000,\"total\":0."
        "000,\"decode\":0.000}}\n",
        j->first->fields);
    ck_assert_str_eq(row_write(writer, j, &len), expected);
    ck_assert_uint_eq(len, strlen(expected));
    job_free(j, NULL);
}
END_TEST

START_TEST(a_perceptual_hash_is_there_if_it_is_wanted)
{
    size_t len;
    ck_assert_ptr_null(strstr(row_write(writer, job, &len), "phash"));
    row_writer_add_phash(writer);
    ck_assert_ptr_nonnull(strstr(row_write(writer, job, &len), ",\"phash\":null,\"path\":"));
    job->image.has_phash = true;
    job->image.phash = 0x0123456789abcdef;
    ck_assert_ptr_nonnull(
        strstr(row_write(writer, job, &len), ",\"phash\":\"0123456789abcdef\",\"path\":"));
    job->image.phash = 1;
    char *fields = shared_fields_of_job();
    ck_assert_ptr_nonnull(strstr(fields, ",\"phash\":\"0000000000000001\""));
    free(fields);
}
END_TEST

START_TEST(another_hash_is_there_if_it_is_wanted)
{
    static const char *const names[] = {"", "md5", "sha1", "sha512"};
    size_t len;
    job->hash = mem_dup("0123");
    for (enum job_hash hash = JOB_HASH_NONE; hash <= JOB_HASH_SHA512; hash++) {
        row_writer_add_hash(writer, hash);
        char *fields = shared_fields_of_job();
        for (int i = 1; i < 4; i++) {
            char text[60];
            snprintf(text, sizeof text, ",\"%s\":\"0123\",\"width\":", names[i]);
            ck_assert_int_eq(strstr(fields, text) != NULL, hash == (enum job_hash)i);
        }
        free(fields);
    }
    free(job->hash);
    job->hash = NULL;
    ck_assert_ptr_nonnull(strstr(row_write(writer, job, &len), ",\"sha512\":null,\"width\":"));
}
END_TEST

START_TEST(a_row_with_other_urls_says_which_one_it_was_and_so_does_its_duplicate)
{
    const struct columns columns = {
        .n = COLUMN_KEPT, .at = {{"url", 3}, [COLUMN_FALLBACK] = {"b", 1}}};
    static const char field[] = "\"final_url\":\"http://a/\",\"url_index\":2,\"status\":";
    size_t len;
    row_writer_free(writer);
    writer = row_writer_new((struct job_digits){5, 4}, specs, &columns);
    job->url_index = 2;
    ck_assert_ptr_nonnull(strstr(row_write(writer, job, &len), field));
    struct job *j = job_new();
    j->first = mem_new(sizeof *j->first);
    j->first->fields = shared_fields_of_job();
    const char *row = row_write(writer, j, &len), *at = strstr(row, field);
    ck_assert_ptr_nonnull(at);
    ck_assert_ptr_null(strstr(at + strlen(field), "url_index"));
    job_free(j, NULL);
}
END_TEST

START_TEST(shared_fields_are_all_from_final_url_to_thumbs)
{
    static const char begin[] = "\"http://a/\",\"status\":\"success\",\"error\":null,";
    static const char end[] = "\"bytes\":7,\"sha256\":null}]";
    char *fields = shared_fields_of_job();
    ck_assert(!strncmp(fields, begin, strlen(begin)));
    ck_assert_str_eq(fields + strlen(fields) - strlen(end), end);
    free(fields);
}
END_TEST

/* The values look like fields, except that their quotes are escaped. */
START_TEST(a_value_that_looks_like_fields_is_not_taken_for_them)
{
    char *expected = shared_fields_of_job();
    free(job->source);
    job->source = mem_dup("x\",\"final_url\":1,\"duplicate_of\":null");
    char *fields = shared_fields_of_job();
    ck_assert_str_eq(fields, expected);
    free(fields);
    free(expected);
    free(job->response.content_type);
    job->response.content_type = mem_dup(",\"duplicate_of\":null,\"final_url\":");
    fields = shared_fields_of_job();
    ck_assert_ptr_nonnull(strstr(fields, "\"thumbs\":[{"));
    free(fields);
}
END_TEST

START_TEST(a_line_that_is_no_row_has_no_shared_fields)
{
    static const char *const lines[] = {"", "{}", "{\"duplicate_of\":null,\"thumbs\":[]}",
        "{\"x\":1,\"final_url\":null,\"thumbs\":[]}",
        "{\"x\":1,\"duplicate_of\":null,\"final_url\":null}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_ptr_null(row_shared_fields(lines[i], strlen(lines[i])));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_duplicate_row_has_the_fields_of_the_first_row);
    tcase_add_test(t, another_hash_is_there_if_it_is_wanted);
    tcase_add_test(t, a_perceptual_hash_is_there_if_it_is_wanted);
    tcase_add_test(t, a_row_with_other_urls_says_which_one_it_was_and_so_does_its_duplicate);
    tcase_add_test(t, shared_fields_are_all_from_final_url_to_thumbs);
    tcase_add_test(t, a_value_that_looks_like_fields_is_not_taken_for_them);
    tcase_add_test(t, a_line_that_is_no_row_has_no_shared_fields);
}

int main(void)
{
    return test_main("row_shared", add);
}
