#include "cmd/imgfetch/options/commandline.h"

#include "base/nearest.h"
#include "cmd/imgfetch/options/options_check.h"
#include "cmd/imgfetch/options/words.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { LONG_ONLY = 256 /* above any letter */, TEXT_SIZE = 400 };

static struct {
    int argc;
    char **argv;
    bool only_lists; /* behind "--" */
    struct option longs[OPTIONS_MAX_ROWS];
    char letters[2 * OPTIONS_MAX_ROWS + 2];
} line;

void commandline_begin(int argc, char **argv)
{
    struct option *longs = line.longs;
    char *letters = line.letters;
    line.argc = argc;
    line.argv = argv;
    line.only_lists = false;
    *letters++ = '-'; /* lists are told in their place, too */
    *letters++ = ':'; /* a missing value and an unknown option are told apart */
    for (const struct options_row *row = options_table; row->name; row++) {
        int argument = options_argument(row), code = LONG_ONLY + (int)(row - options_table);
        *longs++ = (struct option){row->name, argument, NULL, code};
        if (row->letter) {
            *letters++ = row->letter;
            if (argument == required_argument)
                *letters++ = ':';
        }
    }
    *longs = (struct option){0};
    *letters = '\0';
    opterr = 0;
    optind = 0; /* getopt_long(3): start from the beginning */
}

/* The option for a return value of getopt_long(3). NULL: none has that letter. */
static const struct options_row *row_of(int code)
{
    const struct options_row *row = options_table;
    if (code >= LONG_ONLY)
        return &row[code - LONG_ONLY];
    while (row->name && row->letter != code)
        row++;
    return row->name ? row : NULL;
}

/* ---- names ---- */

static size_t name_len(const char *name)
{
    return strcspn(name, "=");
}

/* True for an option that people are told of and that begins with `name`. */
static bool may_mean(const struct options_row *row, const char *name, size_t len)
{
    return row->topic != TOPIC_HIDDEN && !strncmp(row->name, name, len);
}

/* The only option that begins with `name`; NULL: there is none, or several. */
static const struct options_row *only_one(const char *name, size_t len)
{
    const struct options_row *found = NULL;
    for (const struct options_row *row = options_table; row->name; row++) {
        if (!may_mean(row, name, len))
            continue;
        if (strlen(row->name) == len)
            return row;
        if (found)
            return NULL;
        found = row;
    }
    return found;
}

static bool is_ambiguous(const char *name)
{
    for (const struct options_row *row = options_table; row->name; row++)
        if (may_mean(row, name, name_len(name)))
            return true;
    return false;
}

/* True if people know of it, or it was not abbreviated. */
static bool may_be_used(const struct options_row *row, const char *name)
{
    return row->topic != TOPIC_HIDDEN || strlen(row->name) == name_len(name);
}

/* The option whose long name follows one dash; NULL: this word has letters. */
static const struct options_row *behind_one_dash(const char *word)
{
    if (word[0] != '-' || word[1] == '-' || name_len(word) < 3)
        return NULL;
    for (const struct options_row *row = options_table; row->name; row++)
        if (strlen(row->name) == name_len(word + 1) &&
            !strncmp(row->name, word + 1, name_len(word + 1)))
            return row;
    return NULL;
}

/* ---- items ---- */

/* What getopt_long(3) returns: an option, or '?' or ':', and then optopt says which. */
static void take_option(int code, struct commandline_item *item)
{
    const char *name = item->word + strlen("--");
    int which = code == '?' || code == ':' ? optopt : code;
    item->row = which ? row_of(which) : NULL;
    item->letter = which && which < LONG_ONLY ? (char)which : '\0';
    if (which == 0)
        item->kind = is_ambiguous(name) ? COMMANDLINE_AMBIGUOUS : COMMANDLINE_UNKNOWN;
    else if (!item->row || (!item->letter && !may_be_used(item->row, name)))
        item->kind = COMMANDLINE_UNKNOWN;
    else if (code == '?')
        item->kind = COMMANDLINE_TAKES_NO_VALUE;
    else if (code == ':')
        item->kind = COMMANDLINE_NEEDS_VALUE;
    else
        item->value = optarg;
}

struct commandline_item commandline_next(void)
{
    int at = optind ? optind : 1; /* of a word with letters optind points to it until its last */
    struct commandline_item item = {.word = at < line.argc ? line.argv[at] : NULL};
    int code =
        line.only_lists ? -1 : getopt_long(line.argc, line.argv, line.letters, line.longs, NULL);
    if (code == -1) {
        line.only_lists = true;
        item.kind = optind < line.argc ? COMMANDLINE_LIST : COMMANDLINE_END;
        item.word = item.kind == COMMANDLINE_LIST ? line.argv[optind++] : NULL;
        return item;
    }
    if (code == 1) {
        item.kind = COMMANDLINE_LIST;
        return item;
    }
    if ((item.row = behind_one_dash(item.word))) {
        item.kind = COMMANDLINE_ONE_DASH;
        return item;
    }
    take_option(code, &item);
    return item;
}

/* ---- faults ---- */

