#include "store/sidecars.h"
#include "store/metadata.h"
#include "store/store_flat.h"
#include "store/test_store.h"

#include <openssl/sha.h>

static const struct columns columns = {.at = {{"url", 3}, {"text", 4}}, .n = COLUMN_KEPT};
static const char rows[] = "manifest/00000.jsonl";
static struct name name;

static void set_up(void)
{
    char why[NAME_MESSAGE_SIZE];
    store_set_up();
    ck_assert(name_parse("{basename}", &columns, true, &name, why));
    conf.columns = &columns;
    conf.n_specs = 1;
    conf.sidecars = SIDECARS_JSON | SIDECARS_TXT;
    scratch_mkdir(".imgfetch");
}

/* A row with an original, a thumbnail and perhaps a caption. */
static struct job *make_row(uint32_t pos, const char *called, const char *caption)
{
    struct job *j = make_image(0, pos, 3);
    j->name = called ? mem_dup(called) : NULL;
    add_thumb(j, "thumb");
    j->columns = mem_new(sizeof *j->columns);
    j->columns->caption = caption ? mem_dup(caption) : NULL;
    return j;
}

/* Opens a store and resumes shard 0, as the feeder would. Returns the rows that are done. */
static uint32_t begin(const struct resume_rerun *again)
{
    struct resume resume;
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, again, &resume, message), 0);
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), 0);
    uint32_t done = resume.rows;
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
    return done;
}

static void end_after(unsigned n)
{
    wait_for(n);
    close_store();
    ck_assert_uint_eq(n_failed, 0);
    n_back = 0;
}

static void close_after(unsigned jobs, uint32_t of_shard)
{
    store_shard_end(store, 0, of_shard, fingerprint);
    wait_until_closed();
    end_after(jobs);
}

static void expect_in(const char *file, const char *text)
{
    char *all = scratch_read(file);
    ck_assert_msg(strstr(all, text) != NULL, "%s is not in %s", text, all);
    free(all);
}

/* The row names the file, with its size and its hash. */
static void expect_noted(const char *path)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char expected[400], *text = scratch_read(path);
    int len = snprintf(expected, sizeof expected, "{\"path\":\"%s\",\"bytes\":%zu,\"sha256\":\"",
        path, strlen(text));
    SHA256((const uint8_t *)text, strlen(text), hash);
    for (size_t i = 0; i < sizeof hash; i++)
        len += snprintf(expected + len, sizeof expected - (size_t)len, "%02x", hash[i]);
    expect_in(rows, expected);
    free(text);
}

START_TEST(each_image_of_a_success_has_its_metadata_and_caption_beside_it)
{
    begin(NULL);
    submit(make_row(0, NULL, "a caption"));
    submit(make_row(1, NULL, NULL));
    struct job *j = make_row(2, NULL, "of a failure");
    job_fail(j, ERR_IMAGE_TOO_SMALL, "it failed");
    job_free_thumbs(j);
    submit(j);
    close_after(3, 3);
    static const char *const paths[] = {"images/00000/000000000", "thumbs/256/00000/000000000",
        "images/00000/000000001", "thumbs/256/00000/000000001"};
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.txt", paths[i]);
        expect_file(path, i < 2 ? "a caption" : "");
        expect_noted(path);
        snprintf(path, sizeof path, "%s.json", paths[i]);
        expect_in(
            path, i % 2 ? "\"width\":2,\"height\":1,\"original_width\":4,\"original_height\":3,"
                        : "\"width\":4,\"height\":3,\"original_width\":4,\"original_height\":3,");
        expect_in(path, i < 2 ? ",\"caption\":\"a caption\"}" : ",\"caption\":\"\"}");
        expect_noted(path);
    }
    expect_in(rows, "\"path\":null,\"sidecars\":[],\"thumbs\":[],");
    ck_assert(!scratch_has("images/00000/000000002.png"));
    ck_assert(!scratch_has("images/00000/" METADATA_NAME));
}
END_TEST

