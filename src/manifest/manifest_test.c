#include "manifest/manifest.h"
#include "base/test_scratch.h"

#include "base/buf.h"

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("images");
}

static struct manifest_row row;

START_TEST(a_row_is_read_with_the_files_it_names)
{
    ck_assert(manifest_row_parse(
        "{\"key\":\"000000003\",\"index\":3,\"url\":\"http://a/\",\"final_url\":null,"
        "\"error\":\"decode_error\",\"bytes\":5,\"sha256\":\"ab\",\"path\":\"images/3.jpg\","
        "\"thumbs\":[{\"path\":\"thumbs/256/3.jpg\",\"bytes\":7,\"sha256\":\"cd\"}],"
        "\"etag\":\"\\\"x\\\"\"}",
        &row));
    ck_assert_int_eq(manifest_number(&row, ROW_INDEX), 3);
    ck_assert_int_eq(row.code, ERR_DECODE_ERROR);
    ck_assert_int_eq(manifest_number(&row, ROW_BYTES), 5);
    ck_assert_str_eq(manifest_text(&row, ROW_URL), "http://a/");
    ck_assert_ptr_null(manifest_text(&row, ROW_FINAL_URL));
    ck_assert_ptr_null(manifest_text(&row, ROW_LAST_MODIFIED));
    ck_assert_str_eq(manifest_text(&row, ROW_ETAG), "\"x\"");
    ck_assert_uint_eq(row.n_files, 2);
    ck_assert_str_eq(row.files[0].path, "images/3.jpg");
    ck_assert_int_eq(row.files[0].bytes, 5);
    ck_assert_str_eq(row.files[1].path, "thumbs/256/3.jpg");
    ck_assert_int_eq(row.files[1].bytes, 7);
    ck_assert_str_eq(row.files[1].sha256, "cd");
    ck_assert(!row.has_files_elsewhere);
    ck_assert(!row.is_duplicate);
    manifest_row_fini(&row);
}
END_TEST

START_TEST(a_duplicate_row_is_recognised)
{
    ck_assert(manifest_row_parse("{\"message\":\"x\",\"duplicate_of\":null,\"thumbs\":[]}", &row));
    ck_assert(!row.is_duplicate);
    ck_assert_str_eq(manifest_text(&row, ROW_MESSAGE), "x");
    manifest_row_fini(&row);
    ck_assert(manifest_row_parse("{\"duplicate_of\":\"000000001\",\"thumbs\":[]}", &row));
    ck_assert(row.is_duplicate);
    manifest_row_fini(&row);
}
END_TEST

START_TEST(figures_are_those_of_the_row_and_of_its_smallest_thumbnail)
{
    struct manifest_figures f;
    ck_assert(manifest_row_parse(
        "{\"http_status\":200,\"format\":\"png\",\"width\":160,\"height\":120,\"thumbs\":["
        "{\"path\":\"thumbs/256/3.jpg\",\"bytes\":70},{\"path\":\"../3.jpg\",\"bytes\":1},"
        "{\"path\":\"thumbs/64/3.jpg\",\"bytes\":7,\"sha256\":\"cd\"}],"
        "\"started\":\"1970-01-01T00:00:02.003Z\",\"finished\":\"1970-01-01T00:00:09.004Z\","
        "\"ms\":{\"dns\":0.1,\"total\":1.5,\"decode\":9}}",
        &row));
    manifest_figures(&row, &f);
    ck_assert_int_eq(f.started, 2003);
    ck_assert_int_eq(f.finished, 9004);
    ck_assert_int_eq(f.total, 1500);
    ck_assert_int_eq(f.http_status, 200);
    ck_assert_str_eq(manifest_text(&row, ROW_FORMAT), "png");
    ck_assert_int_eq(manifest_number(&row, ROW_WIDTH), 160);
    ck_assert_int_eq(manifest_number(&row, ROW_HEIGHT), 120);
    ck_assert_str_eq(f.thumb.path, "thumbs/64/3.jpg");
    ck_assert_int_eq(f.thumb.bytes, 7);
    ck_assert_str_eq(f.thumb.sha256, "cd");
    manifest_row_fini(&row);
}
END_TEST

