#include "input/listtable.h"
#include "base/test.h"

#include <string.h>

static struct {
    struct listtable_cells cells;
    char behind[64];
} record;

static const struct columns by_number = {.at = {{"1025", 4}}, .n = COLUMN_KEPT};
static const struct columns by_name = {.at = {{"url", 3}}, .n = COLUMN_KEPT};
static char why[LISTTABLE_WHY_SIZE];

/* A record of so many cells, all empty. */
static void fill(unsigned n)
{
    record.cells = (struct listtable_cells){.base = ""};
    memset(record.behind, 'x', sizeof record.behind);
    for (unsigned i = 0; i < n; i++)
        listtable_add_cell(&record.cells, 0, 0);
    ck_assert_uint_eq(record.cells.n, n);
}

START_TEST(cells_without_room_are_counted_and_not_written)
{
    fill(LISTTABLE_MAX_CELLS + 4);
    for (size_t i = 0; i < sizeof record.behind; i++)
        ck_assert_int_eq(record.behind[i], 'x');
}
END_TEST

START_TEST(a_cell_that_is_not_kept_is_no_value)
{
    struct urllist_value values[COLUMNS_MAX];
    struct listtable table;
    listtable_begin(&table, &by_number);
    fill(LISTTABLE_MAX_CELLS + 1);
    ck_assert(!listtable_take_row(&table, &record.cells, values, why));
    ck_assert_str_eq(why, "no field 1025: the row has 1025");
}
END_TEST

START_TEST(a_field_behind_the_last_one_is_told)
{
    struct urllist_value values[COLUMNS_MAX];
    struct columns columns = by_number;
    struct listtable table;
    columns.at[COLUMN_URL] = (struct column){"3", 1};
    listtable_begin(&table, &columns);
    fill(2);
    ck_assert(!listtable_take_row(&table, &record.cells, values, why));
    ck_assert_str_eq(why, "no field 3: the row has 2");
    fill(3);
    ck_assert(listtable_take_row(&table, &record.cells, values, why));
}
END_TEST

START_TEST(more_columns_than_are_kept_are_refused)
{
    struct listtable table;
    listtable_begin(&table, &by_name);
    fill(LISTTABLE_MAX_CELLS + 1);
    ck_assert(!listtable_take_header(&table, &record.cells, why, sizeof why));
    ck_assert_str_eq(why, "more than 1024 columns");
    ck_assert_str_eq(listtable_check(&by_number), "more than 1024 columns");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, cells_without_room_are_counted_and_not_written);
    tcase_add_test(t, a_cell_that_is_not_kept_is_no_value);
    tcase_add_test(t, a_field_behind_the_last_one_is_told);
    tcase_add_test(t, more_columns_than_are_kept_are_refused);
}

int main(void)
{
    return test_main("listtable", add);
}
