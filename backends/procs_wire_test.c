/* The bytes between a fetch process and the main process: where each part ends, and what the worker
 * makes of them. */
#include "backends/procs_wire_script.h"

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
    ck_assert_uint_eq(r->retry_after_s, 0); /* of 429 and 503 only */
    ck_assert_str_eq(r->content_type, "image/png");
    ck_assert_ptr_null(r->redirect);
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
    say_redirect();
    hear_all();
    expect_taken(ERR_OK);
    ck_assert_str_eq(r->redirect, "http://a.example/b");
}
END_TEST

START_TEST(an_answer_has_the_length_that_it_says)
{
    say_sound();
    size_t whole = sizeof said.head + said.len;
    for (size_t len = 0; len <= whole + 2; len++) {
        hear(len);
        if (len == whole)
            expect_taken(ERR_OK);
        else
            expect_impossible();
    }
    said.head = (struct reply){.http_status = 404, .err = ERR_HTTP_ERROR}; /* nothing behind it */
    hear(sizeof said.head);
    expect_taken(ERR_HTTP_ERROR);
    ck_assert_ptr_null(job->response.content_type);
    ck_assert_ptr_null(job->response.etag);
    ck_assert_uint_eq(job->response.body.len, 0);
}
END_TEST

static uint32_t *length_at(unsigned i)
{
    struct reply *a = &said.head;
    uint32_t *all[] = {
        &a->type_len, &a->etag_len, &a->modified_len, &a->body_len, &a->redirect_len};
    return all[i];
}

START_TEST(no_part_is_longer_than_what_came)
{
    for (unsigned i = 0; i < 5; i++) {
        i < 4 ? say_sound() : say_redirect();
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
        expect_taken(ERR_OK);
    }
}
END_TEST

START_TEST(a_text_may_be_a_byte_longer_than_a_url_and_no_more)
{
    for (unsigned i = 0; i < 5; i++) {
        if (length_at(i) == &said.head.body_len)
            continue;
        bool is_redirect = length_at(i) == &said.head.redirect_len;
        said.head = (struct reply){.http_status = is_redirect ? 302 : 200};
        said.head.err = is_redirect ? ERR_OK : ERR_TRUNCATED_BODY;
        memset(said.behind, 'x', sizeof said.behind);
        said.len = *length_at(i) = URL_MAX + 1;
        hear_all();
        ck_assert(is_taken);
        const struct response *r = &job->response;
        const char *texts[] = {r->content_type, r->etag, r->last_modified, NULL, r->redirect};
        ck_assert_uint_eq(strlen(texts[i]), URL_MAX + 1);
        said.len = *length_at(i) = URL_MAX + 2;
        hear_all();
        expect_impossible();
    }
}
END_TEST

START_TEST(texts_are_made_safe)
{
    said.head = (struct reply){.http_status = 404, .err = ERR_HTTP_ERROR};
    said.len = 0;
    say_text(&said.head.type_len, "a?b\xff");
    said.behind[1] = '\0';
    strcpy(said.head.message, "HTTP \xff 404");
    hear_all();
    ck_assert_str_eq(job->message, "HTTP \xef\xbf\xbd 404");
    ck_assert_str_eq(job->response.content_type, "a\xef\xbf\xbd"
                                                 "b\xef\xbf\xbd");
}
END_TEST

START_TEST(a_message_and_an_address_have_an_end)
{
    say_redirect();
    said.head.err = ERR_TIMEOUT;
    memset(said.head.message, 'm', sizeof said.head.message);
    memset(said.head.ip, '1', sizeof said.head.ip);
    hear_all();
    ck_assert_int_eq(job->err, ERR_TIMEOUT);
    ck_assert_uint_eq(strlen(job->message), JOB_MESSAGE_SIZE - 1);
    ck_assert_str_eq(job->response.ip, "");
}
END_TEST

/* ---- in the worker ---- */

static void fill_response(struct response *r)
{
    r->http_status = 206;
    r->content_type = strdup("image/gif");
    r->etag = strdup("\"e\"");
    r->last_modified = strdup("yesterday");
    ck_assert(buf_append(&r->body, "GIF89a", 6));
}

