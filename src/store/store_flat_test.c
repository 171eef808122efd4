#include "store/store_flat.h"
#include "store/test_store.h"

static const struct columns only_url = {.at = {{"url", 3}}, .n = COLUMN_KEPT};
static const char notes[] = ".imgfetch/00000.files", rows[] = "manifest/00000.jsonl";
static struct name name;

static void use_template(const char *template)
{
    char why[NAME_MESSAGE_SIZE];
    ck_assert(name_parse(template, &only_url, true, &name, why));
}

static void set_up(void)
{
    store_set_up();
    use_template("{basename}");
    conf.layout = &store_flat;
    conf.name = &name;
    conf.n_specs = 1;
    scratch_mkdir(".imgfetch");
}

/* Opens a store and resumes shard 0, as the feeder would. */
static void begin(void)
{
    struct resume resume;
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, NULL, &resume, message), 0);
    ck_assert_int_eq(store_flat.settle(resume.samples, &resume), 0);
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
}

/* A row of that name; its body is `len` times an x. */
static struct job *make_row(uint32_t pos, const char *called, size_t len, const char *thumb)
{
    struct job *j = make_image(0, pos, len);
    j->name = called ? mem_dup(called) : NULL;
    if (thumb)
        add_thumb(j, thumb);
    return j;
}

/* Ends this run in the middle of the shard. */
static void end_after(unsigned n)
{
    wait_for(n);
    close_store();
    ck_assert_uint_eq(n_failed, 0);
}

static void close_after(unsigned n)
{
    store_shard_end(store, 0, n, fingerprint);
    wait_until_closed();
    end_after(n);
}

static void expect_in_rows(const char *text)
{
    char *all = scratch_read(rows);
    ck_assert_msg(strstr(all, text) != NULL, "%s is not in %s", text, all);
    free(all);
}

