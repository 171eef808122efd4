#include "base/budget.h"
#include "store/test_store.h"

#include <sys/inotify.h>
#include <yajl/yajl_tree.h>

START_TEST(rows_in_any_order_are_in_row_order_once_the_shard_is_closed)
{
    enum { N = 300 };
    struct statsfile stats;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t i = 0; i < N; i++)
        submit_failure(0, i * 77 % N, i % 3 ? ERR_TIMEOUT : ERR_NOT_AN_IMAGE);
    wait_for(N);
    ck_assert_uint_eq(store_open_shards(store), 1);
    ck_assert(!scratch_has("00000_stats.json"));
    store_shard_end(store, 0, N, fingerprint);
    wait_until_closed();
    expect_ordered("manifest/00000.jsonl", 0, N);
    expect_stats("00000_stats.json", &stats);
    ck_assert_uint_eq(stats.tally.by_code[ERR_TIMEOUT], 200);
    ck_assert_uint_eq(stats.tally.by_code[ERR_NOT_AN_IMAGE], 100);
    ck_assert_uint_eq(tally_rows(&stats.tally), N);
    ck_assert_uint_eq(scratch_count(), 3); /* and .imgfetch */
    close_store();
}
END_TEST

START_TEST(a_shard_whose_end_is_known_early_closes_with_its_last_row)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    store_shard_end(store, 0, 2, fingerprint);
    submit_failure(0, 1, ERR_TIMEOUT);
    wait_for(1);
    ck_assert_uint_eq(store_open_shards(store), 1);
    ck_assert(!scratch_has("00000_stats.json"));
    submit_failure(0, 0, ERR_TIMEOUT);
    wait_until_closed();
    wait_for(2);
    expect_ordered("manifest/00000.jsonl", 0, 2);
    ck_assert(scratch_has("00000_stats.json"));
    close_store();
}
END_TEST

START_TEST(shards_stand_open_side_by_side)
{
    static const uint32_t shards[] = {0, 7, 100000};
    open_store();
    for (int i = 0; i < 3; i++)
        store_shard_begin(store, shards[i], &no_resume);
    ck_assert_uint_eq(store_open_shards(store), 3);
    for (uint32_t pos = 0; pos < 100; pos++)
        for (int i = 0; i < 3; i++)
            submit_failure(shards[i], 99 - pos, ERR_TIMEOUT);
    for (int i = 0; i < 3; i++)
        store_shard_end(store, shards[i], 100, fingerprint);
    wait_until_closed();
    wait_for(300);
    expect_ordered("manifest/00000.jsonl", 0, 100);
    expect_ordered("manifest/00007.jsonl", 7, 100);
    expect_ordered("manifest/100000.jsonl", 100000, 100);
    ck_assert(scratch_has("100000_stats.json"));
    close_store();
}
END_TEST

/* An inotify(7) descriptor: the test records names that appear ("+") and disappear ("-"). */
static int watcher;

static void watch(const char *folder)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", scratch_path, folder);
    uint32_t events = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM;
    ck_assert_int_ge(inotify_add_watch(watcher, path, events), 0);
}

