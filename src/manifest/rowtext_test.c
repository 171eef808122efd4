#include "manifest/rowtext.h"
#include "base/mem.h"
#include "base/test.h"
#include "manifest/manifest.h"
#include "manifest/row.h"

#include <stdlib.h>
#include <string.h>

static const char *const specs[] = {"256"};
static struct row_writer *writer;
static struct buf out;

static void set_up(void)
{
    writer = row_writer_new((struct job_digits){5, 4}, specs, NULL);
}

static void tear_down(void)
{
    row_writer_free(writer);
    buf_fini(&out);
}

static struct job *make_job(uint32_t pos, const char *path, const char *thumb)
{
    struct job *j = job_new();
    j->pos = pos;
    j->index = pos;
    j->source = mem_dup("http://a/,\"path\":\"x\",\"reused\":\"");
    j->path = mem_dup(path);
    j->image.width = 640;
    j->image.height = 480;
    if (thumb) {
        j->thumbs = mem_new(sizeof *j->thumbs);
        j->n_thumbs = 1;
        j->thumbs[0] = (struct job_thumb){.width = 256, .height = 192, .size = 9};
        j->thumbs[0].path = mem_dup(thumb);
    }
    return j;
}

/* The row without its line feed. */
static char *make_row(struct job *j)
{
    size_t len;
    const char *row = row_write(writer, j, &len);
    char *line = mem_dup_n(row, len - 1);
    job_free(j, NULL);
    return line;
}

static void expect(const char *should)
{
    ck_assert(buf_append(&out, "", 1));
    ck_assert_str_eq((const char *)out.data, should);
    out.len = 0;
}

static struct rowtext text_of(const char *line)
{
    return (struct rowtext){line, strlen(line)};
}

START_TEST(a_row_that_shares_differs_in_its_files_and_its_first_only)
{
    char *first = make_row(make_job(3, "images/00000/000000003.jpg", "thumbs/256/00000/3.jpg"));
    char *line = make_row(make_job(7, "images/00000/000000007.png", NULL));
    ck_assert(rowtext_share(line, strlen(line), text_of(first), &out));
    struct manifest_row row;
    ck_assert(buf_append(&out, "", 1));
    ck_assert(manifest_row_parse((const char *)out.data, &row));
    ck_assert_str_eq(manifest_text(&row, ROW_KEY), "000000007");
    ck_assert_str_eq(manifest_text(&row, ROW_DUPLICATE_OF), "000000003");
    ck_assert_str_eq(manifest_text(&row, ROW_PATH), "images/00000/000000003.jpg");
    ck_assert_uint_eq(row.n_files, 2);
    manifest_row_fini(&row);
    /* What follows and what precedes is as it was. */
    const char *behind = strstr((const char *)out.data, ",\"reused\":");
    ck_assert_str_eq(behind, strstr(line, ",\"reused\":"));
    ck_assert_int_eq(strncmp((const char *)out.data, line, 200), 0);
    free(first);
    free(line);
}
END_TEST

START_TEST(a_row_gets_its_own_files_back)
{
    char *first = make_row(make_job(3, "images/00000/000000003.jpg", "thumbs/256/00000/3.jpg"));
    char *own = make_row(make_job(7, "images/00000/000000007.jpg", "thumbs/256/00000/7.jpg"));
    ck_assert(rowtext_share(own, strlen(own), text_of(first), &out));
    char *shares = mem_dup_n((const char *)out.data, out.len);
    out.len = 0;
    ck_assert(rowtext_own(shares, strlen(shares), text_of(own), &out));
    expect(own);
    free(shares);
    free(first);
    free(own);
}
END_TEST

START_TEST(the_owner_is_null_or_a_key)
{
    struct rowtext files;
    char *line = make_row(make_job(3, NULL, NULL));
    ck_assert(rowtext_files(line, strlen(line), &files));
    struct rowtext owner = rowtext_owner(files), paths = rowtext_paths(files);
    ck_assert_int_eq(strncmp(owner.at, "null", owner.len), 0);
    ck_assert_uint_eq(owner.len, 4);
    ck_assert_int_eq(strncmp(paths.at, ",\"path\":null,\"thumbs\":[]", paths.len), 0);
    free(line);
}
END_TEST

static const char *const not_rows[] = {"", "{}", "{\"key\":\"1", "{\"key\":\"1\"}",
    "{\"key\":\"1\",\"path\":null}",
    "{\"key\":\"1\",\"path\":null,\"thumbs\":[],\"duplicate_of\":1}",
    "{\"index\":1,\"path\":null,\"thumbs\":[],\"duplicate_of\":null,\"reused\":false}"};

START_TEST(what_is_no_row_is_not_edited)
{
    const char *line = not_rows[_i];
    char *row = make_row(make_job(3, NULL, NULL));
    struct rowtext files;
    ck_assert(!rowtext_files(line, strlen(line), &files));
    ck_assert(!rowtext_share(line, strlen(line), text_of(row), &out));
    ck_assert(!rowtext_share(row, strlen(row), text_of(line), &out));
    ck_assert(!rowtext_own(row, strlen(row), text_of(line), &out));
    free(row);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_row_that_shares_differs_in_its_files_and_its_first_only);
    tcase_add_test(t, a_row_gets_its_own_files_back);
    tcase_add_test(t, the_owner_is_null_or_a_key);
    tcase_add_loop_test(t, what_is_no_row_is_not_edited, 0, sizeof not_rows / sizeof *not_rows);
}

int main(void)
{
    return test_main("rowtext", add);
}
