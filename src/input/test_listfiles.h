/* For the tests of lists: two files, and what is read from them. */
#ifndef INPUT_TEST_LISTFILES_H
#define INPUT_TEST_LISTFILES_H

#include "base/test.h"
#include "input/url.h"
#include "input/urllist.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char path[2][64];
static char message[URLLIST_MESSAGE_SIZE];
static const struct columns only_url = {.at = {{"url", 3}}, .n = COLUMN_KEPT};

static inline void make_file(int i, const void *bytes, size_t len)
{
    snprintf(path[i], sizeof path[i], "/tmp/urllist_test.%d.%d", (int)getpid(), i);
    FILE *f = fopen(path[i], "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static inline struct urllist *open_list(size_t n)
{
    static const char *paths[2];
    paths[0] = path[0];
    paths[1] = path[1];
    struct urllist_conf conf = {.paths = paths, .n_paths = n, .columns = &only_url};
    struct urllist *l = urllist_open(&conf, message);
    ck_assert_msg(l != NULL, "%s", message);
    return l;
}

static inline void expect(struct urllist *l, const char *text, uint64_t number)
{
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
    ck_assert_uint_eq(row.values[COLUMN_URL].len, strlen(text));
    ck_assert_mem_eq(row.values[COLUMN_URL].text, text, strlen(text));
    ck_assert_uint_eq(row.line, number);
    ck_assert_ptr_null(row.bad);
}

static inline void expect_end(struct urllist *l)
{
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_END);
    urllist_free(l);
    unlink(path[0]);
    unlink(path[1]);
}

static inline void gzip_append(int i, const char *text)
{
    snprintf(path[i], sizeof path[i], "/tmp/urllist_test.%d.%d", (int)getpid(), i);
    gzFile f = gzopen(path[i], "a");
    ck_assert_int_gt(gzputs(f, text), 0);
    gzclose(f);
}

#endif
