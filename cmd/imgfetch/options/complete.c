#include "cmd/imgfetch/options/complete.h"

#include "backends/table.h"
#include "base/mem.h"
#include "cmd/imgfetch/options/commandline.h"
#include "cmd/imgfetch/parquet.h"
#include "image/thumbspec.h"
#include "input/listnames.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A command line, and its word that is completed. */
struct line {
    char **words; /* ends with NULL; word 0 is the program */
    int n;
    const char *word;
};

/* ---- answers ---- */

static void begin(const char *kind, const char *word, const char *rest)
{
    printf("%s\t%.*s\n", kind, (int)(rest - word), word);
}

static void offer(const char *rest, const char *word, const char *about)
{
    if (!strncmp(word, rest, strlen(rest)))
        printf("%s\t%s\n", word, about);
}

/* True if the word is one of those between commas, from `list` to `end`; a new name may follow
 * one, behind "=". */
static bool is_given(const char *word, const char *list, const char *end)
{
    size_t len = strlen(word);
    for (const char *at = list; at < end; at += strcspn(at, ",") + 1)
        if (strcspn(at, ",=") == len && !strncmp(at, word, len))
            return true;
    return false;
}

/* Where the last item of a list with commas begins. */
static const char *last_item(const char *value)
{
    const char *comma = strrchr(value, ',');
    return comma ? comma + 1 : value;
}

/* ---- values ---- */

static const char *about_word(const struct options_row *row, const char *word)
{
    const struct backend *b = row->names_backends ? backend_find(word) : NULL;
    return b ? b->summary : "";
}

static void offer_words(const struct options_row *row, const char *word, const char *value)
{
    const char *values[OPTIONS_MAX_VALUES];
    options_values(row, values);
    begin("words", word, value);
    for (const char **v = values; *v; v++)
        offer(value, *v, about_word(row, *v));
}

/* Words that are no backends stand alone. */
static void offer_list(const struct options_row *row, const char *word, const char *value)
{
    const char *values[OPTIONS_MAX_VALUES], *rest = last_item(value);
    options_values(row, values);
    begin("more", word, rest);
    for (const char **v = values; *v; v++)
        if (rest == value || (backend_find(*v) && !is_given(*v, value, rest)))
            offer(rest, *v, about_word(row, *v));
}

static void offer_codes(const char *word, const char *value)
{
    const char *rest = last_item(value);
    begin("more", word, rest);
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (e != ERR_CANCELLED && !is_given(err_name((enum err)e), value, rest))
            offer(rest, err_name((enum err)e), "");
}

static void offer_size(const struct options_row *row, const char *word, const char *value)
{
    const char *colon = strchr(value, ':');
    if (!colon) {
        offer_words(row, word, value);
        return;
    }
    begin("words", word, colon + 1);
    for (const char *const *mode = thumbspec_modes; *mode; mode++)
        offer(colon + 1, *mode, "");
}

/* ---- columns ---- */

struct columns_wanted {
    const char *value, *rest; /* those from value to rest are given already */
};

static void offer_column(void *arg, const char *name, size_t len)
{
    const struct columns_wanted *wanted = arg;
    char text[200];
    bool is_odd = !len || len >= sizeof text || memchr(name, ',', len);
    for (size_t i = 0; i < len; i++)
        is_odd = is_odd || (unsigned char)name[i] < ' ';
    if (is_odd)
        return;
    snprintf(text, sizeof text, "%.*s", (int)len, name);
    if (!is_given(text, wanted->value, wanted->rest))
        offer(wanted->rest, text, "column");
}

/* Those of the first list that has any. */
static void offer_columns(const struct line *line, const char *value, bool several)
{
    struct columns_wanted wanted = {value, several ? last_item(value) : value};
    struct commandline_item item;
    begin(several ? "more" : "words", line->word, wanted.rest);
    commandline_begin(line->n, line->words);
    while ((item = commandline_next()).kind != COMMANDLINE_END)
        if (item.kind == COMMANDLINE_LIST && listparquet_is(item.word))
            parquet_each_name(item.word, offer_column, &wanted);
        else if (item.kind == COMMANDLINE_LIST)
            listnames_each(item.word, offer_column, &wanted);
}

/* ---- fields of a template ---- */

/* `rest` begins where a field does, or behind its brace. */
static void offer_field(const char *rest, bool is_open, const char *name, size_t len)
{
    char text[200];
    if (!len || len + sizeof "{}" > sizeof text)
        return;
    snprintf(text, sizeof text, "%s%.*s}", is_open ? "" : "{", (int)len, name);
    offer(rest, text, "");
}

/* Completes the last field if it is not closed, or else begins one. */
static void offer_fields(const struct line *line, const char *value)
{
    const char *brace = strrchr(value, '{');
    bool is_open = brace && !strchr(brace, '}');
    const char *rest = is_open ? brace + 1 : value + strlen(value);
    struct commandline_item item;
    begin("more", line->word, rest);
    for (const char *const *field = name_fields; *field; field++)
        offer_field(rest, is_open, *field, strlen(*field));
    commandline_begin(line->n, line->words);
    while ((item = commandline_next()).kind != COMMANDLINE_END) {
        const char *name = item.kind == COMMANDLINE_OPTION ? item.row->name : "";
        const char *at = item.value;
        if (!strcmp(name, "caption-col"))
            offer_field(rest, is_open, "caption", strlen("caption"));
        else if (!strcmp(name, "keep-cols"))
            for (size_t len; *at; at += len + (at[len] == ',')) {
                len = strcspn(at, ",");
                const char *equals = memrchr(at, '=', len), *field = equals ? equals + 1 : at;
                offer_field(rest, is_open, field, len - (size_t)(field - at));
            }
    }
}