START_TEST(impossible_figures_are_left_out)
{
    static const char *const lines[] = {"{\"thumbs\":[]}",
        "{\"http_status\":null,\"format\":null,\"width\":null,\"height\":null,\"thumbs\":[],"
        "\"started\":null,\"finished\":null,\"ms\":null}",
        "{\"http_status\":1e99,\"format\":{},\"width\":-4,\"height\":1.5,\"thumbs\":[7,{},"
        "{\"path\":7},{\"path\":\"thumbs/"
        "a\",\"bytes\":-1}],\"started\":\"now\",\"finished\":\"soon\","
        "\"ms\":{\"total\":1e300}}",
        "{\"http_status\":99,\"width\":99999999999999999999,\"thumbs\":[],\"started\":7,"
        "\"finished\":7,"
        "\"ms\":{\"total\":-1}}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct manifest_figures f;
        ck_assert(manifest_row_parse(lines[i], &row));
        manifest_figures(&row, &f);
        ck_assert_int_eq(f.started, -1);
        ck_assert_int_eq(f.finished, -1);
        ck_assert_int_eq(f.total, -1);
        ck_assert_int_eq(f.http_status, 0);
        ck_assert_ptr_null(manifest_text(&row, ROW_FORMAT));
        ck_assert_int_eq(manifest_number(&row, ROW_WIDTH), -1);
        ck_assert_int_eq(manifest_number(&row, ROW_HEIGHT), -1);
        ck_assert_ptr_null(f.thumb.path);
        manifest_row_fini(&row);
    }
}
END_TEST

START_TEST(an_error_that_is_none_of_ours_is_not_success)
{
    static const char *const errors[] = {"\"error\":5,", "\"error\":\"no\",", "\"error\":[],", ""};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char line[100];
        snprintf(line, sizeof line, "{\"url\":\"http://a/\",%s\"thumbs\":[]}", errors[i]);
        ck_assert(manifest_row_parse(line, &row));
        ck_assert_msg(row.code == -1, "%s: %d", line, row.code);
        manifest_row_fini(&row);
    }
}
END_TEST

START_TEST(what_is_no_row_is_refused)
{
    static const char *const lines[] = {
        "", "{", "[]", "{}", "null", "{\"thumbs\":{}}", "{\"key\":\"000000000\",\"error\":null}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(!manifest_row_parse(lines[i], &row), "%s", lines[i]);
}
END_TEST

START_TEST(a_file_outside_of_our_folders_is_none_of_ours)
{
    static const char *const bad[] = {"", "/", "images", "images/", "images//a", "/images/a",
        "images/../a", "images/a/..", "images/./a", "thumbs/a/../../b", "manifest/a", "../images/a",
        "imagesx/a", "images/a/", ".hidden.jpg", "nothing", "00000_stats.json", "00000.tar", "..",
        "a.jpg/", "a.jpg/b"};
    static const char *const good[] = {"images/a", "thumbs/256/00000/a.jpg", "a.jpg", "00000.jpg",
        "images/..a", "images/a..", "images/.a/...b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!manifest_path_is_ours(bad[i]), "%s", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(manifest_path_is_ours(good[i]), "%s", good[i]);
    ck_assert(manifest_row_parse("{\"path\":\"images/../../x\",\"thumbs\":[]}", &row));
    ck_assert(row.has_files_elsewhere);
    ck_assert_uint_eq(row.n_files, 0);
    manifest_row_fini(&row);
}
END_TEST

START_TEST(sidecars_are_files_of_the_row_and_no_images)
{
    ck_assert(manifest_row_parse("{\"path\":\"images/a.jpg\",\"sidecars\":[{\"path\":\"images/"
                                 "a.txt\",\"bytes\":3,\"sha256\":\"ab\"}],"
                                 "\"thumbs\":[{\"path\":\"thumbs/a.jpg\"}]}",
        &row));
    ck_assert_uint_eq(row.n_images, 2);
    ck_assert_uint_eq(row.n_files, 3);
    ck_assert_str_eq(row.files[1].path, "thumbs/a.jpg");
    ck_assert_str_eq(row.files[2].path, "images/a.txt");
    ck_assert_int_eq(row.files[2].bytes, 3);
    ck_assert_str_eq(row.files[2].sha256, "ab");
    manifest_row_fini(&row);
}
END_TEST

START_TEST(more_files_than_a_row_can_have_are_not_read)
{
    struct buf text = {0};
    static const char begin[] = "{\"thumbs\":[{}", one[] = ",{\"path\":\"thumbs/a\"}", end[] = "]}";
    ck_assert(buf_append(&text, begin, sizeof begin - 1));
    for (int i = 0; i < 100; i++)
        ck_assert(buf_append(&text, one, sizeof one - 1));
    ck_assert(buf_append(&text, end, sizeof end));
    ck_assert(manifest_row_parse((char *)text.data, &row));
    ck_assert(row.has_files_elsewhere);
    ck_assert_uint_le(row.n_files, sizeof row.files / sizeof *row.files);
    manifest_row_fini(&row);
    buf_fini(&text);
}
END_TEST

/* yajl would free its tree by recursion. */
START_TEST(a_row_of_a_million_brackets_is_no_row)
{
    static char line[2000000];
    strcpy(line, "{\"thumbs\":[],\"x\":");
    size_t len = strlen(line);
    memset(line + len, '[', 900000);
    memset(line + len + 900000, ']', 900000);
    line[len + 1800000] = '}';
    ck_assert(!manifest_row_parse(line, &row));
    memset(line + len, '"', 1); /* inside a string they are harmless */
    memset(line + len + 1800000 - 1, '"', 1);
    ck_assert(manifest_row_parse(line, &row));
    manifest_row_fini(&row);
}
END_TEST

START_TEST(a_file_is_compared_with_what_its_row_says)
{
    static const char hash_of_abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct manifest_file f = {"images/a", 3, hash_of_abc};
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_MISSING);
    scratch_write("images/a", "abc", 3);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_GOOD);
    scratch_write("images/a", "abd", 3);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, false), MANIFEST_GOOD);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_WRONG_HASH);
    scratch_write("images/a", "abcd", 4);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_WRONG_SIZE);
    scratch_write("images/a", "abc", 3);
    f.sha256 = NULL;
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_WRONG_HASH);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, false), MANIFEST_GOOD);
    f.bytes = -1;
    ck_assert_int_eq(manifest_check(scratch_dir, &f, false), MANIFEST_WRONG_SIZE);
}
END_TEST

