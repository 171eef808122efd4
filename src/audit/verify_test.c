#include "audit/test_verify.h"

/* ---- what somebody has done to it ---- */

static void poke(const char *name, int64_t offset, const char *text)
{
    int fd = openat(scratch_dir, name, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, text, strlen(text), offset), (ssize_t)strlen(text));
    close(fd);
}

static void cut_to(const char *name, int64_t size)
{
    int fd = openat(scratch_dir, name, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
}

static void append(const char *name, const char *text)
{
    poke(name, scratch_size(name), text);
}

/* The first place of a text; what stands there has the same length afterwards. */
static void exchange(const char *name, const char *was, const char *becomes)
{
    char *text = scratch_read(name), *at = strstr(text, was);
    ck_assert_msg(at != NULL, "%s is not in %s", was, name);
    ck_assert_uint_eq(strlen(was), strlen(becomes));
    poke(name, at - text, becomes);
    free(text);
}

static char *first_row(const char *name)
{
    char *text = scratch_read(name);
    strchr(text, '\n')[1] = '\0';
    return text;
}

/* ---- files ---- */

START_TEST(a_directory_as_a_run_leaves_it_has_no_faults)
{
    make_shard(&store_files);
    expect_faults("");
    ck_assert_uint_eq(counts.shards, 1);
    ck_assert_uint_eq(counts.rows, 2);
    ck_assert_uint_eq(counts.files, 2);
    ck_assert_uint_eq(counts.bytes, IMAGE_SIZE + strlen("thumb"));
}
END_TEST

START_TEST(a_file_with_another_byte_is_found)
{
    make_shard(&store_files);
    poke(image, 50, "y");
    expect_faults("images/00000/000000000.png: its SHA-256 differs from its row\n");
}
END_TEST

START_TEST(a_file_of_another_size_and_a_missing_one_are_found)
{
    make_shard(&store_files);
    append(image, "y");
    expect_faults("images/00000/000000000.png: not a file of 100 bytes, as its row says\n");
    ck_assert_int_eq(unlinkat(scratch_dir, image, 0), 0);
    expect_faults("images/00000/000000000.png: missing\n");
}
END_TEST

START_TEST(files_that_no_row_names_are_found)
{
    make_shard(&store_files);
    scratch_write("images/00000/000000001.png", "mine", 4);
    scratch_write("thumbs/notes.txt", "mine", 4);
    scratch_write("notes.txt", "mine", 4);
    expect_faults("images/00000/000000001.png: no row names it\n"
                  "notes.txt: not written by imgfetch\n"
                  "thumbs/notes.txt: no row names it\n");
}
END_TEST

START_TEST(what_loaders_lay_beside_tars_is_known)
{
    make_shard(&store_tar);
    scratch_write("sizes.json", "", 0);
    scratch_write("__len__", "", 0);
    scratch_mkdir(".nv-meta");
    scratch_write("00000.idx", "", 0);
    scratch_write("00000.tar.idx", "", 0);
    expect_faults("");
    scratch_write("x.idx", "", 0);
    scratch_write("size.json", "", 0);
    scratch_write("00000.tar.id", "", 0);
    expect_faults("00000.tar.id: not written by imgfetch\n"
                  "size.json: not written by imgfetch\n"
                  "x.idx: not written by imgfetch\n");
}
END_TEST

START_TEST(folders_within_folders_are_not_walked_for_ever)
{
    char path[200] = "images/00000";
    make_shard(&store_files);
    for (int i = 0; i < 20; i++)
        scratch_mkdir(strcat(path, "/d"));
    expect_faults("images/00000/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d: no row names what is in it\n");
}
END_TEST

START_TEST(what_is_behind_a_link_is_not_read)
{
    make_shard(&store_files);
    ck_assert_int_eq(renameat(scratch_dir, "images", scratch_dir, "elsewhere"), 0);
    ck_assert_int_eq(symlinkat("elsewhere", scratch_dir, "images"), 0);
    expect_faults("images/00000/000000000.png: cannot be read: images is a symbolic link; links "
                  "below an output directory are not followed\n"
                  "images/00000: images is a symbolic link; links below an output directory are "
                  "not followed\n"
                  "images: images is a symbolic link; links below an output directory are not "
                  "followed\n"
                  "elsewhere: not written by imgfetch\n");
}
END_TEST

START_TEST(parquet_of_a_shard_is_whole)
{
    make_shard(&store_files);
    scratch_write("manifest/00000.parquet", "PAR1....PAR1", 12);
    expect_faults("");
    scratch_write("manifest/00000.parquet", "PAR1....PAR", 11);
    expect_faults("manifest/00000.parquet: is not a whole Parquet file\n");
    scratch_write("manifest/00000.parquet", "PAR1....PARX", 12);
    expect_faults("manifest/00000.parquet: is not a whole Parquet file\n");
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest/00000.parquet", 0), 0);
    scratch_write("00000.parquet", "PAR1....PAR1", 12);
    expect_faults("00000.parquet: no row names it\n");
}
END_TEST

START_TEST(a_row_of_another_shard_is_found)
{
    make_shard(&store_files);
    append(
        manifest, "{\"key\":\"000010000\",\"url\":\"http://a/\",\"error\":null,\"thumbs\":[]}\n");
    expect_faults("manifest/00000.jsonl: line 3: not a row of this shard\n");
}
END_TEST

START_TEST(a_second_row_and_half_a_row_are_found_once_the_shard_is_closed)
{
    make_shard(&store_files);
    char *row = first_row(manifest);
    append(manifest, row);
    append(manifest, "{\"key\":\"0000");
    expect_faults("manifest/00000.jsonl: line 3: a second row with the same key\n"
                  "manifest/00000.jsonl: line 4: an incomplete row\n");
    ck_assert_int_eq(unlinkat(scratch_dir, stats, 0), 0);
    expect_faults(
        "shard 00000: not complete: 2 rows so far; run the same command again to continue\n");
    free(row);
}
END_TEST

START_TEST(torn_statistics_are_found)
{
    make_shard(&store_files);
    cut_to(stats, scratch_size(stats) - 20);
    expect_faults("00000_stats.json: torn: the same command again makes it anew\n");
    scratch_write(stats, "{}", 2);
    expect_faults("00000_stats.json: not written by imgfetch\n");
}
END_TEST

START_TEST(statistics_that_count_other_rows_are_found)
{
    make_shard(&store_files);
    exchange(stats, "\"timeout\": 1", "\"timeout\": 2");
    expect_faults("00000_stats.json: its counts differ from the manifest\n");
    poke(stats, 0, "x");
    expect_faults("00000_stats.json: not written by imgfetch\n");
}
END_TEST

START_TEST(a_row_that_names_a_file_elsewhere_is_found)
{
    make_shard(&store_files);
    exchange(manifest, "\"images/", "\"../../x");
    expect_faults("manifest/00000.jsonl: line 1: names a file at an impossible path\n"
                  "images/00000/000000000.png: no row names it\n");
}
END_TEST

START_TEST(what_no_run_has_made_or_another_one_is_writing_is_refused)
{
    char why[VERIFY_MESSAGE_SIZE];
    ck_assert_int_eq(verify(why), -ENOENT);
    ck_assert_ptr_nonnull(strstr(why, "not an imgfetch output directory"));
    struct outdir_told told;
    struct outdir *writer;
    struct outdir_conf how = {.path = scratch_path};
    ck_assert_int_eq(outdir_open(&how, &writer, &told), OUTDIR_OPEN);
    ck_assert_int_eq(verify(why), -EBUSY);
    ck_assert_ptr_nonnull(strstr(why, "another imgfetch is writing there"));
    outdir_close(writer);
    expect_faults("");
}
END_TEST

/* ---- tars: 000000000.jpg (the thumbnail), .orig and .json ---- */

START_TEST(a_tar_as_a_run_leaves_it_has_no_faults)
{
    make_shard(&store_tar);
    expect_faults("");
    ck_assert_uint_eq(counts.rows, 2);
    ck_assert_uint_eq(counts.files, 3);
}
END_TEST

START_TEST(a_member_with_another_byte_is_found)
{
    make_shard(&store_tar);
    poke(tar, BLOCK, "T");
    expect_faults("00000.tar/000000000.jpg: its SHA-256 differs from its row\n");
}
END_TEST

START_TEST(bytes_between_members_are_found)
{
    make_shard(&store_tar);
    poke(tar, BLOCK + (int64_t)strlen("thumb"), "hidden");
    expect_faults("00000.tar/000000000.jpg: not padded with NUL bytes\n");
}
END_TEST

START_TEST(a_sidecar_that_says_something_else_is_found)
{
    make_shard(&store_tar);
    char *row = first_row(tarred);
    exchange(tarred, "\"url\":\"http://a/\"", "\"url\":\"http://b/\"");
    expect_faults("00000.tar/000000000.json: differs from its row\n");
    free(row);
}
END_TEST

START_TEST(a_tar_without_its_end_or_with_something_behind_it_is_found)
{
    char expected[100];
    make_shard(&store_tar);
    int64_t size = scratch_size(tar), end = size - TAR_END;
    append(tar, "mine");
    snprintf(expected, sizeof expected, "00000.tar: damaged after byte %lld\n", (long long)end);
    expect_faults(expected);
    cut_to(tar, size - BLOCK);
    expect_faults("00000.tar: the end of the tar is missing\n");
    cut_to(tar, end);
    expect_faults("00000.tar: the end of the tar is missing\n");
}
END_TEST

START_TEST(a_sample_that_is_there_twice_is_found_once_the_shard_is_closed)
{
    make_shard(&store_tar);
    int64_t size = scratch_size(tar);
    char *text = scratch_read(tar);
    int fd = openat(scratch_dir, tar, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, text, (size_t)size, size - TAR_END), size);
    close(fd);
    expect_faults("00000.tar/000000000.jpg: occurs twice\n"
                  "00000.tar/000000000.orig: occurs twice\n"
                  "00000.tar/000000000.json: occurs twice\n");
    ck_assert_int_eq(unlinkat(scratch_dir, stats, 0), 0);
    expect_faults(
        "shard 00000: not complete: 2 rows so far; run the same command again to continue\n");
    free(text);
}
END_TEST

