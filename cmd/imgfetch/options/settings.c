#include "cmd/imgfetch/options/settings.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct setting *settings_add(
    struct settings *s, const char *name, const char *value, const char *where)
{
    s->at = mem_grow(s->at, (s->n + 1) * sizeof *s->at);
    s->at[s->n] = (struct setting){mem_dup(name), mem_dup(value), mem_dup(where)};
    return &s->at[s->n++];
}

void settings_wipe(struct settings *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].value)
            explicit_bzero(s->at[i].value, strlen(s->at[i].value));
}

void settings_fini(struct settings *s)
{
    settings_wipe(s);
    for (size_t i = 0; i < s->n; i++) {
        free(s->at[i].name);
        free(s->at[i].value);
        free(s->at[i].where);
    }
    free(s->at);
    *s = (struct settings){0};
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

static char *word_of(const struct setting *s)
{
    size_t size = strlen(s->name) + (s->value ? strlen(s->value) : 0) + sizeof "--=";
    char *word = mem_new(size);
    snprintf(word, size, s->value ? "--%s=%s" : "--%s", s->name, s->value);
    return word;
}

char **settings_words(const struct settings *s, const char *const *without)
{
    char **words = mem_array(s->n + 2, sizeof *words);
    size_t n = 0;
    words[n++] = mem_dup("--config=");
    for (size_t i = 0; i < s->n; i++)
        if (!is_among(s->at[i].name, without))
            words[n++] = word_of(&s->at[i]);
    return words;
}

void settings_words_free(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}
