#include "manifest/rowindex.h"
#include "base/test_scratch.h"
#include "input/job.h"

#include <stdlib.h>

enum { SHARD = 3, SHARD_SIZE = 1000 };

static struct buf text, line;
static int64_t begins[SHARD_SIZE]; /* by position: the offset of the line in `text`; -1: none */
static int fd;

static void set_up(void)
{
    scratch_make();
    memset(begins, -1, sizeof begins);
    srandom(7);
}

static void tear_down(void)
{
    buf_fini(&text);
    buf_fini(&line);
    scratch_remove();
}

static void add_text(const char *t)
{
    ck_assert(buf_append(&text, t, strlen(t)));
}

static void add_row(uint32_t pos, size_t filling)
{
    char key[JOB_KEY_SIZE];
    job_key(SHARD, pos, job_digits(JOB_SHARD_DIGITS, SHARD_SIZE), key);
    begins[pos] = (int64_t)text.len;
    add_text("{\"key\":\"");
    add_text(key);
    add_text("\",\"url\":\"");
    for (; filling; filling--)
        add_text("x");
    add_text("\"}\n");
}

static void open_manifest(void)
{
    scratch_write("manifest", text.data, text.len);
    fd = openat(scratch_dir, "manifest", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
}

/* The line at this offset is the row's; offset -ENOENT: the row has none. */
static void expect_row(int64_t offset, uint32_t pos)
{
    ck_assert_int_eq(offset, begins[pos] < 0 ? -ENOENT : begins[pos]);
    if (offset < 0)
        return;
    const char *begin = (const char *)text.data + offset;
    ck_assert_int_eq(rowindex_line(fd, offset, &line), 0);
    ck_assert_uint_eq(line.len, (size_t)(strchr(begin, '\n') - begin));
    ck_assert(!memcmp(line.data, begin, line.len));
    ck_assert_int_eq(line.data[line.len], '\0');
}

static void expect_ordered(void)
{
    open_manifest();
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        expect_row(rowindex_ordered(fd, SHARD, job_digits(5, SHARD_SIZE), pos), pos);
    close(fd);
}

START_TEST(a_row_is_found_among_rows_in_order)
{
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        add_row(pos, (size_t)random() % (pos % 50 ? 100 : 20000));
    expect_ordered();
}
END_TEST

START_TEST(rows_may_be_missing_among_rows_in_order)
{
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        if (random() % 3 == 0)
            add_row(pos, (size_t)random() % 300);
    expect_ordered();
}
END_TEST

START_TEST(an_empty_manifest_has_no_row_and_one_has_one)
{
    expect_ordered();
    add_row(700, 9000);
    expect_ordered();
}
END_TEST

START_TEST(what_is_no_manifest_of_the_shard_has_no_row)
{
    static const char *const texts[] = {"\n", "no row", "no row\n", "{\"key\":\"000040001\"}\n",
        "{\"key\":\"000030001\"", "\n\n\n{\"key\":\"000030000\"}\nx\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        text.len = 0;
        add_text(texts[i]);
        open_manifest();
        ck_assert_int_eq(rowindex_ordered(fd, SHARD, job_digits(5, SHARD_SIZE), 1), -ENOENT);
        close(fd);
    }
    ck_assert_int_eq(rowindex_ordered(-1, SHARD, job_digits(5, SHARD_SIZE), 1), -EBADF);
}
END_TEST

/* The first line that is looked at is none of ours. */
START_TEST(a_row_among_other_lines_is_not_looked_for)
{
    add_row(0, 0);
    for (int i = 0; i < 100; i++)
        add_text("no row\n");
    add_row(1, 0);
    open_manifest();
    ck_assert_int_eq(rowindex_ordered(fd, SHARD, job_digits(5, SHARD_SIZE), 1), -ENOENT);
    close(fd);
}
END_TEST

START_TEST(rows_behind_the_last_place_are_not_noted)
{
    enum { PLACES = 9999, GUARD = 100000 };
    struct rowindex *r = rowindex_new(SHARD, SHARD_SIZE, job_digits(5, SHARD_SIZE));
    char *guard = malloc(GUARD); /* right behind it, most likely */
    memset(guard, 'x', GUARD);
    for (uint32_t pos = SHARD_SIZE; pos <= PLACES; pos++) {
        char row[40];
        int len = snprintf(row, sizeof row, "{\"key\":\"%05u%04u\"}\n", SHARD, pos);
        rowindex_add(r, 0, row, (size_t)len);
        ck_assert_int_eq(rowindex_offset(r, pos), -ENOENT);
    }
    for (int i = 0; i < GUARD; i++)
        ck_assert_int_eq(guard[i], 'x');
    free(guard);
    rowindex_free(r);
}
END_TEST

START_TEST(the_last_row_of_a_position_counts_in_an_open_manifest)
{
    struct rowindex *r = rowindex_new(SHARD, SHARD_SIZE, job_digits(5, SHARD_SIZE));
    for (int i = 0; i < 1500; i++) {
        size_t before = text.len;
        add_row((uint32_t)random() % SHARD_SIZE, (size_t)random() % 6000);
        if (i % 100 == 0)
            add_text("no row\n{\"key\":\"000031000\"}\n{\"key\":\"000040001\"}\n");
        rowindex_add(r, (int64_t)before, (char *)text.data + before, text.len - before);
    }
    open_manifest();
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        expect_row(rowindex_offset(r, pos), pos);
    ck_assert_int_eq(rowindex_offset(r, SHARD_SIZE), -ENOENT);
    ck_assert_int_eq(rowindex_line(fd, (int64_t)text.len, &line), -ENOENT);
    close(fd);
    rowindex_free(r);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_row_is_found_among_rows_in_order);
    tcase_add_test(t, rows_may_be_missing_among_rows_in_order);
    tcase_add_test(t, an_empty_manifest_has_no_row_and_one_has_one);
    tcase_add_test(t, what_is_no_manifest_of_the_shard_has_no_row);
    tcase_add_test(t, a_row_among_other_lines_is_not_looked_for);
    tcase_add_test(t, rows_behind_the_last_place_are_not_noted);
    tcase_add_test(t, the_last_row_of_a_position_counts_in_an_open_manifest);
}

int main(void)
{
    return test_main("rowindex", add);
}