START_TEST(what_is_no_plain_file_is_not_the_file_of_a_row)
{
    struct manifest_file f = {"images/a", 0, NULL};
    ck_assert_int_eq(mkfifoat(scratch_dir, "images/a", 0600), 0);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_WRONG_SIZE);
    ck_assert_int_eq(unlinkat(scratch_dir, "images/a", 0), 0);
    ck_assert_int_eq(symlinkat("/dev/null", scratch_dir, "images/a"), 0);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_WRONG_SIZE);
}
END_TEST

START_TEST(a_file_behind_a_link_is_not_the_file_of_a_row)
{
    struct manifest_file f = {"images/folder/a", 1, NULL};
    scratch_mkdir("elsewhere");
    scratch_write("elsewhere/a", "a", 1);
    ck_assert_int_eq(symlinkat("../elsewhere", scratch_dir, "images/folder"), 0);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, false), MANIFEST_UNREADABLE);
    ck_assert_int_eq(errno, ELOOP);
    ck_assert_int_eq(manifest_check(scratch_dir, &f, true), MANIFEST_UNREADABLE);
}
END_TEST

START_TEST(a_manifest_that_is_no_file_of_the_directory_is_not_read)
{
    struct buf text = {0};
    ck_assert_int_eq(symlinkat("/etc/hostname", scratch_dir, "link"), 0);
    ck_assert_int_eq(mkfifoat(scratch_dir, "pipe", 0600), 0);
    ck_assert_int_eq(manifest_read_file(scratch_dir, "link", &text), -ELOOP);
    ck_assert_int_eq(manifest_read_file(scratch_dir, "pipe", &text), -ENXIO);
    ck_assert_int_eq(manifest_read_file(scratch_dir, "images", &text), -EISDIR);
    ck_assert_int_eq(manifest_read_file(scratch_dir, "none", &text), -ENOENT);
    ck_assert_ptr_null(manifest_open_file(scratch_dir, "link"));
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, a_row_is_read_with_the_files_it_names);
    tcase_add_test(t, a_duplicate_row_is_recognised);
    tcase_add_test(t, figures_are_those_of_the_row_and_of_its_smallest_thumbnail);
    tcase_add_test(t, impossible_figures_are_left_out);
    tcase_add_test(t, an_error_that_is_none_of_ours_is_not_success);
    tcase_add_test(t, what_is_no_row_is_refused);
    tcase_add_test(t, a_file_outside_of_our_folders_is_none_of_ours);
    tcase_add_test(t, sidecars_are_files_of_the_row_and_no_images);
    tcase_add_test(t, more_files_than_a_row_can_have_are_not_read);
    tcase_add_test(t, a_row_of_a_million_brackets_is_no_row);
    tcase_add_test(t, a_file_is_compared_with_what_its_row_says);
    tcase_add_test(t, what_is_no_plain_file_is_not_the_file_of_a_row);
    tcase_add_test(t, a_file_behind_a_link_is_not_the_file_of_a_row);
    tcase_add_test(t, a_manifest_that_is_no_file_of_the_directory_is_not_read);
}

int main(void)
{
    return test_main("manifest", add);
}
