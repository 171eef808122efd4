#include "cmd/imgserve/params.h"

#include "base/test.h"
#include "cmd/imgserve/request.h"

#include <string.h>

static const char *parse(const char *query, struct params *ret)
{
    return params_parse(span_of(query), ret);
}

START_TEST(every_kind_of_value_is_read)
{
    struct params p;
    ck_assert_ptr_null(parse("delay=250&size=0&loop=1&type=image%2Fpng&fault=half&header=A:b"
                             "&header=X-Robots-Tag:%20noai",
        &p));
    ck_assert_uint_eq(p.delay_ms, 250);
    ck_assert_uint_eq(p.size, 0);
    ck_assert(p.loop && !p.close);
    ck_assert(span_is(p.type, "image/png"));
    ck_assert(p.fault && p.fault == faults_find(span_of("half")));
    ck_assert_uint_eq(p.n_headers, 2);
    ck_assert(span_is(p.headers[0], "A:b"));
    ck_assert(span_is(p.headers[1], "X-Robots-Tag: noai"));
}
END_TEST

START_TEST(raw_bytes_may_be_any)
{
    struct params p;
    ck_assert_ptr_null(parse("raw=A%0d%0a%00&again=%ff&times=7&after=", &p));
    ck_assert_uint_eq(p.raw.len, 4);
    ck_assert_mem_eq(p.raw.at, "A\r\n", 4);
    ck_assert(span_is(p.again, "\xff"));
    ck_assert(p.after.at && p.after.len == 0);
    ck_assert_uint_eq(p.times, 7);
}
END_TEST

START_TEST(an_empty_query_and_foreign_names_ask_for_nothing)
{
    struct params p;
    ck_assert_ptr_null(parse("", &p));
    ck_assert(p.size == PARAMS_NONE && p.redirect.at == NULL && p.fault == NULL);
    ck_assert_ptr_null(parse("id=7&&=&delays=x&size_=1&%73ize=1", &p));
    ck_assert(p.size == PARAMS_NONE);
}
END_TEST

START_TEST(values_that_make_no_sense_are_errors)
{
    static const char *const bad[] = {
        "delay=",
        "delay=-1",
        "delay=1s",
        "delay=99999999999",
        "rate=0",
        "status=99",
        "status=1000",
        "encoding=br",
        "fault=no",
        "fault=",
        "loop=2",
        "loop",
        "fail_first=0",
        "type=%zz",
        "header=novalue",
        "header=:x",
        "header=A%0d%0aB:c",
        "redirect=%0a",
        "type=%00",
        "raw=%",
        "times=10000001",
    };
    struct params p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse(bad[i], &p) != NULL, "%s", bad[i]);
}
END_TEST

START_TEST(more_than_there_is_room_for_is_an_error)
{
    static struct {
        struct params p;
        char behind[64];
    } room;
    static char query[REQUEST_TARGET_MAX + 100];
    memset(room.behind, '!', sizeof room.behind);
    memset(query, 'x', sizeof query - 1);
    memcpy(query, "raw=", 4);
    memcpy(query + REQUEST_TARGET_MAX - 30, "&again=", 7);
    ck_assert_ptr_nonnull(parse(query, &room.p));
    for (size_t i = 0; i < sizeof room.behind; i++)
        ck_assert_int_eq(room.behind[i], '!');
    query[REQUEST_TARGET_MAX + 4] = '\0';
    ck_assert_ptr_null(parse(query, &room.p));
}
END_TEST

START_TEST(too_many_headers_are_an_error)
{
    char query[PARAMS_HEADERS_MAX * 11 + 12] = "";
    struct params p;
    for (int i = 0; i < PARAMS_HEADERS_MAX; i++)
        strcat(query, "header=A:b&");
    ck_assert_ptr_null(parse(query, &p));
    strcat(query, "header=A:b");
    ck_assert_ptr_nonnull(parse(query, &p));
}
END_TEST

START_TEST(a_number_of_the_query_can_be_replaced)
{
    struct buf out = {0};
    params_write(span_of("hops=3&delay=5"), "hops", 2, &out);
    ck_assert_uint_eq(out.len, strlen("delay=5&hops=2"));
    ck_assert_mem_eq(out.data, "delay=5&hops=2", out.len);
    out.len = 0;
    params_write(span_of(""), "turn", 1, &out);
    ck_assert_uint_eq(out.len, 6);
    ck_assert_mem_eq(out.data, "turn=1", 6);
    buf_fini(&out);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_kind_of_value_is_read);
    tcase_add_test(t, raw_bytes_may_be_any);
    tcase_add_test(t, an_empty_query_and_foreign_names_ask_for_nothing);
    tcase_add_test(t, values_that_make_no_sense_are_errors);
    tcase_add_test(t, more_than_there_is_room_for_is_an_error);
    tcase_add_test(t, too_many_headers_are_an_error);
    tcase_add_test(t, a_number_of_the_query_can_be_replaced);
}

int main(void)
{
    return test_main("params", add);
}
