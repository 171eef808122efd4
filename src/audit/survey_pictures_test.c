#include "audit/test_survey.h"
#include "image/test_bodies.h"
#include "store/tarfile.h"

static void write_rectangle(const char *name, unsigned width, unsigned height)
{
    struct buf b = {0};
    put_jpeg(&b, width, height, 1);
    scratch_write(name, b.data, b.len);
    buf_fini(&b);
}

static void write_picture(const char *name, unsigned side)
{
    write_rectangle(name, side, side);
}

static void pad_file(const char *name, off_t size)
{
    int fd = openat(scratch_dir, name, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
}

static void put_pictured_row(unsigned pos, const char *path)
{
    char more[500];
    snprintf(more, sizeof more, ",\"thumbs\":[{\"path\":\"%s\",\"bytes\":1000}]", path);
    put_row(0, pos, "", more);
}

START_TEST(pictures_lie_evenly_over_the_rows)
{
    for (unsigned i = 0; i < 1000; i++) {
        char name[40];
        snprintf(name, sizeof name, "thumbs/256/%u.jpg", i);
        write_picture(name, i + 1);
        put_pictured_row(i, name);
    }
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->thumbs, 1000);
    ck_assert_uint_eq(survey->n_pictures, SURVEY_PICTURES);
    ck_assert_uint_eq(survey->skipped, 0);
    ck_assert_str_eq(survey->pictures[0].type, "image/jpeg");
    for (unsigned i = 1; i < survey->n_pictures; i++) {
        unsigned step = survey->pictures[i].width - survey->pictures[i - 1].width;
        ck_assert_uint_ge(step, 4);
        ck_assert_uint_le(step, 17);
    }
    ck_assert_uint_gt(survey->pictures[SURVEY_PICTURES - 1].width, 970);
}
END_TEST

START_TEST(few_large_pictures_are_taken_where_many_would_not_fit)
{
    for (unsigned i = 0; i < 100; i++) {
        struct buf b = {0};
        char name[40], more[200];
        put_jpeg(&b, i + 1, 10, 1);
        ck_assert(buf_reserve(&b, 200000));
        memset(b.data + b.len, 0, 200000 - b.len);
        snprintf(name, sizeof name, "thumbs/256/%u.jpg", i);
        scratch_write(name, b.data, 200000);
        buf_fini(&b);
        snprintf(more, sizeof more, ",\"thumbs\":[{\"path\":\"%s\",\"bytes\":200000}]", name);
        put_row(0, i, "", more);
    }
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->n_pictures, SURVEY_PICTURES_MAX / 200000);
    ck_assert_uint_eq(survey->skipped, 0);
    ck_assert_uint_gt(survey->pictures[survey->n_pictures - 1].width, 90);
}
END_TEST

START_TEST(nothing_is_read_but_pictures_beneath_the_directory)
{
    char outside[] = "/tmp/imgfetch-outside.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(outside));
    char picture[80];
    snprintf(picture, sizeof picture, "%s/a.jpg", outside);
    write_picture("thumbs/256/good.jpg", 5);
    write_picture("thumbs/256/bomb.jpg", 60000);
    write_rectangle("thumbs/256/tall.jpg", 5, 60000);
    write_rectangle("thumbs/256/wide.jpg", 60000, 5);
    write_picture("thumbs/256/large.jpg", 5);
    pad_file("thumbs/256/large.jpg", SURVEY_PICTURE_MAX + 1);
    write_picture(picture, 6); /* an absolute path */
    ck_assert_int_eq(symlinkat(picture, scratch_dir, "thumbs/256/link.jpg"), 0);
    ck_assert_int_eq(symlinkat(outside, scratch_dir, "thumbs/folder"), 0);
    ck_assert_int_eq(mkfifoat(scratch_dir, "thumbs/256/pipe.jpg", 0666), 0);
    scratch_write("thumbs/256/page.jpg", "<svg onload=alert(1)>", 21);
    scratch_write("thumbs/256/empty.jpg", "", 0);
    static const char *const paths[] = {"thumbs/256/good.jpg", "thumbs/256/link.jpg",
        "thumbs/folder/a.jpg", "thumbs/256/pipe.jpg", "thumbs/256/page.jpg", "thumbs/256/empty.jpg",
        "thumbs/256/bomb.jpg", "thumbs/256/tall.jpg", "thumbs/256/wide.jpg", "thumbs/256/large.jpg",
        "thumbs/256/gone.jpg", "thumbs/256", "thumbs/../thumbs/256/good.jpg", "../a.jpg",
        "/etc/passwd", "00000.tar/a.jpg", "00001.tar/a.jpg"};
    size_t n = sizeof paths / sizeof *paths, ours = n - 3;
    for (size_t i = 0; i < n; i++)
        put_pictured_row((unsigned)i, paths[i]);
    end_manifest("manifest/00000.jsonl");
    look();
    unlink(picture);
    rmdir(outside);
    ck_assert_uint_eq(survey->rows, n);
    ck_assert_uint_eq(survey->thumbs, ours);
    ck_assert_uint_eq(survey->n_pictures, 1);
    ck_assert_uint_eq(survey->pictures[0].width, 5);
    ck_assert_uint_eq(survey->skipped, ours - 1);
}
END_TEST

