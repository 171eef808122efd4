#include "input/reject.h"

#include "base/hex.h"
#include "base/test_scratch.h"

#include <string.h>

/* SHA-256 of "abc": RFC 6234, 8.5. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct reject *reject;
static char message[REJECT_MESSAGE_SIZE], path[100];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s/reject", scratch_path);
}

static void tear_down(void)
{
    reject_free(reject);
    reject = NULL;
    scratch_remove();
}

static bool load(const char *text, size_t len)
{
    reject_free(reject);
    scratch_write("reject", text, len);
    reject = reject_load(path, message);
    return reject != NULL;
}

static void load_good(const char *text)
{
    ck_assert_msg(load(text, strlen(text)), "%s", message);
}

static void expect_match(const char *pattern, const char *url, bool should)
{
    load_good(pattern);
    ck_assert_msg((reject_pattern_of(reject, url) != NULL) == should, "%s %s", pattern, url);
}

START_TEST(hashes_are_found_whatever_their_order_and_case)
{
    uint8_t sha256[REJECT_SHA256_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41,
        0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
        0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    load_good("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"
              "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\n"
              "0000000000000000000000000000000000000000000000000000000000000000\n");
    ck_assert(reject_has_hash(reject, sha256));
    sha256[31] ^= 1;
    ck_assert(!reject_has_hash(reject, sha256));
    memset(sha256, 0xff, sizeof sha256);
    ck_assert(reject_has_hash(reject, sha256));
    memset(sha256, 0, sizeof sha256);
    ck_assert(reject_has_hash(reject, sha256));
    load_good("");
    ck_assert(!reject_has_hash(reject, sha256));
    ck_assert_ptr_null(reject_pattern_of(reject, "http://a/"));
}
END_TEST

START_TEST(a_pattern_matches_the_whole_url)
{
    expect_match("http://a/gone.png", "http://a/gone.png", true);
    expect_match("http://a/gone.png", "http://a/gone.png?x", false);
    expect_match("http://a/gone.pn", "http://a/gone.png", false);
    expect_match("http://a/gone.png*", "http://a/gone.png", true);
    expect_match("*/gone.png", "https://b/c/gone.png", true);
    expect_match("*/gone.png", "https://b/gone.png/gone.jpg", false);
    expect_match("*://*.a/*x*y", "http://b.a/1x2x3y4y", true);
    expect_match("*://*.a/*x*y", "http://b.a/1y2x3", false);
    expect_match("h*", "http://a/", true);
    expect_match("**", "http://a/", true);
    expect_match("https*", "http://a/", false);
    expect_match("http://a/?b=[c]", "http://a/?b=[c]", true);
    expect_match("http://a/?b", "http://a/xb", false);
}
END_TEST

START_TEST(only_the_path_of_a_pattern_has_capitals)
{
    expect_match("HTTP://A.Example/Gone?Q", "http://a.example/Gone?Q", true);
    expect_match("http://a/GONE", "http://a/gone", false);
    expect_match("*/GONE", "http://a/GONE", true);
}
END_TEST

START_TEST(many_stars_take_no_time)
{
    char url[4000] = "http://";
    memset(url + 7, 'a', sizeof url - 8);
    expect_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", url, false);
}
END_TEST

START_TEST(comments_and_blank_lines_are_skipped)
{
    load_good(
        "\xef\xbb\xbf# mine\r\n\r\n \t\n  http://a/1 \t# the first\r\n" ABC " #x\nhttp://a/2");
    ck_assert_ptr_nonnull(reject_pattern_of(reject, "http://a/1"));
    ck_assert_ptr_nonnull(reject_pattern_of(reject, "http://a/2"));
    ck_assert_ptr_null(reject_pattern_of(reject, "http://a/3"));
}
END_TEST

START_TEST(any_other_line_is_told_with_its_number)
{
    static const char *const bad[] = {"a", "ftp://a/*", "abc*", "gone.png", "http://a/ b", "http",
        "http:/a", "httpx*", "http://\xc3\xa4/", ABC "0", ABC " " ABC, ABC " http://a/", "/gone*"};
    char text[300], place[150];
    snprintf(place, sizeof place, "%s:3: ", path);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int len = snprintf(text, sizeof text, "# one\nhttp://a/\n%s\nhttp://b/\n", bad[i]);
        ck_assert_msg(!load(text, (size_t)len), "%s", bad[i]);
        ck_assert_msg(!strncmp(message, place, strlen(place)), "%s", message);
    }
    snprintf(text, sizeof text, "%.63s\n", ABC);
    ck_assert(!load(text, strlen(text)));
    ck_assert(!load("http://a/\0b\n", 12));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
    ck_assert_ptr_null(reject_load(path, message));
    ck_assert_ptr_nonnull(strstr(message, "No such file"));
    ck_assert_ptr_null(reject_load(scratch_path, message));
    ck_assert_ptr_nonnull(strstr(message, "directory"));
}
END_TEST

static enum err check(const char *url, const uint8_t *sha256)
{
    const char *why;
    struct budget budget = {0};
    struct job *j = job_new();
    ck_assert_int_eq(url_parse(url, strlen(url), &j->request.url, &why), ERR_OK);
    enum err err = reject_check(reject, j, sha256) ? j->err : ERR_OK;
    ck_assert_int_eq(err, j->err);
    job_free(j, &budget);
    return err;
}

START_TEST(a_job_fails_for_its_hash_or_its_url)
{
    uint8_t abc[REJECT_SHA256_SIZE], other[REJECT_SHA256_SIZE] = {0};
    ck_assert(hex_read(ABC, abc, sizeof abc));
    load_good(ABC "\nhttp://a/gone*\n");
    ck_assert_int_eq(check("http://a/x", abc), ERR_PLACEHOLDER);
    ck_assert_int_eq(check("http://a/x", other), ERR_OK);
    ck_assert_int_eq(check("http://a/x", NULL), ERR_OK);
    ck_assert_int_eq(check("http://a/gone1", other), ERR_PLACEHOLDER);
    ck_assert_int_eq(check("http://a/gone1", NULL), ERR_PLACEHOLDER);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, hashes_are_found_whatever_their_order_and_case);
    tcase_add_test(t, a_pattern_matches_the_whole_url);
    tcase_add_test(t, only_the_path_of_a_pattern_has_capitals);
    tcase_add_test(t, many_stars_take_no_time);
    tcase_add_test(t, comments_and_blank_lines_are_skipped);
    tcase_add_test(t, any_other_line_is_told_with_its_number);
    tcase_add_test(t, a_file_that_cannot_be_read_is_told);
    tcase_add_test(t, a_job_fails_for_its_hash_or_its_url);
}

int main(void)
{
    return test_main("reject", add);
}
