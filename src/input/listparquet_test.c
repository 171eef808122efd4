#include "input/listparquet.h"
#include "input/test_parquet.h"
#include "input/test_urllist.h"

static struct listparquet parquet;
static char why[LISTPARQUET_WHY_SIZE];

/* Looks at a file of which the first answer tells. */
static enum listparquet_status look(const char *rows, const char *status)
{
    asked = 0;
    *why = '\0';
    answers[0].rows = rows;
    answers[0].status = status;
    listparquet_fini(&parquet);
    return listparquet_look(&given_engine, 0, -1, &columns, &parquet, why);
}

static void expect_misuse(const char *rows, const char *text)
{
    ck_assert_int_eq(look(rows, "+"), LISTPARQUET_MISUSE);
    ck_assert_msg(strstr(why, text) != NULL, "%s", why);
    ck_assert_ptr_null(parquet.sql);
}

static void expect_nonsense(const char *rows)
{
    ck_assert_int_eq(look(rows, "+"), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "DuckDB's answer about its columns makes no sense");
}

static void use_url_and(const char *name)
{
    columns = (struct columns){.n = COLUMN_KEPT + 1};
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_KEPT] = (struct column){name, name ? strlen(name) : 0};
}

START_TEST(only_the_columns_used_are_asked_for)
{
    use_url_and("n");
    ck_assert_int_eq(look(TWO_COLUMNS, "+"), LISTPARQUET_OK);
    ck_assert_uint_eq(parquet.rows, 2);
    ck_assert_str_eq(parquet.sql,
        "SELECT concat('{', to_json('url')::VARCHAR, ':', "
        "coalesce(to_json(\"url\"::VARCHAR)::VARCHAR, 'null'), ',', to_json('n')::VARCHAR, ':', "
        "coalesce(\"n\"::VARCHAR, 'null'), '}') FROM read_parquet('/the/file', "
        "hive_partitioning = false)");
    use_url_and(NULL);
    ck_assert_int_eq(look(TWO_COLUMNS, "+"), LISTPARQUET_OK);
    ck_assert_ptr_null(strstr(parquet.sql, "\"n\""));
}
END_TEST

START_TEST(names_are_quoted)
{
    use_url_and("it's \"n\"");
    ck_assert_int_eq(look("{\"rows\":1}\n" NODE("s", 2) NODE("url", 0) NODE("it's \\\"n\\\"", 0)
                              TYPE("url", "BLOB") TYPE("it's \\\"n\\\"", "DOUBLE"),
                         "+"),
        LISTPARQUET_OK);
    ck_assert_ptr_nonnull(strstr(parquet.sql, "to_json('it''s \"n\"')"));
    ck_assert_ptr_nonnull(strstr(parquet.sql, "isfinite(\"it's \"\"n\"\"\")"));
}
END_TEST

/* DuckDB calls the second url_1. */
START_TEST(names_may_differ_in_case)
{
    static const char two[] = "{\"rows\":1}\n" NODE("s", 2) NODE("URL", 0) NODE("url", 0)
        TYPE("URL", "VARCHAR") TYPE("url_1", "VARCHAR");
    use_url_and(NULL);
    ck_assert_int_eq(look(two, "+"), LISTPARQUET_OK);
    ck_assert_ptr_nonnull(strstr(parquet.sql, "\"url_1\""));
    columns.at[COLUMN_URL].name = "Url";
    expect_misuse(two, "no column \"Url\", but URL and url");
}
END_TEST

START_TEST(parts_of_a_column_are_none)
{
    static const char nested[] = "{\"rows\":1}\n" NODE("s", 3) NODE("a", 1) NODE("url", 1)
        NODE("element", 0) NODE("b", 2) NODE("x", 0) NODE("y", 0) NODE("url", 0)
            TYPE("a", "VARCHAR[]") TYPE("b", "STRUCT(x INTEGER, y INTEGER)") TYPE("url", "VARCHAR");
    use_url_and("a");
    ck_assert_int_eq(look(nested, "+"), LISTPARQUET_OK);
    use_url_and("x");
    expect_misuse(nested, "no column \"x\"; the list has: a, b, url");
    use_url_and(NULL);
    columns.at[COLUMN_URL] = (struct column){"a", 1};
    expect_misuse(nested, "\"a\" has no texts that could be URLs: its type is VARCHAR[]");
}
END_TEST

START_TEST(columns_may_have_numbers)
{
    use_url_and("2");
    columns.at[COLUMN_URL] = (struct column){"1", 1};
    ck_assert_int_eq(look(TWO_COLUMNS, "+"), LISTPARQUET_OK);
    ck_assert_ptr_nonnull(strstr(parquet.sql, "to_json('2')::VARCHAR, ':', coalesce(\"n\""));
    columns.at[COLUMN_KEPT].name = "3";
    expect_misuse(TWO_COLUMNS, "no column 3: it has 2");
}
END_TEST

