#include "base/test.h"
#include "manifest/sample.h"

#include <errno.h>
#include <string.h>

#define BEGIN                                                                                      \
    "{\"key\":\"000000000\",\"index\":0,\"url\":\"http://a/?\\\"}\",\"status\":\"success\","       \
    "\"error\":null,\"message\":null,\"http_status\":null,\"attempts\":2,\"content_type\":null,"
#define SIZES "\"width\":160,\"height\":120,\"orientation\":null,\"truncated\":false,"
#define THUMBS                                                                                     \
    "\"path\":null,\"thumbs\":["                                                                   \
    "{\"spec\":\"64\",\"path\":\"00000.tar/000000000.jpg\",\"width\":64,\"height\":48},"           \
    "{\"spec\":\"32\",\"path\":\"a]\\\"width\\\":9\",\"width\":32,\"height\":24}],"
#define END "\"duplicate_of\":\"000000001\",\"reused\":false,\"ms\":{\"dns\":1.500}"

static const char row[] = BEGIN SIZES THUMBS END "}\n";

#define SAMPLE_BEGIN                                                                               \
    "\"key\":\"000000000\",\"index\":0,\"url\":\"http://a/?\\\"}\",\"status\":\"success\","        \
    "\"http_status\":0,\"content_type\":\"\","
#define SAMPLE_END                                                                                 \
    "\"original_width\":160,\"original_height\":120,\"orientation\":0,\"truncated\":false,"        \
    "\"path\":\"\",\"thumbs\":["                                                                   \
    "{\"spec\":\"64\",\"path\":\"00000.tar/000000000.jpg\",\"width\":64,\"height\":48},"           \
    "{\"spec\":\"32\",\"path\":\"a]\\\"width\\\":9\",\"width\":32,\"height\":24}]"

static void expect_sample(const struct sample *s, const char *expected)
{
    struct buf out = {0};
    ck_assert_int_eq(sample_write(s, &out), 0);
    ck_assert(buf_append(&out, "", 1));
    ck_assert_str_eq((const char *)out.data, expected);
    buf_fini(&out);
}

START_TEST(a_sample_has_the_size_of_its_image_and_no_nulls)
{
    struct sample s = {.row = row, .len = strlen(row), .image = 0};
    expect_sample(&s, "{" SAMPLE_BEGIN "\"width\":64,\"height\":48," SAMPLE_END "}");
    s.image = 1;
    expect_sample(&s, "{" SAMPLE_BEGIN "\"width\":32,\"height\":24," SAMPLE_END "}");
    s.image = SAMPLE_ORIGINAL;
    expect_sample(&s, "{" SAMPLE_BEGIN "\"width\":160,\"height\":120," SAMPLE_END "}");
}
END_TEST

START_TEST(with_a_folder_the_image_is_named_and_other_rows_are_passed_over)
{
    static const char text[] = "{\"error\":null,\"path\":\"images/00000/"
                               "a\\\"b.jpg\",\"thumbs\":[{\"path\":\"thumbs/64/00001/"
                               "a.jpg\",\"width\":1,\"height\":2}]}";
    static const char *const others[] = {
        "{\"error\":\"timeout\",\"path\":\"images/00000/a.jpg\",\"thumbs\":[]}",
        "{\"error\":null,\"path\":null,\"thumbs\":[]}",
        "{\"error\":null,\"path\":\"a.jpg\",\"thumbs\":[]}",
        "{\"path\":\"images/00000/a.jpg\",\"thumbs\":[]}"};
    struct sample s = {.row = text, .len = strlen(text), .image = SAMPLE_ORIGINAL};
    s.folder = "images/00000";
    struct buf out = {0};
    ck_assert_int_eq(sample_write(&s, &out), 0);
    ck_assert(!strncmp((char *)out.data, "{\"file_name\":\"a\\\"b.jpg\",\"path\":", 31));
    buf_fini(&out);
    s.image = 0;
    s.folder = "thumbs/64/00000";
    ck_assert_int_eq(sample_write(&s, &out), 0);
    ck_assert(!strncmp((char *)out.data, "{\"file_name\":\"../00001/a.jpg\",", 30));
    buf_fini(&out);
    s.image = 1;
    ck_assert_int_eq(sample_write(&s, &out), SAMPLE_NONE);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        s = (struct sample){.row = others[i], .len = strlen(others[i]), .image = SAMPLE_ORIGINAL};
        s.folder = "images/00000";
        ck_assert_msg(sample_write(&s, &out) == SAMPLE_NONE, "%s", others[i]);
    }
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* Of both rows every field must have the same type. */
START_TEST(what_one_row_has_and_another_has_not_is_of_one_type)
{
    static const char some[] =
        "{\"final_url\":\"http://b/\",\"http_status\":200,\"exif\":{\"make\":\"A\\\"B\",\"iso\":1},"
        "\"thumbs\":[],\"caption\":\"c\"}";
    static const char none[] =
        "{\"final_url\":null,\"http_status\":null,\"exif\":null,\"thumbs\":[],\"caption\":null}";
    struct sample s = {.row = some, .len = strlen(some), .image = SAMPLE_ORIGINAL};
    expect_sample(&s, "{\"final_url\":\"http://b/\",\"http_status\":200,"
                      "\"exif\":\"{\\\"make\\\":\\\"A\\\\\\\"B\\\",\\\"iso\\\":1}\","
                      "\"thumbs\":[],\"caption\":\"c\"}");
    s = (struct sample){.row = none, .len = strlen(none), .image = SAMPLE_ORIGINAL};
    expect_sample(
        &s, "{\"final_url\":\"\",\"http_status\":0,\"exif\":\"\",\"thumbs\":[],\"caption\":\"\"}");
}
END_TEST