START_TEST(a_row_without_its_sidecar_is_not_done_and_what_no_row_names_is_removed)
{
    begin(NULL);
    for (uint32_t pos = 0; pos < 3; pos++)
        submit(make_row(pos, NULL, "c"));
    end_after(3);
    ck_assert_int_eq(unlinkat(scratch_dir, "thumbs/256/00000/000000000.json", 0), 0);
    scratch_write("images/00000/000000001.txt", "changed", 7);
    scratch_write("images/00000/000000005.txt", "", 0);
    scratch_write("images/00000/mine.txt", "", 0);
    ck_assert_uint_eq(begin(NULL), 1);
    ck_assert(!scratch_has("images/00000/000000005.txt"));
    ck_assert(!scratch_has("images/00000/000000000.json"));
    ck_assert(scratch_has("images/00000/000000002.txt") && scratch_has("images/00000/mine.txt"));
    submit(make_row(0, NULL, "c"));
    submit(make_row(1, NULL, "c"));
    close_after(2, 3);
    expect_noted("thumbs/256/00000/000000000.json");
    expect_file("images/00000/000000001.txt", "c");
}
END_TEST

START_TEST(they_go_with_their_row_when_it_fails_later)
{
    static const struct resume_rerun again = {.refresh = true};
    begin(NULL);
    submit(make_row(0, NULL, "c"));
    close_after(1, 1);
    struct resume resume;
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, &again, &resume, message), 0);
    struct job *j = make_job(0, 0);
    j->before = resume_take_before(&resume, 0);
    ck_assert_uint_eq(j->before->n_paths, 6);
    job_fail(j, ERR_HTTP_ERROR, "gone");
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
    submit(j);
    close_after(1, 1);
    static const char *const gone[] = {"images/00000/000000000.png", "images/00000/000000000.json",
        "images/00000/000000000.txt", "thumbs/256/00000/000000000.jpg",
        "thumbs/256/00000/000000000.json", "thumbs/256/00000/000000000.txt"};
    for (int i = 0; i < 6; i++)
        ck_assert_msg(!scratch_has(gone[i]), "%s", gone[i]);
}
END_TEST

START_TEST(of_a_row_that_is_done_again_they_are_written_anew)
{
    static const struct resume_rerun again = {.refresh = true};
    begin(NULL);
    submit(make_row(0, NULL, "c"));
    close_after(1, 1);
    struct resume resume;
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, &again, &resume, message), 0);
    struct job *j = make_row(0, NULL, "c");
    j->before = resume_take_before(&resume, 0);
    j->response.http_status = 234;
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
    submit(j);
    close_after(1, 1);
    expect_noted("images/00000/000000000.json");
    expect_noted("images/00000/000000000.txt");
    expect_in("images/00000/000000000.json", "\"http_status\":234,");
}
END_TEST

static void use_flat(void)
{
    conf.layout = &store_flat;
    conf.name = &name;
}

START_TEST(in_the_flat_layout_they_are_noted_before_they_are_written)
{
    use_flat();
    begin(NULL);
    submit(make_row(0, "cat", "c"));
    wait_for(1);
    expect_file(".imgfetch/00000.files",
        "0 cat.png\n0 cat.json\n0 cat.txt\n"
        "0 thumbs/256/cat.jpg\n0 thumbs/256/cat.json\n0 thumbs/256/cat.txt\n");
    end_after(1);
    expect_file("cat.txt", "c");
    expect_noted("thumbs/256/cat.json");
    /* Without its row, as a kill leaves them, they go. */
    scratch_write(rows, "", 0);
    ck_assert_uint_eq(begin(NULL), 0);
    ck_assert(!scratch_has("cat.json") && !scratch_has("cat.txt") && !scratch_has("cat.png"));
    ck_assert(!scratch_has("thumbs/256/cat.txt"));
    end_after(0);
}
END_TEST

