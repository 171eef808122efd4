#include "cmd/imgfetch/split/split_lists.h"

#include "base/test.h"
#include "base/test_scratch.h"

#include <stdio.h>
#include <string.h>
#include <zstd.h>

static char path[200], message[SPLIT_LISTS_MESSAGE_SIZE];
static bool is_misuse;

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s/lists", scratch_path);
}

static const char *below(const char *name)
{
    static char text[300];
    snprintf(text, sizeof text, "%s/%s", scratch_path, name);
    return text;
}

static struct split_lists *begin(unsigned n)
{
    struct split_lists *l = split_lists_new(path, n, message, &is_misuse);
    ck_assert_msg(l != NULL, "%s", message);
    return l;
}

static void finish(struct split_lists *l)
{
    ck_assert(split_lists_flush(l));
    ck_assert_msg(split_lists_finish(l), "%s", split_lists_error(l));
    split_lists_free(l);
}

/* Text of a file, decompressed. */
static void expect_list(const char *name, const char *text)
{
    static char packed[1 << 16], out[1 << 16];
    FILE *f = fopen(below(name), "r");
    ck_assert_msg(f != NULL, "%s", name);
    size_t len = fread(packed, 1, sizeof packed, f);
    fclose(f);
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed, len, 0};
    ZSTD_outBuffer to = {out, sizeof out, 0};
    while (in.pos < in.size)
        ck_assert(!ZSTD_isError(ZSTD_decompressStream(stream, &to, &in)));
    ZSTD_freeDStream(stream);
    ck_assert_uint_eq(to.pos, strlen(text));
    ck_assert_mem_eq(out, text, to.pos);
}

START_TEST(lists_appear_when_all_is_written)
{
    struct split_lists *l = begin(3);
    struct buf conf = {(uint8_t *)"a=b\n", 4, 4};
    ck_assert(split_lists_add(l, 0, span_of("one")));
    ck_assert(split_lists_flush(l));
    ck_assert(split_lists_add(l, 0, span_of("two\r")));
    ck_assert(split_lists_add_torn(l, 2, span_of("a,\"b\"\"")));
    ck_assert(split_lists_write_conf(l, 2, &conf));
    ck_assert(!scratch_has("lists"));
    finish(l);
    expect_list("lists/0000.zst", "one\ntwo\r\n");
    expect_list("lists/0001.zst", "");
    expect_list("lists/0002.zst", "\"\"\"a,\"\"b\"\"\"\"\"\n");
    ck_assert(scratch_has("lists/0002.conf"));
    ck_assert(!scratch_has("lists.part"));
    ck_assert(!scratch_has("lists/lock"));
}
END_TEST

START_TEST(a_directory_with_anything_in_it_is_refused)
{
    scratch_mkdir("lists");
    finish(begin(1)); /* an empty one is not */
    ck_assert_ptr_null(split_lists_new(path, 1, message, &is_misuse));
    ck_assert(is_misuse);
    ck_assert_ptr_nonnull(strstr(message, "not empty"));
    scratch_write("file", "", 0);
    ck_assert_ptr_null(split_lists_new(below("file"), 1, message, &is_misuse));
    ck_assert(is_misuse);
}
END_TEST

START_TEST(what_an_interrupted_run_has_left_is_removed_and_nothing_else)
{
    scratch_mkdir("lists.part");
    scratch_write("lists.part/0000.zst", "x", 1);
    scratch_write("lists.part/0007.conf", "x", 1);
    scratch_write("lists.part/lock", "x", 1);
    finish(begin(1));
    expect_list("lists/0000.zst", "");
    ck_assert(!scratch_has("lists/0007.conf"));
    snprintf(path, sizeof path, "%s/others", scratch_path);
    scratch_mkdir("others.part");
    scratch_write("others.part/mine.txt", "x", 1);
    ck_assert_ptr_null(split_lists_new(path, 1, message, &is_misuse));
    ck_assert_ptr_nonnull(strstr(message, "others.part: it has files that --split did not write"));
    ck_assert(scratch_has("others.part/mine.txt"));
}
END_TEST

START_TEST(what_is_given_up_leaves_nothing)
{
    struct split_lists *l = begin(2);
    ck_assert(split_lists_add(l, 1, span_of("one")) && split_lists_flush(l));
    ck_assert_ptr_null(split_lists_new(path, 1, message, &is_misuse));
    ck_assert(!is_misuse);
    ck_assert_ptr_nonnull(strstr(message, "another imgfetch is writing lists there"));
    ck_assert(scratch_has("lists.part/0001.zst"));
    split_lists_free(l);
    ck_assert(!scratch_has("lists.part"));
    ck_assert(!scratch_has("lists"));
}
END_TEST

/* Rows are kept until there is a frame's worth of them. */
START_TEST(a_full_disk_leaves_nothing)
{
    static char row[3 * SCRATCH_SMALL_DISK + 1];
    arc4random_buf(row, sizeof row - 1); /* nothing to compress */
    (void)scratch_on_small_disk();
    struct split_lists *l = begin(1);
    ck_assert(split_lists_add(l, 0, (struct span){row, sizeof row - 1}));
    ck_assert(!split_lists_flush(l));
    ck_assert_ptr_nonnull(strstr(split_lists_error(l), "/0000.zst: "));
    split_lists_free(l);
    ck_assert(!scratch_has("lists.part"));
}
END_TEST

START_TEST(large_lists_have_many_frames)
{
    static char row[300001];
    memset(row, 'x', sizeof row - 1);
    struct split_lists *l = begin(1);
    for (int i = 0; i < 20; i++)
        ck_assert(split_lists_add(l, 0, span_of(row)));
    ck_assert_int_gt(scratch_size("lists.part/0000.zst"), 0);
    finish(l);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, lists_appear_when_all_is_written);
    tcase_add_test(t, a_directory_with_anything_in_it_is_refused);
    tcase_add_test(t, what_an_interrupted_run_has_left_is_removed_and_nothing_else);
    tcase_add_test(t, what_is_given_up_leaves_nothing);
    tcase_add_test(t, a_full_disk_leaves_nothing);
    tcase_add_test(t, large_lists_have_many_frames);
}

int main(void)
{
    return test_main("split_lists", add);
}