static void put_shown_row(unsigned pos, const char *path, const char *caption)
{
    char more[500], name[40];
    snprintf(name, sizeof name, "thumbs/256/%u.jpg", pos);
    write_picture(name, 5);
    snprintf(more, sizeof more,
        ",\"bytes\":700,\"width\":640,\"height\":480,\"path\":%s,\"caption\":%s,"
        "\"thumbs\":[{\"path\":\"%s\",\"bytes\":1000}]",
        path, caption, name);
    put_row(0, pos, "", more);
}

START_TEST(a_picture_has_the_key_the_caption_and_the_file_of_its_row)
{
    put_shown_row(0, "\"images/00000/000000000.png\"", "\"a cat\"");
    put_shown_row(1, "null", "null");
    put_shown_row(2, "\"../secret\"", "null");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->n_pictures, 3);
    const struct survey_shown *kept = &survey->pictures[0].row, *other = &survey->pictures[1].row;
    ck_assert_str_eq(kept->key.text, "000000000");
    ck_assert_str_eq(kept->caption.text, "a cat");
    ck_assert_str_eq(kept->file, "images/00000/000000000.png");
    ck_assert_int_eq(kept->bytes, 700);
    ck_assert_int_eq(kept->width, 640);
    ck_assert_int_eq(kept->height, 480);
    ck_assert_ptr_null(other->caption.text);
    ck_assert_str_eq(other->file, "thumbs/256/1.jpg");
    ck_assert_str_eq(survey->pictures[2].row.file, "thumbs/256/2.jpg");
}
END_TEST

static void write_tar(const char *name, unsigned from, unsigned to)
{
    ck_assert(tarfile_ready());
    int fd = openat(scratch_dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct tarfile *t = tarfile_new(fd, 0);
    for (unsigned i = from; i < to; i++) {
        struct buf b = {0};
        char member[40];
        put_jpeg(&b, i + 1, 7, 1);
        snprintf(member, sizeof member, "00000%04u.jpg", i);
        ck_assert_int_eq(tarfile_add(t, member, b.data, b.len, 0), 0);
        buf_fini(&b);
    }
    ck_assert_int_eq(tarfile_flush(t), 0);
    tarfile_free(t);
}

static void check_ten_pictures(void)
{
    for (unsigned i = 0; i < 10; i++) {
        char path[40];
        snprintf(path, sizeof path, "00000.tar/00000%04u.jpg", i);
        put_pictured_row(i, path);
    }
    put_pictured_row(10, "00001.tar/000000001.jpg");
    end_manifest("00000.jsonl");
    look();
    ck_assert_uint_eq(survey->thumbs, 11);
    ck_assert_uint_eq(survey->n_pictures, 10);
    ck_assert_uint_eq(survey->skipped, 1);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_uint_eq(survey->pictures[i].width, i + 1);
    ck_assert_str_eq(survey->pictures[9].row.url.text, "http://h0.test/9.jpg");
    ck_assert_ptr_null(survey->pictures[9].row.file);
}

START_TEST(pictures_come_from_tars)
{
    write_tar("00000.tar", 0, 10);
    check_ten_pictures();
}
END_TEST

START_TEST(pictures_come_from_an_unfinished_tar)
{
    write_tar("00000.tar.part", 0, 6);
    write_tar("00000.spool", 6, 10);
    check_ten_pictures();
}
END_TEST

START_TEST(formats_that_are_not_supported_are_counted_by_name)
{
    for (unsigned i = 0; i < 7; i++)
        put_row(0, i, "unsupported_format",
            i < 2   ? ",\"format\":\"tiff\""
            : i < 6 ? ",\"format\":\"svg\""
                    : ",\"format\":null");
    put_row(0, 7, "", ",\"format\":\"png\"");
    put_row(0, 8, "decode_error", ",\"format\":\"gif\"");
    end_manifest("manifest/00000.jsonl");
    look();
    const struct survey_formats *f = &survey->unsupported;
    ck_assert_uint_eq(f->n, 3);
    ck_assert_str_eq(f->at[0].name, "svg");
    ck_assert_uint_eq(f->at[0].n, 4);
    ck_assert_str_eq(f->at[1].name, "tiff");
    ck_assert_uint_eq(f->at[1].n, 2);
    ck_assert_str_eq(f->at[2].name, "unknown");
    ck_assert_uint_eq(f->at[2].n, 1);
    ck_assert_uint_eq(survey->formats.n, 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, pictures_lie_evenly_over_the_rows);
    tcase_add_test(t, few_large_pictures_are_taken_where_many_would_not_fit);
    tcase_add_test(t, nothing_is_read_but_pictures_beneath_the_directory);
    tcase_add_test(t, a_picture_has_the_key_the_caption_and_the_file_of_its_row);
    tcase_add_test(t, pictures_come_from_tars);
    tcase_add_test(t, pictures_come_from_an_unfinished_tar);
    tcase_add_test(t, formats_that_are_not_supported_are_counted_by_name);
}

int main(void)
{
    return test_main("survey_pictures", add);
}
