#include "cmd/imgfetch/about.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char hidden[] = "...";

static void put_bytes(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\'')
            fputs("'\\''", out);
        else
            fputc(text[i], out);
}

/* `prefix` needs no quotes. */
static void put_word(FILE *out, const char *prefix, const char *text, size_t len, const char *end)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "@%_+=:,./-";
    bool is_plain = strspn(text, plain) >= len && !end[strspn(end, plain)] && (len || *end);
    fprintf(out, " %s%s", prefix, is_plain ? "" : "'");
    put_bytes(out, text, len);
    fprintf(out, "%s%s", end, is_plain ? "" : "'");
}

/* "Authorization: ..." */
static void put_header(FILE *out, const char *prefix, const char *line)
{
    size_t name = strcspn(line, ":");
    put_word(out, prefix, line, name, line[name] ? ": ..." : "");
}

/* "http://...@proxy.example:3128" */
static void put_proxy(FILE *out, const char *prefix, const char *url)
{
    const char *at = strrchr(url, '@'), *slashes = strstr(url, "://");
    size_t scheme = slashes ? (size_t)(slashes + 3 - url) : 0;
    if (!at) {
        put_word(out, prefix, url, strlen(url), "");
        return;
    }
    put_word(out, prefix, url, scheme, hidden);
    fputs(at, out);
}

static void put_setting(FILE *out, const struct setting *s)
{
    char prefix[80];
    snprintf(prefix, sizeof prefix, s->value ? "--%s=" : "--%s", s->name);
    if (!s->value)
        fprintf(out, " %s", prefix);
    else if (!strcmp(s->name, "header"))
        put_header(out, prefix, s->value);
    else if (!strcmp(s->name, "proxy"))
        put_proxy(out, prefix, s->value);
    else
        put_word(out, prefix, s->value, strlen(s->value), "");
}

char *about_command(const struct options *o)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    mem_must(out);
    fputs("imgfetch", out);
    for (size_t i = 0; i < o->given.n; i++)
        put_setting(out, &o->given.at[i]);
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        put_word(out, "", o->pipeline.lists[i], strlen(o->pipeline.lists[i]), "");
    mem_must(!fclose(out));
    return text;
}

const char *about_machine(char out[ABOUT_MACHINE_SIZE])
{
    struct utsname system;
    int len = snprintf(out, ABOUT_MACHINE_SIZE, "%ld cores, %.1f GB of memory",
        sysconf(_SC_NPROCESSORS_ONLN),
        (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e9);
    if (!uname(&system))
        snprintf(out + len, ABOUT_MACHINE_SIZE - (size_t)len, ", %s %s %s", system.sysname,
            system.release, system.machine);
    return out;
}
