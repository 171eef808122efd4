#include "store/reuse_body.h"
#include "base/mem.h"
#include "store/test_reuse.h"

static uv_loop_t loop;
static struct budget budget;
static struct reuse_dirs *dirs;
static struct reuse *reuse;
static struct job *job; /* the last one that came back */
static unsigned n_done;
static char message[REUSE_MESSAGE_SIZE];
static uint64_t max_size;

static void set_up(void)
{
    make_earlier();
    budget = (struct budget){.limit = 1 << 20};
    max_size = 100;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
}

static void forget_job(void)
{
    job_free(job, &budget);
    job = NULL;
}

static void tear_down(void)
{
    forget_job();
    ck_assert_uint_eq(atomic_load(&budget.used), 0);
    if (reuse)
        stage_free(reuse_stage(reuse));
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    reuse_dirs_close(dirs);
    scratch_remove();
}

static void on_done(void *arg, struct job *j)
{
    ck_assert_ptr_eq(arg, &budget);
    forget_job();
    job = j;
    n_done++;
}

static void start(void)
{
    const char *paths[] = {scratch_path};
    dirs = reuse_dirs_open(paths, 1, "/nonexistent", message);
    ck_assert_msg(dirs != NULL, "%s", message);
    struct reuse_conf conf = {dirs, max_size, &budget, on_done, &budget};
    reuse = reuse_open(&conf, &loop, message);
    ck_assert_msg(reuse != NULL, "%s", message);
    while (!reuse_is_ready(reuse))
        uv_run(&loop, UV_RUN_ONCE);
}

static struct job *job_of(const char *url)
{
    const char *why;
    struct job *j = job_new();
    ck_assert_int_eq(url_parse(url, strlen(url), &j->request.url, &why), ERR_OK);
    return j;
}

static void ask_for(struct job *j)
{
    unsigned before = n_done;
    ck_assert(reuse_may_have(reuse, j));
    ck_assert_int_eq(stage_submit(reuse_stage(reuse), j), STAGE_OK);
    while (n_done == before)
        uv_run(&loop, UV_RUN_ONCE);
}

static void ask(const char *url)
{
    ask_for(job_of(url));
}

static void expect_body(const char *text)
{
    ck_assert_msg(job->err == ERR_OK && job->reused, "%s", job->message);
    ck_assert_uint_eq(job->response.body.len, strlen(text));
    ck_assert_mem_eq(job->response.body.data, text, strlen(text));
    ck_assert_uint_eq(atomic_load(&budget.used), strlen(text));
}

static void expect_none(const char *why)
{
    ck_assert(!job->reused);
    ck_assert_int_eq(job->err, ERR_IO_ERROR);
    ck_assert_msg(strstr(job->message, why) != NULL, "it says: %s", job->message);
    ck_assert_uint_eq(job->response.body.len, 0);
    ck_assert_uint_eq(atomic_load(&budget.used), 0);
}

static const char manifest[] = "manifest/00000.jsonl";

#define ROW(...) add_row(manifest, &(struct row_of){__VA_ARGS__})

START_TEST(a_body_comes_with_what_its_row_says_of_the_response)
{
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "the body",
        .more = "\"http_status\":203,\"content_type\":\"image/x\",\"etag\":\"e\","
                "\"last_modified\":\"then\",");
    scratch_write("images/00000/1.jpg", "the body", 8);
    start();
    ck_assert_uint_eq(reuse_counts(reuse, 0)->rows, 1);
    ask("http://a/1");
    expect_body("the body");
    ck_assert_int_eq(job->response.http_status, 203);
    ck_assert_str_eq(job->response.content_type, "image/x");
    ck_assert_str_eq(job->response.etag, "e");
    ck_assert_str_eq(job->response.last_modified, "then");
    ck_assert_ptr_null(job->origin.text);
    ck_assert_uint_eq(job->attempts, 0);
}
END_TEST

START_TEST(a_redirected_body_has_the_url_where_it_was)
{
    char line[600], sha256[65];
    hash_text("x", sha256);
    snprintf(line, sizeof line,
        "{\"key\":\"000000000\",\"url\":\"http://a/1\",\"final_url\":\"http://b/2\","
        "\"status\":\"success\",\"error\":null,\"bytes\":1,\"sha256\":\"%s\","
        "\"path\":\"images/00000/1.jpg\",\"thumbs\":[]}\n",
        sha256);
    scratch_write(manifest, line, strlen(line));
    scratch_write("images/00000/1.jpg", "x", 1);
    start();
    ask("http://a/1");
    expect_body("x");
    ck_assert_str_eq(job->request.url.text, "http://b/2");
    ck_assert_str_eq(job->origin.text, "http://a/1");
    ck_assert(job->request.is_elsewhere);
    ck_assert_uint_eq(job->hops, 1);
}
END_TEST