/* Options of img2dataset that have another name here. */
static const struct {
    const char *name, *here;
} others[] = {
    {"bbox-col", "blur-col"},
    {"compute-hash", "hash"},
    {"compute-md5", "hash"},
    {"disable-all-reencoding", "no-thumbs"},
    {"disallowed-header-directives", "robots-tag"},
    {"distributor", "shard"},
    {"downscale-interpolation", "filter"},
    {"encode-format", "thumb-format"},
    {"encode-quality", "quality"},
    {"extract-exif", "exif"},
    {"ignore-ssl-certificate", "insecure"},
    {"image-size", "thumb"},
    {"incremental-mode", "fresh"},
    {"input-format", "format"},
    {"max-aspect-ratio", "max-aspect"},
    {"max-image-area", "max-pixels"},
    {"max-shard-retry", "retry-failed"},
    {"min-image-size", "min-side"},
    {"number-sample-per-shard", "shard-size"},
    {"oom-shard-count", "shard-digits"},
    {"output-format", "layout"},
    {"output-folder", "output"},
    {"processes-count", "workers"},
    {"resize-mode", "thumb"},
    {"resize-only-if-bigger", "only-shrink"},
    {"save-additional-columns", "keep-cols"},
    {"thread-count", "concurrency"},
    {"upscale-interpolation", "filter"},
    {"user-agent-token", "user-agent"},
    {"verify-hash", "hash-col"},
};

/* The name here of another program's option; NULL: none is known. */
static const char *name_here(const char *name)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(others[i].name, name))
            return others[i].here;
    return NULL;
}

/* Options with underscores are those of img2dataset. */
static const char *table_for(const char *name, size_t len)
{
    return memchr(name, '_', len) ? " (img2dataset's options: cmd/imgfetch/img2dataset.md)" : "";
}

/* The option that may be meant; NULL: none is near. `clean` has hyphens. */
static const char *near_option(const char *clean)
{
    const char *known[OPTIONS_MAX_ROWS];
    size_t n = 0, len = strlen(clean);
    /* Of equally near ones the first is taken: people seldom mistype the first letter. */
    for (int other = 0; other < 2; other++)
        for (const struct options_row *row = options_table; row->name; row++)
            if (may_mean(row, clean, 1) == !other && row->topic != TOPIC_HIDDEN)
                known[n++] = row->name;
    known[n] = NULL;
    const struct options_row *row = len == 1 ? row_of(*clean) : only_one(clean, len);
    const char *near = row ? row->name : name_here(clean);
    return near ? near : words_nearest(known, clean, len);
}

const char *commandline_unknown(const char *name, size_t len)
{
    static char text[TEXT_SIZE];
    char clean[NEAREST_MAX + 1];
    const char *table = table_for(name, len), *near;
    snprintf(clean, sizeof clean, "%.*s", (int)len, name);
    for (char *c = clean; *c; c++)
        *c = (char)(*c == '_' ? '-' : *c);
    if (!strcmp(clean, "url-list"))
        snprintf(text, sizeof text, "unknown option; a list is given by its name alone%s", table);
    else if ((near = near_option(clean)))
        snprintf(text, sizeof text, "unknown option; did you mean --%s?%s", near, table);
    else
        snprintf(text, sizeof text, "unknown option%s", table);
    return text;
}

/* Somebody may have held the shift key too long, or not long enough. */
static const char *unknown_letter(char letter)
{
    static char text[60];
    char other = (char)(isupper((unsigned char)letter) ? tolower(letter) : toupper(letter));
    if (!row_of(other))
        return "unknown option";
    snprintf(text, sizeof text, "unknown option; did you mean -%c?", other);
    return text;
}

static const char *ambiguous(const char *name)
{
    static char text[TEXT_SIZE];
    size_t len = (size_t)snprintf(text, sizeof text, "ambiguous");
    const char *before = ": --";
    for (const struct options_row *row = options_table; row->name && len < sizeof text; row++)
        if (may_mean(row, name, name_len(name))) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", before, row->name);
            before = ", --";
        }
    return text;
}

static const char *needs_value(const struct options_row *row, char letter)
{
    static char text[TEXT_SIZE];
    char argument[OPTIONS_ARGUMENT_SIZE];
    options_print_argument(row, argument);
    if (letter)
        snprintf(text, sizeof text, "needs a value: -%c %s", letter, argument + 1);
    else
        snprintf(text, sizeof text, "needs a value: --%s%s", row->name, argument);
    return text;
}

const char *commandline_needs_value(const struct options_row *row)
{
    return needs_value(row, '\0');
}

bool commandline_refuse(const struct commandline_item *item)
{
    char letter[] = {'-', item->letter, '\0'}, text[TEXT_SIZE];
    const char *subject = item->letter ? letter : item->word;
    switch (item->kind) {
    case COMMANDLINE_UNKNOWN:
        return options_usage_error(
            subject, item->letter ? unknown_letter(item->letter)
                                  : commandline_unknown(item->word + 2, name_len(item->word + 2)));
    case COMMANDLINE_AMBIGUOUS:
        return options_usage_error(subject, ambiguous(item->word + 2));
    case COMMANDLINE_TAKES_NO_VALUE:
        return options_usage_error_about(item->row, subject, "takes no value");
    case COMMANDLINE_ONE_DASH:
        snprintf(text, sizeof text, "a long option begins with two dashes: --%s", item->row->name);
        return options_usage_error_about(item->row, subject, text);
    default:
        return options_usage_error_about(item->row, subject, needs_value(item->row, item->letter));
    }
}