/* The recorded events of names with these endings, in order. free() it. */
static char *trace(void)
{
    char *out = calloc(1, 4096), *at = out;
    char events[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t len = read(watcher, events, sizeof events);
    ck_assert_int_gt(len, 0);
    for (char *p = events; p < events + len;) {
        const struct inotify_event *e = (const struct inotify_event *)p;
        const char *end = strrchr(e->name, '.');
        p += sizeof *e + e->len;
        if (!end || (strcmp(end, ".png") && strcmp(end, ".jpg") && strncmp(end, ".json", 5)))
            continue;
        char what = e->mask & (IN_CREATE | IN_MOVED_TO) ? '+' : '-';
        at += sprintf(at, "%c%s ", what, e->name);
    }
    close(watcher);
    return out;
}

static void watch_all(void)
{
    watcher = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ck_assert_int_ge(watcher, 0);
    static const char *const folders[] = {
        "manifest", "images", "images/00000", "thumbs", "thumbs/256", "thumbs/256/00000"};
    for (int i = 0; i < 6; i++)
        scratch_mkdir(folders[i]);
    watch("");
    watch("manifest");
    watch("images/00000");
    watch("thumbs/256/00000");
}

/* Called after the rows are written, and before anything else is. */
static bool show_beside_images(void *arg, const char *lines, size_t len)
{
    (void)lines, (void)len;
    *(bool *)arg = scratch_has("images/00000/000000000.png") &&
                   scratch_has("thumbs/256/00000/000000000.jpg") &&
                   !scratch_has("00000_stats.json");
    return true;
}

START_TEST(images_come_before_their_row_and_the_stats_file_last)
{
    bool beside_images = false;
    conf.on_rows = show_beside_images;
    conf.on_rows_arg = &beside_images;
    watch_all();
    open_store();
    store_shard_begin(store, 0, &no_resume);
    store_shard_end(store, 0, 1, fingerprint);
    struct job *j = make_image(0, 0, 1000);
    add_thumb(j, "thumbnail");
    submit(j);
    wait_until_closed();
    char *happened = trace();
    ck_assert_str_eq(happened, "+00000.jsonl +000000000.png +000000000.jpg +00000_stats.json ");
    ck_assert(beside_images);
    free(happened);
    wait_for(1);
    close_store();
}
END_TEST

/* A kill during the sorting loses no row. */
START_TEST(the_manifest_is_there_while_it_is_put_in_order)
{
    watch_all();
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit_failure(0, 1, ERR_TIMEOUT);
    submit_failure(0, 0, ERR_TIMEOUT);
    store_shard_end(store, 0, 2, fingerprint);
    wait_until_closed();
    wait_for(2);
    char *happened = trace();
    ck_assert_ptr_null(strstr(happened, "-00000.jsonl"));
    const char *ordered = strstr(happened, "+00000.jsonl +00000_stats.json ");
    ck_assert_msg(ordered && ordered > happened, "%s", happened);
    free(happened);
    close_store();
}
END_TEST

static yajl_val parse_line(const char *line)
{
    char *copy = mem_dup_n(line, strcspn(line, "\n"));
    yajl_val row = yajl_tree_parse(copy, NULL, 0);
    ck_assert_msg(row != NULL, "%s", copy);
    free(copy);
    return row;
}

static const char *text_of(yajl_val row, const char *name)
{
    return YAJL_GET_STRING(yajl_tree_get(row, (const char *[]){name, NULL}, yajl_t_string));
}

START_TEST(a_row_says_where_its_files_are_and_what_is_in_them)
{
    open_store();
    store_shard_begin(store, 12, &no_resume);
    struct job *j = make_job(12, 34);
    j->image = (struct job_image){.format = "png", .extension = "png", .width = 4, .height = 3};
    ck_assert(buf_append(&j->response.body, "abc", 3));
    add_thumb(j, "first");
    add_thumb(j, "second!");
    submit(j);
    wait_for(1);
    expect_file("images/00012/000120034.png", "abc");
    expect_file("thumbs/256/00012/000120034.jpg", "first");
    expect_file("thumbs/64x48-cover/00012/000120034.jpg", "second!");
    char *text = scratch_read("manifest/00012.jsonl");
    yajl_val row = parse_line(text);
    ck_assert_str_eq(text_of(row, "path"), "images/00012/000120034.png");
    ck_assert_str_eq(text_of(row, "sha256"), /* of "abc": FIPS 180-4's example */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_ptr_nonnull(strstr(text, "\"bytes\":3,"));
    ck_assert_ptr_nonnull(strstr(text,
        "{\"spec\":\"64x48-cover\",\"path\":\"thumbs/64x48-cover/00012/000120034.jpg\","
        "\"width\":2,\"height\":1,\"bytes\":7,\"sha256\":\""));
    yajl_tree_free(row);
    free(text);
    close_store();
}
END_TEST

START_TEST(a_body_is_kept_unless_it_is_no_image_or_not_wanted)
{
    static const struct {
        enum err err;
        const char *extension, *path; /* path: NULL: none */
    } cases[] = {
        {ERR_OK, "jpg", "images/00000/000000000.jpg"},
        {ERR_NOT_AN_IMAGE, NULL, NULL},
        {ERR_UNSUPPORTED_FORMAT, "tif", "images/00000/000000002.tif"},
        {ERR_DECODE_CRASH, NULL, "images/00000/000000003.bin"},
        {ERR_ASPECT_RATIO, "gif", "images/00000/000000004.gif"},
        {ERR_HASH_MISMATCH, "jpg", NULL},
        {ERR_TRUNCATED_BODY, "jpg", NULL},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    conf.originals = _i;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t i = 0; i < CASES; i++) {
        struct job *j = make_image(0, i, 10);
        j->image.extension = cases[i].extension;
        if (cases[i].err)
            job_fail(j, cases[i].err, "it failed");
        submit(j);
    }
    wait_for(CASES);
    const char *line = (char *)shown.data;
    for (int i = 0; i < CASES; i++, line = strchr(line, '\n') + 1) {
        yajl_val row = parse_line(line);
        const char *path = conf.originals ? cases[i].path : NULL;
        ck_assert_pstr_eq(text_of(row, "path"), path);
        if (path)
            ck_assert_int_eq(scratch_size(path), 10);
        ck_assert_ptr_nonnull(text_of(row, "sha256"));
        yajl_tree_free(row);
    }
    ck_assert_int_eq(scratch_has("images"), conf.originals);
    close_store();
}
END_TEST

START_TEST(the_rows_shown_are_the_rows_written_and_whole)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t pos = 0; pos < 200; pos++)
        submit_failure(0, pos, ERR_TIMEOUT);
    wait_for(200);
    ck_assert(buf_append(&shown, "", 1));
    expect_file("manifest/00000.jsonl", (char *)shown.data);
    ck_assert_uint_le(n_shows, 200);
    close_store();
}
END_TEST