static void write_text(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

START_TEST(files_are_in_the_directory_itself_under_their_names)
{
    begin();
    submit(make_row(0, "cat", 3, "thumb"));
    submit(make_row(1, "cat-2", 4, NULL));
    wait_for(2);
    expect_file(notes, "0 cat.png\n0 thumbs/256/cat.jpg\n1 cat-2.png\n");
    close_after(2);
    expect_file("cat.png", "xxx");
    expect_file("cat-2.png", "xxxx");
    expect_file("thumbs/256/cat.jpg", "thumb");
    expect_in_rows(
        "\"path\":\"cat.png\",\"thumbs\":[{\"spec\":\"256\",\"path\":\"thumbs/256/cat.jpg\"");
    ck_assert(!scratch_has("images"));
    ck_assert(!scratch_has(notes));
}
END_TEST

START_TEST(the_file_of_another_stays_and_the_row_fails)
{
    write_text("cat.png", "mine");
    scratch_mkdir("dog.png");
    ck_assert_int_eq(symlinkat("nowhere", scratch_dir, "link.png"), 0);
    begin();
    submit(make_row(0, "cat", 4, "thumb"));
    submit(make_row(1, "dog", 4, "thumb"));
    submit(make_row(2, "link", 4, "thumb"));
    end_after(3);
    for (int run = 0; run < 2; run++) { /* nor does the next run take it for its own */
        begin();
        end_after(3);
        expect_file("cat.png", "mine");
        ck_assert(scratch_has("dog.png") && !scratch_has("nowhere"));
        ck_assert(!scratch_has("thumbs/256/cat.jpg"));
    }
    expect_in_rows("\"status\":\"failed_to_download\",\"error\":\"name_taken\",\"message\":\"not "
                   "overwritten: cat.png\"");
    expect_in_rows("\"message\":\"not overwritten: dog.png\"");
    expect_in_rows("\"message\":\"not overwritten: link.png\"");
    expect_in_rows("\"bytes\":null,\"sha256\":null");
    expect_in_rows("\"path\":null,\"thumbs\":[]");
}
END_TEST

START_TEST(a_file_with_the_same_bytes_is_taken_as_it_is)
{
    struct stat before, after;
    write_text("cat.png", "xxxx");
    ck_assert_int_eq(fstatat(scratch_dir, "cat.png", &before, 0), 0);
    begin();
    submit(make_row(0, "cat", 4, "thumb"));
    close_after(1);
    ck_assert_int_eq(fstatat(scratch_dir, "cat.png", &after, 0), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    expect_in_rows("\"error\":null");
    expect_in_rows("\"path\":\"cat.png\"");
}
END_TEST

START_TEST(a_row_whose_thumbnail_cannot_be_written_keeps_nothing)
{
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    write_text("thumbs/256/cat.jpg", "mine");
    write_text("thumbs/256/dog.jpg", "mine");
    write_text("dog.png", "xxxx"); /* the same bytes, but made by another */
    begin();
    submit(make_row(0, "cat", 4, "thumb"));
    submit(make_row(1, "dog", 4, "thumb"));
    close_after(2);
    ck_assert(!scratch_has("cat.png"));
    expect_file("dog.png", "xxxx");
    expect_file("thumbs/256/cat.jpg", "mine");
    expect_in_rows("\"message\":\"not overwritten: thumbs/256/cat.jpg\"");
}
END_TEST

START_TEST(what_a_killed_run_left_without_a_row_is_removed_by_its_note)
{
    begin();
    submit(make_row(0, "cat", 4, NULL));
    end_after(1);
    expect_file(notes, "0 cat.png\n"); /* the shard is not closed */
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    write_text("left.png", "torn");
    write_text(".imgfetch-left.png.part", "");
    write_text("thumbs/256/left.jpg", "torn");
    write_text("mine.png", "mine");
    write_text("withdrawn.png", "mine");
    write_text("folder.png", "");
    write_text("torn.png", "mine");
    write_text("00000_stats.jsonx", "mine");
    write_text(notes, "0 cat.png\n1 left.png\n1 thumbs/256/left.jpg\n2 gone.png\n3 withdrawn.png\n"
                      "-3 withdrawn.png\nx mine.png\n4  mine.png\n4 ./mine.png\n5 ../mine.png\n"
                      "6 .imgfetch/lock\n6 torn.png");
    begin();
    end_after(1);
    expect_file("cat.png", "xxxx");
    ck_assert(!scratch_has("left.png") && !scratch_has("thumbs/256/left.jpg"));
    ck_assert(!scratch_has(".imgfetch-left.png.part"));
    expect_file("mine.png", "mine");
    expect_file("withdrawn.png", "mine");
    expect_file("torn.png", "mine");
    write_text("left.png", "mine"); /* now it is another's */
    begin();
    close_after(1);
    expect_file("left.png", "mine");
    ck_assert(!scratch_has(notes));
}
END_TEST

START_TEST(notes_of_a_closed_shard_are_tidied_away)
{
    struct resume resume;
    begin();
    submit(make_row(0, "cat", 4, NULL));
    close_after(1);
    write_text(notes, "0 cat.png\n1 left.png\n");
    write_text("left.png", "mine");
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, NULL, &resume, message), 0);
    ck_assert(resume.closed);
    resume_fini(&resume);
    close_store();
    ck_assert(!scratch_has(notes));
    ck_assert(!scratch_has(".imgfetch/00000.open"));
    expect_file("left.png", "mine");
}
END_TEST

/* Gives the job the files of its old row. */
static struct job *again(struct job *j, const char *path, const char *thumb)
{
    j->before = mem_new(sizeof *j->before + 2 * sizeof *j->before->paths);
    j->before->n_paths = 2;
    j->before->paths[0] = mem_dup(path);
    j->before->paths[1] = mem_dup(thumb);
    return j;
}

START_TEST(the_files_of_a_row_that_is_done_again_are_replaced)
{
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    write_text("cat.png", "old");
    write_text("dog.gif", "old");
    write_text("thumbs/256/cat.jpg", "old thumb");
    write_text("thumbs/256/dog.jpg", "old thumb");
    begin();
    submit(again(make_row(0, "cat", 4, "new"), "cat.png", "thumbs/256/cat.jpg"));
    submit(again(make_row(1, "dog", 4, NULL), "dog.gif", "thumbs/256/dog.jpg"));
    wait_for(2);
    /* What the new row does not name could be left when its row has been written. */
    expect_file(notes, "0 cat.png\n0 thumbs/256/cat.jpg\n1 dog.png\n1 dog.gif\n"
                       "1 thumbs/256/dog.jpg\n");
    close_after(2);
    expect_file("cat.png", "xxxx");
    expect_file("thumbs/256/cat.jpg", "new");
    expect_file("dog.png", "xxxx");
    ck_assert(!scratch_has("dog.gif") && !scratch_has("thumbs/256/dog.jpg"));
}
END_TEST

