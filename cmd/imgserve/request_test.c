#include "cmd/imgserve/request.h"

#include "base/test.h"

#include <string.h>

static int parse(const char *head, struct request *ret)
{
    struct span s = span_of(head);
    ck_assert_uint_eq(request_head_len(s), s.len);
    return request_parse(s, ret);
}

static int status_of(const char *head)
{
    struct request ignored;
    return parse(head, &ignored);
}

#define ck_assert_span_eq(span, text)                                                              \
    ck_assert_msg(span_is(span, text), "%.*s", (int)(span).len, (span).at)

START_TEST(a_plain_request_is_taken_apart)
{
    struct request r;
    ck_assert_int_eq(parse("GET /a/b.jpg?x=1&y HTTP/1.1\r\nHost: Example.org:8080\r\n"
                           "If-None-Match: \"z\"\r\n\r\n",
                         &r),
        0);
    ck_assert(!r.is_head && !r.is_http10 && r.keep_alive);
    ck_assert_span_eq(r.target, "/a/b.jpg?x=1&y");
    ck_assert_span_eq(r.path, "/a/b.jpg");
    ck_assert_span_eq(r.query, "x=1&y");
    ck_assert_span_eq(r.host, "Example.org");
    ck_assert_span_eq(r.if_none_match, "\"z\"");
}
END_TEST

START_TEST(a_head_ends_with_its_first_empty_line)
{
    ck_assert_uint_eq(request_head_len(span_of("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /")), 27);
    ck_assert_uint_eq(request_head_len(span_of("GET / HTTP/1.1\nHost: a\n\nGET /")), 24);
    ck_assert_uint_eq(request_head_len(span_of("\r\nGET / HTTP/1.1\r\n\r\n")), 20);
    ck_assert_uint_eq(request_head_len(span_of("GET / HTTP/1.1\r\nHost: a\r\n\r")), 0);
    ck_assert_uint_eq(request_head_len(span_of("\r\n\r\n\r\n")), 0);
    ck_assert_uint_eq(request_head_len(span_of("")), 0);
}
END_TEST

START_TEST(connections_are_kept_as_rfc_9112_says)
{
    struct request r;
    ck_assert_int_eq(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", &r), 0);
    ck_assert(!r.keep_alive);
    ck_assert_int_eq(parse("GET / HTTP/1.0\r\n\r\n", &r), 0);
    ck_assert(r.is_http10 && !r.keep_alive);
    ck_assert_uint_eq(r.host.len, 0);
    ck_assert_int_eq(parse("HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &r), 0);
    ck_assert(r.is_head && r.keep_alive);
}
END_TEST

START_TEST(the_authority_of_an_absolute_target_is_the_host)
{
    struct request r;
    ck_assert_int_eq(parse("GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n", &r), 0);
    ck_assert_span_eq(r.host, "b.example");
    ck_assert_span_eq(r.target, "/p?q");
    ck_assert_int_eq(parse("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", &r), 0);
    ck_assert_span_eq(r.host, "[::1]");
}
END_TEST

START_TEST(malformed_heads_are_refused)
{
    static const char *const bad[] = {
        "\x01\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.x\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /#f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(status_of(bad[i]) == 400, "%s", bad[i]);
}
END_TEST

START_TEST(what_is_understood_but_not_served_has_its_own_status)
{
    ck_assert_int_eq(status_of("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
    ck_assert_int_eq(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    ck_assert_int_eq(status_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), 413);
    ck_assert_int_eq(
        status_of("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
    ck_assert_int_eq(status_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0);

    char head[REQUEST_TARGET_MAX + 100] = "GET /";
    memset(head + 5, 'a', REQUEST_TARGET_MAX);
    strcpy(head + 5 + REQUEST_TARGET_MAX, " HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_int_eq(status_of(head), 414);
    memmove(head + 5, head + 6, strlen(head + 6) + 1);
    ck_assert_int_eq(status_of(head), 0);
}
END_TEST

/* Under ASan: no byte beyond the head is read. */
START_TEST(any_cut_and_any_changed_byte_is_survived)
{
    static const char good[] =
        "GET http://h:1/p?q HTTP/1.1\r\nHost: [::1]:8\r\nConnection: a,close\r\n\r\n";
    size_t len = strlen(good);
    for (size_t i = 0; i < len; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char *copy = malloc(len);
            struct request r;
            memcpy(copy, good, len);
            copy[i] = (char)byte;
            size_t n = request_head_len((struct span){copy, len});
            ck_assert_uint_le(n, len);
            if (n && request_parse((struct span){copy, n}, &r) == 0)
                ck_assert(r.path.len && r.path.at[0] == '/');
            request_parse((struct span){copy, i}, &r);
            free(copy);
        }
    }
}
END_TEST

START_TEST(percent_decoding_is_strict)
{
    char out[20];
    size_t len;
    ck_assert(span_decode(span_of("a%20b%2Fc%c3%A4"), out, &len));
    ck_assert_uint_eq(len, 7);
    ck_assert_mem_eq(out, "a b/c\xc3\xa4", 7);
    ck_assert(!span_decode(span_of("%"), out, &len));
    ck_assert(!span_decode(span_of("%2"), out, &len));
    ck_assert(!span_decode(span_of("%2g"), out, &len));
    ck_assert(!span_decode((struct span){"%20", 2}, out, &len)); /* what follows is another's */
    ck_assert(span_decode(span_of("%00"), out, &len));
    ck_assert_mem_eq(out, "", len);
    ck_assert_uint_eq(len, 1);
}
END_TEST

START_TEST(numbers_do_not_overflow)
{
    uint64_t n;
    ck_assert(span_number(span_of("18446744073709551615"), UINT64_MAX, &n));
    ck_assert(n == UINT64_MAX);
    ck_assert(!span_number(span_of("18446744073709551616"), UINT64_MAX, &n));
    ck_assert(!span_number(span_of("11"), 10, &n));
    ck_assert(!span_number(span_of(""), 10, &n));
    ck_assert(!span_number(span_of("1 "), 10, &n));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_plain_request_is_taken_apart);
    tcase_add_test(t, a_head_ends_with_its_first_empty_line);
    tcase_add_test(t, connections_are_kept_as_rfc_9112_says);
    tcase_add_test(t, the_authority_of_an_absolute_target_is_the_host);
    tcase_add_test(t, malformed_heads_are_refused);
    tcase_add_test(t, what_is_understood_but_not_served_has_its_own_status);
    tcase_add_test(t, any_cut_and_any_changed_byte_is_survived);
    tcase_add_test(t, percent_decoding_is_strict);
    tcase_add_test(t, numbers_do_not_overflow);
}

int main(void)
{
    return test_main("request", add);
}
