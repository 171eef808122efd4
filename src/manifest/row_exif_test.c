/* The tags of a picture in its row. */
#include "base/mem.h"
#include "base/test.h"
#include "manifest/row.h"

#include <string.h>

START_TEST(tags_are_a_field_that_each_row_has_if_they_are_read)
{
    static const char *const rows[] = {
        "'exif':{'make':'Acme','model':null,'datetime_original':'2024:05:01 12:34:56',"
        "'exposure_time':0.004,'f_number':2.8,'iso':400,'focal_length':35,"
        "'gps':{'lat':48.85833333,'lon':-2.2945}},'path':",
        "'exif':{'make':null,'model':null,'datetime_original':null,'exposure_time':null,"
        "'f_number':null,'iso':null,'focal_length':null,'gps':null},'path':",
        "'exif':null,'path':"};
    const struct exiftags some = {
        "Acme", "", "2024:05:01 12:34:56", 0.004, 2.8, 35, 400, 1, 48.858333333333, -2.2945};
    struct row_writer *writer = row_writer_new((struct job_digits){5, 4}, NULL, NULL);
    row_writer_add_exif(writer);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job *j = job_new();
        char *wanted = mem_dup(rows[i]);
        size_t len;
        if (i < 2)
            j->image.exif = mem_new(sizeof some);
        if (i == 0)
            *j->image.exif = some;
        for (char *quote; (quote = strchr(wanted, '\''));)
            *quote = '"';
        const char *row = row_write(writer, j, &len);
        row = strstr(row, "\"exif\":");
        ck_assert_ptr_nonnull(row);
        ck_assert_msg(strstr(row, wanted) != NULL, "%s", row);
        free(wanted);
        job_free(j, NULL);
    }
    row_writer_free(writer);
}
END_TEST

START_TEST(without_tags_no_row_has_the_field)
{
    struct row_writer *writer = row_writer_new((struct job_digits){5, 4}, NULL, NULL);
    struct job *j = job_new();
    size_t len;
    ck_assert_ptr_null(strstr(row_write(writer, j, &len), "exif"));
    job_free(j, NULL);
    row_writer_free(writer);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, tags_are_a_field_that_each_row_has_if_they_are_read);
    tcase_add_test(t, without_tags_no_row_has_the_field);
}

int main(void)
{
    return test_main("row_exif", add);
}