#define OF_4                                                                                       \
    "2481a63c85a62cf889d2b149f1a52e985a9341750173fe01eff50cc27b5941b5" /* the SHA-256 of xxxx */
#define OF_5 "eaf16bc07968e013f3f94ab1342472434a39fc3475f11cf341a6c3965974f8e9" /* and of xxxxx */

START_TEST(rows_with_equal_bodies_share_a_file_named_by_its_hash)
{
    use_template("{sha256}");
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    write_text(OF_4 ".png", "torn");
    begin();
    submit(make_row(0, NULL, 4, "thumb"));
    submit(make_row(1, NULL, 4, "thumb"));
    wait_for(2);
    expect_file(OF_4 ".png", "xxxx");
    expect_file("thumbs/256/" OF_4 ".jpg", "thumb");
    /* Another row may name the old file, so it stays. */
    submit(again(make_row(2, NULL, 5, NULL), OF_4 ".png", "thumbs/256/" OF_4 ".jpg"));
    wait_for(3);
    ck_assert(!scratch_has(notes));
    close_after(3);
    expect_file(OF_4 ".png", "xxxx");
    expect_file("thumbs/256/" OF_4 ".jpg", "thumb");
    expect_file(OF_5 ".png", "xxxxx");
    expect_in_rows("\"path\":\"" OF_5 ".png\"");
}
END_TEST

/* ---- files that rows share ---- */

static void expect_first(const char *pos)
{
    char text[40];
    snprintf(text, sizeof text, "\"duplicate_of\":\"00000000%s\"", pos);
    expect_in_rows(text);
}

START_TEST(rows_share_files_that_this_shard_has_made)
{
    conf.shares = true;
    write_text("cow.png", "xxxx");
    begin();
    submit(make_row(3, "dog-2", 4, "thumb"));
    submit(make_row(2, "cow", 4, "thumb"));
    submit(make_row(1, "dog", 4, "thumb"));
    end_after(3);
    begin(); /* a killed run has made them, which is as good */
    submit(make_row(0, "cat", 4, "thumb"));
    wait_for(4);
    close_after(4);
    expect_file("cat.png", "xxxx");
    expect_file("cow.png", "xxxx"); /* mine */
    expect_file("thumbs/256/cow.jpg", "thumb");
    ck_assert(!scratch_has("dog.png") && !scratch_has("thumbs/256/dog-2.jpg"));
    expect_first("0");
}
END_TEST

START_TEST(files_named_by_their_hash_are_shared_and_stay)
{
    conf.shares = true;
    use_template("{sha256}");
    begin();
    submit(make_row(0, NULL, 4, "thumb"));
    submit(make_row(1, NULL, 4, "thumb"));
    wait_for(2);
    close_after(2);
    expect_file(OF_4 ".png", "xxxx");
    expect_file("thumbs/256/" OF_4 ".jpg", "thumb");
    expect_first("0");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, store_tear_down);
    tcase_add_test(t, files_are_in_the_directory_itself_under_their_names);
    tcase_add_test(t, the_file_of_another_stays_and_the_row_fails);
    tcase_add_test(t, a_file_with_the_same_bytes_is_taken_as_it_is);
    tcase_add_test(t, a_row_whose_thumbnail_cannot_be_written_keeps_nothing);
    tcase_add_test(t, what_a_killed_run_left_without_a_row_is_removed_by_its_note);
    tcase_add_test(t, notes_of_a_closed_shard_are_tidied_away);
    tcase_add_test(t, the_files_of_a_row_that_is_done_again_are_replaced);
    tcase_add_test(t, rows_with_equal_bodies_share_a_file_named_by_its_hash);
    tcase_add_test(t, rows_share_files_that_this_shard_has_made);
    tcase_add_test(t, files_named_by_their_hash_are_shared_and_stay);
}

int main(void)
{
    return test_main("store_flat", add);
}