START_TEST(a_reader_that_is_gone_is_not_called_again)
{
    listens = false;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t pos = 0; pos < 5; pos++) {
        submit_failure(0, pos, ERR_TIMEOUT);
        wait_for(pos + 1);
    }
    ck_assert_uint_eq(n_shows, 1);
    ck_assert_uint_eq(n_failed, 0);
    close_store();
    conf.on_rows = NULL;
    open_store();
    store_shard_begin(store, 1, &no_resume);
    submit_failure(1, 0, ERR_TIMEOUT);
    wait_for(6);
    close_store();
}
END_TEST

START_TEST(stopping_cancels_nothing_that_is_inside)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t pos = 0; pos < 100; pos++)
        submit(make_image(0, pos, 100));
    stage_stop(store_stage(store));
    submit(make_image(0, 100, 100));
    wait_for(101);
    ck_assert_uint_eq(n_failed, 0);
    expect_ordered("manifest/00000.jsonl", 0, 101);
    close_store();
}
END_TEST

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static bool show_when_open(void *arg, const char *lines, size_t len)
{
    (void)arg, (void)lines, (void)len;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return true;
}

static struct job *make_image_of(struct budget_host *host, uint32_t pos, size_t size)
{
    struct job *j = make_image(0, pos, size);
    j->memory.host = budget_host_ref(host);
    return j;
}

/* The number of rows that were written before the one of that position. */
static unsigned rows_before(const char *name, uint32_t pos)
{
    char *text = scratch_read(name), *line = text;
    unsigned n = 0;
    struct job_digits width = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    for (; row_pos(line, strlen(line), 0, width) != pos; line = strchr(line, '\n') + 1)
        n++;
    free(text);
    return n;
}