START_TEST(nonsense_is_an_error)
{
    use_url_and("n");
    expect_nonsense("{\"rows\":-1}\n");
    expect_nonsense("{\"rows\":\"2\"}\n");
    expect_nonsense("{\"rows\":2}");
    expect_nonsense("[]\n");
    expect_nonsense(NODE("s", 1) "{\"name\":1,\"children\":0}\n" TYPE("a", "DATE"));
    expect_nonsense(NODE("s", 1) "{\"name\":\"a\",\"children\":null}\n" TYPE("a", "DATE"));
    expect_nonsense(NODE("s", 1) NODE("a\\u0000b", 0) TYPE("a", "DATE"));
    expect_nonsense(NODE("s", 1) NODE("a", 0));
    expect_nonsense(NODE("s", 1) NODE("a", 0) TYPE("a", "DATE") TYPE("b", "DATE"));
    expect_nonsense(NODE("s", 1) NODE("a", 0) "{\"column\":\"a\"}\n");
    expect_misuse("", "no column \"url\"");
}
END_TEST

START_TEST(an_end_is_told)
{
    use_url_and("n");
    ck_assert_int_eq(look(TWO_COLUMNS, ""), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "cannot be read as Parquet: the process (DuckDB) died");
    ck_assert_int_eq(look(TWO_COLUMNS, "?"), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "cannot be read as Parquet: the process (DuckDB) died");
    ck_assert_int_eq(look("", "-Invalid Input Error: it is\33 odd"), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "cannot be read as Parquet: it is? odd");
    ck_assert_int_eq(look("", "-odd"), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "cannot be read as Parquet: odd");
    answers[0].err = -EPIPE;
    ck_assert_int_eq(look("", ""), LISTPARQUET_ERROR);
    ck_assert_str_eq(why, "DuckDB cannot be asked: Broken pipe");
    answers[0].err = -E2BIG;
    ck_assert_int_eq(look("", ""), LISTPARQUET_MISUSE);
    ck_assert_ptr_nonnull(strstr(why, "too long"));
}
END_TEST

START_TEST(an_answer_without_end_is_refused)
{
    use_url_and("n");
    given_endless = true;
    expect_misuse("", "larger than 16 MiB together");
}
END_TEST

START_TEST(an_interrupt_ends_the_wait)
{
    use_url_and("n");
    answers[0].rows = TWO_COLUMNS;
    answers[0].status = "+";
    int stop = put_in_pipe("stop");
    ck_assert_int_eq(
        listparquet_look(&given_engine, 0, stop, &columns, &parquet, why), LISTPARQUET_INTERRUPTED);
    ck_assert_int_eq(
        listparquet_ending(put_in_pipe("+"), stop, "it", why), LISTPARQUET_INTERRUPTED);
    ck_assert_int_eq(listparquet_ending(put_in_pipe("+"), -1, "it", why), LISTPARQUET_OK);
}
END_TEST

static size_t names_len;

static void count_name(void *arg, const char *name, size_t len)
{
    unsigned *n = arg;
    ck_assert_uint_eq(strlen(name), len);
    names_len += len;
    ++*n;
}

