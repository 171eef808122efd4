/* The note of a delivery, what is delivered, and what may be missing. */
#include "store/sent.h"

#include "base/mem.h"
#include "base/test_scratch.h"
#include "store/store_files.h"
#include "store/store_tar.h"

#include <sys/syscall.h>

static struct store_conf store;
static struct output output;
static const char *const specs[] = {"256", "64x64-cover"};
static char path[SENT_PATH_SIZE];
static unsigned folder_syncs; /* of .imgfetch */
static bool had_note;         /* at the last of them */

static const char note[] = ".imgfetch/00042.sent";

/* Replaces libc's function. */
int fsync(int fd)
{
    struct stat is, own;
    ck_assert_int_eq(fstat(fd, &is), 0);
    ck_assert_int_eq(fstatat(scratch_dir, ".imgfetch", &own, 0), 0);
    if (is.st_ino == own.st_ino) {
        folder_syncs++;
        had_note = scratch_has(note);
    }
    return (int)syscall(SYS_fsync, fd);
}

static void set_up(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("images/00042");
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    scratch_mkdir("thumbs/256/00042");
    store = (struct store_conf){.layout = &store_files, .spec_names = specs, .n_specs = 2};
    output = (struct output){.layout = &store_files, .dir = scratch_dir, .conf = &store};
    output.way = COMMIT_RENAME;
}

