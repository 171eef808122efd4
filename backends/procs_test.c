/* The bytes between a fetch process and the main process. The checks are static functions, so this
 * file includes procs.c. */
#include "backends/procs.c"
#include "base/test.h"

#include <sys/mman.h>

enum { BODY = 5, ROOM = 5 * (TEXT_MAX + 10) };

static struct procs procs;
static struct job *job;
static uint8_t *edge; /* ROOM bytes before it can be read, none from here on */

static void set_up(void)
{
    enum { PAGES = 65536, GUARD = 65536 }; /* whole pages for any page size */
    uint8_t *memory =
        mmap(NULL, PAGES + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(memory != MAP_FAILED);
    edge = memory + PAGES;
    ck_assert_int_eq(mprotect(edge, GUARD, PROT_NONE), 0);
    procs = (struct procs){0};
    job = job_new();
}

static void tear_down(void)
{
    job_free(job, NULL);
}

/* A valid reply, in pieces: the struct, and the bytes after it. */
static struct {
    struct reply head;
    uint8_t behind[ROOM];
    size_t len; /* of the bytes after it */
} said;

static void say_text(uint32_t *ret_len, const char *text)
{
    *ret_len = (uint32_t)strlen(text);
    memcpy(said.behind + said.len, text, *ret_len);
    said.len += *ret_len;
}

static void say_sound(void)
{
    said.head = (struct reply){.http_status = 200, .connections = 1, .received = 300};
    said.head.retry_after_s = 7;
    said.head.ms = (struct timings){1, 2, 3, 4, 5, 6};
    strcpy(said.head.ip, "192.0.2.1");
    said.len = 0;
    say_text(&said.head.type_len, "image/png");
    say_text(&said.head.redirect_len, "http://a.example/b");
    say_text(&said.head.etag_len, "\"tag\"");
    say_text(&said.head.modified_len, "Mon, 01 Jan 2024 00:00:00 GMT");
    say_text(&said.head.body_len, "bytes");
}

/* The main process gets `len` bytes of it. A read beyond them would crash. */
static void hear(size_t len)
{
    struct fetch e = {.owner = &procs, .job = job};
    uint8_t *out = edge - len;
    size_t head = len < sizeof said.head ? len : sizeof said.head;
    memcpy(out, &said.head, head);
    memcpy(out + head, said.behind, len - head);
    job_clear_response(job, NULL);
    take_result(&e, TASK_DONE, out, len, 0);
    memset(out, 0xee, len);
}

static void hear_all(void)
{
    hear(sizeof said.head + said.len);
}

static void expect_impossible(void)
{
    ck_assert_int_eq(job->err, ERR_IO_ERROR);
    ck_assert_str_eq(job->message, "the fetch process sent an invalid reply");
    ck_assert_ptr_null(job->response.body.data);
    ck_assert_int_eq(job->response.http_status, 0);
}

START_TEST(a_sound_answer_is_copied_into_the_job)
{
    const struct response *r = &job->response;
    job->ms.dns = 77; /* a worker cannot set this */
    say_sound();
    hear_all();
    ck_assert_int_eq(job->err, ERR_OK);
    ck_assert_int_eq(r->http_status, 200);
    ck_assert_uint_eq(r->connections, 1);
    ck_assert_uint_eq(r->received, 300);
    ck_assert_uint_eq(r->retry_after_s, 7);
    ck_assert_str_eq(r->content_type, "image/png");
    ck_assert_str_eq(r->redirect, "http://a.example/b");
    ck_assert_str_eq(r->etag, "\"tag\"");
    ck_assert_str_eq(r->last_modified, "Mon, 01 Jan 2024 00:00:00 GMT");
    ck_assert_uint_eq(r->body.len, BODY);
    ck_assert_mem_eq(r->body.data, "bytes", BODY);
    ck_assert_str_eq(r->ip, "192.0.2.1");
    ck_assert(!r->is_empty && !r->is_unchanged);
    ck_assert_uint_eq(job->ms.dns, 77);
    ck_assert_uint_eq(job->ms.connect, 2);
    ck_assert_uint_eq(job->ms.total, 5);
    ck_assert_uint_eq(job->ms.decode, 0);
}
END_TEST

START_TEST(an_answer_has_the_length_that_it_says)
{
    say_sound();
    size_t whole = sizeof said.head + said.len;
    for (size_t len = 0; len <= whole + 2; len++) {
        hear(len);
        if (len == whole)
            ck_assert_int_eq(job->err, ERR_OK);
        else
            expect_impossible();
    }
    said.head = (struct reply){.http_status = 204}; /* nothing behind it */
    hear(sizeof said.head);
    ck_assert_int_eq(job->err, ERR_OK);
    ck_assert_ptr_null(job->response.content_type);
    ck_assert_ptr_null(job->response.etag);
    ck_assert_uint_eq(job->response.body.len, 0);
}
END_TEST

static uint32_t *length_at(unsigned i)
{
    struct reply *a = &said.head;
    uint32_t *all[] = {
        &a->type_len, &a->redirect_len, &a->etag_len, &a->modified_len, &a->body_len};
    return all[i];
}

START_TEST(no_part_is_longer_than_what_came)
{
    for (unsigned i = 0; i < 5; i++) {
        say_sound();
        const uint32_t right = *length_at(i), left = (uint32_t)said.len;
        const uint32_t wrong[] = {right + 1, right - 1, left, left + 1, TEXT_MAX, TEXT_MAX + 1,
            INT32_MAX, 0x80000000u, UINT32_MAX - left, UINT32_MAX};
        for (unsigned k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            *length_at(i) = wrong[k];
            hear_all();
            expect_impossible();
        }
        *length_at(i) = right;
        hear_all();
        ck_assert_int_eq(job->err, ERR_OK);
    }
}
END_TEST

START_TEST(a_text_may_be_a_byte_longer_than_a_url_and_no_more)
{
    for (unsigned i = 0; i < 4; i++) {
        said.head = (struct reply){.http_status = 200};
        memset(said.behind, 'x', sizeof said.behind);
        said.len = *length_at(i) = URL_MAX + 1;
        hear_all();
        ck_assert_int_eq(job->err, ERR_OK);
        const struct response *r = &job->response;
        const char *texts[] = {r->content_type, r->redirect, r->etag, r->last_modified};
        ck_assert_uint_eq(strlen(texts[i]), URL_MAX + 1);
        said.len = *length_at(i) = URL_MAX + 2;
        hear_all();
        expect_impossible();
    }
}
END_TEST

START_TEST(texts_are_made_safe)
{
    said.head = (struct reply){.http_status = 200};
    said.len = 0;
    say_text(&said.head.type_len, "a?b\xff");
    said.behind[1] = '\0';
    hear_all();
    ck_assert_str_eq(job->response.content_type, "a\xef\xbf\xbd"
                                                 "b\xef\xbf\xbd");
}
END_TEST

START_TEST(a_status_has_three_digits_at_most)
{
    static const int32_t right[] = {0, 1, 304, 999};
    static const int32_t wrong[] = {-1, 1000, INT32_MIN, INT32_MAX};
    for (unsigned i = 0; i < 4; i++) {
        say_sound();
        said.head.http_status = right[i];
        hear_all();
        ck_assert_int_eq(job->err, ERR_OK);
        ck_assert_int_eq(job->response.http_status, right[i]);
        said.head.http_status = wrong[i];
        hear_all();
        expect_impossible();
    }
}
END_TEST

START_TEST(an_error_is_one_that_a_transfer_can_end_with)
{
    for (int32_t err = -3; err <= ERR_STARVED + 3; err++) {
        bool internal = err == ERR_STARVED || err == ERR_STALE;
        say_sound();
        said.head.err = err;
        strcpy(said.head.message, "so it says");
        hear_all();
        if ((err < 0 || err >= ERR_COUNT || err_is_resize((enum err)err)) && !internal) {
            expect_impossible();
        } else if (err) {
            ck_assert_int_eq(job->err, err);
            ck_assert_str_eq(job->message, "so it says");
            ck_assert_ptr_null(job->response.body.data);
        } else {
            ck_assert_uint_eq(job->response.body.len, BODY);
        }
    }
    static const int32_t wrong[] = {INT32_MIN, INT32_MAX, 256 + ERR_TIMEOUT, 65536 + ERR_TIMEOUT};
    for (unsigned i = 0; i < 4; i++) {
        said.head.err = wrong[i];
        hear_all();
        expect_impossible();
    }
}
END_TEST

START_TEST(a_message_and_an_address_have_an_end)
{
    say_sound();
    said.head.err = ERR_TIMEOUT;
    memset(said.head.message, 'm', sizeof said.head.message);
    memset(said.head.ip, '1', sizeof said.head.ip);
    hear_all();
    ck_assert_int_eq(job->err, ERR_TIMEOUT);
    ck_assert_uint_eq(strlen(job->message), JOB_MESSAGE_SIZE - 1);
    ck_assert_str_eq(job->response.ip, "");
}
END_TEST

START_TEST(an_address_is_one_or_it_is_left_out)
{
    static const char *const wrong[] = {"a.example", "192.0.2.256", "<script>", "%n%n"};
    for (unsigned i = 0; i < 4; i++) {
        say_sound();
        strcpy(said.head.ip, wrong[i]);
        hear_all();
        ck_assert_int_eq(job->err, ERR_OK);
        ck_assert_str_eq(job->response.ip, "");
    }
    strcpy(said.head.ip, "2001:db8::1");
    hear_all();
    ck_assert_str_eq(job->response.ip, "2001:db8::1");
}
END_TEST

START_TEST(numbers_and_flags_are_kept_in_their_bounds)
{
    static const uint32_t numbers[] = {0, 1, 99, 100, 101, 0x80000000u, UINT32_MAX};
    for (unsigned i = 0; i < 7; i++) {
        say_sound();
        said.head.connections = said.head.is_empty = said.head.is_unchanged = numbers[i];
        hear_all();
        ck_assert_uint_eq(job->response.connections, numbers[i] < 100 ? numbers[i] : 100);
        ck_assert_int_eq(job->response.is_empty, numbers[i] != 0);
        ck_assert(!job->response.is_unchanged); /* the request was not conditional */
    }
    job->request.etag = strdup("\"tag\"");
    hear_all();
    ck_assert(job->response.is_unchanged);
    free(job->request.etag);
    job->request.etag = NULL;
    job->request.last_modified = strdup("Mon, 01 Jan 2024 00:00:00 GMT");
    hear_all();
    ck_assert(job->response.is_unchanged);
    said.head.is_unchanged = 0;
    hear_all();
    ck_assert(!job->response.is_unchanged);
}
END_TEST

START_TEST(a_process_without_an_answer_says_what_became_of_it)
{
    static const struct {
        enum task_result result;
        int status;
        bool evicted;
        enum err err;
        const char *message;
    } cases[] = {
        {TASK_CRASHED, SIGSEGV, false, ERR_IO_ERROR,
            "the fetch process was killed by signal 11 (Segmentation fault)"},
        {TASK_CRASHED, 3 << 8, false, ERR_IO_ERROR, "the fetch process exited with status 3"},
        {TASK_TIMED_OUT, SIGKILL, false, ERR_TIMEOUT, "not finished in time (--timeout)"},
        {TASK_CANCELLED, 0, false, ERR_CANCELLED, "cancelled"},
        {TASK_CANCELLED, 0, true, ERR_EVICTED, "cancelled"},
        {TASK_BROKEN, 0, false, ERR_CANCELLED, "cancelled"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fetch e = {.owner = &procs, .job = job, .evicted = cases[i].evicted};
        job_clear_response(job, NULL);
        ck_assert_ptr_null(procs_error(&procs.stage));
        take_result(&e, cases[i].result, NULL, 0, cases[i].status);
        ck_assert_int_eq(job->err, cases[i].err);
        ck_assert_str_eq(job->message, cases[i].message);
    }
    ck_assert_ptr_nonnull(procs_error(&procs.stage));
}
END_TEST

/* ---- in the worker ---- */

static void fill_response(struct response *r)
{
    r->http_status = 206;
    r->content_type = strdup("image/gif");
    r->redirect = strdup("http://b.example/");
    r->etag = strdup("\"e\"");
    r->last_modified = strdup("yesterday");
    ck_assert(buf_append(&r->body, "GIF89a", 6));
}

START_TEST(what_a_worker_writes_is_what_is_taken)
{
    uint8_t out[1000];
    struct job *theirs = job_new();
    fill_response(&theirs->response);
    size_t len = write_reply(theirs, out, sizeof out);
    ck_assert_uint_gt(len, sizeof(struct reply));
    ck_assert(take_reply(job, out, len));
    ck_assert_int_eq(job->response.http_status, 206);
    ck_assert_str_eq(job->response.content_type, "image/gif");
    ck_assert_str_eq(job->response.redirect, "http://b.example/");
    ck_assert_str_eq(job->response.etag, "\"e\"");
    ck_assert_str_eq(job->response.last_modified, "yesterday");
    ck_assert_mem_eq(job->response.body.data, "GIF89a", 6);
    job_free(theirs, NULL);
}
END_TEST

START_TEST(an_answer_without_room_is_not_written)
{
    uint8_t out[1000];
    fill_response(&job->response);
    size_t len = write_reply(job, out, sizeof out);
    memset(out, 0xee, sizeof out);
    for (size_t room = 0; room < len; room++)
        ck_assert_uint_eq(write_reply(job, out, room), 0);
    for (size_t i = 0; i < sizeof out; i++)
        ck_assert_uint_eq(out[i], 0xee);
    ck_assert_uint_eq(write_reply(job, out, len), len);
    ck_assert_uint_eq(out[len], 0xee);
}
END_TEST

START_TEST(a_text_too_long_is_cut_and_still_seen_to_be)
{
    uint8_t *out = malloc(ROOM);
    struct job *theirs = job_new();
    theirs->response.redirect = malloc(2 * URL_MAX);
    memset(theirs->response.redirect, 'r', 2 * URL_MAX);
    theirs->response.redirect[2 * URL_MAX - 1] = '\0';
    ck_assert(take_reply(job, out, write_reply(theirs, out, ROOM)));
    ck_assert_uint_eq(strlen(job->response.redirect), URL_MAX + 1);
    job_free(theirs, NULL);
    free(out);
}
END_TEST

START_TEST(a_question_is_understood_whole_or_not_at_all)
{
    static const char texts[] = "http://a.example/i.png\"tag\"monday";
    struct ask ask = {
        .time_left_ns = 9, .max_speed = 8, .is_elsewhere = true, .new_connection = true};
    struct worker w = {0};
    uint8_t in[sizeof ask + sizeof texts + 1] = {0};
    uint32_t *lengths[] = {&ask.url_len, &ask.etag_len, &ask.modified_len};
    ask.url_len = 22;
    ask.etag_len = 5;
    ask.modified_len = 6;
    size_t whole = sizeof ask + sizeof texts - 1;
    memcpy(in, &ask, sizeof ask);
    memcpy(in + sizeof ask, texts, sizeof texts);
    for (size_t len = 0; len <= whole + 1; len++) {
        struct job *j = job_new();
        memcpy(edge - len, in, len);
        ck_assert_int_eq(read_ask(&w, edge - len, len, j), len == whole);
        if (len == whole) {
            ck_assert_str_eq(j->request.url.text, "http://a.example/i.png");
            ck_assert_str_eq(j->request.etag, "\"tag\"");
            ck_assert_str_eq(j->request.last_modified, "monday");
            ck_assert_uint_eq(j->request.time_left_ns, 9);
            ck_assert_uint_eq(w.conf.max_speed, 8);
            ck_assert(j->request.is_elsewhere && !j->request.last_for_host);
            ck_assert(j->request.new_connection && !j->request.is_robots_txt);
        }
        job_free(j, NULL);
    }
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t right = *lengths[i];
        const uint32_t wrong[] = {right - 1, right + 1, 34, UINT32_MAX - 32, UINT32_MAX};
        for (unsigned k = 0; k < 5; k++) {
            struct job *j = job_new();
            *lengths[i] = wrong[k];
            memcpy(in, &ask, sizeof ask);
            memcpy(edge - whole, in, whole);
            ck_assert(!read_ask(&w, edge - whole, whole, j));
            job_free(j, NULL);
        }
        *lengths[i] = right;
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_sound_answer_is_copied_into_the_job);
    tcase_add_test(t, an_answer_has_the_length_that_it_says);
    tcase_add_test(t, no_part_is_longer_than_what_came);
    tcase_add_test(t, a_text_may_be_a_byte_longer_than_a_url_and_no_more);
    tcase_add_test(t, texts_are_made_safe);
    tcase_add_test(t, a_status_has_three_digits_at_most);
    tcase_add_test(t, an_error_is_one_that_a_transfer_can_end_with);
    tcase_add_test(t, a_message_and_an_address_have_an_end);
    tcase_add_test(t, an_address_is_one_or_it_is_left_out);
    tcase_add_test(t, numbers_and_flags_are_kept_in_their_bounds);
    tcase_add_test(t, a_process_without_an_answer_says_what_became_of_it);
    tcase_add_test(t, what_a_worker_writes_is_what_is_taken);
    tcase_add_test(t, an_answer_without_room_is_not_written);
    tcase_add_test(t, a_text_too_long_is_cut_and_still_seen_to_be);
    tcase_add_test(t, a_question_is_understood_whole_or_not_at_all);
}

int main(void)
{
    return test_main("procs", add);
}
