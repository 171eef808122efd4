#include "store/store_tar.h"
#include "store/tarfile.h"
#include "store/test_store.h"

#include <yajl/yajl_tree.h>

static void set_up(void)
{
    store_set_up();
    conf.layout = &store_tar;
    conf.n_specs = 0;
    conf.originals = false;
}

/* ---- reading a tar ---- */

static char members[2000]; /* "000000000.png 000000000.json " and so on */

static bool note(void *arg, const struct tarfile_member *m)
{
    (void)arg;
    size_t len = strlen(members);
    snprintf(members + len, sizeof members - len, "%s ", m->name);
    return true;
}

static const char *members_of(const char *name)
{
    int fd = openat(scratch_dir, name, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s is not there", name);
    members[0] = '\0';
    ck_assert_int_eq(tarfile_scan(fd, note, NULL), 0);
    close(fd);
    return members;
}

/* Looks for a member and copies its bytes as text. free() it. */
struct wanted {
    const char *name;
    int64_t offset, end;
};

static bool look(void *arg, const struct tarfile_member *m)
{
    struct wanted *w = arg;
    w->offset = m->offset + 512;
    w->end = m->end;
    return strcmp(m->name, w->name) != 0;
}

static char *read_member(const char *tar, const char *name)
{
    struct wanted w = {.name = name};
    int fd = openat(scratch_dir, tar, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tarfile_scan(fd, look, &w), 0);
    ck_assert_int_gt(w.end, 0);
    char *text = calloc(1, (size_t)(w.end - w.offset) + 1);
    ck_assert_int_eq(pread(fd, text, (size_t)(w.end - w.offset), w.offset), w.end - w.offset);
    close(fd);
    return text;
}

static void expect_closed(uint32_t rows)
{
    struct statsfile stats;
    expect_ordered("00000.jsonl", 0, rows);
    expect_stats("00000_stats.json", &stats);
    ck_assert_uint_eq(tally_rows(&stats.tally), rows);
    ck_assert_uint_eq(scratch_count(), 4); /* and the tar, and .imgfetch */
    ck_assert(scratch_has("00000.tar"));
}

/* ---- tests ---- */

START_TEST(samples_are_in_row_order_whatever_finished_first)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    for (uint32_t i = 0; i < 5; i++)
        submit(make_image(0, i * 2 % 5, i + 1)); /* 0 2 4 1 3 */
    store_shard_end(store, 0, 5, fingerprint);
    wait_for(5);
    wait_until_closed();
    close_store();
    ck_assert_uint_eq(n_failed, 0);
    ck_assert_str_eq(members_of("00000.tar"),
        "000000000.png 000000000.json 000000001.png 000000001.json 000000002.png 000000002.json "
        "000000003.png 000000003.json 000000004.png 000000004.json ");
    expect_closed(5);
}
END_TEST

static struct job *make_full(uint32_t pos)
{
    struct job *j = make_image(0, pos, 3);
    memcpy(j->response.body.data, "abc", 3);
    strcpy(j->response.ip, "192.0.2.1");
    j->started = 1;
    j->finished = 2;
    j->attempts = 1;
    return j;
}

START_TEST(a_sample_is_image_original_row_and_caption)
{
    struct columns columns = {.at = {{"url", 3}, {"text", 4}}, .n = COLUMN_KEPT};
    conf.n_specs = 1;
    conf.originals = true;
    conf.columns = &columns;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    struct job *j = make_full(0);
    j->columns = mem_new(sizeof *j->columns);
    j->columns->caption = mem_dup("a caption");
    add_thumb(j, "thumb");
    submit(j);
    j = make_full(1); /* without a caption */
    add_thumb(j, "thumb");
    submit(j);
    store_shard_end(store, 0, 2, fingerprint);
    wait_for(2);
    wait_until_closed();
    close_store();
    ck_assert_str_eq(members_of("00000.tar"),
        "000000000.jpg 000000000.orig 000000000.json 000000000.txt "
        "000000001.jpg 000000001.orig 000000001.json 000000001.txt ");
    static const char *const texts[][2] = {{"000000000.jpg", "thumb"}, {"000000000.orig", "abc"},
        {"000000000.txt", "a caption"}, {"000000001.txt", ""}};
    for (int i = 0; i < 4; i++) {
        char *text = read_member("00000.tar", texts[i][0]);
        ck_assert_str_eq(text, texts[i][1]);
        free(text);
    }
    char *row = scratch_read("00000.jsonl");
    ck_assert_ptr_nonnull(strstr(row, "\"path\":\"00000.tar/000000000.orig\""));
    ck_assert_ptr_nonnull(strstr(row, "\"path\":\"00000.tar/000000000.jpg\""));
    free(row);
}
END_TEST

