#include "store/duplicates.h"
#include "store/test_store.h"

static struct output output;
static struct duplicates *duplicates;
static struct job *job;

static void set_up(void)
{
    store_set_up();
    ck_assert_int_eq(output_open(&conf, &output), 0);
    output.conf = &conf;
    duplicates = duplicates_new(&output);
    job = make_job(0, 9);
    job->first = mem_new(sizeof *job->first);
}

static void tear_down(void)
{
    job_free(job, NULL);
    duplicates_free(duplicates);
    output_close(&output);
    store_tear_down();
}

#define ROW(pos, error, path)                                                                      \
    "{\"key\":\"00000000" pos                                                                      \
    "\",\"url\":\"http://a/\",\"final_url\":\"http://b/\",\"error\":" error                        \
    ",\"message\":\"it failed\",\"path\":\"" path "\",\"thumbs\":[],\"duplicate_of\":null}\n"

/* Whether the row at this place of a closed shard answers another one. */
static bool answers(uint32_t pos, const char *manifest)
{
    scratch_write("manifest/00000.jsonl", manifest, strlen(manifest));
    job->first->pos = pos;
    free(job->first->fields);
    job->first->fields = NULL;
    job->err = ERR_OK;
    return !duplicates_fill(duplicates, NULL, job);
}

START_TEST(a_row_answers_with_its_fields_and_its_error)
{
    ck_assert(answers(3, ROW("0", "null", "images/x") ROW("3", "null", "images/00000/y.jpg")));
    ck_assert_str_eq(job->first->fields,
        "\"http://b/\",\"error\":null,\"message\":\"it failed\",\"path\":\"images/00000/y.jpg\","
        "\"thumbs\":[]");
    ck_assert_int_eq(job->err, ERR_OK);
    ck_assert(answers(0, ROW("0", "\"timeout\"", "images/x") ROW("3", "null", "images/y")));
    ck_assert_int_eq(job->err, ERR_TIMEOUT);
    ck_assert_str_eq(job->message, "it failed");
}
END_TEST

START_TEST(a_row_answers_with_its_format)
{
#define ROW_OF(format)                                                                             \
    "{\"key\":\"000000000\",\"url\":\"http://a/\",\"final_url\":\"http://b/\","                    \
    "\"error\":\"unsupported_format\",\"format\":" format                                          \
    ",\"thumbs\":[],\"duplicate_of\":null}\n"
    ck_assert(answers(0, ROW_OF("\"svg\"")));
    ck_assert_int_eq(job->err, ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(job->image.format, "svg");
    ck_assert(answers(0, ROW_OF("null")));
    ck_assert_ptr_null(job->image.format);
    ck_assert(answers(0, ROW_OF("\"no such format\"")));
    ck_assert_ptr_null(job->image.format);
}
END_TEST

START_TEST(a_row_that_is_not_there_answers_nothing)
{
    ck_assert(!answers(2, ROW("0", "null", "images/x") ROW("3", "null", "images/y")));
    ck_assert(!answers(0, ""));
    ck_assert_int_eq(job->err, ERR_OK);
    job->first->shard = 1;
    ck_assert_int_eq(duplicates_fill(duplicates, NULL, job), -ENOENT);
}
END_TEST

START_TEST(a_row_that_no_run_of_ours_has_written_answers_nothing)
{
    ck_assert(!answers(0, ROW("0", "\"cancelled\"", "images/x")));
    ck_assert(!answers(0, ROW("0", "\"no_such_error\"", "images/x")));
    ck_assert(!answers(0, ROW("0", "null", "../../etc/passwd")));
    ck_assert(!answers(0, "{\"key\":\"000000000\",\"error\":null,\"thumbs\":[]}\n"));
    ck_assert_int_eq(job->err, ERR_OK);
}
END_TEST

/* It is there, maybe: the duplicate must not be fetched instead. */
START_TEST(a_row_that_cannot_be_read_is_an_error)
{
    ck_assert_int_eq(mkdirat(scratch_dir, "manifest/00000.jsonl", 0777), 0);
    ck_assert_int_eq(duplicates_fill(duplicates, NULL, job), -EISDIR);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_row_answers_with_its_fields_and_its_error);
    tcase_add_test(t, a_row_answers_with_its_format);
    tcase_add_test(t, a_row_that_is_not_there_answers_nothing);
    tcase_add_test(t, a_row_that_no_run_of_ours_has_written_answers_nothing);
    tcase_add_test(t, a_row_that_cannot_be_read_is_an_error);
}

int main(void)
{
    return test_main("duplicates", add_tests);
}
