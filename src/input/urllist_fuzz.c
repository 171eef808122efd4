#include "input/urllist.h"
#include "base/fuzz.h"
#include "input/url.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct columns columns = {
    .at = {[COLUMN_URL] = {"url", 3}, [COLUMN_CAPTION] = {"2", 1}},
    .n = COLUMN_KEPT,
};

static void read_as(enum urllist_format format, const char *path, const char *encoding)
{
    char message[URLLIST_MESSAGE_SIZE];
    struct urllist_conf conf = {
        .paths = &path, .n_paths = 1, .format = format, .columns = &columns, .encoding = encoding};
    struct urllist *list = urllist_open(&conf, message);
    struct urllist_row row;
    enum urllist_status status;
    uint64_t line = 0;
    fuzz_expect(list != NULL);
    while ((status = urllist_next(list, &row)) == URLLIST_ROW) {
        fuzz_expect(row.line > line && row.values[COLUMN_URL].kind == URLLIST_TEXT);
        fuzz_expect(row.values[COLUMN_URL].len <= URL_MAX + 1);
        line = row.line;
    }
    fuzz_expect(status == URLLIST_END || urllist_error(list) != NULL);
    urllist_free(list);
}

/* Counts the rows. Of every third one the line is added up; the others may be passed. */
static uint64_t count(
    enum urllist_format format, const char *path, bool passes, uint64_t *ret_lines)
{
    char message[URLLIST_MESSAGE_SIZE];
    struct urllist_conf conf = {
        .paths = &path, .n_paths = 1, .format = format, .columns = &columns};
    struct urllist *list = urllist_open(&conf, message);
    struct urllist_row row;
    uint64_t rows = 0;
    fuzz_expect(list != NULL);
    for (*ret_lines = 0;; rows++) {
        bool skips = rows % 3 && passes;
        if ((skips ? urllist_skip(list) : urllist_next(list, &row)) != URLLIST_ROW)
            break;
        *ret_lines += rows % 3 ? 0 : row.line;
    }
    urllist_free(list);
    return rows;
}

/* Reads the bytes as each format. Compressed input also exercises the libraries that decompress
 * it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char path[40];
    int fd = memfd_create("list", MFD_CLOEXEC);
    fuzz_expect(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (enum urllist_format f = URLLIST_TXT; f <= URLLIST_JSONL; f++) {
        uint64_t lines, again;
        read_as(f, path, NULL);
        fuzz_expect(count(f, path, false, &lines) == count(f, path, true, &again));
        fuzz_expect(lines == again);
    }
    read_as(URLLIST_CSV, path, "utf-16le");
    close(fd);
    return 0;
}
