#include "input/listpaths.h"
#include "base/test_scratch.h"

static char **found;
static size_t n_found;

static void make(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path), 0);
    static const char *const names[] = {"part-2.parquet", "part-10.parquet", "part-1.parquet",
        "part-1.csv", "_SUCCESS", "it[1].csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        scratch_write(names[i], "x", 1);
    scratch_mkdir("a [b]*");
    scratch_write("a [b]*/y.parquet", "x", 1);
    scratch_write("a [b]*/X.parquet", "x", 1);
    scratch_write("a [b]*/z.csv", "x", 1);
    scratch_mkdir("none");
}

static void expand(const char *const *paths, size_t n)
{
    found = listpaths_expand(paths, n, &n_found);
}

static void expect(size_t i, const char *path)
{
    ck_assert_uint_lt(i, n_found);
    ck_assert_str_eq(found[i], path);
}

START_TEST(a_pattern_is_its_files_by_name)
{
    expand((const char *[]){"first", "part-*.parquet", "last"}, 3);
    expect(0, "first");
    expect(1, "part-1.parquet");
    expect(2, "part-10.parquet");
    expect(3, "part-2.parquet");
    expect(4, "last");
    ck_assert_uint_eq(n_found, 5);
    ck_assert_ptr_null(found[5]);
    listpaths_free(found);
}
END_TEST

START_TEST(a_folder_is_its_parquet_files)
{
    expand((const char *[]){"a [b]*"}, 1);
    expect(0, "a [b]*/X.parquet");
    expect(1, "a [b]*/y.parquet");
    ck_assert_uint_eq(n_found, 2);
    listpaths_free(found);
    expand((const char *[]){"."}, 1);
    expect(0, "./part-1.parquet");
    ck_assert_uint_eq(n_found, 3);
    listpaths_free(found);
    expand((const char *[]){"none/", "./"}, 2);
    expect(0, "none/");
    expect(1, "./part-1.parquet");
    listpaths_free(found);
}
END_TEST

START_TEST(what_stands_for_itself_stays)
{
    expand((const char *[]){"it[1].csv", "part-1.csv", "none", "no-*.csv", "-", "",
               "http://a/part-*.parquet?x"},
        7);
    ck_assert_ptr_null(found);
    expand(NULL, 0);
    ck_assert_ptr_null(found);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make, scratch_remove);
    tcase_add_test(t, a_pattern_is_its_files_by_name);
    tcase_add_test(t, a_folder_is_its_parquet_files);
    tcase_add_test(t, what_stands_for_itself_stays);
}

int main(void)
{
    return test_main("listpaths", add);
}
