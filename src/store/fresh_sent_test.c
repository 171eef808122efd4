/* Starting over where shards were delivered (store/sent.h). */
#include "store/fresh.h"

#include "base/test_scratch.h"
#include "manifest/statsfile.h"

static char what[FRESH_NAME_SIZE];

static void set_up(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
}

static void write_stats(const char *name)
{
    struct statsfile stats = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    memset(stats.fingerprint, 'f', sizeof stats.fingerprint - 1);
    ck_assert(statsfile_format(&stats, &text));
    scratch_write(name, text.data, text.len);
    buf_fini(&text);
}

/* Their stats files are all that is there. */
START_TEST(shards_that_were_delivered_are_removed_without_a_manifest)
{
    write_stats("00000_stats.json");
    write_stats("00001_stats.json");
    scratch_write("00002_stats.json", "theirs", 6);
    scratch_write(".imgfetch/00000.sent", "", 0); /* 00001's is gone: continued after a kill */
    scratch_write(".imgfetch/00007.sent", "", 0);
    ck_assert_int_eq(fresh_remove(scratch_dir, what), 0);
    ck_assert(!scratch_has("00000_stats.json"));
    ck_assert(!scratch_has("00001_stats.json"));
    ck_assert(!scratch_has(".imgfetch/00000.sent"));
    ck_assert(!scratch_has(".imgfetch/00007.sent"));
    expect_file("00002_stats.json", "theirs");
}
END_TEST

START_TEST(nothing_changes_while_a_note_of_a_delivery_cannot_be_removed)
{
    static const char row[] = "{\"key\":\"000000000\",\"url\":\"http://a/\",\"error\":null,"
                              "\"path\":\"images/00000/000000000.jpg\",\"thumbs\":[]}\n";
    write_stats("00000_stats.json");
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("images/00000");
    scratch_write("manifest/00000.jsonl", row, sizeof row - 1);
    scratch_write("images/00000/000000000.jpg", "", 0);
    scratch_mkdir(".imgfetch/00000.sent"); /* which is not removed as a file is */
    ck_assert_int_lt(fresh_remove(scratch_dir, what), 0);
    ck_assert_str_eq(what, ".imgfetch/00000.sent");
    ck_assert(scratch_has("00000_stats.json"));
    ck_assert(scratch_has("images/00000/000000000.jpg"));
    ck_assert(scratch_has("manifest/00000.jsonl"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, shards_that_were_delivered_are_removed_without_a_manifest);
    tcase_add_test(t, nothing_changes_while_a_note_of_a_delivery_cannot_be_removed);
}

int main(void)
{
    return test_main("fresh_sent", add);
}
