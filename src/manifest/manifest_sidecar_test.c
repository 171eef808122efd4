#include "base/test.h"
#include "manifest/manifest.h"

static const char row[] =
    "{\"key\":\"000000000\",\"index\":0,\"url\":\"http://a/\",\"error\":null,\"attempts\":2,"
    "\"ip\":\"127.0.0.1\",\"width\":160,\"height\":120,\"truncated\":false,"
    "\"thumbs\":[{\"path\":\"00000.tar/000000000.jpg\",\"bytes\":7}],"
    "\"started\":\"now\",\"finished\":\"later\",\"ms\":{\"dns\":1.500},\"tags\":[1,2.50,{\"a\":"
    "null}],\"note\":null,\"orientation\":null,\"message\":null}";

#define BEGIN "{\"key\":\"000000000\",\"index\":0,\"url\":\"http://a/\","
#define SIZES "\"width\":64,\"height\":48,\"original_width\":160,\"original_height\":120,"
#define THUMBS "\"thumbs\":[{\"path\":\"00000.tar/000000000.jpg\",\"bytes\":7}],"
#define REST "\"note\":\"\",\"orientation\":0}"
#define TAGS "\"tags\":\"[1,2.50,{\\\"a\\\":null}]\","

START_TEST(a_sidecar_is_its_row_without_the_times_and_without_nulls)
{
    ck_assert(manifest_is_sidecar(BEGIN SIZES "\"truncated\":false," THUMBS TAGS REST, row));
}
END_TEST

START_TEST(a_sidecar_of_an_older_program_has_the_rows_own_values)
{
    static const char old[] = BEGIN SIZES
        "\"error\":null,\"truncated\":false," THUMBS
        "\"tags\":[1,2.50,{\"a\":null}],\"note\":null,\"orientation\":null,\"message\":null}";
    ck_assert(manifest_is_sidecar(old, row));
}
END_TEST

START_TEST(a_line_of_metadata_has_a_file_name_too)
{
    static const char line[] =
        "{\"file_name\":\"a.jpg\",\"key\":\"000000000\",\"index\":0,\"url\":\"http://a/\"," SIZES
        "\"truncated\":false," THUMBS TAGS REST;
    ck_assert(manifest_is_metadata(line, row, "a.jpg"));
    ck_assert(!manifest_is_metadata(line, row, "b.jpg"));
    ck_assert(!manifest_is_sidecar(line, row));
    ck_assert(
        !manifest_is_metadata(BEGIN SIZES "\"truncated\":false," THUMBS TAGS REST, row, "a.jpg"));
}
END_TEST

START_TEST(a_sidecar_with_another_field_or_value_is_refused)
{
    static const char *const others[] = {
        /* another value, another type, another spelling of a number, the size of the source */
        BEGIN SIZES "\"truncated\":true," THUMBS TAGS REST,
        BEGIN SIZES "\"truncated\":0," THUMBS TAGS REST,
        BEGIN SIZES "\"truncated\":false," THUMBS "\"tags\":\"[1,2.5,{\\\"a\\\":null}]\"," REST,
        BEGIN "\"width\":64,\"height\":48,\"original_width\":161,\"original_height\":120,"
              "\"truncated\":false," THUMBS TAGS REST,
        /* a longer list, an object with another name, no JSON */
        BEGIN SIZES "\"truncated\":false," THUMBS "\"tags\":\"[1,2.50,{\\\"a\\\":null},4]\"," REST,
        BEGIN SIZES "\"truncated\":false," THUMBS "\"tags\":\"[1,2.50,{\\\"b\\\":null}]\"," REST,
        BEGIN SIZES "\"truncated\":false," THUMBS "\"tags\":\"[1\"," REST,
        /* a value in place of null */
        BEGIN SIZES "\"truncated\":false," THUMBS TAGS "\"note\":\"x\",\"orientation\":0}",
        BEGIN SIZES "\"truncated\":false," THUMBS TAGS "\"note\":\"\",\"orientation\":1}",
        /* one field more, one less, another number of attempts */
        BEGIN SIZES "\"truncated\":false,\"more\":1," THUMBS TAGS REST,
        BEGIN SIZES THUMBS TAGS REST,
        BEGIN "\"width\":64,\"height\":48,\"truncated\":false," THUMBS TAGS REST,
        BEGIN SIZES "\"truncated\":false,\"attempts\":3," THUMBS TAGS REST,
        /* not an object */
        "[]",
        "",
        "null",
        BEGIN,
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!manifest_is_sidecar(others[i], row), "%zu: %s", i, others[i]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_sidecar_is_its_row_without_the_times_and_without_nulls);
    tcase_add_test(t, a_sidecar_of_an_older_program_has_the_rows_own_values);
    tcase_add_test(t, a_line_of_metadata_has_a_file_name_too);
    tcase_add_test(t, a_sidecar_with_another_field_or_value_is_refused);
}

int main(void)
{
    return test_main("manifest_sidecar", add);
}
