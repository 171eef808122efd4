#include "input/listparquet.h"
#include "base/fuzz.h"
#include "input/urllist.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The answers of a process that has been taken over by what it read: parts in turn are rows and how
 * they end. */
static const uint8_t *rest;
static size_t left;

static int answer_fd(void)
{
    struct fuzz_part part = {0, (const uint8_t *)"", 0};
    fuzz_next(&rest, &left, &part);
    int fd = memfd_create("answer", MFD_CLOEXEC);
    fuzz_expect(fd >= 0 && write(fd, part.bytes, part.len) == (ssize_t)part.len);
    fuzz_expect(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static int answer(void *arg, int file, const char *sql, int ret_pipes[2])
{
    (void)arg;
    (void)file;
    fuzz_expect(strlen(sql) > 0);
    ret_pipes[0] = answer_fd();
    ret_pipes[1] = answer_fd();
    return 0;
}

static void on_name(void *arg, const char *name, size_t len)
{
    (void)arg;
    fuzz_expect(strlen(name) == len);
}

static void read_list(const struct listparquet_engine *engine, const char *path)
{
    static const struct columns columns = {.at = {[COLUMN_URL] = {"url", 3},
                                               [COLUMN_CAPTION] = {"caption", 7},
                                               [COLUMN_KEPT] = {"id", 2}},
        .n = COLUMN_KEPT + 1};
    char message[URLLIST_MESSAGE_SIZE];
    struct urllist_conf conf = {.paths = &path, .n_paths = 1, .columns = &columns};
    conf.format = URLLIST_PARQUET;
    conf.parquet = engine;
    struct urllist *list = urllist_open(&conf, message);
    fuzz_expect(list != NULL);
    struct urllist_row row;
    enum urllist_status status;
    while ((status = urllist_next(list, &row)) == URLLIST_ROW) {
        size_t sum = 0;
        for (unsigned i = COLUMN_CAPTION; i < columns.n; i++)
            sum += row.values[i].len;
        fuzz_expect(sum <= URLLIST_COLUMNS_MAX);
        fuzz_expect(row.values[COLUMN_URL].kind == URLLIST_TEXT);
    }
    fuzz_expect(status == URLLIST_END || strlen(urllist_error(list)) > 0);
    urllist_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct listparquet_engine engine = {NULL, "file", "pipe", answer};
    char path[40];
    int fd = memfd_create("list", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    rest = data;
    left = len;
    read_list(&engine, path);
    rest = data;
    left = len;
    listparquet_each_name(&engine, fd, on_name, NULL);
    close(fd);
    return 0;
}