START_TEST(what_a_worker_writes_is_what_is_taken)
{
    uint8_t out[1000];
    struct job *theirs = job_new();
    fill_response(&theirs->response);
    size_t len = procs_wire_put_reply(theirs, out, sizeof out);
    ck_assert_uint_gt(len, sizeof(struct reply));
    ck_assert(procs_wire_take_reply(job, out, len, &bounds));
    ck_assert_int_eq(job->response.http_status, 206);
    ck_assert_str_eq(job->response.content_type, "image/gif");
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
    size_t len = procs_wire_put_reply(job, out, sizeof out);
    memset(out, 0xee, sizeof out);
    for (size_t room = 0; room < len; room++)
        ck_assert_uint_eq(procs_wire_put_reply(job, out, room), 0);
    for (size_t i = 0; i < sizeof out; i++)
        ck_assert_uint_eq(out[i], 0xee);
    ck_assert_uint_eq(procs_wire_put_reply(job, out, len), len);
    ck_assert_uint_eq(out[len], 0xee);
}
END_TEST

START_TEST(a_text_too_long_is_cut_and_still_seen_to_be)
{
    uint8_t *out = malloc(ROOM);
    struct job *theirs = job_new();
    theirs->response.http_status = 301;
    theirs->response.redirect = malloc(2 * URL_MAX);
    memset(theirs->response.redirect, 'r', 2 * URL_MAX);
    theirs->response.redirect[2 * URL_MAX - 1] = '\0';
    size_t len = procs_wire_put_reply(theirs, out, ROOM);
    ck_assert(procs_wire_take_reply(job, out, len, &bounds));
    ck_assert_uint_eq(strlen(job->response.redirect), URL_MAX + 1);
    job_free(theirs, NULL);
    free(out);
}
END_TEST

START_TEST(a_question_is_understood_whole_or_not_at_all)
{
    static const char texts[] = "http://a.example/i.png\"tag\"mondayhttp://b.example/";
    struct ask ask = {
        .time_left_ns = 9, .max_speed = 8, .is_elsewhere = true, .new_connection = true};
    uint64_t max_speed = 0;
    uint8_t in[sizeof ask + sizeof texts + 1] = {0};
    uint32_t *lengths[] = {&ask.url_len, &ask.etag_len, &ask.modified_len, &ask.referer_len};
    ask.url_len = 22;
    ask.etag_len = 5;
    ask.modified_len = 6;
    ask.referer_len = 17;
    size_t whole = sizeof ask + sizeof texts - 1;
    memcpy(in, &ask, sizeof ask);
    memcpy(in + sizeof ask, texts, sizeof texts);
    for (size_t len = 0; len <= whole + 1; len++) {
        struct job *j = job_new();
        memcpy(edge - len, in, len);
        ck_assert_int_eq(procs_wire_take_ask(edge - len, len, j, &max_speed), len == whole);
        if (len == whole) {
            ck_assert_str_eq(j->request.url.text, "http://a.example/i.png");
            ck_assert_str_eq(j->request.etag, "\"tag\"");
            ck_assert_str_eq(j->request.last_modified, "monday");
            ck_assert_str_eq(j->request.referer, "http://b.example/");
            ck_assert_uint_eq(j->request.time_left_ns, 9);
            ck_assert_uint_eq(max_speed, 8);
            ck_assert(j->request.is_elsewhere && !j->request.last_for_host);
            ck_assert(j->request.new_connection && !j->request.is_robots_txt);
        }
        job_free(j, NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t right = *lengths[i];
        const uint32_t wrong[] = {right - 1, right + 1, 34, UINT32_MAX - 32, UINT32_MAX};
        for (unsigned k = 0; k < 5; k++) {
            struct job *j = job_new();
            *lengths[i] = wrong[k];
            memcpy(in, &ask, sizeof ask);
            memcpy(edge - whole, in, whole);
            ck_assert(!procs_wire_take_ask(edge - whole, whole, j, &max_speed));
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
    tcase_add_test(t, a_message_and_an_address_have_an_end);
    tcase_add_test(t, what_a_worker_writes_is_what_is_taken);
    tcase_add_test(t, an_answer_without_room_is_not_written);
    tcase_add_test(t, a_text_too_long_is_cut_and_still_seen_to_be);
    tcase_add_test(t, a_question_is_understood_whole_or_not_at_all);
}

int main(void)
{
    return test_main("procs_wire", add);
}
