#include "store/runnote.h"

#include "base/test_scratch.h"
#include "manifest/manifest_tree.h"

#include <string.h>

static const struct runnote note = {"imgfetch 'a b.txt'", "imgfetch 1", "2 \"cores\""};

static char *read_note(void)
{
    static char text[4096];
    int fd = openat(scratch_dir, "run.json", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    ck_assert_int_gt(len, 0);
    text[len] = '\0';
    return text;
}

START_TEST(a_note_has_all_its_texts_and_the_time)
{
    runnote_write(scratch_dir, &note);
    yajl_val tree = manifest_tree_parse(read_note());
    ck_assert_str_eq(manifest_tree_text(tree, RUNNOTE_COMMAND), note.command);
    ck_assert_str_eq(manifest_tree_text(tree, RUNNOTE_PROGRAM), note.program);
    ck_assert_str_eq(manifest_tree_text(tree, RUNNOTE_MACHINE), note.machine);
    ck_assert_uint_eq(strlen(manifest_tree_text(tree, RUNNOTE_STARTED)), 24);
    yajl_tree_free(tree);
}
END_TEST

START_TEST(a_command_that_is_no_utf8_is_noted_all_the_same)
{
    struct runnote odd = note;
    odd.command = "imgfetch 'a\xff'";
    runnote_write(scratch_dir, &odd);
    yajl_val tree = manifest_tree_parse(read_note());
    ck_assert_str_eq(manifest_tree_text(tree, RUNNOTE_COMMAND), "imgfetch 'a\xef\xbf\xbd'");
    yajl_tree_free(tree);
}
END_TEST

START_TEST(a_later_run_replaces_the_note)
{
    struct runnote later = note;
    later.command = "imgfetch -k";
    runnote_write(scratch_dir, &note);
    scratch_write("run.json.part", "left by a killed run", 20);
    runnote_write(scratch_dir, &later);
    ck_assert_ptr_nonnull(strstr(read_note(), "imgfetch -k"));
    ck_assert_int_ne(faccessat(scratch_dir, "run.json.part", F_OK, 0), 0);
}
END_TEST

START_TEST(a_note_that_cannot_be_written_leaves_none_of_another_run)
{
    runnote_write(scratch_dir, &note);
    scratch_mkdir("run.json.part");
    scratch_write("run.json.part/mine", "", 0);
    runnote_write(scratch_dir, &note);
    ck_assert_ptr_null(read_note());
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, a_note_has_all_its_texts_and_the_time);
    tcase_add_test(t, a_command_that_is_no_utf8_is_noted_all_the_same);
    tcase_add_test(t, a_later_run_replaces_the_note);
    tcase_add_test(t, a_note_that_cannot_be_written_leaves_none_of_another_run);
}

int main(void)
{
    return test_main("runnote", add);
}