static void use_tars(void)
{
    store.layout = output.layout = &store_tar;
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

#define ROW(key, path, bytes)                                                                      \
    "{\"key\":\"" key "\",\"url\":\"http://a/\",\"error\":null,\"path\":\"" path                   \
    "\",\"bytes\":" bytes ",\"thumbs\":[{\"path\":\"thumbs/256/00042/" key                         \
    ".jpg\",\"bytes\":2}]}\n"

/* Two rows with files of their own, and a duplicate of a row of another shard. */
static void write_shard(void)
{
    write_text("00042_stats.json", "{}");
    write_text("manifest/00042.jsonl",
        ROW("000420000", "images/00042/000420000.jpg", "3")
            ROW("000420001", "images/00042/host/000420001.jpg",
                "4") "{\"key\":\"000420002\",\"url\":\"http://a/\",\"error\":null,"
                     "\"path\":\"images/00041/000410002.jpg\",\"bytes\":9,\"thumbs\":[]}\n");
    scratch_mkdir("images/00042/host");
    write_text("images/00042/000420000.jpg", "123");
    write_text("images/00042/host/000420001.jpg", "1234");
    write_text("thumbs/256/00042/000420000.jpg", "12");
    write_text("thumbs/256/00042/000420001.jpg", "12");
}

static void write_tar(void)
{
    use_tars();
    write_text("00042_stats.json", "{}");
    write_text("00042.jsonl", ROW("000420000", "00042.tar/000420000.jpg", "3"));
    write_text("00042.tar", "tar");
}

static void expect_missing(const char *name)
{
    ck_assert_int_eq(sent_missing(scratch_dir, 5, store.layout->manifest, 42, path), 1);
    ck_assert_str_eq(path, name);
}

static void expect_all(void)
{
    int err = sent_missing(scratch_dir, 5, store.layout->manifest, 42, path);
    ck_assert_msg(!err, "%s: %d", path, err);
}

static void remove_file(const char *name)
{
    ck_assert_int_eq(unlinkat(scratch_dir, name, 0), 0);
}

/* ---- the note ---- */

START_TEST(a_note_is_on_disk_before_anybody_relies_on_it)
{
    ck_assert_int_eq(sent_is_noted(scratch_dir, 42), 0);
    ck_assert_int_eq(sent_note(&output, 42), 0);
    ck_assert_int_eq(sent_is_noted(scratch_dir, 42), 1);
    ck_assert_int_eq(sent_is_noted(scratch_dir, 4), 0);
    ck_assert_uint_eq(folder_syncs, 1);
    ck_assert(had_note);
}
END_TEST

START_TEST(a_note_is_gone_from_the_disk_before_anything_changes)
{
    write_text(note, "");
    ck_assert_int_eq(sent_forget(scratch_dir, 42), 0);
    ck_assert_int_eq(sent_is_noted(scratch_dir, 42), 0);
    ck_assert_uint_eq(folder_syncs, 1);
    ck_assert(!had_note);
    ck_assert_int_eq(sent_forget(scratch_dir, 42), 0); /* there is none */
}
END_TEST

START_TEST(what_cannot_be_looked_at_is_no_answer)
{
    ck_assert_int_eq(syscall(SYS_unlinkat, scratch_dir, ".imgfetch", AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("images", scratch_dir, ".imgfetch"), 0);
    ck_assert_int_eq(sent_is_noted(scratch_dir, 42), -ELOOP);
    ck_assert_int_eq(sent_forget(scratch_dir, 42), -ELOOP);
}
END_TEST

/* ---- what is missing ---- */

START_TEST(a_shard_of_files_has_the_files_that_its_rows_say)
{
    write_shard();
    expect_all();
    write_text("images/00042/host/000420001.jpg", "123");
    expect_missing("images/00042/host/000420001.jpg");
    remove_file("thumbs/256/00042/000420000.jpg");
    expect_missing("thumbs/256/00042/000420000.jpg");
    remove_file("manifest/00042.jsonl");
    expect_missing("manifest/00042.jsonl");
}
END_TEST

START_TEST(a_shard_of_tars_has_a_manifest_and_a_tar)
{
    write_tar();
    expect_all();
    remove_file("00042.tar");
    expect_missing("00042.tar");
    remove_file("00042.jsonl");
    expect_missing("00042.jsonl");
}
END_TEST

START_TEST(a_noted_shard_that_is_not_here_is_found)
{
    uint32_t shard;
    write_shard();
    write_text("00007_stats.json", "{}");
    ck_assert_int_eq(sent_any_gone(scratch_dir, &shard, path), 0);
    write_text(note, "");
    ck_assert_int_eq(sent_any_gone(scratch_dir, &shard, path), 0);
    remove_file("images/00042/000420000.jpg");
    ck_assert_int_eq(sent_any_gone(scratch_dir, &shard, path), 1);
    ck_assert_uint_eq(shard, 42);
    ck_assert_str_eq(path, "images/00042/000420000.jpg");
}
END_TEST

/* ---- what is delivered ---- */

static void expect_words(const char *expected)
{
    char all[1000] = "";
    uint32_t parts;
    ck_assert_int_eq(sent_parts(&output, 42, &parts), 0);
    char **words = sent_words(&store, "/data/out", 42, parts);
    for (char **word = words; *word; word++) {
        size_t len = strlen(all);
        snprintf(all + len, sizeof all - len, "%s\n", *word);
        free(*word);
    }
    free(words);
    ck_assert_str_eq(all, expected);
}

START_TEST(a_shard_of_files_is_delivered_as_its_folders)
{
    write_shard();
    expect_words("00042\n/data/out\n/data/out/images/00042\n/data/out/thumbs/256/00042\n"
                 "/data/out/manifest/00042.jsonl\n/data/out/00042_stats.json\n");
}
END_TEST

START_TEST(a_shard_of_tars_is_delivered_as_its_files)
{
    write_tar();
    expect_words("00042\n/data/out\n/data/out/00042.tar\n/data/out/00042.jsonl\n"
                 "/data/out/00042_stats.json\n");
    write_text("00042.parquet", "");
    expect_words("00042\n/data/out\n/data/out/00042.tar\n/data/out/00042.jsonl\n"
                 "/data/out/00042.parquet\n/data/out/00042_stats.json\n");
}
END_TEST

START_TEST(there_are_no_words_for_parts_that_no_shard_has)
{
    ck_assert_ptr_null(sent_words(&store, "/data/out", 42, 1U << 31));
}
END_TEST

/* ---- what is removed ---- */

START_TEST(the_files_of_a_delivered_shard_are_removed_with_its_folders)
{
    write_shard();
    write_text(note, "");
    scratch_mkdir("images/00041");
    write_text("images/00041/000410002.jpg", "123456789");
    ck_assert_int_eq(sent_discard(&output, 42), 0);
    ck_assert(!scratch_has("images/00042"));
    ck_assert(!scratch_has("thumbs/256/00042"));
    ck_assert(!scratch_has("manifest/00042.jsonl"));
    ck_assert(scratch_has("images/00041/000410002.jpg"));
    ck_assert(scratch_has("thumbs/256")); /* it is other shards', too */
    ck_assert(scratch_has("00042_stats.json"));
    ck_assert(scratch_has(note));
    ck_assert_int_eq(sent_discard(&output, 42), 0);
}
END_TEST

START_TEST(other_files_in_the_folders_stay)
{
    write_shard();
    write_text("images/00042/mine.txt", "");
    ck_assert_int_eq(sent_discard(&output, 42), 0);
    ck_assert(scratch_has("images/00042/mine.txt"));
    ck_assert(!scratch_has("images/00042/host"));
    ck_assert(!scratch_has("images/00042/000420000.jpg"));
}
END_TEST

START_TEST(a_tar_is_removed_before_its_manifest)
{
    write_tar();
    write_text("00042.parquet", "");
    ck_assert_int_eq(sent_discard(&output, 42), 0);
    ck_assert(!scratch_has("00042.tar"));
    ck_assert(!scratch_has("00042.parquet"));
    ck_assert(!scratch_has("00042.jsonl"));
    ck_assert(scratch_has("00042_stats.json"));
    write_tar();
    remove_file("00042.tar");
    scratch_mkdir("00042.tar"); /* which cannot be removed as a file is */
    ck_assert_int_lt(sent_discard(&output, 42), 0);
    ck_assert(scratch_has("00042.jsonl"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, a_note_is_on_disk_before_anybody_relies_on_it);
    tcase_add_test(t, a_note_is_gone_from_the_disk_before_anything_changes);
    tcase_add_test(t, what_cannot_be_looked_at_is_no_answer);
    tcase_add_test(t, a_shard_of_files_has_the_files_that_its_rows_say);
    tcase_add_test(t, a_shard_of_tars_has_a_manifest_and_a_tar);
    tcase_add_test(t, a_noted_shard_that_is_not_here_is_found);
    tcase_add_test(t, a_shard_of_files_is_delivered_as_its_folders);
    tcase_add_test(t, a_shard_of_tars_is_delivered_as_its_files);
    tcase_add_test(t, there_are_no_words_for_parts_that_no_shard_has);
    tcase_add_test(t, the_files_of_a_delivered_shard_are_removed_with_its_folders);
    tcase_add_test(t, other_files_in_the_folders_stay);
    tcase_add_test(t, a_tar_is_removed_before_its_manifest);
}

int main(void)
{
    return test_main("sent", add);
}