START_TEST(its_row_is_the_manifests_without_what_differs_from_run_to_run)
{
    static const char *const gone[] = {"started", "finished", "ms", "attempts", "reused", "ip",
        "etag", "last_modified", "truncated_transfer", "error", "message", "duplicate_of"};
    enum { GONE = sizeof gone / sizeof *gone };
    static const struct {
        const char *name;
        long long is;
    } sizes[] = {{"width", 2}, {"height", 1}, {"original_width", 4}, {"original_height", 3}};
    conf.n_specs = 1;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    struct job *j = make_full(0);
    add_thumb(j, "thumb");
    submit(j);
    wait_for(1);
    close_store();
    char *line = scratch_read("00000.jsonl"),
         *json = read_member("00000.tar.part", "000000000.json");
    yajl_val row = yajl_tree_parse(line, NULL, 0), side = yajl_tree_parse(json, NULL, 0);
    ck_assert(row && side);
    ck_assert_uint_eq(side->u.object.len, row->u.object.len - GONE + 2);
    for (size_t i = 0; i < GONE; i++) {
        ck_assert_ptr_nonnull(yajl_tree_get(row, (const char *[]){gone[i], NULL}, yajl_t_any));
        ck_assert_ptr_null(yajl_tree_get(side, (const char *[]){gone[i], NULL}, yajl_t_any));
    }
    for (size_t i = 0; i < 4; i++) {
        yajl_val n = yajl_tree_get(side, (const char *[]){sizes[i].name, NULL}, yajl_t_number);
        ck_assert_ptr_nonnull(n);
        ck_assert_int_eq(YAJL_GET_INTEGER(n), sizes[i].is);
    }
    yajl_tree_free(row);
    yajl_tree_free(side);
    free(line);
    free(json);
}
END_TEST

START_TEST(a_row_that_failed_has_no_sample_and_waits_for_none)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit(make_image(0, 3, 10)); /* waits */
    submit_failure(0, 2, ERR_TIMEOUT);
    struct job *j = make_image(0, 1, 10);
    job_fail(j, ERR_DECODE_ERROR, "it failed");
    submit(j);
    wait_for(2);
    char *text = scratch_read("00000.jsonl");
    ck_assert_int_eq(row_pos(text, strlen(text), 0, (struct job_digits){5, 4}), 2);
    ck_assert_int_eq(
        row_pos(strchr(text, '\n') + 1, strlen(text), 0, (struct job_digits){5, 4}), 1);
    ck_assert(!strstr(text, "00000.tar"));
    free(text);
    submit_failure(0, 0, ERR_TIMEOUT);
    store_shard_end(store, 0, 4, fingerprint);
    wait_for(4);
    wait_until_closed();
    close_store();
    ck_assert_str_eq(members_of("00000.tar"), "000000003.png 000000003.json ");
    expect_closed(4);
}
END_TEST

START_TEST(a_shard_without_a_success_has_an_empty_tar)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit_failure(0, 0, ERR_TIMEOUT);
    store_shard_end(store, 0, 1, fingerprint);
    wait_for(1);
    wait_until_closed();
    close_store();
    ck_assert_str_eq(members_of("00000.tar"), "");
    ck_assert_int_eq(scratch_size("00000.tar"), 1024);
    expect_closed(1);
}
END_TEST