START_TEST(in_the_flat_layout_the_file_of_another_stays_and_the_row_has_none)
{
    use_flat();
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
    scratch_write("thumbs/256/cat.txt", "mine", 4);
    scratch_write("dog.txt", "c", 1);
    begin(NULL);
    submit(make_row(0, "cat", "c"));
    submit(make_row(1, "dog", "c")); /* the other's has the same bytes */
    submit(make_row(2, "00000_stats", "c"));
    wait_for(3);
    char *notes = scratch_read(".imgfetch/00000.files"); /* by which a killed run's files go */
    ck_assert_ptr_null(strstr(notes, "2 00000_stats.json\n"));
    free(notes);
    close_after(3, 3);
    expect_file("thumbs/256/cat.txt", "mine");
    expect_in(rows, "\"error\":\"name_taken\",\"message\":\"not overwritten: thumbs/256/cat.txt\"");
    ck_assert(!scratch_has("cat.png") && !scratch_has("cat.json") && !scratch_has("cat.txt"));
    ck_assert(!scratch_has("thumbs/256/cat.jpg") && !scratch_has("thumbs/256/cat.json"));
    expect_noted("dog.txt");
    /* A row cannot take the name of the shard's own file. */
    expect_in(rows, "\"message\":\"not overwritten: 00000_stats.json\"");
    expect_in("00000_stats.json", "list_sha256");
    ck_assert(!scratch_has("00000_stats.png") && !scratch_has("thumbs/256/00000_stats.jpg"));
}
END_TEST

/* The first row of each file of metadata is the second of the list. */
START_TEST(the_metadata_of_a_folder_follow_the_list_whatever_came_first)
{
    conf.sidecars = SIDECARS_METADATA;
    begin(NULL);
    submit(make_row(2, NULL, "two"));
    submit(make_row(1, NULL, "one"));
    submit_failure(0, 0, ERR_TIMEOUT);
    wait_for(3);
    ck_assert(!scratch_has("images/00000/" METADATA_NAME));
    close_after(3, 3);
    static const char *const files[] = {
        "images/00000/" METADATA_NAME, "thumbs/256/00000/" METADATA_NAME};
    static const char *const begins[] = {"{\"file_name\":\"000000001.png\",\"key\":\"000000001\",",
        "{\"file_name\":\"000000001.jpg\",\"key\":\"000000001\","};
    static const char *const then[] = {",\"caption\":\"one\"}\n{\"file_name\":\"000000002.png\",",
        ",\"caption\":\"one\"}\n{\"file_name\":\"000000002.jpg\","};
    for (int i = 0; i < 2; i++) {
        char *text = scratch_read(files[i]);
        ck_assert(!strncmp(text, begins[i], strlen(begins[i])));
        ck_assert_ptr_nonnull(strstr(text, then[i]));
        ck_assert_str_eq(text + strlen(text) - 17, "\"caption\":\"two\"}\n");
        free(text);
    }
    ck_assert(!scratch_has("images/00000/000000001.json"));
    char *text = scratch_read(rows);
    ck_assert_ptr_null(strstr(text, "sidecars"));
    free(text);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, store_tear_down);
    tcase_add_test(t, each_image_of_a_success_has_its_metadata_and_caption_beside_it);
    tcase_add_test(t, a_row_without_its_sidecar_is_not_done_and_what_no_row_names_is_removed);
    tcase_add_test(t, they_go_with_their_row_when_it_fails_later);
    tcase_add_test(t, of_a_row_that_is_done_again_they_are_written_anew);
    tcase_add_test(t, in_the_flat_layout_they_are_noted_before_they_are_written);
    tcase_add_test(t, in_the_flat_layout_the_file_of_another_stays_and_the_row_has_none);
    tcase_add_test(t, the_metadata_of_a_folder_follow_the_list_whatever_came_first);
}

int main(void)
{
    return test_main("sidecars", add);
}
