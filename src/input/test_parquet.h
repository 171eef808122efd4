/* For tests of Parquet lists: an engine whose answers are given. */
#ifndef INPUT_TEST_PARQUET_H
#define INPUT_TEST_PARQUET_H

#include "base/test.h"
#include "input/listparquet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Answers that are taken one after the other; the last one stays. */
static struct {
    const char *rows, *status; /* status "": the process has died */
    int err;
} answers[8];
static unsigned asked;
static bool given_endless; /* rows without end */
static char asked_sql[8][4096];

/* Less than a pipe takes. */
static inline int put_in_pipe(const char *text)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    return ends[0];
}

static inline int answer_given(void *arg, int file, const char *sql, int ret_pipes[2])
{
    ck_assert_ptr_eq(arg, &asked);
    ck_assert_int_ge(file, 0);
    unsigned i = asked++;
    snprintf(asked_sql[i], sizeof asked_sql[i], "%s", sql);
    if (answers[i].err)
        return answers[i].err;
    ret_pipes[0] =
        given_endless ? open("/dev/zero", O_RDONLY | O_CLOEXEC) : put_in_pipe(answers[i].rows);
    ret_pipes[1] = put_in_pipe(answers[i].status);
    return 0;
}

static const struct listparquet_engine given_engine = {
    &asked, "/the/file", "/the/pipe", answer_given};

#define NODE(name, children) "{\"name\":\"" name "\",\"children\":" #children "}\n"
#define TYPE(column, type) "{\"column\":\"" column "\",\"type\":\"" type "\"}\n"

/* url and n, of two rows. */
#define TWO_COLUMNS                                                                                \
    "{\"rows\":2}\n" NODE("schema", 2) NODE("url", 0) NODE("n", 0) TYPE("url", "VARCHAR")          \
        TYPE("n", "BIGINT")

#endif
