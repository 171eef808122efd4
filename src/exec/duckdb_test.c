#include "exec/duckdb.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { FILTERED = 0 };
#else
enum { FILTERED = 1 };
#endif

/* Where make duckdb puts it, seen from the folder in which tests run. */
static const char built[] = "build/lib/imgfetch/libduckdb.so";

static struct duckdb *duckdb;
static char answer[64 << 10], status[DUCKDB_STATUS_MAX + 1];

/* True if there is a library; then the variable names it. */
static bool named(void)
{
    if (!getenv("IMGFETCH_DUCKDB"))
        setenv("IMGFETCH_DUCKDB", built, 1);
    return access(getenv("IMGFETCH_DUCKDB"), R_OK) == 0;
}

static size_t read_all(int fd, char *into, size_t size)
{
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, into + len, size - 1 - len)) > 0)
        len += (size_t)n;
    into[len] = '\0';
    close(fd);
    return len;
}

static int file_of(const void *bytes, size_t len)
{
    int fd = memfd_create("list", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    return fd;
}

/* Asks, and fills `answer` and `status`. Returns the length of the answer. */
static size_t ask(const char *text, const char *sql)
{
    char message[DUCKDB_MESSAGE_SIZE];
    if (!duckdb)
        duckdb = duckdb_start(false, message);
    ck_assert_msg(duckdb != NULL, "%s", message);
    int pipes[2], file = file_of(text, strlen(text));
    ck_assert_int_eq(duckdb_ask(duckdb, file, sql, pipes), 0);
    close(file);
    size_t len = read_all(pipes[0], answer, sizeof answer);
    read_all(pipes[1], status, sizeof status);
    return len;
}

START_TEST(a_query_gives_rows_in_order)
{
    ask("", "SELECT range::VARCHAR FROM range(3000)");
    ck_assert_str_eq(status, "+");
    ck_assert(!strncmp(answer, "0\n1\n2\n", 6));
    ck_assert_ptr_nonnull(strstr(answer, "\n2047\n2048\n"));
    ck_assert_str_eq(answer + strlen(answer) - 10, "2998\n2999\n");
}
END_TEST

START_TEST(a_query_reads_its_file)
{
    ask("a,b\n1,x\n2,a text of more than twelve bytes\n",
        "SELECT b FROM read_csv('" DUCKDB_IN "', header=true, columns={a: 'INT', b: 'VARCHAR'})");
    ck_assert_str_eq(status, "+");
    ck_assert_str_eq(answer, "x\na text of more than twelve bytes\n");
}
END_TEST

START_TEST(a_null_is_an_empty_line)
{
    ask("", "SELECT unnest(['a', NULL, 'b'])");
    ck_assert_str_eq(answer, "a\n\nb\n");
}
END_TEST

START_TEST(parquet_goes_out_and_comes_in)
{
    size_t len =
        ask("", "COPY (SELECT range AS n FROM range(5)) TO '" DUCKDB_OUT "' (FORMAT parquet)");
    ck_assert_str_eq(status, "+");
    ck_assert(len > 8 && !memcmp(answer, "PAR1", 4) && !memcmp(answer + len - 4, "PAR1", 4));
    int pipes[2], file = file_of(answer, len);
    ck_assert_int_eq(
        duckdb_ask(duckdb, file, "SELECT n::VARCHAR FROM read_parquet('" DUCKDB_IN "')", pipes), 0);
    close(file);
    read_all(pipes[0], answer, sizeof answer);
    read_all(pipes[1], status, sizeof status);
    ck_assert_str_eq(answer, "0\n1\n2\n3\n4\n");
}
END_TEST

START_TEST(an_error_is_one_line_without_our_descriptor)
{
    ask("PAR1 and no more than that", "SELECT * FROM read_parquet('" DUCKDB_IN "')");
    ck_assert_int_eq(*status, '-');
    ck_assert_ptr_null(strchr(status, '\n'));
    ck_assert_ptr_null(strstr(status, DUCKDB_IN));
    ck_assert_ptr_nonnull(strstr(status, "magic"));
    ck_assert_str_eq(answer, "");
}
END_TEST

START_TEST(an_error_in_the_middle_ends_the_rows)
{
    ask("", "SELECT CASE WHEN range < 9000 THEN '' ELSE error('no more') END FROM range(10000)");
    ck_assert_int_eq(*status, '-');
    ck_assert_ptr_nonnull(strstr(status, "no more"));
}
END_TEST

/* Each of them is refused, and nothing is made. */
START_TEST(a_query_has_no_file_but_its_own)
{
    static const char *const queries[] = {"SELECT content FROM read_text('/etc/passwd')",
        "SELECT file FROM glob('/etc/*') WHERE error(file)",
        "COPY (SELECT 1) TO 'build/duckdb_test.out' (FORMAT csv)",
        "ATTACH 'build/duckdb_test.out' AS other", "INSTALL httpfs", "LOAD httpfs",
        "SELECT * FROM read_parquet('/proc/self/fd/5')"};
    for (size_t i = 0; FILTERED && i < sizeof queries / sizeof *queries; i++) {
        ask("", queries[i]);
        ck_assert_msg(*status != '+' || i < 2, "%s: %s", queries[i], answer);
        ck_assert_str_eq(answer, "");
    }
    ck_assert_int_lt(access("build/duckdb_test.out", F_OK), 0);
}
END_TEST

START_TEST(a_query_has_bounded_memory)
{
    if (!FILTERED)
        return; /* ASan needs memory without a limit */
    ask("", "SELECT length(repeat(repeat('x', 1000000), 4000))::VARCHAR");
    ck_assert_str_ne(status, "+");
    ask("", "SELECT 'alive'");
    ck_assert_str_eq(answer, "alive\n");
}
END_TEST

START_TEST(queries_run_at_the_same_time)
{
    int one[2], two[2], file = file_of("", 0);
    ask("", "SELECT 'begun'");
    ck_assert_int_eq(duckdb_ask(duckdb, file, "SELECT range::VARCHAR FROM range(1000000)", one), 0);
    ck_assert_int_eq(duckdb_ask(duckdb, file, "SELECT 'two'", two), 0);
    close(file);
    read_all(two[0], answer, sizeof answer);
    ck_assert_str_eq(answer, "two\n");
    close(two[1]);
    close(one[0]); /* the rest is not wanted: the query dies */
    ck_assert_uint_eq(read_all(one[1], status, sizeof status), 0);
}
END_TEST

START_TEST(too_long_a_query_is_refused)
{
    char *sql = malloc(DUCKDB_SQL_MAX + 2);
    int pipes[2];
    ask("", "SELECT 'begun'");
    memset(sql, ' ', DUCKDB_SQL_MAX + 1);
    sql[DUCKDB_SQL_MAX + 1] = '\0';
    ck_assert_int_eq(duckdb_ask(duckdb, 0, sql, pipes), -E2BIG);
    memcpy(sql, "SELECT 'long'", 13);
    sql[DUCKDB_SQL_MAX] = '\0';
    ck_assert_int_eq(duckdb_ask(duckdb, 0, sql, pipes), 0);
    read_all(pipes[0], answer, sizeof answer);
    close(pipes[1]);
    ck_assert_str_eq(answer, "long\n");
    free(sql);
}
END_TEST

START_TEST(the_version_is_told)
{
    ask("", "SELECT version()");
    ck_assert_mem_eq(answer, duckdb_version(duckdb), strlen(answer) - 1);
    ck_assert_int_eq(*duckdb_version(duckdb), 'v');
}
END_TEST

START_TEST(a_missing_library_is_told)
{
    char message[DUCKDB_MESSAGE_SIZE];
    setenv("IMGFETCH_DUCKDB", "build/no_such.so", 1);
    ck_assert_ptr_null(duckdb_start(false, message));
    ck_assert_ptr_nonnull(strstr(message, "IMGFETCH_DUCKDB, for Parquet: build/no_such.so"));
    unsetenv("IMGFETCH_DUCKDB");
    if (!duckdb_start(false, message)) /* the linker may have one */
        ck_assert_ptr_nonnull(strstr(message, "'make duckdb' gets it"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_missing_library_is_told);
    if (!named())
        return;
    tcase_add_test(t, a_query_gives_rows_in_order);
    tcase_add_test(t, a_query_reads_its_file);
    tcase_add_test(t, a_null_is_an_empty_line);
    tcase_add_test(t, parquet_goes_out_and_comes_in);
    tcase_add_test(t, an_error_is_one_line_without_our_descriptor);
    tcase_add_test(t, an_error_in_the_middle_ends_the_rows);
    tcase_add_test(t, a_query_has_no_file_but_its_own);
    tcase_add_test(t, a_query_has_bounded_memory);
    tcase_add_test(t, queries_run_at_the_same_time);
    tcase_add_test(t, too_long_a_query_is_refused);
    tcase_add_test(t, the_version_is_told);
}

int main(void)
{
    if (!named())
        fprintf(stderr, "skipped: there is no %s: make duckdb\n", built);
    return test_main("duckdb", add);
}