START_TEST(members_that_are_missing_or_that_no_row_names_are_found)
{
    make_shard(&store_tar);
    exchange(tarred, "00000.tar/000000000.jpg", "00000.tar/000000000.png");
    expect_faults("00000.tar/000000000.jpg: no row names it\n"
                  "00000.tar/000000000.json: differs from its row\n"
                  "00000.tar/000000000.png: missing\n");
}
END_TEST

static void make_flat_shard(struct name *name)
{
    static const struct columns only_url = {.at = {{"url", 3}}, .n = COLUMN_KEPT};
    char why[NAME_MESSAGE_SIZE];
    ck_assert(name_parse("cat-{index}", &only_url, true, name, why));
    conf.name = name;
    make_shard(&store_flat);
}

START_TEST(in_the_flat_layout_rows_name_files_of_the_directory)
{
    struct name name;
    make_flat_shard(&name);
    ck_assert(scratch_has("cat-0.png") && scratch_has("thumbs/256/cat-0.jpg"));
    expect_faults("");
    ck_assert_uint_eq(counts.files, 2);
}
END_TEST

START_TEST(in_the_flat_layout_files_of_no_row_are_found)
{
    struct name name;
    make_flat_shard(&name);
    scratch_write("cat-1.png", "mine", 4);
    scratch_write("thumbs/256/cat-1.jpg", "mine", 4);
    poke("cat-0.png", 50, "y");
    ck_assert_int_eq(unlinkat(scratch_dir, "thumbs/256/cat-0.jpg", 0), 0);
    expect_faults("cat-0.png: its SHA-256 differs from its row\n"
                  "thumbs/256/cat-0.jpg: missing\n"
                  "cat-1.png: not written by imgfetch\n"
                  "thumbs/256/cat-1.jpg: no row names it\n");
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_test(t, in_the_flat_layout_rows_name_files_of_the_directory);
    tcase_add_test(t, in_the_flat_layout_files_of_no_row_are_found);
    tcase_add_checked_fixture(t, store_set_up, store_tear_down);
    tcase_add_test(t, a_directory_as_a_run_leaves_it_has_no_faults);
    tcase_add_test(t, a_file_with_another_byte_is_found);
    tcase_add_test(t, a_file_of_another_size_and_a_missing_one_are_found);
    tcase_add_test(t, files_that_no_row_names_are_found);
    tcase_add_test(t, what_loaders_lay_beside_tars_is_known);
    tcase_add_test(t, folders_within_folders_are_not_walked_for_ever);
    tcase_add_test(t, what_is_behind_a_link_is_not_read);
    tcase_add_test(t, parquet_of_a_shard_is_whole);
    tcase_add_test(t, a_row_of_another_shard_is_found);
    tcase_add_test(t, a_second_row_and_half_a_row_are_found_once_the_shard_is_closed);
    tcase_add_test(t, torn_statistics_are_found);
    tcase_add_test(t, statistics_that_count_other_rows_are_found);
    tcase_add_test(t, a_row_that_names_a_file_elsewhere_is_found);
    tcase_add_test(t, what_no_run_has_made_or_another_one_is_writing_is_refused);
    tcase_add_test(t, a_tar_as_a_run_leaves_it_has_no_faults);
    tcase_add_test(t, a_member_with_another_byte_is_found);
    tcase_add_test(t, bytes_between_members_are_found);
    tcase_add_test(t, a_sidecar_that_says_something_else_is_found);
    tcase_add_test(t, a_tar_without_its_end_or_with_something_behind_it_is_found);
    tcase_add_test(t, a_sample_that_is_there_twice_is_found_once_the_shard_is_closed);
    tcase_add_test(t, members_that_are_missing_or_that_no_row_names_are_found);
}

int main(void)
{
    return test_main("verify", add_tests);
}
