#include "store/diroptions.h"
#include "base/test_scratch.h"
#include "input/listmark.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static const char note[] = "options.json";

static bool is_full; /* the disk: then the test's own writev(2) fails */

ssize_t writev(int fd, const struct iovec *v, int n)
{
    if (!is_full)
        return syscall(SYS_writev, fd, v, n);
    errno = ENOSPC;
    return -1;
}

enum { N = 3 };
static struct outdir_option options[N];
static struct listmark lists[2];
static struct outdir_conf conf;
static struct diroptions_difference differs;

static void set_up(void)
{
    scratch_make();
    options[0] = (struct outdir_option){.name = "resize", .value = "256", .initial = ""};
    options[1] = (struct outdir_option){.name = "strict", .value = "no", .initial = "no"};
    options[2] = (struct outdir_option){
        .name = "timeout", .value = "30", .initial = "30", .effect = OUTDIR_LIMITS};
    conf = (struct outdir_conf){.options = options, .n_options = N};
}

/* Returns the shapes that differ. */
static const char *compare(bool redo)
{
    struct diroptions found;
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), 0);
    conf.redo = redo;
    diroptions_compare(&found, &conf, &differs);
    diroptions_fini(&found);
    return differs.shape;
}

static void write_note(void)
{
    ck_assert_int_eq(diroptions_write(scratch_dir, options, N, conf.lists, conf.n_lists), 0);
}

static void write_text(const char *text)
{
    scratch_write(note, text, strlen(text));
}

