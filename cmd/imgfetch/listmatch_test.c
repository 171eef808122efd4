#include "cmd/imgfetch/listmatch.h"
#include "base/test_scratch.h"
#include "store/store_files.h"

enum { SHARD_SIZE = 3 };

static struct options o;
static char list[64];

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static bool matches(void)
{
    const char *lists[] = {list};
    return listmatch(&o, NULL, lists, 1, scratch_dir);
}

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("manifest");
    snprintf(list, sizeof list, "%s/list.csv", scratch_path);
    options_defaults(&o);
    o.pipeline.store.layout = &store_files;
    o.pipeline.store.shard_size = SHARD_SIZE;
}

#define ROW(key, url)                                                                              \
    "{\"key\":\"" key "\",\"index\":0,\"url\":\"" url "\",\"error\":null,\"thumbs\":[]}\n"
#define FOUR "url,text\nhttp://a/0,a\nhttp://a/1,b\nhttp://a/2,c\nhttp://a/3,d\n"

/* A complete shard of the first three rows, and one of the fourth that is not complete. */
static void make_directory(void)
{
    write_text("manifest/00000.jsonl", ROW("000000000", "http://a/0") ROW("000000001", "http://a/1")
                                           ROW("000000002", "http://a/2"));
    write_text("manifest/00001.jsonl", ROW("000010000", "http://a/3"));
}

START_TEST(a_directory_has_the_rows_of_its_list)
{
    make_directory();
    write_text("list.csv", FOUR);
    ck_assert(matches());
    write_text("list.csv", FOUR "http://a/4,e\n");
    ck_assert(matches()); /* a row that is not done */
    o.pipeline.limit = 4;
    write_text("list.csv", FOUR "http://a/4,e\nhttp://a/5,f\nhttp://a/6,g\n");
    ck_assert(matches());
}
END_TEST

START_TEST(other_rows_do_not_match)
{
    static const char *const lists[] = {
        "url,text\nhttp://a/0,a\nhttp://a/2,b\nhttp://a/1,c\nhttp://a/3,d\n",
        "url,text\nhttp://a/0,a\nhttp://a/1,b\nhttp://a/2,c\nhttp://a/4,d\n",
        "url,text\nhttp://a/0,a\nhttp://a/1,b\nhttp://a/2,c\n", /* a shard less */
        "url,text\nhttp://a/0,a\nhttp://a/1,b\n",               /* and a row */
        "url,text\n",
        "no list",
    };
    make_directory();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        write_text("list.csv", lists[i]);
        ck_assert_msg(!matches(), "%zu", i);
    }
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest/00001.jsonl", 0), 0);
    write_text("list.csv", "url,text\nhttp://a/0,a\nhttp://a/1,b\n"); /* only a row less */
    ck_assert(!matches());
    ck_assert_int_eq(unlinkat(scratch_dir, "list.csv", 0), 0);
    ck_assert(!matches());
}
END_TEST

static void write_stats(unsigned rows, const char *print)
{
    char stats[400];
    snprintf(stats, sizeof stats,
        "{\"count\":%u,\"start_time\":1,\"end_time\":2,\"status_dict\":{\"success\":%u},"
        "\"list_sha256\":\"%s\"}",
        rows, rows, print);
    write_text("00000_stats.json", stats);
}

START_TEST(a_complete_shard_is_compared_by_its_fingerprint)
{
    static const char *const prints[] = {
        "95683f8e9ac5adbf9034f8129a278e81ec2f481ebbeb26f7f2a4ac18eb2ee765", /* of two rows */
        "f9d1245e7a2ef311af9ec82f8c545b213e96912c17d9b00ea05d0e84d4c3d084", /* of three */
    };
    make_directory();
    write_text("list.csv", FOUR);
    write_stats(3, prints[1]);
    ck_assert(matches());
    write_stats(3, prints[0]);
    ck_assert(!matches());
    /* it was the last one, and has grown since */
    write_text("manifest/00000.jsonl", ROW("000000000", "http://a/0"));
    ck_assert_int_eq(unlinkat(scratch_dir, "manifest/00001.jsonl", 0), 0);
    write_stats(2, prints[0]);
    ck_assert(matches());
    write_stats(2, prints[1]);
    ck_assert(!matches());
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, a_directory_has_the_rows_of_its_list);
    tcase_add_test(t, other_rows_do_not_match);
    tcase_add_test(t, a_complete_shard_is_compared_by_its_fingerprint);
}

int main(void)
{
    return test_main("listmatch", add);
}
