#include "manifest/allrows.h"
#include "base/test_scratch.h"

static char seen[200];

static void note_row(void *arg, const struct manifest_row *row)
{
    (void)arg;
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof seen - len, "%s ", manifest_text(row, ROW_URL));
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

#define ROW(url) "{\"key\":\"000000000\",\"url\":\"" url "\",\"error\":null,\"thumbs\":[]}\n"

START_TEST(the_rows_of_all_shards_are_read)
{
    scratch_mkdir("manifest");
    write_text("manifest/00000.jsonl", ROW("a") ROW("b"));
    write_text("manifest/00010.jsonl", ROW("d") "{\"key\":\"torn");
    write_text("00002.jsonl", "nothing\n" ROW("c"));
    ck_assert_int_eq(allrows_read(scratch_dir, note_row, NULL), 0);
    ck_assert_str_eq(seen, "a b c d ");
}
END_TEST

START_TEST(an_empty_directory_has_no_rows)
{
    ck_assert_int_eq(allrows_read(scratch_dir, note_row, NULL), 0);
    ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(a_manifest_that_is_a_link_is_not_read)
{
    scratch_mkdir("manifest");
    write_text("elsewhere", ROW("a"));
    ck_assert_int_eq(symlinkat("../elsewhere", scratch_dir, "manifest/00000.jsonl"), 0);
    ck_assert_int_eq(allrows_read(scratch_dir, note_row, NULL), -ELOOP);
    ck_assert_str_eq(seen, "");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, the_rows_of_all_shards_are_read);
    tcase_add_test(t, an_empty_directory_has_no_rows);
    tcase_add_test(t, a_manifest_that_is_a_link_is_not_read);
}

int main(void)
{
    return test_main("allrows", add);
}