START_TEST(names_are_told)
{
    unsigned n = 0;
    asked = 0;
    answers[0].rows = TWO_COLUMNS;
    answers[0].status = "+";
    listparquet_each_name(&given_engine, 0, count_name, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(names_len, 4);
    asked = 0;
    answers[0].status = "";
    listparquet_each_name(&given_engine, 0, count_name, &n);
    ck_assert_uint_eq(n, 2);
}
END_TEST

#define OF_TYPE(type)                                                                              \
    "{\"rows\":1}\n" NODE("s", 2) NODE("url", 0) NODE("n", 0) TYPE("url", "VARCHAR") TYPE("n", type)

static void expect_type(const char *rows, const char *type)
{
    char *types[COLUMNS_MAX] = {NULL};
    asked = 0;
    answers[0].rows = rows;
    answers[0].status = "+";
    listparquet_types(&given_engine, 0, &columns, types);
    ck_assert_ptr_null(types[COLUMN_URL]);
    ck_assert_str_eq(types[COLUMN_KEPT], type);
    free(types[COLUMN_KEPT]);
}

START_TEST(kept_columns_keep_their_types)
{
    use_url_and("n");
    expect_type(OF_TYPE("BIGINT"), "BIGINT");
    expect_type(OF_TYPE("DECIMAL(18,2)"), "DECIMAL(18,2)");
    expect_type(OF_TYPE("STRUCT(a INTEGER, b VARCHAR[])"), "STRUCT(a INTEGER, b VARCHAR[])");
    expect_type(OF_TYPE("MAP(VARCHAR, INTEGER)"), "JSON");
    expect_type(OF_TYPE("BLOB[]"), "JSON");
    expect_type(OF_TYPE("BLOB"), "VARCHAR");
    expect_type(OF_TYPE("HUGEINT"), "VARCHAR");
}
END_TEST

START_TEST(a_column_of_two_types_is_json)
{
    char *type = NULL;
    listparquet_add_type("VARCHAR", &type);
    ck_assert_str_eq(type, "VARCHAR");
    listparquet_add_type("VARCHAR", &type);
    ck_assert_str_eq(type, "VARCHAR");
    listparquet_add_type("BIGINT", &type);
    ck_assert_str_eq(type, "JSON");
    listparquet_add_type("BIGINT", &type);
    ck_assert_str_eq(type, "JSON");
    free(type);
}
END_TEST

/* ---- as a list ---- */

static void open_parquet(void)
{
    use_url_and("n");
    conf = (struct urllist_conf){.paths = paths, .n_paths = 1, .columns = &columns};
    conf.parquet = &given_engine;
    asked = 0;
    answers[0].rows = TWO_COLUMNS;
    answers[0].status = answers[1].status = "+";
    open_bytes(URLLIST_AUTO, "PAR1 and 995 more", 17);
}

START_TEST(rows_are_those_of_the_query)
{
    open_parquet();
    answers[1].rows = "{\"url\":\"http://a/\",\"n\":9007199254740993}\n{\"url\":null,\"n\":1}\n";
    next(1);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/");
    expect(COLUMN_KEPT, URLLIST_JSON, "9007199254740993");
    ck_assert_uint_eq(urllist_reach(l).taken, 8);
    ck_assert_uint_eq(urllist_reach(l).size, 17);
    next(2);
    ck_assert_str_eq(row.bad, "the row has no URL");
    expect(COLUMN_URL, URLLIST_TEXT, "{\"url\":null,\"n\":1}");
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_END);
    ck_assert_uint_eq(urllist_reach(l).taken, 17);
    ck_assert_uint_eq(asked, 2);
    expect_end();
}
END_TEST

START_TEST(rows_that_end_early_are_an_error)
{
    open_parquet();
    answers[1].rows = "{\"url\":\"http://a/\",\"n\":1}\n";
    answers[1].status = "-Invalid Error: a page is broken";
    next(1);
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ERROR);
    ck_assert_ptr_nonnull(
        strstr(urllist_error(l), ": cannot be read as Parquet: a page is broken"));
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ERROR);
    urllist_free(l);
    unlink(path);
}
END_TEST

START_TEST(a_row_that_is_no_object_is_bad)
{
    open_parquet();
    answers[1].rows = "nonsense\n{\"url\":\"http://a/\"}\n";
    expect_bad(1, "nonsense", "no JSON");
    next(2);
    ck_assert_ptr_null(row.bad);
    expect_end();
}
END_TEST

START_TEST(without_an_engine_it_is_an_error)
{
    open_parquet();
    urllist_free(l);
    conf.parquet = NULL;
    l = urllist_open(&conf, message);
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ERROR);
    ck_assert_ptr_nonnull(strstr(urllist_error(l), "has become a Parquet file"));
    urllist_free(l);
    unlink(path);
}
END_TEST

START_TEST(parquet_is_known_by_name_or_bytes)
{
    open_parquet();
    ck_assert(listparquet_is(path));
    ck_assert(urllist_has_parquet(&conf));
    conf.format = URLLIST_CSV;
    ck_assert(!urllist_has_parquet(&conf));
    conf.format = URLLIST_AUTO;
    static const char *const named[] = {"http://a/b.parquet", "none.parquet"};
    conf.paths = named;
    ck_assert(!urllist_has_parquet(&conf));
    conf.n_paths = 2;
    ck_assert(urllist_has_parquet(&conf));
    ck_assert(!listparquet_is("none.parquet") && !listparquet_is("/dev/null"));
    urllist_free(l);
    unlink(path);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, only_the_columns_used_are_asked_for);
    tcase_add_test(t, names_are_quoted);
    tcase_add_test(t, names_may_differ_in_case);
    tcase_add_test(t, parts_of_a_column_are_none);
    tcase_add_test(t, columns_may_have_numbers);
    tcase_add_test(t, nonsense_is_an_error);
    tcase_add_test(t, an_end_is_told);
    tcase_add_test(t, an_answer_without_end_is_refused);
    tcase_add_test(t, an_interrupt_ends_the_wait);
    tcase_add_test(t, names_are_told);
    tcase_add_test(t, kept_columns_keep_their_types);
    tcase_add_test(t, a_column_of_two_types_is_json);
    tcase_add_test(t, rows_are_those_of_the_query);
    tcase_add_test(t, rows_that_end_early_are_an_error);
    tcase_add_test(t, a_row_that_is_no_object_is_bad);
    tcase_add_test(t, without_an_engine_it_is_an_error);
    tcase_add_test(t, parquet_is_known_by_name_or_bytes);
}

int main(void)
{
    return test_main("listparquet", add);
}
