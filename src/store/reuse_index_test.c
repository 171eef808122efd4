#include "store/reuse_index.h"
#include "store/test_reuse.h"

static struct reuse_index *idx;
static struct reuse_counts counts;
static struct reuse_place places[REUSE_PLACES];
static atomic_bool stop;

static void set_up(void)
{
    make_earlier();
    idx = reuse_index_new();
}

static void tear_down(void)
{
    reuse_index_free(idx);
    scratch_remove();
}

static void read_all(void)
{
    ck_assert_int_eq(reuse_index_add(idx, scratch_dir, 7, &stop, &counts), 0);
    reuse_index_finish(idx);
}

static void add_body(const char *manifest, const char *url)
{
    add_row(manifest, &(struct row_of){.url = url, .path = "images/00000/1.jpg", .body = "body"});
}

START_TEST(a_place_says_where_the_line_of_a_url_begins)
{
    add_body("manifest/00000.jsonl", "http://a/1");
    int64_t second = scratch_size("manifest/00000.jsonl");
    add_body("manifest/00000.jsonl", "http://a/2");
    add_body("manifest/00012.jsonl", "http://a/3");
    read_all();
    ck_assert_uint_eq(counts.rows, 3);
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/2", places), 1);
    ck_assert_uint_eq(places[0].which, 7);
    ck_assert_uint_eq(places[0].shard, 0);
    ck_assert(!places[0].is_root);
    ck_assert_int_eq(places[0].offset, second);
    ck_assert_int_eq(places[0].tar, 0);
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/3", places), 1);
    ck_assert_uint_eq(places[0].shard, 12);
    ck_assert_int_eq(places[0].offset, 0);
}
END_TEST

START_TEST(every_one_of_many_urls_is_found_in_little_memory)
{
    enum { MANY = 5000 };
    char url[64];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(url, sizeof url, "http://a/%u", i);
        add_body("manifest/00000.jsonl", url);
    }
    read_all();
    unsigned others = 0;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(url, sizeof url, "http://a/%u", i);
        ck_assert_uint_ge(reuse_index_find(idx, url, places), 1);
        snprintf(url, sizeof url, "http://b/%u", i);
        others += reuse_index_find(idx, url, places);
    }
    ck_assert_uint_lt(others, MANY / 100);
    ck_assert_uint_lt(reuse_index_bytes(idx), 24 * MANY);
}
END_TEST

START_TEST(a_url_that_the_list_has_often_is_remembered_a_few_times)
{
    for (unsigned i = 0; i < 3 * REUSE_PLACES; i++)
        add_body("manifest/00000.jsonl", "http://a/1");
    read_all();
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/1", places), REUSE_PLACES);
    ck_assert_int_eq(places[0].offset, 0);
}
END_TEST

START_TEST(an_index_of_nothing_finds_nothing)
{
    read_all();
    ck_assert_uint_eq(counts.rows + counts.not_rows + counts.unreadable, 0);
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/1", places), 0);
}
END_TEST

START_TEST(what_is_damaged_is_counted)
{
    add_body("manifest/00000.jsonl", "http://a/1");
    add_row("manifest/00000.jsonl",
        &(struct row_of){
            .url = "http://a/2", .path = "images/1", .body = "body", .more = "\"a\":\"\n\","});
    add_body("manifest/00000.jsonl", "http://a/3");
    scratch_mkdir("manifest/00001.jsonl");
    ck_assert_int_eq(symlinkat("00000.jsonl", scratch_dir, "manifest/00002.jsonl"), 0);
    read_all();
    ck_assert_uint_eq(counts.rows, 2);
    ck_assert_uint_eq(counts.not_rows, 2);
    ck_assert_uint_eq(counts.unreadable, 2);
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/3", places), 1);
}
END_TEST

static void expect_in_tar(const char *url, const char *name, const char *body)
{
    ck_assert_uint_eq(reuse_index_find(idx, url, places), 1);
    ck_assert(places[0].is_root);
    char *tar = scratch_read(name);
    ck_assert_mem_eq(tar + places[0].tar, body, strlen(body));
    free(tar);
}

static void add_tar_rows(const char *tar)
{
    add_row("00000.jsonl",
        &(struct row_of){.url = "http://a/1", .path = "00000.tar/000000000.orig", .body = "first"});
    add_row("00000.jsonl",
        &(struct row_of){
            .url = "http://a/2", .path = "00000.tar/000000001.orig", .body = "second"});
    add_row("00000.jsonl",
        &(struct row_of){.url = "http://a/3", .path = "00000.tar/000000002.orig", .body = "third"});
    write_tar(tar, (const char *const[]){"000000000.jpg", "thumb", "000000000.orig", "first",
                       "000000001.orig", "second", "000000001.json", "{}", NULL});
}

START_TEST(a_place_says_where_a_body_is_in_a_tar)
{
    add_tar_rows("00000.tar");
    read_all();
    ck_assert_uint_eq(counts.rows, 2);
    expect_in_tar("http://a/1", "00000.tar", "first");
    expect_in_tar("http://a/2", "00000.tar", "second");
    ck_assert_uint_eq(reuse_index_find(idx, "http://a/3", places), 0); /* it is not in the tar */
}
END_TEST

START_TEST(a_tar_may_be_unfinished)
{
    add_tar_rows("00000.tar.part");
    read_all();
    expect_in_tar("http://a/2", "00000.tar.part", "second");
}
END_TEST

START_TEST(a_missing_tar_has_no_bodies)
{
    add_row("00000.jsonl",
        &(struct row_of){.url = "http://a/1", .path = "00000.tar/000000000.orig", .body = "first"});
    read_all();
    ck_assert_uint_eq(counts.rows, 0);
    ck_assert_uint_eq(counts.unreadable, 0);
}
END_TEST

START_TEST(reading_can_be_stopped)
{
    add_body("manifest/00000.jsonl", "http://a/1");
    atomic_store(&stop, true);
    read_all();
    ck_assert_uint_eq(counts.rows, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_place_says_where_the_line_of_a_url_begins);
    tcase_add_test(t, every_one_of_many_urls_is_found_in_little_memory);
    tcase_add_test(t, a_url_that_the_list_has_often_is_remembered_a_few_times);
    tcase_add_test(t, an_index_of_nothing_finds_nothing);
    tcase_add_test(t, what_is_damaged_is_counted);
    tcase_add_test(t, a_place_says_where_a_body_is_in_a_tar);
    tcase_add_test(t, a_tar_may_be_unfinished);
    tcase_add_test(t, a_missing_tar_has_no_bodies);
    tcase_add_test(t, reading_can_be_stopped);
}

int main(void)
{
    return test_main("reuse_index", add);
}