/* The file that the body of the job is in, by its descriptor; 0: none. */
static bool has_twin(const char *text)
{
    char bytes[64];
    int fd = reuse_body_twin(job);
    if (!fd)
        return false;
    ck_assert_int_eq(read(fd, bytes, sizeof bytes), (ssize_t)strlen(text));
    ck_assert_mem_eq(bytes, text, strlen(text));
    close(fd);
    return true;
}

START_TEST(the_file_of_a_body_is_known_until_it_changes)
{
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "body");
    scratch_write("images/00000/1.jpg", "body", 4);
    start();
    ask("http://a/1");
    ck_assert(has_twin("body"));
    ck_assert(has_twin("body"));
    scratch_write("images/00000/2.jpg", "body", 4);
    ck_assert_int_eq(
        renameat(scratch_dir, "images/00000/2.jpg", scratch_dir, "images/00000/1.jpg"), 0);
    ck_assert(!has_twin("body")); /* another file of the same size */
    ask("http://a/1");
    ck_assert(has_twin("body"));
    const struct timespec then[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    ck_assert_int_eq(utimensat(scratch_dir, "images/00000/1.jpg", then, 0), 0);
    ck_assert(!has_twin("body"));
    ask("http://a/1");
    ck_assert_int_eq(unlinkat(scratch_dir, "images/00000/1.jpg", 0), 0);
    ck_assert(!has_twin("body"));
}
END_TEST

START_TEST(a_body_in_a_tar_is_found)
{
    add_row("00003.jsonl",
        &(struct row_of){
            .url = "http://a/1", .path = "00003.tar/000030000.orig", .body = "in the tar"});
    write_tar("00003.tar",
        (const char *const[]){"000030000.jpg", "thumb", "000030000.orig", "in the tar", NULL});
    start();
    ask("http://a/1");
    expect_body("in the tar");
    ck_assert(!has_twin("in the tar"));
}
END_TEST

START_TEST(a_tar_that_was_replaced_meanwhile_is_not_trusted)
{
    add_row("00003.jsonl",
        &(struct row_of){
            .url = "http://a/1", .path = "00003.tar/000030000.orig", .body = "in the tar"});
    write_tar("00003.tar", (const char *const[]){"000030000.orig", "in the tar", NULL});
    start();
    unlinkat(scratch_dir, "00003.tar", 0);
    write_tar("00003.tar", (const char *const[]){"000030000.orig", "in another", NULL});
    ask("http://a/1");
    expect_none("SHA-256");
    unlinkat(scratch_dir, "00003.tar", 0);
    ask("http://a/1");
    expect_none("No such file");
}
END_TEST

START_TEST(a_body_must_be_as_its_row_says)
{
    ROW(.url = "http://a/size", .path = "images/00000/1.jpg", .body = "body");
    ROW(.url = "http://a/hash", .path = "images/00000/2.jpg", .body = "body");
    ROW(.url = "http://a/none", .path = "images/00000/3.jpg", .body = "body");
    ROW(.url = "http://a/large", .path = "images/00000/2.jpg", .body = "ydob", .bytes = 101);
    ROW(.url = "http://a/no-size", .path = "images/00000/2.jpg", .body = "ydob", .bytes = -1);
    ROW(.url = "http://a/no-hash", .path = "images/00000/2.jpg", .body = "ydob", .sha256 = "");
    scratch_write("images/00000/1.jpg", "body and more", 13);
    scratch_write("images/00000/2.jpg", "ydob", 4);
    start();
    ask("http://a/size");
    expect_none("another size");
    ask("http://a/hash");
    expect_none("another SHA-256");
    ask("http://a/none");
    expect_none("No such file");
    ask("http://a/large");
    expect_none("--max-size");
    ask("http://a/no-size");
    expect_none("without its size");
    ask("http://a/no-hash");
    expect_none("another SHA-256");
}
END_TEST

START_TEST(nothing_outside_the_directory_is_read)
{
    char outside[64];
    ROW(.url = "http://a/up", .path = "images/../../secret", .body = "secret");
    ROW(.url = "http://a/absolute", .path = "/etc/passwd", .body = "secret");
    ROW(.url = "http://a/link", .path = "images/00000/link.jpg", .body = "secret");
    ROW(.url = "http://a/folder", .path = "images/there/secret", .body = "secret");
    ROW(.url = "http://a/own", .path = ".imgfetch/secret", .body = "secret");
    ROW(.url = "http://a/pipe", .path = "images/00000/pipe", .body = "secret");
    snprintf(outside, sizeof outside, "%s/images/00000", scratch_path);
    scratch_write("secret", "secret", 6);
    scratch_write(".imgfetch/secret", "secret", 6);
    scratch_write("images/00000/secret", "secret", 6);
    ck_assert_int_eq(symlinkat("../../secret", scratch_dir, "images/00000/link.jpg"), 0);
    ck_assert_int_eq(symlinkat(outside, scratch_dir, "images/there"), 0);
    ck_assert_int_eq(mkfifoat(scratch_dir, "images/00000/pipe", 0600), 0);
    start();
    ask("http://a/up");
    expect_none("no path of an image");
    ask("http://a/absolute");
    expect_none("no path of an image");
    ask("http://a/link");
    expect_none("symbolic link");
    ask("http://a/folder");
    expect_none("symbolic link");
    ask("http://a/own");
    expect_none("no path of an image");
    ask("http://a/pipe");
    expect_none("not a regular file");
}
END_TEST

