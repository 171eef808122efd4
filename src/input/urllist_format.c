#include "input/urllist_inside.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, size_t *len, const char *end)
{
    size_t n = strlen(end);
    bool does = *len > n && !strncasecmp(name + *len - n, end, n);
    if (does)
        *len -= n;
    return does;
}

enum urllist_format urllist_format_of_name(const char *path, size_t len)
{
    if (ends_with(path, &len, ".parquet"))
        return URLLIST_PARQUET;
    if (!ends_with(path, &len, ".gz") && !ends_with(path, &len, ".zst"))
        ends_with(path, &len, ".zstd");
    if (ends_with(path, &len, ".csv"))
        return URLLIST_CSV;
    if (ends_with(path, &len, ".tsv"))
        return URLLIST_TSV;
    if (ends_with(path, &len, ".jsonl") || ends_with(path, &len, ".ndjson"))
        return URLLIST_JSONL;
    return URLLIST_TXT;
}

bool urllist_is_url(const char *path)
{
    return !strncasecmp(path, "http://", 7) || !strncasecmp(path, "https://", 8);
}

enum urllist_format urllist_format(const struct urllist_conf *conf, const char *path)
{
    if (urllist_is_url(path))
        return URLLIST_TXT;
    if (conf->format != URLLIST_AUTO)
        return conf->format;
    return listparquet_is(path) ? URLLIST_PARQUET : urllist_format_of_name(path, strlen(path));
}

bool urllist_has_parquet(const struct urllist_conf *conf)
{
    for (size_t i = 0; i < conf->n_paths; i++)
        if (urllist_format(conf, conf->paths[i]) == URLLIST_PARQUET)
            return true;
    return false;
}

/* Looks at the bytes as they are; a pipe is not touched. */
static bool is_no_list(const char *path)
{
    char bytes[LISTKIND_BYTES];
    const struct listkind *kind;
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    return n > 0 && (listkind_of_bytes(bytes, (size_t)n, true, &kind) == LISTKIND_OTHER ||
                        listkind_of_text(bytes, (size_t)n, true, false, &kind) == LISTKIND_OTHER);
}

bool urllist_has_columns(const struct urllist_conf *conf)
{
    for (size_t i = 0; i < conf->n_paths; i++)
        if (urllist_format(conf, conf->paths[i]) != URLLIST_TXT ||
            (!urllist_is_url(conf->paths[i]) && is_no_list(conf->paths[i])))
            return true;
    return false;
}

const char *urllist_check(const struct urllist_conf *conf)
{
    for (size_t i = 0; i < conf->n_paths; i++) {
        enum urllist_format format = urllist_format(conf, conf->paths[i]);
        bool is_table = format == URLLIST_CSV || format == URLLIST_TSV || format == URLLIST_PARQUET;
        const char *why = is_table ? listtable_check(conf->columns) : NULL;
        if (why)
            return why;
    }
    return NULL;
}