/* ---- which option, which part of it ---- */

static void offer_value(const struct line *line, const struct options_row *row, const char *value)
{
    switch (row->completes) {
    case COMPLETES_WORDS:
        offer_words(row, line->word, value);
        break;
    case COMPLETES_LIST:
        offer_list(row, line->word, value);
        break;
    case COMPLETES_CODES:
        offer_codes(line->word, value);
        break;
    case COMPLETES_COLUMN:
    case COMPLETES_COLUMNS:
        offer_columns(line, value, row->completes == COMPLETES_COLUMNS);
        break;
    case COMPLETES_NAME:
        offer_fields(line, value);
        break;
    case COMPLETES_SIZE:
        offer_size(row, line->word, value);
        break;
    case COMPLETES_FILE:
        begin("files", line->word, value);
        break;
    case COMPLETES_DIR:
        begin("dirs", line->word, value);
        break;
    }
}

/* Long options that begin like this; those that may have a value come twice. */
static void offer_long(const char *word)
{
    char text[100];
    begin("words", word, word);
    for (const struct options_row *row = options_table; row->name; row++) {
        char argument[OPTIONS_ARGUMENT_SIZE];
        bool has_value = options_print_argument(row, argument);
        if (row->topic == TOPIC_HIDDEN)
            continue;
        snprintf(text, sizeof text, "--%s", row->name);
        if (options_argument(row) != required_argument)
            offer(word, text, row->help);
        snprintf(text, sizeof text, "--%s=", row->name);
        if (has_value)
            offer(word, text, row->help);
    }
}

static void offer_letters(const char *word)
{
    begin("words", word, word);
    for (const struct options_row *row = options_table; row->name; row++)
        if (row->letter) {
            char text[] = {'-', row->letter, '\0'};
            offer(word, text, row->help);
        }
}

/* Reads what is before the word. Returns the option whose value it is; NULL: none. */
static const struct options_row *read_before(
    const struct line *line, int at, bool *ret_only_lists, bool *ret_dirs)
{
    struct commandline_item item;
    commandline_begin(at, line->words);
    while ((item = commandline_next()).kind != COMMANDLINE_END) {
        if (item.kind == COMMANDLINE_NEEDS_VALUE)
            return item.row;
        bool reads = item.kind == COMMANDLINE_OPTION &&
                     (!strcmp(item.row->name, "verify") || !strcmp(item.row->name, "report"));
        bool compares = item.kind == COMMANDLINE_OPTION && !strcmp(item.row->name, "compare");
        *ret_dirs = (*ret_dirs || reads) && !compares;
    }
    for (int i = 1; i < at; i++)
        *ret_only_lists = *ret_only_lists || !strcmp(line->words[i], "--");
    return NULL;
}

/* The last option in a word that begins with a dash; `copy` is that word. */
static struct commandline_item last_option(char *copy)
{
    char program[] = "imgfetch";
    char *words[] = {program, copy, NULL};
    struct commandline_item item, last = {.kind = COMMANDLINE_END};
    commandline_begin(2, words);
    while ((item = commandline_next()).kind != COMMANDLINE_END)
        last = item;
    return last;
}

/* An option in the word itself, with its value, or the beginning of one. */
static void offer_option(const struct line *line)
{
    const char *word = line->word, *equals = strchr(word, '=');
    bool is_long = !strncmp(word, "--", 2);
    char *copy = mem_dup(word);
    struct commandline_item item = last_option(copy);
    if (is_long && !equals)
        offer_long(word);
    else if (is_long && item.row && options_argument(item.row) != no_argument)
        offer_value(line, item.row, equals + 1);
    else if (is_long)
        begin("words", word, word); /* it takes no value */
    else if (item.kind == COMMANDLINE_OPTION && item.letter && item.value)
        offer_value(line, item.row, word + (item.value - copy));
    else
        offer_letters(word);
    free(copy);
}

void complete_print(const struct options *o)
{
    size_t n = o->pipeline.n_lists, at = o->word;
    bool only_lists = false, dirs = false;
    if (at >= n)
        return;
    struct line line = {.n = (int)n};
    line.words = mem_array(n + 1, sizeof *line.words);
    for (size_t i = 0; i < n; i++)
        line.words[i] = mem_dup(o->pipeline.lists[i]);
    line.word = line.words[at];
    const struct options_row *row = read_before(&line, (int)at, &only_lists, &dirs);
    if (row)
        offer_value(&line, row, line.word);
    else if (*line.word == '-' && !only_lists)
        offer_option(&line);
    else
        begin(dirs ? "dirs" : "files", line.word, line.word);
    for (size_t i = 0; i < n; i++)
        free(line.words[i]);
    free(line.words);
}
