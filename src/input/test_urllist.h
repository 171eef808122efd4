/* For tests of lists with columns: a list is opened, and its rows are compared. */
#ifndef INPUT_TEST_URLLIST_H
#define INPUT_TEST_URLLIST_H

#include "base/test.h"
#include "input/urllist.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static const char *paths[] = {path};
static struct columns columns;
static struct urllist_conf conf;
static struct urllist *l;
static struct urllist_row row;
static char message[URLLIST_MESSAGE_SIZE];

/* The columns url, text (the caption), md5 and, kept, id and more. */
static inline void set_up(void)
{
    columns = (struct columns){.n = COLUMN_KEPT + 2};
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_CAPTION] = (struct column){"text", 4};
    columns.at[COLUMN_HASH] = (struct column){"md5", 3};
    columns.at[COLUMN_KEPT] = (struct column){"id", 2};
    columns.at[COLUMN_KEPT + 1] = (struct column){"more", 4};
    conf = (struct urllist_conf){.paths = paths, .n_paths = 1, .columns = &columns};
}

/* The columns url and id. */
static inline void use_only_id(void)
{
    columns.at[COLUMN_CAPTION].name = columns.at[COLUMN_HASH].name = NULL;
    columns.n = COLUMN_KEPT + 1;
}

static inline void open_bytes(enum urllist_format format, const char *text, size_t len)
{
    snprintf(path, sizeof path, "/tmp/urllist_columns_test.%d", (int)getpid());
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    fclose(f);
    conf.format = format;
    ck_assert_ptr_null(urllist_check(&conf));
    l = urllist_open(&conf, message);
    ck_assert_msg(l != NULL, "%s", message);
}

static inline void open_text(enum urllist_format format, const char *text)
{
    open_bytes(format, text, strlen(text));
}

static inline void next(uint64_t line)
{
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
    ck_assert_uint_eq(row.line, line);
}

static inline void expect(unsigned column, enum urllist_kind kind, const char *text)
{
    const struct urllist_value *v = &row.values[column];
    ck_assert_int_eq(v->kind, kind);
    ck_assert_uint_eq(v->len, strlen(text));
    ck_assert_mem_eq(v->text, text, v->len);
}

/* A good row whose columns are all text. */
static inline void expect_row(uint64_t line, const char *url, const char *text, const char *id)
{
    next(line);
    ck_assert_msg(!row.bad, "line %d: %s", (int)line, row.bad);
    expect(COLUMN_URL, URLLIST_TEXT, url);
    expect(COLUMN_CAPTION, URLLIST_TEXT, text);
    expect(COLUMN_KEPT, URLLIST_TEXT, id);
}

static inline void expect_bad(uint64_t line, const char *raw, const char *why)
{
    next(line);
    ck_assert_ptr_nonnull(row.bad);
    ck_assert_msg(strstr(row.bad, why) != NULL, "not \"%s\"", why);
    expect(COLUMN_URL, URLLIST_TEXT, raw);
    for (unsigned i = COLUMN_CAPTION; i < columns.n; i++)
        ck_assert_int_eq(row.values[i].kind, URLLIST_NULL);
}

static inline void expect_end(void)
{
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_END);
    urllist_free(l);
    unlink(path);
}

#endif