#define KEPT(a, b, c, d, e)                                                                        \
    "{\"thumbs\":[],\"id\":" a ",\"s\":" b ",\"b\":" c ",\"list\":" d ",\"q\\\\\\\"\":" e "}"

START_TEST(a_kept_column_is_text)
{
    static const char values[] =
        KEPT("9007199254740993", "\"a\\\"b\"", "true", "[1,{\"x\":\"y\\\\\"}]", "null");
    struct sample s = {.row = values, .len = strlen(values), .image = SAMPLE_ORIGINAL};
    expect_sample(&s, KEPT("\"9007199254740993\"", "\"a\\\"b\"", "\"true\"",
                          "\"[1,{\\\"x\\\":\\\"y\\\\\\\\\\\"}]\"", "\"\""));
}
END_TEST

START_TEST(a_kept_column_of_a_declared_type_without_nulls_has_its_values)
{
    static const struct columns columns = {.n = COLUMN_KEPT + 3,
        .at = {[COLUMN_KEPT] = {"id", 2}, {"s", 1}, {"b", 1}},
        .is_typed = {[COLUMN_KEPT] = true, false, true}};
    static const char values[] = KEPT("9007199254740993", "1.50", "false", "2", "3");
    struct sample s = {.row = values, .len = strlen(values), .image = SAMPLE_ORIGINAL};
    s.columns = &columns;
    expect_sample(&s, KEPT("9007199254740993", "\"1.50\"", "false", "\"2\"", "\"3\""));
}
END_TEST

START_TEST(what_is_no_row_or_lacks_the_image_is_refused)
{
    static const char *const texts[] = {"", "{", "{}", "[]", "null", "{\"thumbs\"",
        "{\"thumbs\":", "{\"thumbs\":[", "{\"thumbs\":}", "{\"thumbs\":[{\"width\":1}]}",
        "{\"thumbs\":[1]}", "{\"thumbs\":1}", "{\"thumbs\":[]}", "{\"key\":\"\\", "{\"key\\"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out = {0};
        struct sample s = {.row = texts[i], .len = strlen(texts[i]), .image = 0};
        ck_assert_msg(sample_write(&s, &out) == -EBADMSG, "%s", texts[i]);
        buf_fini(&out);
    }
}
END_TEST

START_TEST(the_name_of_a_file_is_relative_to_its_folder)
{
    static const struct {
        const char *image, *folder, *name;
    } cases[] = {
        {"images/00001/a.jpg", "images/00001", "a.jpg"},
        {"images/00001/host/a.jpg", "images/00001", "host/a.jpg"},
        {"images/00000/a.jpg", "images/00001", "../00000/a.jpg"},
        {"thumbs/256/00000/a.jpg", "thumbs/256/00001", "../00000/a.jpg"},
        {"thumbs/64/00001/a.jpg", "thumbs/256/00001", NULL},
        {"images/00001/a.jpg", "thumbs/256/00001", NULL},
        {"a.jpg", "images/00001", NULL},
    };
    char out[SAMPLE_PATH_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(
            sample_file_name(cases[i].image, strlen(cases[i].image), cases[i].folder, out),
            cases[i].name != NULL);
        if (cases[i].name)
            ck_assert_str_eq(out, cases[i].name);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_sample_has_the_size_of_its_image_and_no_nulls);
    tcase_add_test(t, with_a_folder_the_image_is_named_and_other_rows_are_passed_over);
    tcase_add_test(t, what_one_row_has_and_another_has_not_is_of_one_type);
    tcase_add_test(t, a_kept_column_is_text);
    tcase_add_test(t, a_kept_column_of_a_declared_type_without_nulls_has_its_values);
    tcase_add_test(t, the_name_of_a_file_is_relative_to_its_folder);
    tcase_add_test(t, what_is_no_row_or_lacks_the_image_is_refused);
}

int main(void)
{
    return test_main("sample", add);
}
