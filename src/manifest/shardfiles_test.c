#include "manifest/shardfiles.h"

#include "base/test_scratch.h"

static char others[400]; /* the other files that shardfiles_find() told of, a space after each */

static void note_other(void *arg, const char *path)
{
    ck_assert_ptr_eq(arg, others);
    strcat(strcat(others, path), " ");
}

static struct shardfiles *shards;
static size_t n;
static const char *where; /* the folder that could not be read */

static void set_up(void)
{
    scratch_make();
    scratch_mkdir(SHARDFILES_OWN);
    scratch_mkdir(SHARDFILES_MANIFESTS);
}

static void clean_up(void)
{
    free(shards);
    scratch_remove();
}

static int find(shardfiles_other *other)
{
    return shardfiles_find(scratch_dir, other, other ? others : NULL, &shards, &n, &where);
}

START_TEST(files_are_named_by_their_shard_and_kind)
{
    static const struct {
        enum shardfiles_kind kind;
        const char *name;
    } cases[] = {{SHARDFILES_STATS, "00007_stats.json"},
        {SHARDFILES_MANIFEST, "manifest/00007.jsonl"}, {SHARDFILES_ROOT_MANIFEST, "00007.jsonl"},
        {SHARDFILES_TAR, "00007.tar"}, {SHARDFILES_TAR_PART, "00007.tar.part"},
        {SHARDFILES_SPOOL, "00007.spool"}, {SHARDFILES_LOCK, ".imgfetch/00007.open"},
        {SHARDFILES_FILES, ".imgfetch/00007.files"}, {SHARDFILES_PARQUET, "manifest/00007.parquet"},
        {SHARDFILES_ROOT_PARQUET, "00007.parquet"}};
    char name[SHARDFILES_NAME_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shardfiles_name(7, 5, cases[i].kind, name);
        ck_assert_str_eq(name, cases[i].name);
    }
    shardfiles_name(UINT32_MAX, 5, SHARDFILES_MANIFEST, name);
    ck_assert_str_eq(name, "manifest/4294967295.jsonl");
    shardfiles_name(7, 8, SHARDFILES_TAR, name);
    ck_assert_str_eq(name, "00000007.tar");
    shardfiles_name(7, 8, SHARDFILES_LOCK, name); /* a private one */
    ck_assert_str_eq(name, ".imgfetch/00007.open");
}
END_TEST

