#include "input/listpaths.h"

#include "base/mem.h"
#include "input/urllist.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct paths {
    char **at;
    size_t n, cap;
    bool any; /* some stood for others */
};

static void add(struct paths *p, const char *path)
{
    if (p->n + 1 >= p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->at = mem_grow(p->at, p->cap * sizeof *p->at);
    }
    p->at[p->n++] = mem_dup(path);
    p->at[p->n] = NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds what the pattern matches. False: nothing. */
static bool add_matches(struct paths *p, const char *pattern)
{
    glob_t found;
    size_t n = p->n;
    if (!glob(pattern, GLOB_NOSORT, NULL, &found)) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            add(p, found.gl_pathv[i]);
        globfree(&found);
    }
    if (p->n > n)
        qsort(p->at + n, p->n - n, sizeof *p->at, by_bytes);
    return p->n > n;
}

/* What characters of the folder's name mean in a pattern is taken from them. */
static bool add_folder(struct paths *p, const char *folder)
{
    static const char inside[] = "*.parquet";
    size_t len = 0;
    char *pattern = mem_new(2 * strlen(folder) + sizeof inside + 1);
    for (const char *c = folder; *c; c++) {
        if (strchr("*?[]\\", *c))
            pattern[len++] = '\\';
        pattern[len++] = *c;
    }
    if (pattern[len - 1] != '/')
        pattern[len++] = '/';
    memcpy(pattern + len, inside, sizeof inside);
    bool any = add_matches(p, pattern);
    free(pattern);
    return any;
}

static bool expand(struct paths *p, const char *path)
{
    struct stat st;
    if (!*path || !strcmp(path, "-") || urllist_is_url(path))
        return false;
    if (!stat(path, &st))
        return S_ISDIR(st.st_mode) && add_folder(p, path);
    return strpbrk(path, "*?[") && add_matches(p, path);
}

char **listpaths_expand(const char *const *paths, size_t n, size_t *ret_n)
{
    struct paths p = {0};
    for (size_t i = 0; i < n; i++)
        if (expand(&p, paths[i]))
            p.any = true;
        else
            add(&p, paths[i]);
    *ret_n = p.n;
    if (p.any)
        return p.at;
    listpaths_free(p.at);
    return NULL;
}

void listpaths_free(char **paths)
{
    for (char **path = paths; path && *path; path++)
        free(*path);
    free(paths);
}
