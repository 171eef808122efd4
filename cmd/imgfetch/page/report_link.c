#include "cmd/imgfetch/page/report_link.h"

#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The real path of the folder of a page, free(3)d by the caller. */
static char *folder_of(const char *page)
{
    const char *slash = strrchr(page, '/');
    if (!slash)
        return realpath(".", NULL);
    char *folder = strndup(page, slash == page ? 1 : (size_t)(slash - page));
    char *real = folder ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

/* The length of the folders that both begin with, and of the slash behind them. */
static size_t common(const char *a, const char *b)
{
    size_t len = 0;
    for (size_t i = 0;; i++) {
        bool ends_a = !a[i] || a[i] == '/', ends_b = !b[i] || b[i] == '/';
        if (ends_a && ends_b)
            len = i + 1;
        if (a[i] != b[i] || !a[i])
            return len;
    }
}

static const char *behind(const char *path, size_t len)
{
    return strlen(path) > len ? path + len : "";
}

char *report_link_folder(const char *page, const char *dir)
{
    char *from = folder_of(page), *to = realpath(dir, NULL), *way = NULL;
    size_t size = 0;
    FILE *out = from && to ? open_memstream(&way, &size) : NULL;
    if (out) {
        size_t len = common(from, to);
        const char *down = behind(to, len), *up = behind(from, len);
        for (; *up; up += strspn(up, "/")) {
            fputs("../", out);
            up += strcspn(up, "/");
        }
        fprintf(out, "%s%s", down, *down ? "/" : "");
        fclose(out);
    }
    free(from);
    free(to);
    return way;
}

void report_link_put(FILE *out, const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (; *path; path++)
        if (strchr(plain, *path))
            fputc(*path, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*path);
}
