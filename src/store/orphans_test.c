#include "store/orphans.h"

#include "base/beneath.h"
#include "store/test_resume.h"

#include <sys/syscall.h>

static bool is_stubborn; /* nothing can be removed: the test's own unlinkat(2) fails */

int unlinkat(int dir, const char *path, int flags)
{
    if (!is_stubborn)
        return (int)syscall(SYS_unlinkat, dir, path, flags);
    errno = EPERM;
    return -1;
}

/* Makes a file and its folders. */
static void make_file(const char *path)
{
    char part[200];
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        ck_assert(!mkdirat(scratch_dir, part, 0777) || errno == EEXIST);
    }
    scratch_write(path, "12345", 5);
}

/* Adds a row that names one or two files. */
static void add_row_naming(uint32_t pos, const char *image, const char *thumb)
{
    struct job *j = make_job(pos);
    j->bytes = 5;
    j->path = mem_dup(image);
    make_file(image);
    if (thumb) {
        j->n_thumbs = 1;
        j->thumbs = mem_new(sizeof *j->thumbs);
        *j->thumbs = (struct job_thumb){.width = 1, .height = 1, .size = 5};
        j->thumbs->path = mem_dup(thumb);
        make_file(thumb);
    }
    add_job(j);
    job_free(j, NULL);
}

static int remove_with(const struct name *name)
{
    struct store_conf conf = {.name = name};
    struct output output = {.layout = &store_files, .dir = scratch_dir, .conf = &conf};
    output.shard_size = SHARD_SIZE;
    output.digits = job_digits(JOB_SHARD_DIGITS, SHARD_SIZE);
    load();
    return orphans_remove(&output, SHARD, &resume);
}

static void expect_there(const char *const *paths, size_t n, bool there)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(scratch_has(paths[i]) == there, "%s", paths[i]);
}

#define N(paths) (sizeof(paths) / sizeof *(paths))

START_TEST(what_no_row_names_is_removed_and_what_one_names_stays)
{
    static const char *const named[] = {"images/00003/000030000.jpg",
        "thumbs/256/00003/000030000.jpg", "images/00003/000030002.png"};
    static const char *const orphans[] = {
        "images/00003/000030000.png",      /* of the replaced row */
        "images/00003/000030000.jpg.part", /* an unfinished file */
        "images/00003/000030001.jpg",
        "images/00003/000030009.jpg",
        "thumbs/256/00003/000030001.jpg",
        "thumbs/256/00003/000030002.jpg", /* the new row has no thumbnail */
        "thumbs/64x48-cover/00003/000030000.jpg",
    };
    add_row_naming(0, named[0], named[1]);
    add_row_naming(2, named[2], NULL);
    add_row(1, ERR_TIMEOUT);
    for (size_t i = 0; i < N(orphans); i++)
        make_file(orphans[i]);
    ck_assert_int_eq(remove_with(&name_key), 0);
    expect_there(named, N(named), true);
    expect_there(orphans, N(orphans), false);
}
END_TEST

START_TEST(rows_that_are_to_be_done_again_keep_their_files)
{
    add_row_naming(0, "images/00003/000030000.jpg", "thumbs/256/00003/000030000.jpg");
    again.refresh = true;
    ck_assert_int_eq(remove_with(&name_key), 0);
    ck_assert_uint_eq(resume.rows, 0);
    ck_assert(scratch_has("images/00003/000030000.jpg"));
    ck_assert(scratch_has("thumbs/256/00003/000030000.jpg"));
}
END_TEST

START_TEST(without_a_manifest_every_file_of_the_shard_is_an_orphan)
{
    make_file("images/00003/000030000.jpg");
    make_file("thumbs/256/00003/000030009.jpg");
    ck_assert_int_eq(remove_with(&name_key), 0);
    ck_assert(!scratch_has("images/00003/000030000.jpg"));
    ck_assert(!scratch_has("thumbs/256/00003/000030009.jpg"));
}
END_TEST

START_TEST(what_is_not_of_this_shard_or_not_ours_stays)
{
    static const char *const theirs[] = {
        "images/00004/000040000.jpg",
        "images/00004/000030000.jpg",
        "images/00003/000040000.jpg",
        "images/00003/000030010.jpg", /* the shard has ten positions */
        "images/00003/cat.jpg",
        "images/00003/.000030000.jpg",
        "images/00003/folder/000030000.jpg",
        "images/000030000.jpg",
        "thumbs/256/00004/000040000.jpg",
        "thumbs/256/000030000.jpg",
        "thumbs/.256/00003/000030000.jpg",
        "thumbs/000030000.jpg",
        "other/00003/000030000.jpg",
    };
    for (size_t i = 0; i < N(theirs); i++)
        make_file(theirs[i]);
    ck_assert_int_eq(remove_with(&name_key), 0);
    expect_there(theirs, N(theirs), true);
}
END_TEST

