#include "pipeline/test_pipeline.h"

#include "base/hex.h"

#include <openssl/evp.h>

/* ---- an earlier directory: earlier/ below the scratch directory ---- */

static struct reuse_dirs *dirs;
static unsigned n_warnings;
static char warning[PIPELINE_MESSAGE_SIZE]; /* the last one */

static void on_warn(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    n_warnings++;
    snprintf(warning, sizeof warning, "%s", text);
}

static void set_up_earlier(void)
{
    set_up();
    scratch_mkdir("earlier");
    scratch_mkdir("earlier/.imgfetch");
    scratch_write("earlier/.imgfetch/lock", "", 0);
    scratch_mkdir("earlier/manifest");
    scratch_mkdir("earlier/images");
    conf.on_warn = on_warn;
    conf.transfer.max_size = 1 << 20;
}

static void tear_down_earlier(void)
{
    reuse_dirs_close(dirs);
    tear_down();
}

static unsigned n_earlier;

/* The earlier directory has this body of the URL; its row says that its hash is that of `said`. */
static void had(const char *url, const struct buf *body, const struct buf *said_body)
{
    char line[1024], sha256[65], name[64];
    uint8_t hash[32];
    ck_assert(EVP_Digest(said_body->data, said_body->len, hash, NULL, EVP_sha256(), NULL));
    hex_print(hash, sizeof hash, sha256);
    int len = snprintf(line, sizeof line,
        "{\"key\":\"00000%04u\",\"url\":\"%s\",\"final_url\":\"%s\",\"status\":\"success\","
        "\"error\":null,\"http_status\":200,\"bytes\":%zu,\"sha256\":\"%s\","
        "\"path\":\"images/%u\",\"thumbs\":[]}\n",
        n_earlier, url, url, body->len, sha256, n_earlier);
    int fd = openat(scratch_dir, "earlier/manifest/00000.jsonl",
        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ck_assert_int_eq(write(fd, line, (size_t)len), len);
    close(fd);
    snprintf(name, sizeof name, "earlier/images/%u", n_earlier++);
    scratch_write(name, body->data, body->len);
}

static void open_earlier(void)
{
    char path[64], why[REUSE_MESSAGE_SIZE];
    const char *paths[] = {path};
    snprintf(path, sizeof path, "%s/earlier", scratch_path);
    dirs = reuse_dirs_open(paths, 1, scratch_path, why);
    ck_assert_msg(dirs != NULL, "%s", why);
    dirs->at[0].path = "earlier";
    conf.reuse = dirs;
}

static struct buf png, large;

static void make_bodies(void)
{
    put_png(&png, 40, 30, 0);
    put_large(&large, 2 << 20);
}

static void free_bodies(void)
{
    buf_fini(&png);
    buf_fini(&large);
}

START_TEST(only_what_no_earlier_directory_has_is_fetched)
{
    had("http://a/1", &png, &png);
    open_earlier();
    say((struct answer){"http://a/0", .body = &png});
    start("http://a/0\nhttp://a/1\n");
    expect_end(2);
    expect_asked("http://a/0 ");
    expect_row(0, ERR_OK);
    expect_row(1, ERR_OK);
    ck_assert_uint_eq(seen[0].attempts, 1);
    ck_assert_uint_eq(seen[1].attempts, 0);
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->reused, 1);
    ck_assert_uint_eq(s->reused_bytes, png.len);
    ck_assert_uint_eq(s->bytes, png.len);
    ck_assert_uint_eq(s->untrusted + n_warnings, 0);
    close_pipeline();
    char *rows = scratch_read("manifest/00000.jsonl");
    ck_assert_ptr_nonnull(strstr(rows, "\"reused\":false"));
    ck_assert_ptr_nonnull(strstr(rows, "\"reused\":true"));
    free(rows);
}
END_TEST

START_TEST(what_cannot_be_trusted_is_fetched_counted_and_told)
{
    enum { MANY = 8, TOLD = 5 };
    char url[32], rows[MANY * 32], *end = rows;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(url, sizeof url, "http://a/%u", i);
        had(url, &png, &large);
        end = stpcpy(stpcpy(end, url), "\n");
    }
    open_earlier();
    start(rows);
    expect_end(MANY);
    ck_assert_uint_eq(net.n_asked, MANY);
    ck_assert_uint_eq(pipeline_stats(pipeline)->untrusted, MANY);
    ck_assert_uint_eq(pipeline_stats(pipeline)->reused, 0);
    ck_assert_uint_eq(n_warnings, TOLD);
    ck_assert_ptr_nonnull(strstr(warning, "another SHA-256"));
    ck_assert_ptr_nonnull(strstr(warning, "only counted"));
    close_pipeline();
}
END_TEST

START_TEST(damage_of_the_directory_is_told)
{
    scratch_write("earlier/manifest/00000.jsonl", "no row\n", 7);
    open_earlier();
    start("http://a/0\n");
    expect_end(1);
    expect_asked("http://a/0 ");
    ck_assert_uint_eq(n_warnings, 2);
    ck_assert_ptr_nonnull(strstr(warning, "no row of it has a body"));
    close_pipeline();
}
END_TEST