START_TEST(a_second_row_is_tried_if_the_first_lies)
{
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "lost");
    ROW(.url = "http://a/1", .path = "images/00000/2.jpg", .body = "body");
    scratch_write("images/00000/2.jpg", "body", 4);
    start();
    ask("http://a/1");
    expect_body("body");
}
END_TEST

START_TEST(a_row_that_has_changed_is_no_row_of_the_url)
{
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "body");
    scratch_write("images/00000/1.jpg", "body", 4);
    start();
    unlinkat(scratch_dir, manifest, 0);
    ROW(.url = "http://a/2", .path = "images/00000/1.jpg", .body = "body");
    ask("http://a/1");
    ck_assert_int_eq(job->err, ERR_OK);
    ck_assert(!job->reused);
    unlinkat(scratch_dir, manifest, 0);
    ask("http://a/1");
    expect_none("has changed");
}
END_TEST

static struct job *job_with_hash(const EVP_MD *md, const char *text)
{
    struct job *j = job_of("http://a/1");
    unsigned len;
    j->columns = mem_new(sizeof *j->columns);
    ck_assert(EVP_Digest(text, strlen(text), j->columns->hash, &len, md, NULL));
    j->columns->hash_len = (uint8_t)len;
    return j;
}

START_TEST(a_body_has_the_hash_that_the_list_expects)
{
    const EVP_MD *const md[] = {EVP_md5(), EVP_sha1(), EVP_sha256(), EVP_sha512()};
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "body");
    scratch_write("images/00000/1.jpg", "body", 4);
    start();
    for (size_t i = 0; i < sizeof md / sizeof *md; i++) {
        ask_for(job_with_hash(md[i], "body"));
        expect_body("body");
        ask_for(job_with_hash(md[i], "another"));
        expect_none("the hash that the list expects");
    }
}
END_TEST

START_TEST(only_so_many_jobs_are_inside)
{
    unsigned n = 0;
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "body");
    scratch_write("images/00000/1.jpg", "body", 4);
    start();
    struct job *j = job_of("http://a/1");
    for (; stage_submit(reuse_stage(reuse), j) == STAGE_OK; n++)
        j = job_of("http://a/1");
    ck_assert_uint_lt(n, 1000);
    job_free(j, &budget);
    while (n_done < n)
        uv_run(&loop, UV_RUN_ONCE);
    expect_body("body");
}
END_TEST

START_TEST(after_a_stop_jobs_come_back_cancelled)
{
    ROW(.url = "http://a/1", .path = "images/00000/1.jpg", .body = "body");
    scratch_write("images/00000/1.jpg", "body", 4);
    start();
    stage_stop(reuse_stage(reuse));
    ask("http://a/1");
    ck_assert_int_eq(job->err, ERR_CANCELLED);
}
END_TEST

static void expect_refused(const char *path, const char *output, const char *why)
{
    const char *paths[] = {scratch_path, path};
    ck_assert_ptr_null(reuse_dirs_open(paths, 2, output, message));
    ck_assert_msg(strstr(message, why) != NULL, "it says: %s", message);
}

START_TEST(what_is_no_output_directory_is_refused)
{
    expect_refused("/nonexistent", "/nonexistent", "No such file");
    expect_refused("/dev/null", "/nonexistent", "Not a directory");
    expect_refused("/proc", "/nonexistent", "not an output directory");
    expect_refused("/nonexistent", scratch_path, "that is --output");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_body_comes_with_what_its_row_says_of_the_response);
    tcase_add_test(t, a_redirected_body_has_the_url_where_it_was);
    tcase_add_test(t, the_file_of_a_body_is_known_until_it_changes);
    tcase_add_test(t, a_body_in_a_tar_is_found);
    tcase_add_test(t, a_tar_that_was_replaced_meanwhile_is_not_trusted);
    tcase_add_test(t, a_body_must_be_as_its_row_says);
    tcase_add_test(t, nothing_outside_the_directory_is_read);
    tcase_add_test(t, a_second_row_is_tried_if_the_first_lies);
    tcase_add_test(t, a_row_that_has_changed_is_no_row_of_the_url);
    tcase_add_test(t, a_body_has_the_hash_that_the_list_expects);
    tcase_add_test(t, only_so_many_jobs_are_inside);
    tcase_add_test(t, after_a_stop_jobs_come_back_cancelled);
    tcase_add_test(t, what_is_no_output_directory_is_refused);
}

int main(void)
{
    return test_main("reuse", add);
}