START_TEST(a_name_tells_its_shard)
{
    uint32_t shard = 0;
    ck_assert_str_eq(shardfiles_number("00007_stats.json", &shard), "_stats.json");
    ck_assert_uint_eq(shard, 7);
    ck_assert_str_eq(shardfiles_number("00000012.tar", &shard), ".tar");
    ck_assert_uint_eq(shard, 12);
    ck_assert_str_eq(shardfiles_number("4294967295.jsonl", &shard), ".jsonl");
    ck_assert_uint_eq(shard, UINT32_MAX);
    static const char *const foreign[] = {"", "7_stats.json", "0007.tar", "00000000007.tar",
        "4294967296.tar", "-00007.tar", "x00007.tar"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        ck_assert_ptr_null(shardfiles_number(foreign[i], &shard));
}
END_TEST

START_TEST(the_digits_of_a_shard_are_those_of_its_names)
{
    scratch_write(".imgfetch/00007.open", "", 0);
    scratch_write("00000007.tar.part", "", 0);
    scratch_write("00000007.jsonl", "", 0);
    scratch_write(".imgfetch/00008.open", "", 0);
    scratch_write("00009.tar", "", 0);
    scratch_write("000009.tar", "", 0);
    ck_assert_int_eq(find(NULL), 0);
    ck_assert_uint_eq(n, 4);
    ck_assert_uint_eq(shards[0].digits, 8);
    ck_assert_uint_eq(
        shards[0].kinds, SHARDFILES_LOCK | SHARDFILES_TAR_PART | SHARDFILES_ROOT_MANIFEST);
    ck_assert_uint_eq(shards[1].digits, 5);
    ck_assert(shards[2].number == 9 && shards[3].number == 9);
    ck_assert_uint_eq(shards[2].digits + shards[3].digits, 5 + 6);
}
END_TEST

START_TEST(shards_are_found_by_any_of_their_files_in_the_order_of_their_numbers)
{
    static const enum shardfiles_kind kinds[] = {SHARDFILES_LOCK, SHARDFILES_SPOOL,
        SHARDFILES_TAR_PART, SHARDFILES_TAR, SHARDFILES_ROOT_MANIFEST, SHARDFILES_MANIFEST,
        SHARDFILES_STATS};
    char name[SHARDFILES_NAME_SIZE];
    for (uint32_t i = 0; i < 140;
         i++) { /* one kind of each shard, and a second one of every seventh */
        shardfiles_name(100000 - i * 5, 5, kinds[i % 7], name);
        scratch_write(name, "", 0);
        shardfiles_name(100000 - i * 5, 5, SHARDFILES_STATS, name);
        if (i % 7 == 3)
            scratch_write(name, "", 0);
    }
    ck_assert_int_eq(find(NULL), 0);
    ck_assert_uint_eq(n, 140);
    for (uint32_t i = 0; i < 140; i++) {
        const struct shardfiles *s = &shards[139 - i];
        ck_assert_uint_eq(s->number, 100000 - i * 5);
        ck_assert_uint_eq(s->kinds, kinds[i % 7] | (i % 7 == 3 ? SHARDFILES_STATS : 0));
    }
}
END_TEST

START_TEST(what_is_no_file_of_a_shard_is_told)
{
    static const char *const names[] = {"manifest/00001.tar", "00002.open", "00003.jsonl.part",
        ".imgfetch/lock", "00004", ".x", "images", "00005.parquet"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        scratch_write(names[i], "", 0);
    ck_assert_int_eq(find(note_other), 0);
    ck_assert_uint_eq(n, 0);
    size_t len = strlen(".imgfetch manifest "); /* it tells of the folders, too */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *at = strstr(others, names[i]);
        ck_assert_msg(at && at[strlen(names[i])] == ' ', "%s", names[i]);
        len += strlen(names[i]) + 1;
    }
    ck_assert_uint_eq(strlen(others), len);
}
END_TEST

START_TEST(an_empty_directory_has_no_shards)
{
    ck_assert_int_eq(unlinkat(scratch_dir, SHARDFILES_MANIFESTS, AT_REMOVEDIR), 0);
    ck_assert_int_eq(unlinkat(scratch_dir, SHARDFILES_OWN, AT_REMOVEDIR), 0);
    ck_assert_int_eq(find(NULL), 0);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_folder_that_is_a_link_is_an_error)
{
    scratch_mkdir("elsewhere");
    scratch_write("elsewhere/00001.jsonl", "", 0);
    ck_assert_int_eq(unlinkat(scratch_dir, SHARDFILES_MANIFESTS, AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("elsewhere", scratch_dir, SHARDFILES_MANIFESTS), 0);
    ck_assert_int_eq(find(NULL), -ELOOP);
    ck_assert_str_eq(where, SHARDFILES_MANIFESTS);
}
END_TEST

START_TEST(a_folder_that_cannot_be_read_is_an_error)
{
    ck_assert_int_eq(unlinkat(scratch_dir, SHARDFILES_MANIFESTS, AT_REMOVEDIR), 0);
    scratch_write(SHARDFILES_MANIFESTS, "", 0);
    ck_assert_int_eq(find(NULL), -ENOTDIR);
    ck_assert_str_eq(where, SHARDFILES_MANIFESTS);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, clean_up);
    tcase_add_test(t, files_are_named_by_their_shard_and_kind);
    tcase_add_test(t, a_name_tells_its_shard);
    tcase_add_test(t, the_digits_of_a_shard_are_those_of_its_names);
    tcase_add_test(t, shards_are_found_by_any_of_their_files_in_the_order_of_their_numbers);
    tcase_add_test(t, what_is_no_file_of_a_shard_is_told);
    tcase_add_test(t, an_empty_directory_has_no_shards);
    tcase_add_test(t, a_folder_that_is_a_link_is_an_error);
    tcase_add_test(t, a_folder_that_cannot_be_read_is_an_error);
}

int main(void)
{
    return test_main("shardfiles", add);
}