START_TEST(duplicates_of_a_reused_row_wait_for_it)
{
    conf.dedupe = DEDUPE_SHARD;
    had("http://a/1", &png, &png);
    open_earlier();
    start("http://a/1\nhttp://a/1\n");
    expect_end(2);
    expect_asked("");
    ck_assert(seen[1].is_duplicate);
    ck_assert_uint_eq(pipeline_stats(pipeline)->reused, 1);
    close_pipeline();
}
END_TEST

START_TEST(a_reused_body_is_held_to_the_limits_of_this_run)
{
    conf.limits.min_side = 100;
    had("http://a/1", &png, &png);
    open_earlier();
    start("http://a/1\n");
    expect_end(1);
    expect_asked("");
    expect_row(0, ERR_IMAGE_TOO_SMALL);
    close_pipeline();
}
END_TEST

/* A row waits for its body: others have all the memory. */
static void start_waiting(void)
{
    had("http://a/1", &png, &png);
    open_earlier();
    conf.memory = 1000;
    start("http://a/1\n");
    atomic_fetch_add(&pipeline->budget.used, conf.memory);
    UNTIL(pipeline->stats.list_ended);
    turn();
    ck_assert_uint_eq(n_seen + pipeline->stats.storing, 0);
    ck_assert_ptr_nonnull(TAILQ_FIRST(&pipeline->to_reuse));
    atomic_fetch_sub(&pipeline->budget.used, conf.memory);
}

START_TEST(bodies_wait_for_the_disk)
{
    had("http://a/1", &png, &png);
    open_earlier();
    start("http://a/1\n");
    budget_add_unwritten(&pipeline->budget, pipeline->reuse_host, BUDGET_HOST_UNWRITTEN + 1);
    UNTIL(pipeline->stats.list_ended);
    turn();
    ck_assert_ptr_nonnull(TAILQ_FIRST(&pipeline->to_reuse));
    budget_sub_unwritten(&pipeline->budget, pipeline->reuse_host, BUDGET_HOST_UNWRITTEN + 1);
    expect_end(1);
    close_pipeline();
}
END_TEST

START_TEST(bodies_wait_for_memory)
{
    start_waiting();
    expect_end(1);
    ck_assert_uint_eq(pipeline_stats(pipeline)->reused, 1);
    close_pipeline();
}
END_TEST

START_TEST(a_run_can_be_stopped_while_rows_wait_for_their_bodies)
{
    start_waiting();
    pipeline_stop(pipeline, _i ? PIPELINE_ABORT : PIPELINE_FINISH);
    until_over();
    ck_assert_uint_eq(n_seen, 0);
    ck_assert_uint_eq(pipeline_stats(pipeline)->dropped, 1);
    close_pipeline();
}
END_TEST

START_TEST(a_run_can_be_stopped_before_the_manifests_are_read)
{
    had("http://a/1", &png, &png);
    open_earlier();
    start("http://a/1\n");
    pipeline_stop(pipeline, PIPELINE_FINISH);
    until_over();
    ck_assert_uint_eq(n_seen, 0);
    close_pipeline();
}
END_TEST

static void set_up_fallback(void)
{
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_FALLBACK] = (struct column){"b", 1};
    conf.format = URLLIST_CSV;
}

START_TEST(the_other_url_of_a_row_is_looked_for_as_well)
{
    set_up_fallback();
    had("http://b/1", &png, &png);
    open_earlier();
    say((struct answer){"http://a/1", .err = ERR_HTTP_ERROR, .http_status = 404});
    start("url,b\nhttp://a/1,http://b/1\n");
    expect_end(1);
    expect_asked("http://a/1 ");
    expect_row(0, ERR_OK);
    ck_assert_str_eq(seen[0].url, "http://b/1");
    ck_assert_uint_eq(pipeline_stats(pipeline)->reused, 1);
    close_pipeline();
}
END_TEST

START_TEST(the_other_url_is_fetched_if_the_reused_body_is_refused)
{
    set_up_fallback();
    conf.limits.min_side = 35;
    struct buf wide = {0};
    put_png(&wide, 50, 50, 0);
    had("http://a/1", &png, &png);
    open_earlier();
    say((struct answer){"http://b/1", .body = &wide});
    start("url,b\nhttp://a/1,http://b/1\n");
    expect_end(1);
    expect_asked("http://b/1 ");
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(pipeline_stats(pipeline)->reused, 0);
    close_pipeline();
    buf_fini(&wide);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_earlier, tear_down_earlier);
    tcase_add_checked_fixture(t, make_bodies, free_bodies);
    tcase_add_test(t, only_what_no_earlier_directory_has_is_fetched);
    tcase_add_test(t, what_cannot_be_trusted_is_fetched_counted_and_told);
    tcase_add_test(t, damage_of_the_directory_is_told);
    tcase_add_test(t, duplicates_of_a_reused_row_wait_for_it);
    tcase_add_test(t, a_reused_body_is_held_to_the_limits_of_this_run);
    tcase_add_test(t, bodies_wait_for_memory);
    tcase_add_test(t, bodies_wait_for_the_disk);
    tcase_add_loop_test(t, a_run_can_be_stopped_while_rows_wait_for_their_bodies, 0, 2);
    tcase_add_test(t, a_run_can_be_stopped_before_the_manifests_are_read);
    tcase_add_test(t, the_other_url_of_a_row_is_looked_for_as_well);
    tcase_add_test(t, the_other_url_is_fetched_if_the_reused_body_is_refused);
}

int main(void)
{
    return test_main("reusing", add);
}
