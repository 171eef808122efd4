#include "audit/verify.h"
#include "store/metadata.h"
#include "store/sidecars.h"
#include "store/test_store.h"

static const char images[] = "images/00000/" METADATA_NAME;
static const char thumbs[] = "thumbs/256/00000/" METADATA_NAME;

/* ---- a directory as a run leaves it ---- */

static void note_options(const char *sidecars)
{
    char text[100];
    int len = snprintf(text, sizeof text, "{\"sidecars\":\"%s\",\"lists\":[]}", sidecars);
    scratch_write(".imgfetch/options.json", text, (size_t)len);
}

/* A shard of two pictures and a failure between them. */
static void make_shard(void)
{
    scratch_mkdir(".imgfetch");
    scratch_write(".imgfetch/lock", "", 0);
    note_options("txt," METADATA_NAME);
    conf.n_specs = 1;
    conf.sidecars = SIDECARS_TXT | SIDECARS_METADATA;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t pos = 0; pos < 3; pos += 2) {
        struct job *j = make_image(0, pos, 3);
        add_thumb(j, "thumb");
        submit(j);
    }
    submit_failure(0, 1, ERR_TIMEOUT);
    store_shard_end(store, 0, 3, fingerprint);
    wait_for(3);
    wait_until_closed();
    close_store();
}

/* ---- what is found ---- */

static char faults[4000]; /* "where: what", a line each */
static struct verify_counts counts;

static void note_fault(void *arg, const char *where, const char *what)
{
    size_t len = strlen(faults);
    (void)arg;
    snprintf(faults + len, sizeof faults - len, "%s: %s\n", where, what);
}

static void expect_faults(const char *expected)
{
    char why[VERIFY_MESSAGE_SIZE] = "";
    struct verify_conf how = {.path = scratch_path, .threads = 1, .on_fault = note_fault};
    faults[0] = '\0';
    ck_assert_msg(!verify_dir(&how, &counts, why), "%s", why);
    ck_assert_str_eq(faults, expected);
}

/* Replaces the first place of a text in a file. */
static void exchange(const char *name, const char *was, const char *becomes)
{
    char *text = scratch_read(name), *at = strstr(text, was), changed[8000];
    ck_assert_ptr_nonnull(at);
    int len = snprintf(
        changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, becomes, at + strlen(was));
    scratch_write(name, changed, (size_t)len);
    free(text);
}

START_TEST(what_a_run_leaves_has_no_faults)
{
    make_shard();
    expect_faults("");
    ck_assert_uint_eq(counts.files, 2 * 4 + 2);
}
END_TEST

START_TEST(another_value_name_or_order_is_found)
{
    make_shard();
    exchange(images, "000000002.png\",\"key\"", "000000000.png\",\"key\"");
    exchange(
        thumbs, "\"height\":1", "\"height\":2"); /* of the image itself: only the loader says */
    exchange(thumbs, "\"url\":\"http://a/\"", "\"url\":\"http://b/\"");
    expect_faults("images/00000/metadata.jsonl: line 2: differs from its row\n"
                  "thumbs/256/00000/metadata.jsonl: line 1: differs from its row\n");
}
END_TEST

START_TEST(a_line_too_few_or_too_many_is_found)
{
    make_shard();
    char *text = scratch_read(images);
    strchr(text, '\n')[1] = '\0';
    scratch_write(images, text, strlen(text));
    free(text);
    exchange(thumbs, "{", "{}\n{");
    expect_faults("images/00000/metadata.jsonl: line 2: missing\n"
                  "thumbs/256/00000/metadata.jsonl: line 1: differs from its row\n");
    ck_assert_int_eq(unlinkat(scratch_dir, images, 0), 0);
    ck_assert_int_eq(unlinkat(scratch_dir, thumbs, 0), 0);
    expect_faults("images/00000/metadata.jsonl: line 1: missing\n"
                  "thumbs/256/00000/metadata.jsonl: line 1: missing\n");
}
END_TEST

START_TEST(a_line_of_no_row_is_found)
{
    make_shard();
    char *text = scratch_read(images), more[8000];
    int len = snprintf(more, sizeof more, "%s{}\n", text);
    scratch_write(images, more, (size_t)len);
    free(text);
    expect_faults("images/00000/metadata.jsonl: line 3: no row has it\n");
}
END_TEST

START_TEST(it_is_somebody_elses_where_no_run_makes_it)
{
    make_shard();
    note_options("txt");
    expect_faults("images/00000/metadata.jsonl: no row names it\n"
                  "thumbs/256/00000/metadata.jsonl: no row names it\n");
}
END_TEST

START_TEST(that_of_a_shard_that_is_not_complete_is_not_read)
{
    make_shard();
    ck_assert_int_eq(unlinkat(scratch_dir, "00000_stats.json", 0), 0);
    exchange(images, "http", "ftp");
    expect_faults("shard 00000: not complete: 3 rows so far; run the same command again to "
                  "continue\n");
}
END_TEST

START_TEST(a_sidecar_that_has_changed_is_found)
{
    make_shard();
    scratch_write("images/00000/000000000.txt", "x", 1);
    ck_assert_int_eq(unlinkat(scratch_dir, "thumbs/256/00000/000000002.txt", 0), 0);
    expect_faults("images/00000/000000000.txt: not a file of 0 bytes, as its row says\n"
                  "thumbs/256/00000/000000002.txt: missing\n");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, store_set_up, store_tear_down);
    tcase_add_test(t, what_a_run_leaves_has_no_faults);
    tcase_add_test(t, another_value_name_or_order_is_found);
    tcase_add_test(t, a_line_too_few_or_too_many_is_found);
    tcase_add_test(t, a_line_of_no_row_is_found);
    tcase_add_test(t, it_is_somebody_elses_where_no_run_makes_it);
    tcase_add_test(t, that_of_a_shard_that_is_not_complete_is_not_read);
    tcase_add_test(t, a_sidecar_that_has_changed_is_found);
}

int main(void)
{
    return test_main("verify_metadata", add);
}
