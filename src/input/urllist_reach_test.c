/* How far lists are read, in bytes on disk. */
#include "input/test_listfiles.h"

#include <sys/stat.h>
#include <zstd.h>

/* Where the reader was when it asked for more bytes. */
struct reached {
    struct urllist *list;
    struct urllist_reach before_last, last;
};

static void on_wait(void *arg)
{
    struct reached *r = arg;
    if (!r->list)
        return;
    r->before_last = r->last;
    r->last = urllist_reach(r->list);
}

static struct reached read_to_the_end(size_t n)
{
    static const char *paths[2];
    struct reached r = {0};
    struct urllist_row row;
    paths[0] = path[0];
    paths[1] = path[1];
    struct urllist_conf conf = {.paths = paths, .n_paths = n, .columns = &only_url};
    conf.on_wait = on_wait;
    conf.arg = &r;
    r.list = urllist_open(&conf, message);
    while (urllist_next(r.list, &row) == URLLIST_ROW)
        ;
    r.last = urllist_reach(r.list);
    expect_end(r.list);
    return r;
}

START_TEST(the_reach_is_that_of_all_files_as_they_lie_on_disk)
{
    static char many[300000];
    memset(many, 'a', sizeof many);
    for (size_t i = 9; i < sizeof many; i += 10)
        many[i] = '\n';
    make_file(0, many, sizeof many);
    gzip_append(1, "http://a/\n");
    struct stat st;
    ck_assert_int_eq(stat(path[1], &st), 0);
    struct reached r = read_to_the_end(2);
    ck_assert_uint_eq(r.last.size, sizeof many + (uint64_t)st.st_size);
    ck_assert_uint_eq(r.last.taken, r.last.size);
    ck_assert_uint_eq(r.before_last.size, r.last.size);
}
END_TEST

START_TEST(of_a_compressed_list_the_compressed_bytes_count)
{
    static char many[1 << 20];
    uint32_t random = 1;
    for (size_t i = 0; i + 1 < sizeof many; i++)
        many[i] =
            i % 10 == 9 ? '\n' : (char)('a' + ((random = random * 1664525 + 1013904223) >> 28));
    make_file(0, "", 0);
    gzip_append(0, many);
    struct stat st;
    ck_assert_int_eq(stat(path[0], &st), 0);
    ck_assert_int_gt(st.st_size, 3 * 65536); /* several reads */
    struct reached r = read_to_the_end(1);
    ck_assert_uint_eq(r.last.taken, (uint64_t)st.st_size);
    ck_assert_uint_eq(r.last.size, (uint64_t)st.st_size);
    ck_assert_uint_gt(r.before_last.taken, 0);
}
END_TEST

START_TEST(the_size_of_a_pipe_is_not_known)
{
    make_file(0, "http://a/\n", 10);
    snprintf(path[1], sizeof path[1], "/tmp/urllist_test.%d.%d", (int)getpid(), 1);
    ck_assert_int_eq(mkfifo(path[1], 0600), 0);
    struct urllist *l = open_list(2);
    ck_assert_uint_eq(urllist_reach(l).size, 0);
    urllist_free(l);
    unlink(path[0]);
    unlink(path[1]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_reach_is_that_of_all_files_as_they_lie_on_disk);
    tcase_add_test(t, of_a_compressed_list_the_compressed_bytes_count);
    tcase_add_test(t, the_size_of_a_pipe_is_not_known);
}

int main(void)
{
    return test_main("urllist_reach", add);
}