START_TEST(a_sample_that_waits_too_long_is_spooled_and_its_row_is_written)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit(make_image(0, 2, 10));
    submit(make_image(0, 1, 10));
    wait_for(2); /* no other job comes back */
    ck_assert_str_eq(
        members_of("00000.spool"), "000000002.png 000000002.json 000000001.png 000000001.json ");
    ck_assert(!scratch_has("00000.tar.part"));
    submit(make_image(0, 0, 10));
    wait_for(3);
    ck_assert_str_eq(members_of("00000.tar.part"), "000000000.png 000000000.json 000000001.png "
                                                   "000000001.json 000000002.png 000000002.json ");
    store_shard_end(store, 0, 3, fingerprint);
    wait_until_closed();
    close_store();
    expect_closed(3);
}
END_TEST

/* Calls the layout directly, because the store's thread would flush after a time. */
START_TEST(samples_beyond_the_memory_limit_are_spooled)
{
    struct output output = {.layout = &store_tar, .dir = scratch_dir, .conf = &conf};
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    struct samples *samples;
    struct job *j;
    output.shard_size = conf.shard_size;
    output.digits = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    conf.waiting_max = 5000;
    ck_assert_int_eq(store_tar.open(&output, 0, &samples), 0);
    for (uint32_t pos = 1; pos <= 5; pos++)
        ck_assert_int_eq(store_tar.put(samples, make_image(0, pos, 1000), &ready), 0);
    ck_assert(TAILQ_EMPTY(&ready));
    ck_assert(!scratch_has("00000.spool"));
    ck_assert_int_eq(store_tar.put(samples, make_image(0, 6, 1000), &ready), 0);
    for (uint32_t pos = 1; pos <= 6; pos++) {
        j = TAILQ_FIRST(&ready);
        ck_assert(j && j->pos == pos);
        TAILQ_REMOVE(&ready, j, link);
        job_free(j, NULL);
    }
    ck_assert_int_eq(scratch_size("00000.spool"), 6 * (512 + 1024 + 512 + 512));
    samples_free(samples, NULL);
}
END_TEST

START_TEST(once_it_is_stopped_no_sample_waits)
{
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit(make_image(0, 1, 10));
    stage_stop(store_stage(store));
    submit(make_image(0, 2, 10));
    wait_for(2);
    ck_assert_uint_eq(n_failed, 0);
    close_store();
    ck_assert(scratch_has("00000.spool"));
}
END_TEST

START_TEST(a_tar_that_does_not_fit_on_the_disk_ends_the_store)
{
    int err = scratch_on_small_disk();
    open_store();
    store_shard_begin(store, 0, &no_resume);
    submit(make_image(0, 0, 4000));
    wait_for(1);
    ck_assert_uint_eq(n_failed, 0);
    submit(make_image(0, 3, 10)); /* it comes back although it would have to wait */
    submit(make_image(0, 1, 1 << 20));
    wait_for(3);
    ck_assert_uint_eq(n_failed, 2);
    ck_assert_ptr_nonnull(store_error(store));
    ck_assert_ptr_nonnull(strstr(store_error(store), strerror(-err)));
    close_store();
    ck_assert(!scratch_has("00000.tar"));
    ck_assert_str_eq(members_of("00000.tar.part"), "000000000.png 000000000.json ");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, store_tear_down);
    tcase_add_test(t, samples_are_in_row_order_whatever_finished_first);
    tcase_add_test(t, a_sample_is_image_original_row_and_caption);
    tcase_add_test(t, its_row_is_the_manifests_without_what_differs_from_run_to_run);
    tcase_add_test(t, a_row_that_failed_has_no_sample_and_waits_for_none);
    tcase_add_test(t, a_shard_without_a_success_has_an_empty_tar);
    tcase_add_test(t, a_sample_that_waits_too_long_is_spooled_and_its_row_is_written);
    tcase_add_test(t, samples_beyond_the_memory_limit_are_spooled);
    tcase_add_test(t, once_it_is_stopped_no_sample_waits);
    tcase_add_test(t, a_tar_that_does_not_fit_on_the_disk_ends_the_store);
}

int main(void)
{
    return test_main("store_tar", add);
}