START_TEST(what_was_noted_does_not_differ)
{
    options[0].value = "a \"b\"\\\n\xc3\xa9";
    write_note();
    ck_assert_str_eq(compare(false), "");
    ck_assert(!differs.rows);
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(all_differences_are_listed)
{
    write_note();
    options[0].value = "";
    options[1].value = "yes";
    options[2].value = "31";
    ck_assert_str_eq(compare(false),
        "--resize=256, not without; no --strict, not --strict; --timeout=30, not 31");
    ck_assert_str_eq(compare(true), /* a limit may change */
        "--resize=256, not without; no --strict, not --strict");
    options[0].value = "256";
    options[1].value = "no";
    ck_assert_str_eq(compare(true), "");
}
END_TEST

START_TEST(a_difference_is_told_as_options_are_typed)
{
    options[0] = (struct outdir_option){.name = "thumb", .value = "", .initial = "256"};
    options[1] = (struct outdir_option){.name = "originals", .value = "no", .initial = "yes"};
    write_note();
    options[0].value = "256";
    options[1].value = "yes";
    ck_assert_str_eq(
        compare(false), "--no-thumbs, not --thumb=256; --no-originals, not --originals");
    options[0].value = "64,32x16-cover";
    options[1].value = "no";
    ck_assert_str_eq(compare(false), "--no-thumbs, not --thumb=64 --thumb=32x16:cover");
    write_note();
    options[0].value = "64";
    ck_assert_str_eq(compare(false), "--thumb=64 --thumb=32x16:cover, not --thumb=64");
}
END_TEST

START_TEST(a_directory_without_fetches_is_a_kind_of_its_own)
{
    options[0] = (struct outdir_option){.name = "backend", .value = "null", .initial = ""};
    write_note();
    options[0].value = "";
    ck_assert_str_eq(compare(false), "--backend=null, not a backend that fetches");
    write_note();
    options[0].value = "null";
    ck_assert_str_eq(compare(false), "a backend that fetches, not --backend=null");
}
END_TEST

START_TEST(an_option_that_is_not_noted_had_its_initial_value)
{
    write_text("{\"resize\":\"256\",\"timeout\":30}"); /* not a string, so it counts as missing */
    ck_assert_str_eq(compare(false), "");
    options[1].value = "yes";
    ck_assert_str_eq(compare(false), "no --strict, not --strict");
    options[1].value = "no";
    options[2].value = "31";
    ck_assert_str_eq(compare(false), "--timeout=30, not 31");
    options[0].value = "16"; /* perhaps the others had no effect then */
    ck_assert_str_eq(compare(false), "--resize=256, not 16");
}
END_TEST

START_TEST(an_option_without_effect_is_neither_noted_nor_compared)
{
    options[1].value = NULL;
    write_note();
    expect_file(note, "{\n    \"resize\": \"256\",\n    \"timeout\": \"30\"\n}\n");
    options[1].value = "no";
    write_note();
    options[1].value = NULL;
    options[1].initial = "yes";
    ck_assert_str_eq(compare(false), "");
}
END_TEST

START_TEST(what_decides_which_rows_there_are_is_no_shape)
{
    options[1].effect = OUTDIR_READS;
    options[2].effect = OUTDIR_TRIES;
    write_note();
    options[1].value = "yes";
    ck_assert_str_eq(compare(false), "");
    ck_assert(differs.rows);
    options[1].value = "no";
    compare(false);
    ck_assert(!differs.rows);
    options[2].value = "31";
    ck_assert_str_eq(compare(false), "");
    ck_assert(differs.rows);
    conf.is_task = true; /* of which each may try differently */
    compare(false);
    ck_assert(!differs.rows);
    options[1].value = "yes";
    compare(false);
    ck_assert(differs.rows);
}
END_TEST

static void take_lists(const char *first, const char *second)
{
    const char *const names[] = {first, second};
    conf.lists = lists;
    conf.n_lists = second ? 2 : 1;
    for (size_t i = 0; i < 2; i++)
        listmark_fini(&lists[i]);
    for (size_t i = 0; i < conf.n_lists; i++) {
        char path[80];
        bool is_ours = names[i][0] != '-' && !strchr(names[i], ':');
        snprintf(
            path, sizeof path, "%s%s%s", is_ours ? scratch_path : "", is_ours ? "/" : "", names[i]);
        listmark_take(path, &lists[i]);
    }
}

static bool rows_differ(const char *first, const char *second)
{
    take_lists(first, second);
    ck_assert_str_eq(compare(false), "");
    return differs.rows;
}

START_TEST(lists_are_noted_and_compared)
{
    scratch_write("a", "1\n", 2);
    scratch_write("b", "2\n", 2);
    scratch_write("copy", "1\n", 2);
    take_lists("a", "b");
    write_note();
    ck_assert(!rows_differ("a", "b"));
    ck_assert(!rows_differ("copy", "b"));
    ck_assert(rows_differ("b", "a"));
    ck_assert(rows_differ("a", NULL));
    ck_assert(!rows_differ("a", "no-such-list")); /* opening it will fail */
    scratch_write("b", "2\n3\n", 4);
    ck_assert(!rows_differ("a", "b")); /* it may grow */
    ck_assert(rows_differ("a", "-"));
    ck_assert(rows_differ("a", "http://example.com/"));
    conf.is_task = true;
    ck_assert(!rows_differ("a", "-")); /* it cannot be told */
    ck_assert(rows_differ("a", "a"));
    listmark_fini(&lists[0]);
    listmark_fini(&lists[1]);
}
END_TEST

START_TEST(lists_are_read_as_they_were_noted)
{
    struct diroptions found;
    scratch_write("a", "1\n", 2);
    take_lists("a", "-");
    write_note();
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), 0);
    ck_assert_uint_eq(found.n_lists, 2);
    ck_assert_str_eq(found.lists[0].path, lists[0].path);
    ck_assert_str_eq(found.lists[0].head, lists[0].head);
    ck_assert_int_eq(found.lists[0].size, 2);
    ck_assert_str_eq(found.lists[1].path, "-");
    ck_assert_int_eq(found.lists[1].size, -1);
    diroptions_fini(&found);
    listmark_fini(&lists[0]);
    listmark_fini(&lists[1]);
}
END_TEST

static void update(void)
{
    struct diroptions found;
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), 0);
    ck_assert_int_eq(diroptions_update(scratch_dir, &found, &conf), 0);
    diroptions_fini(&found);
}

