#include "store/successes.h"
#include "base/test_scratch.h"
#include "manifest/statsfile.h"

#define ROW(pos, error)                                                                            \
    "{\"key\":\"00000000" pos "\",\"url\":\"http://a/\",\"error\":" error ",\"thumbs\":[]}\n"
#define OK ROW("0", "null")
#define FAILED ROW("1", "\"http_error\"")

static uint64_t failed;

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("manifest");
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static void write_stats(const char *name, uint64_t ok, uint64_t bad)
{
    struct statsfile stats = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    memset(stats.fingerprint, 'a', STATSFILE_FINGERPRINT_SIZE - 1);
    stats.tally.by_code[ERR_OK] = ok;
    stats.tally.by_code[ERR_HTTP_ERROR] = bad;
    ck_assert(statsfile_format(&stats, &text));
    scratch_write(name, text.data, text.len);
    buf_fini(&text);
}

static void expect_failed(uint64_t rows)
{
    failed = 99;
    ck_assert(!successes_any(scratch_dir, &failed));
    ck_assert_uint_eq(failed, rows);
}

START_TEST(an_empty_directory_has_none)
{
    expect_failed(0);
}
END_TEST

START_TEST(one_among_failures_is_found_in_either_layout)
{
    static const char *const names[] = {"manifest/00001.jsonl", "00001.jsonl"};
    for (int i = 0; i < 2; i++) {
        write_text("manifest/00000.jsonl", FAILED FAILED);
        write_text(names[i], FAILED);
        expect_failed(3);
        write_text(names[i], FAILED OK FAILED);
        ck_assert(successes_any(scratch_dir, &failed));
        ck_assert_int_eq(unlinkat(scratch_dir, names[i], 0), 0);
    }
}
END_TEST

START_TEST(of_a_closed_shard_the_counts_are_read)
{
    write_stats("00000_stats.json", 0, 7);
    write_text("manifest/00000.jsonl", OK);
    expect_failed(7);
    write_stats("00001_stats.json", 1, 7);
    ck_assert(successes_any(scratch_dir, &failed));
    write_text("00001_stats.json", "{"); /* torn: the manifest decides */
    write_text("manifest/00001.jsonl", FAILED);
    expect_failed(8);
}
END_TEST

START_TEST(a_torn_end_is_no_row)
{
    write_text("manifest/00000.jsonl", FAILED "{\"key\":\"000000001\"");
    expect_failed(1);
    scratch_write("manifest/00000.jsonl", FAILED "\0\0\n" OK, sizeof(FAILED "\0\0\n" OK) - 1);
    expect_failed(1);
}
END_TEST

START_TEST(what_is_not_known_to_have_failed_counts_as_a_success)
{
    write_text("manifest/00000.jsonl", FAILED "somebody else's\n");
    ck_assert(successes_any(scratch_dir, &failed));
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest/00000.jsonl", 0), 0);
    scratch_mkdir("manifest/00000.jsonl");
    ck_assert(successes_any(scratch_dir, &failed));
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest/00000.jsonl", AT_REMOVEDIR), 0);
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest", AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("/", scratch_dir, "manifest"), 0);
    ck_assert(successes_any(scratch_dir, &failed));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, an_empty_directory_has_none);
    tcase_add_test(t, one_among_failures_is_found_in_either_layout);
    tcase_add_test(t, of_a_closed_shard_the_counts_are_read);
    tcase_add_test(t, a_torn_end_is_no_row);
    tcase_add_test(t, what_is_not_known_to_have_failed_counts_as_a_success);
}

int main(void)
{
    return test_main("successes", add_tests);
}
