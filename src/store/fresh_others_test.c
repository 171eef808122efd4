#include "base/buf.h"
#include "store/test_fresh.h"

static struct buf others; /* paths, each after a space */

static void note_other(void *arg, const char *path)
{
    (void)arg;
    ck_assert(buf_append(&others, " ", 1) && buf_append(&others, path, strlen(path)));
}

static void expect_others(const char *const *paths, size_t n)
{
    size_t len = 0;
    ck_assert_int_eq(fresh_others(scratch_dir, what, note_other, NULL), 0);
    ck_assert(buf_append(&others, " ", 2));
    for (size_t i = 0; i < n; i++) {
        char path[100];
        len += (size_t)snprintf(path, sizeof path, " %s ", paths[i]) - 1;
        ck_assert_msg(strstr((char *)others.data, path) != NULL, "%s", paths[i]);
    }
    ck_assert_uint_eq(strlen((char *)others.data), len + 1);
    buf_fini(&others);
}

START_TEST(what_would_stay_is_told)
{
    static const char *const ours[] = {"manifest/00000.jsonl.part", "00000_stats.json",
        "images/00000/000000000.jpg", "images/00000/000000001.jpg.part",
        "thumbs/256/00000/000000000.jpg", "images/00000/host/000000002.jpg", ".imgfetch/lock",
        ".imgfetch/00000.open", ".imgfetch/options.json", "cat.jpg"};
    static const char *const theirs[] = {
        "note", "more/deep/note", "empty/", "images/00000/note", "manifest/note", "link"};
    make_files(ours, N(ours));
    write_text("manifest/00000.jsonl",
        ROW("images/00000/000000000.jpg", "thumbs/256/00000/000000000.jpg")
            ROW("images/00000/host/000000002.jpg", "thumbs/256/00000/000000000.jpg")
                ROW("cat.jpg", "thumbs/256/00000/000000000.jpg"));
    write_text("manifest/00000.jsonl.part", "{\"key\":\"000000000\"");
    expect_others(NULL, 0);
    make_files(theirs, 2);
    make_files(theirs + 3, 2);
    scratch_mkdir("empty");
    ck_assert_int_eq(symlinkat("/", scratch_dir, "link"), 0);
    expect_others(theirs, N(theirs));
    expect_there(ours, N(ours), true);
    ck_assert_int_eq(fresh_remove(scratch_dir, what), 0);
    ck_assert_uint_eq(scratch_count(), 7); /* note more empty images manifest link .imgfetch */
}
END_TEST

START_TEST(what_an_update_needs_stays)
{
    static const char *const needed[] = {
        ".imgfetch/" FRESH_MARK, ".imgfetch/" FRESH_LIST, ".imgfetch/lock"};
    make_files(needed, N(needed));
    ck_assert_int_eq(fresh_remove(scratch_dir, what), 0);
    expect_there(needed, N(needed), true);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, what_would_stay_is_told);
    tcase_add_test(t, what_an_update_needs_stays);
}

int main(void)
{
    return test_main("fresh_others", add_tests);
}
