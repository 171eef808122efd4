#include "manifest/sharing.h"
#include "base/mem.h"
#include "base/test.h"
#include "manifest/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8, LINE_SIZE = 800 };

static char lines[MOST][LINE_SIZE];
static uint32_t n;
static struct sharing *sharing;

static void set_up(void)
{
    n = 0;
    sharing = sharing_new(MOST);
}

static void tear_down(void)
{
    sharing_free(sharing);
}

/* A row with a body and a thumbnail, each of so many equal digits as hash. first: -1 for none. */
static void add_row(const char *error, char body, char thumb, int owner, int first)
{
    char body_hash[65], thumb_hash[65], of[24] = "null";
    memset(body_hash, body, 64);
    memset(thumb_hash, thumb, 64);
    body_hash[64] = thumb_hash[64] = '\0';
    if (first >= 0)
        snprintf(of, sizeof of, "\"00000000%d\"", first);
    snprintf(lines[n], LINE_SIZE,
        "{\"key\":\"00000000%u\",\"error\":%s,\"bytes\":5,\"sha256\":\"%s\","
        "\"path\":\"images/00000/%d.jpg\",\"thumbs\":[{\"path\":\"thumbs/1/00000/%d.jpg\","
        "\"bytes\":3,\"sha256\":\"%s\"}],\"duplicate_of\":%s,\"reused\":false,\"ms\":{}}",
        n, error, body_hash, owner, owner, thumb_hash, of);
    sharing_add(sharing, n, lines[n], strlen(lines[n]));
    n++;
}

/* A row that has succeeded, with files of its own. */
static void add_own(char body, char thumb)
{
    add_row("null", body, thumb, (int)n, -1);
}

/* "0 - 0! ...": the first row of each, ! if it drops its own files; - if it stays as it is. */
static void expect(const char *should)
{
    char text[8 * MOST] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct sharing_row row = sharing_row(sharing, i);
        ck_assert_uint_eq(row.pos, i);
        ck_assert_ptr_eq(row.line.at, lines[i]);
        unsigned first = (unsigned)((row.first.at - lines[0]) / LINE_SIZE);
        len += (size_t)(row.first.at ? sprintf(text + len, "%u", first) : sprintf(text + len, "-"));
        len += (size_t)sprintf(text + len, "%s%s", row.drops ? "!" : "", i + 1 < n ? " " : "");
    }
    ck_assert_str_eq(text, should);
}

static void find(sharing_may_drop *may_drop, void *arg, uint32_t should)
{
    uint32_t changed;
    ck_assert(sharing_find(sharing, may_drop, arg, &changed));
    ck_assert_uint_eq(changed, should);
}

START_TEST(rows_with_one_body_share_the_files_of_the_first)
{
    add_own('a', '1');
    add_own('b', '2');
    add_own('a', '1');
    add_own('b', '2');
    add_own('a', '1');
    find(NULL, NULL, 3);
    expect("- - 0! 1! 0!");
}
END_TEST

START_TEST(other_thumbnails_are_not_shared)
{
    add_own('a', '1');
    add_own('a', '2');
    add_own('a', '1');
    add_own('a', '2');
    find(NULL, NULL, 2);
    expect("- - 0! 1!");
}
END_TEST

START_TEST(failed_rows_share_nothing)
{
    add_row("\"decode_error\"", 'a', '1', 0, -1);
    add_own('a', '1');
    add_row("\"decode_error\"", 'a', '1', 2, -1);
    add_own('a', '1');
    find(NULL, NULL, 1);
    expect("- - - 1!");
}
END_TEST

START_TEST(a_second_time_finds_nothing)
{
    add_own('a', '1');
    add_row("null", 'a', '1', 0, 0);
    add_row("null", 'a', '1', 0, 0);
    find(NULL, NULL, 0);
    expect("- - -");
}
END_TEST

START_TEST(duplicates_of_a_row_that_shares_name_its_first)
{
    add_own('a', '1');
    add_own('a', '1');
    add_row("null", 'a', '1', 1, 1);
    add_row("null", 'a', '1', 0, 1); /* its first shared already when it was copied */
    find(NULL, NULL, 3);
    expect("- 0! 0 0");
}
END_TEST

START_TEST(an_earlier_row_becomes_the_first)
{
    add_own('b', '2');
    add_own('a', '1'); /* done again */
    add_own('a', '1');
    add_row("null", 'a', '1', 2, 2);
    find(NULL, NULL, 2);
    expect("- - 1! 1");
}
END_TEST

START_TEST(without_an_owner_all_stays)
{
    add_row("null", 'a', '1', 7, 7);
    add_row("null", 'a', '1', 7, 7);
    find(NULL, NULL, 0);
    expect("- -");
}
END_TEST

/* Not those of row 2. */
static bool may_drop(void *arg, const struct manifest_row *row)
{
    ck_assert_ptr_eq(arg, &n);
    return strcmp(manifest_text(row, ROW_KEY), "000000002") != 0;
}

START_TEST(files_that_may_not_go_stay_with_their_row)
{
    add_own('a', '1');
    add_own('a', '1');
    add_own('a', '1');
    add_own('a', '1');
    find(may_drop, &n, 2);
    expect("- 0! - 0!");
}
END_TEST

static void add_text(const char *text)
{
    snprintf(lines[n], LINE_SIZE, "%s", text);
    sharing_add(sharing, n, lines[n], strlen(lines[n]));
    n++;
}

START_TEST(what_has_no_hash_or_files_that_are_not_ours_stays)
{
    static const char elsewhere[] =
        "{\"key\":\"1\",\"sha256\":\"0123456789abcdef\",\"path\":\"../x\",\"thumbs\":[],"
        "\"error\":null,\"bytes\":1,\"duplicate_of\":null,\"reused\":false}";
    add_text("");
    add_text("{\"key\":\"1\",\"sha256\":\"");
    add_text("{\"key\":\"1\",\"sha256\":\"0123456789abcde");
    add_text(elsewhere);
    add_text(elsewhere);
    find(NULL, NULL, 0);
    expect("- - - - -");
}
END_TEST

START_TEST(what_is_no_row_is_an_error)
{
    uint32_t changed;
    add_text("{\"key\":\"1\",\"sha256\":\"0123456789abcdef\"}");
    add_own('a', '1');
    find(NULL, NULL, 0); /* it is not read: no other has its hash */
    add_text("{\"key\":\"1\",\"sha256\":\"0123456789abcdef\"}");
    ck_assert(!sharing_find(sharing, NULL, NULL, &changed));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, rows_with_one_body_share_the_files_of_the_first);
    tcase_add_test(t, other_thumbnails_are_not_shared);
    tcase_add_test(t, failed_rows_share_nothing);
    tcase_add_test(t, a_second_time_finds_nothing);
    tcase_add_test(t, duplicates_of_a_row_that_shares_name_its_first);
    tcase_add_test(t, an_earlier_row_becomes_the_first);
    tcase_add_test(t, without_an_owner_all_stays);
    tcase_add_test(t, files_that_may_not_go_stay_with_their_row);
    tcase_add_test(t, what_has_no_hash_or_files_that_are_not_ours_stays);
    tcase_add_test(t, what_is_no_row_is_an_error);
}

int main(void)
{
    return test_main("sharing", add);
}
