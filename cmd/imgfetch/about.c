#include "cmd/imgfetch/about.h"

#include "base/mem.h"
#include "cmd/imgfetch/status/shellword.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value without what may be a password: "Authorization: ...", "http://...@proxy.example:3128".
 * free() it. */
static char *shown_value(const struct setting *s)
{
    const char *colon = strchr(s->value, ':'), *at = strrchr(s->value, '@');
    const char *slashes = strstr(s->value, "://");
    char *ret = mem_new(strlen(s->value) + sizeof ": ...");
    if (!strcmp(s->name, "header") && colon)
        sprintf(ret, "%.*s: ...", (int)(colon - s->value), s->value);
    else if (!strcmp(s->name, "proxy") && at)
        sprintf(ret, "%.*s...%s", slashes ? (int)(slashes + 3 - s->value) : 0, s->value, at);
    else
        sprintf(ret, "%s", s->value);
    return ret;
}

static void put_setting(FILE *out, const struct setting *s)
{
    fprintf(out, s->value ? " --%s=" : " --%s", s->name);
    if (!s->value)
        return;
    char *shown = shown_value(s), *word = shellword(shown);
    fputs(word, out);
    free(word);
    free(shown);
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
    for (size_t i = 0; i < o->pipeline.n_lists; i++) {
        char *word = shellword(o->pipeline.lists[i]);
        fprintf(out, " %s", word);
        free(word);
    }
    mem_must(!fclose(out));
    return text;
}

const char *about_program(char out[ABOUT_PROGRAM_SIZE])
{
    snprintf(out, ABOUT_PROGRAM_SIZE, "imgfetch " IMGFETCH_VERSION ", %s", curl_version());
    return out;
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