/* Large bodies of one host wait, and small ones of another come later. */
START_TEST(hosts_take_turns_and_it_is_known_how_much_of_each_waits)
{
    enum { LARGE = 6, SMALL = 20, SIZE = 5 << 20 };
    struct budget budget = {0};
    struct budget_host *large = budget_host_new(), *small = budget_host_new();
    conf.on_rows = show_when_open;
    conf.budget = &budget;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    pthread_mutex_lock(&gate);
    for (uint32_t i = 0; i < LARGE; i++)
        submit(make_image_of(large, i, SIZE));
    for (uint32_t i = 0; i < SMALL; i++)
        submit(make_image_of(small, LARGE + i, 100));
    ck_assert_uint_ge(large->unwritten, (LARGE - 1) * SIZE); /* one may be written already */
    ck_assert_uint_eq(small->unwritten, SMALL * 100);
    pthread_mutex_unlock(&gate);
    wait_for(LARGE + SMALL);
    ck_assert_uint_le(rows_before("manifest/00000.jsonl", LARGE + SMALL - 1), SMALL);
    ck_assert_uint_eq(large->unwritten, 0);
    ck_assert_uint_eq(small->unwritten, 0);
    ck_assert_uint_eq(budget.unwritten, 0);
    store_shard_end(store, 0, LARGE + SMALL, fingerprint);
    wait_until_closed();
    close_store();
    budget_host_unref(large);
    budget_host_unref(small);
}
END_TEST

START_TEST(a_directory_that_cannot_be_used_is_told_at_once)
{
    char path[64];
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    snprintf(path, sizeof path, "%s/file", scratch_path);
    scratch_write("file", "", 0);
    conf.dir = path;
    ck_assert_ptr_null(store_open(&conf, &loop, message));
    ck_assert_ptr_nonnull(strstr(message, path));
    ck_assert_ptr_nonnull(strstr(message, strerror(ENOTDIR)));
    snprintf(path, sizeof path, "%s/missing/dir", scratch_path);
    ck_assert_ptr_null(store_open(&conf, &loop, message));
    ck_assert_ptr_nonnull(strstr(message, strerror(ENOENT)));
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(a_folder_that_is_a_link_ends_the_run_and_is_named)
{
    scratch_mkdir("elsewhere");
    scratch_mkdir("images");
    ck_assert_int_eq(symlinkat("../elsewhere", scratch_dir, "images/00000"), 0);
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit(make_image(0, 0, 100));
    wait_for(1);
    ck_assert_ptr_nonnull(store_error(store));
    ck_assert_ptr_nonnull(strstr(store_error(store), "images/00000 is a symbolic link"));
    ck_assert(!scratch_has("elsewhere/000000000.png"));
    close_store();
}
END_TEST

START_TEST(a_directory_is_made_if_missing_and_nothing_is_left_in_it)
{
    char path[64];
    snprintf(path, sizeof path, "%s/new", scratch_path);
    conf.dir = path;
    open_store();
    close_store();
    ck_assert(scratch_has("new/manifest"));
    ck_assert_int_eq(unlinkat(scratch_dir, "new/manifest", AT_REMOVEDIR), 0);
    ck_assert_int_eq(unlinkat(scratch_dir, "new/.imgfetch", AT_REMOVEDIR), 0);
    ck_assert_int_eq(unlinkat(scratch_dir, "new", AT_REMOVEDIR), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, store_set_up, store_tear_down);
    tcase_add_test(t, rows_in_any_order_are_in_row_order_once_the_shard_is_closed);
    tcase_add_test(t, a_shard_whose_end_is_known_early_closes_with_its_last_row);
    tcase_add_test(t, shards_stand_open_side_by_side);
    tcase_add_test(t, images_come_before_their_row_and_the_stats_file_last);
    tcase_add_test(t, the_manifest_is_there_while_it_is_put_in_order);
    tcase_add_test(t, a_row_says_where_its_files_are_and_what_is_in_them);
    tcase_add_loop_test(t, a_body_is_kept_unless_it_is_no_image_or_not_wanted, 0, 2);
    tcase_add_test(t, the_rows_shown_are_the_rows_written_and_whole);
    tcase_add_test(t, a_reader_that_is_gone_is_not_called_again);
    tcase_add_test(t, stopping_cancels_nothing_that_is_inside);
    tcase_add_test(t, hosts_take_turns_and_it_is_known_how_much_of_each_waits);
    tcase_add_test(t, a_directory_that_cannot_be_used_is_told_at_once);
    tcase_add_test(t, a_folder_that_is_a_link_ends_the_run_and_is_named);
    tcase_add_test(t, a_directory_is_made_if_missing_and_nothing_is_left_in_it);
}

int main(void)
{
    return test_main("store_files", add);
}
