/* What the tests of fresh.c share: files to make and to look for in the scratch directory. */
#ifndef STORE_TEST_FRESH_H
#define STORE_TEST_FRESH_H

#include "base/test_scratch.h"
#include "store/fresh.h"

static char what[FRESH_NAME_SIZE];

static inline void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

/* Makes an empty file and its folders. */
static inline void make_file(const char *path)
{
    char part[200];
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        ck_assert(!mkdirat(scratch_dir, part, 0777) || errno == EEXIST);
    }
    write_text(path, "");
}

static inline void make_files(const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        make_file(paths[i]);
}

static inline void expect_there(const char *const *paths, size_t n, bool there)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(scratch_has(paths[i]) == there, "%s", paths[i]);
}

#define N(paths) (sizeof(paths) / sizeof *(paths))

#define ROW(image, thumb)                                                                          \
    "{\"key\":\"000000000\",\"url\":\"http://a/\",\"index\":0,\"error\":null,\"path\":\"" image    \
    "\",\"thumbs\":[{\"path\":\"" thumb "\"}]}\n"

#endif
