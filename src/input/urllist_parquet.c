#include "input/urllist_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum urllist_status status_of(
    struct urllist *l, const char *path, enum listparquet_status status, const char *why)
{
    switch (status) {
    case LISTPARQUET_OK:
        return URLLIST_ROW;
    case LISTPARQUET_INTERRUPTED:
        return URLLIST_INTERRUPTED;
    case LISTPARQUET_ERROR:
        return urllist_status_of(listtext_fail_at(l->file, path, why));
    default:
        snprintf(l->message, sizeof l->message, "%.200s: %s", path, why);
        return URLLIST_MISUSE;
    }
}

/* Opens the file for reading at any place. *ret_size: its bytes. A negative errno; -ESPIPE: it is
 * none. */
static int open_regular(const char *path, uint64_t *ret_size)
{
    struct stat st;
    int fd = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                                    : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return -ESPIPE;
    }
    *ret_size = (uint64_t)st.st_size;
    return fd;
}

/* Asks for the columns, and once all files have been looked at, for the rows. */
static enum listparquet_status ask(struct urllist *l, const char *path, int fd, char *why)
{
    const struct listparquet_engine *engine = l->conf.parquet;
    if (!engine) {
        snprintf(why, LISTPARQUET_WHY_SIZE, "has become a Parquet file since the program began");
        return LISTPARQUET_ERROR;
    }
    int stop = liststream_stop(listtext_stream(l->file)), pipes[2];
    enum listparquet_status status =
        listparquet_look(engine, fd, stop, l->conf.columns, &l->parquet, why);
    if (status != LISTPARQUET_OK || !l->checked)
        return status;
    status = listparquet_begin(engine, fd, &l->parquet, pipes, why);
    if (status == LISTPARQUET_OK)
        listtext_open_rows(l->file, path, pipes);
    return status;
}

enum urllist_status urllist_open_parquet(struct urllist *l, const char *path)
{
    char why[LISTPARQUET_WHY_SIZE];
    const char *name = strcmp(path, "-") != 0 ? path : "standard input";
    int fd = open_regular(path, &l->parquet_size);
    if (fd == -ESPIPE)
        return status_of(l, name, LISTPARQUET_MISUSE,
            "Parquet is read from files only, since what it has begins with its end");
    if (fd < 0)
        return status_of(l, name, LISTPARQUET_ERROR, strerror(-fd));
    listparquet_fini(&l->parquet);
    enum listparquet_status status = ask(l, path, fd, why);
    close(fd);
    if (status != LISTPARQUET_OK)
        return status_of(l, name, status, why);
    l->is_open = true;
    l->is_argument = false;
    listlines_begin(&l->lines, l->file, URLLIST_LINE_MAX);
    memset(l->values, 0, l->conf.columns->n * sizeof *l->values);
    if (!l->jsonl)
        l->jsonl = listjsonl_new(l->conf.columns);
    return URLLIST_ROW;
}

uint64_t urllist_parquet_taken(const struct urllist *l)
{
    double share = l->parquet.rows ? (double)l->lines.number / (double)l->parquet.rows : 1;
    return share >= 1 ? l->parquet_size : (uint64_t)(share * (double)l->parquet_size);
}