/* The options that shape the output stay, also those that the run does not know. */
START_TEST(an_update_replaces_what_says_which_rows_are_read)
{
    scratch_write("a", "1\n", 2);
    take_lists("a", "-");
    options[2].effect = OUTDIR_READS;
    write_note();
    options[0].value = "16";
    options[2].value = "31";
    conf.n_lists = 1;
    update();
    options[2].effect = OUTDIR_LIMITS;
    ck_assert_str_eq(compare(false), "--resize=256, not 16");
    struct diroptions found;
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), 0);
    ck_assert_uint_eq(found.n_lists, 1);
    diroptions_fini(&found);
    is_full = true; /* nothing is to be written */
    update();
    is_full = false;
    write_text("{\"lists\":[],\"new\":\"x\"}");
    update();
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), 0);
    ck_assert_str_eq(diroptions_text(&found, "new"), "x");
    diroptions_fini(&found);
    listmark_fini(&lists[0]);
    listmark_fini(&lists[1]);
}
END_TEST

START_TEST(a_note_without_lists_tells_nothing_about_them)
{
    scratch_write("a", "1\n", 2);
    write_note();
    ck_assert(rows_differ("a", NULL));
    conf.is_task = true;
    ck_assert(!rows_differ("a", NULL));
    write_text("{\"lists\":[{\"path\":3},7]}"); /* of somebody else */
    options[0].value = "";
    conf.is_task = false;
    ck_assert(rows_differ("a", "a"));
    listmark_fini(&lists[0]);
    listmark_fini(&lists[1]);
}
END_TEST

START_TEST(a_list_of_differences_too_long_for_a_message_is_cut)
{
    static char value[OUTDIR_MESSAGE_SIZE];
    memset(value, 'v', sizeof value);
    value[sizeof value - 1] = '\0';
    write_note();
    options[0].value = options[1].value = options[2].value = value;
    ck_assert_uint_eq(strlen(compare(false)), OUTDIR_MESSAGE_SIZE - 1);
}
END_TEST

START_TEST(what_is_no_note_of_ours_is_told)
{
    static const char *const texts[] = {"", "[]", "\"quality\"", "{\"resize\":\"256\"", "no JSON"};
    struct diroptions found;
    ck_assert_int_eq(diroptions_read(scratch_dir, &found), -ENOENT);
    ck_assert_uint_eq(scratch_count(), 0);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text(texts[i]);
        ck_assert_msg(diroptions_read(scratch_dir, &found) == -EBADMSG, "%s", texts[i]);
    }
    ck_assert_int_eq(unlinkat(scratch_dir, note, 0), 0);
    scratch_mkdir(note);
    ck_assert_int_lt(diroptions_read(scratch_dir, &found), 0);
}
END_TEST

START_TEST(what_a_killed_run_left_half_written_is_removed)
{
    write_note();
    scratch_write("options.json.part", "{", 1);
    write_note();
    ck_assert_uint_eq(scratch_count(), 1);
    ck_assert_str_eq(compare(false), "");
}
END_TEST

START_TEST(on_a_full_disk_the_old_note_stays)
{
    write_note();
    options[2].value = "31";
    is_full = true;
    ck_assert_int_eq(diroptions_write(scratch_dir, options, N, NULL, 0), -ENOSPC);
    ck_assert_uint_eq(scratch_count(), 1);
    ck_assert_str_ne(compare(false), "");
    options[2].value = "30";
    ck_assert_str_eq(compare(false), "");
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, what_was_noted_does_not_differ);
    tcase_add_test(t, all_differences_are_listed);
    tcase_add_test(t, a_difference_is_told_as_options_are_typed);
    tcase_add_test(t, a_directory_without_fetches_is_a_kind_of_its_own);
    tcase_add_test(t, an_option_that_is_not_noted_had_its_initial_value);
    tcase_add_test(t, an_option_without_effect_is_neither_noted_nor_compared);
    tcase_add_test(t, what_decides_which_rows_there_are_is_no_shape);
    tcase_add_test(t, lists_are_noted_and_compared);
    tcase_add_test(t, lists_are_read_as_they_were_noted);
    tcase_add_test(t, an_update_replaces_what_says_which_rows_are_read);
    tcase_add_test(t, a_note_without_lists_tells_nothing_about_them);
    tcase_add_test(t, a_list_of_differences_too_long_for_a_message_is_cut);
    tcase_add_test(t, what_is_no_note_of_ours_is_told);
    tcase_add_test(t, what_a_killed_run_left_half_written_is_removed);
    tcase_add_test(t, on_a_full_disk_the_old_note_stays);
}

int main(void)
{
    return test_main("diroptions", add_tests);
}
