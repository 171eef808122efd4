#include "store/diroptions.h"
#include "base/test_scratch.h"

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
static char message[OUTDIR_MESSAGE_SIZE];

static void set_up(void)
{
    scratch_make();
    options[0] = (struct outdir_option){.name = "resize", .value = "256", .initial = ""};
    options[1] = (struct outdir_option){.name = "strict", .value = "no", .initial = "no"};
    options[2] = (struct outdir_option){
        .name = "timeout", .value = "30", .initial = "30", .may_change = true};
}

static int compare(bool redo)
{
    strcpy(message, "left over");
    return diroptions_compare(scratch_dir, options, N, redo, message);
}

static void write_note(bool replace)
{
    ck_assert_int_eq(diroptions_write(scratch_dir, options, N, replace), 0);
}

static void write_text(const char *text)
{
    scratch_write(note, text, strlen(text));
}

START_TEST(without_a_note_nothing_differs)
{
    ck_assert_int_eq(compare(false), 0);
    ck_assert_uint_eq(scratch_count(), 0);
}
END_TEST

START_TEST(what_was_noted_does_not_differ)
{
    options[0].value = "a \"b\"\\\n\xc3\xa9";
    write_note(false);
    ck_assert_int_eq(compare(false), 0);
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(all_differences_are_listed)
{
    write_note(false);
    options[0].value = "";
    options[1].value = "yes";
    options[2].value = "31";
    ck_assert_int_eq(compare(false), 1);
    ck_assert_str_eq(
        message, "--resize=256, not no --resize; no --strict, not --strict; --timeout=30, not 31");
    ck_assert_int_eq(compare(true), 1); /* a limit may change */
    ck_assert_str_eq(message, "--resize=256, not no --resize; no --strict, not --strict");
    options[0].value = "256";
    options[1].value = "no";
    ck_assert_int_eq(compare(true), 0);
}
END_TEST

START_TEST(a_difference_is_told_as_options_are_typed)
{
    options[0].name = "thumb";
    options[0].value = "";
    options[1] = (struct outdir_option){.name = "originals", .value = "no", .initial = "yes"};
    write_note(false);
    options[0].value = "256";
    options[1].value = "yes";
    ck_assert_int_eq(compare(false), 1);
    ck_assert_str_eq(message, "--no-thumbs, not --thumb=256; --no-originals, not --originals");
}
END_TEST

START_TEST(an_option_that_is_not_noted_had_its_initial_value)
{
    write_text("{\"resize\":\"256\",\"timeout\":30}"); /* not a string, so it counts as missing */
    ck_assert_int_eq(compare(false), 0);
    options[1].value = "yes";
    ck_assert_int_eq(compare(false), 1);
    ck_assert_str_eq(message, "no --strict, not --strict");
    options[1].value = "no";
    options[2].value = "31";
    ck_assert_int_eq(compare(false), 1);
}
END_TEST

START_TEST(a_list_of_differences_too_long_for_a_message_is_cut)
{
    static char value[OUTDIR_MESSAGE_SIZE];
    memset(value, 'v', sizeof value);
    value[sizeof value - 1] = '\0';
    write_note(false);
    options[0].value = options[1].value = options[2].value = value;
    ck_assert_int_eq(compare(false), 1);
    ck_assert_uint_eq(strlen(message), OUTDIR_MESSAGE_SIZE - 1);
}
END_TEST

START_TEST(what_is_no_note_of_ours_is_told)
{
    static const char *const texts[] = {"", "[]", "\"quality\"", "{\"resize\":\"256\"", "no JSON"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text(texts[i]);
        ck_assert_msg(compare(false) == -EBADMSG, "%s", texts[i]);
    }
    ck_assert_int_eq(unlinkat(scratch_dir, note, 0), 0);
    scratch_mkdir(note);
    ck_assert_int_lt(compare(false), 0);
}
END_TEST

START_TEST(a_note_is_replaced_only_when_it_is_to_be)
{
    write_note(false);
    options[2].value = "31";
    write_note(false);
    ck_assert_int_eq(compare(false), 1);
    write_note(true);
    ck_assert_int_eq(compare(false), 0);
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(what_a_killed_run_left_half_written_is_removed)
{
    write_note(false);
    scratch_write("options.json.part", "{", 1);
    write_note(false);
    ck_assert_uint_eq(scratch_count(), 1);
    ck_assert_int_eq(compare(false), 0);
}
END_TEST

START_TEST(on_a_full_disk_the_old_note_stays)
{
    write_note(false);
    options[2].value = "31";
    is_full = true;
    ck_assert_int_eq(diroptions_write(scratch_dir, options, N, true), -ENOSPC);
    ck_assert_uint_eq(scratch_count(), 1);
    ck_assert_int_eq(compare(false), 1);
    options[2].value = "30";
    ck_assert_int_eq(compare(false), 0);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, without_a_note_nothing_differs);
    tcase_add_test(t, what_was_noted_does_not_differ);
    tcase_add_test(t, all_differences_are_listed);
    tcase_add_test(t, a_difference_is_told_as_options_are_typed);
    tcase_add_test(t, an_option_that_is_not_noted_had_its_initial_value);
    tcase_add_test(t, a_list_of_differences_too_long_for_a_message_is_cut);
    tcase_add_test(t, what_is_no_note_of_ours_is_told);
    tcase_add_test(t, a_note_is_replaced_only_when_it_is_to_be);
    tcase_add_test(t, what_a_killed_run_left_half_written_is_removed);
    tcase_add_test(t, on_a_full_disk_the_old_note_stays);
}

int main(void)
{
    return test_main("diroptions", add_tests);
}