static struct name by_host;

static void parse_name(const char *template)
{
    static const struct columns none;
    char why[NAME_MESSAGE_SIZE];
    ck_assert_msg(name_parse(template, &none, false, &by_host, why), "%s", why);
}

/* Links where this run would write. */
START_TEST(a_link_is_an_error_and_what_it_leads_to_stays)
{
    static const char *const links[] = {"images", "images/00003", "images/00003/a",
        "images/00003/a/000030001-x.jpg", "thumbs", "thumbs/256", "thumbs/256/00003",
        "thumbs/256/00003/a/000030002-x.jpg"};
    parse_name("{host}/{key}-{basename}");
    for (size_t i = 0; i < N(links); i++) {
        make_file("images/00003/a/000030001-x.jpg");
        make_file("thumbs/256/00003/a/000030002-x.jpg");
        ck_assert_int_eq(renameat(scratch_dir, links[i], scratch_dir, "my"), 0);
        char to[40];
        snprintf(to, sizeof to, "%s/my", scratch_path);
        ck_assert_int_eq(symlinkat(to, scratch_dir, links[i]), 0);
        ck_assert_int_eq(remove_with(&by_host), -ELOOP);
        ck_assert_msg(!strncmp(beneath_why(-ELOOP), links[i], strlen(links[i])), "%s not %s",
            beneath_why(-ELOOP), links[i]);
        ck_assert(scratch_has(links[i]));
        ck_assert_int_eq(unlinkat(scratch_dir, links[i], 0), 0);
        ck_assert_int_eq(renameat(scratch_dir, "my", scratch_dir, links[i]), 0);
    }
}
END_TEST

START_TEST(folders_that_a_name_has_made_go_when_they_are_empty)
{
    static const char *const named = "images/00003/a/000030000-x.jpg";
    static const char *const orphans[] = {"images/00003/a/000030000-y.jpg", "images/00003/b",
        "thumbs/256/00003/a", "images/00003/d/000030004-x.jpg"};
    parse_name("{host}/{key}-{basename}");
    make_file("images/00003/c/mine.jpg");
    scratch_mkdir("images/00003/empty"); /* this folder and the next had no file of ours */
    add_row_naming(0, named, NULL);
    make_file(orphans[0]);
    make_file("images/00003/b/000030001-x.jpg");
    make_file("images/00003/b/000030002-x.jpg");
    make_file("thumbs/256/00003/a/000030000-x.jpg");
    make_file("images/00003/d/mine.jpg");
    make_file(orphans[3]);
    scratch_mkdir("images/00003/empty too"); /* two, as they may be read in any order */
    make_file("images/00003/000030005.jpg"); /* not a name from this template */
    ck_assert_int_eq(remove_with(&by_host), 0);
    ck_assert(scratch_has(named));
    expect_there(orphans, N(orphans), false);
    ck_assert(scratch_has("images/00003/c/mine.jpg"));
    ck_assert(scratch_has("images/00003/d/mine.jpg"));
    ck_assert(scratch_has("images/00003/empty"));
    ck_assert(scratch_has("images/00003/empty too"));
    ck_assert(scratch_has("images/00003/000030005.jpg"));
}
END_TEST

START_TEST(what_cannot_be_removed_is_told)
{
    make_file("images/00003/000030001.jpg");
    is_stubborn = true;
    ck_assert_int_eq(remove_with(&name_key), -EPERM);
    is_stubborn = false;
    ck_assert_int_eq(remove_with(&name_key), 0);
    make_file("thumbs/256/00003/000030001.jpg");
    is_stubborn = true;
    ck_assert_int_eq(remove_with(&name_key), -EPERM);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_no_row_names_is_removed_and_what_one_names_stays);
    tcase_add_test(t, rows_that_are_to_be_done_again_keep_their_files);
    tcase_add_test(t, without_a_manifest_every_file_of_the_shard_is_an_orphan);
    tcase_add_test(t, what_is_not_of_this_shard_or_not_ours_stays);
    tcase_add_test(t, a_link_is_an_error_and_what_it_leads_to_stays);
    tcase_add_test(t, folders_that_a_name_has_made_go_when_they_are_empty);
    tcase_add_test(t, what_cannot_be_removed_is_told);
}

int main(void)
{
    return test_main("orphans", add_tests);
}
