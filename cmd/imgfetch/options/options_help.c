#include "cmd/imgfetch/options/options_table.h"

#include "backends/table.h"
#include "cmd/imgfetch/status/human.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 28, WIDTH = 79 /* columns where the texts of --help begin and end */ };

static const char before[] =
    "usage: imgfetch [OPTION]... LIST...\n"
    "\n"
    "Downloads the images of a list of URLs (\"-\" is standard input; .gz and .zst are\n"
    "read directly), makes thumbnails while the downloads are running, and writes\n"
    "one manifest row for every URL. Run the same command again to continue.\n"
    "\n";

static const char after[] =
    "\n"
    "Exit status: 0 all rows succeeded, 1 some failed, 2 usage error, 3 could not\n"
    "continue, 130 interrupted. More: man imgfetch\n";

static const char *const topics[TOPIC_HIDDEN] = {
    [TOPIC_LIST] = "List",
    [TOPIC_FETCHING] = "Fetching",
    [TOPIC_THUMBNAILS] = "Thumbnails",
    [TOPIC_OUTPUT] = "Output",
};

/* Returns the number of characters printed. */
static int print_words(const struct options_row *row, const char *between)
{
    int n = 0;
    for (const char *const *word = row->words; word && *word; word++)
        n += printf("%s%s", n ? between : "", *word);
    for (const struct backend *const *b = backend_table; row->names_backends && *b; b++)
        n += printf("%s%s", n ? between : "", (*b)->name);
    return n;
}

/* Prints "=N", "[=SEED]", "=jpg|png|webp", or nothing. Returns the number of characters. */
static int print_argument(const struct options_row *row)
{
    bool optional = options_argument(row) == optional_argument;
    if (options_argument(row) == no_argument || (optional && !row->value))
        return 0;
    int n = printf(optional ? "[=" : "=");
    n += row->value ? printf("%s", row->value) : print_words(row, "|");
    return n + printf(optional ? "]" : "");
}

static void print_row(const struct options_row *row)
{
    char text[160], without[60] = "";
    const char *initial = row->initial ? row->initial : row->otherwise;
    int column = row->letter ? printf("  -%c, --%s", row->letter, row->name)
                             : printf("      --%s", row->name);
    column += print_argument(row);
    if (column > INDENT - 2) {
        putchar('\n');
        column = 0;
    }
    snprintf(text, sizeof text, "%s%s", row->help, row->repeatable ? "; repeatable" : "");
    column = human_print_wrapped(text, column, INDENT, WIDTH);
    if (initial)
        snprintf(without, sizeof without, "[%s]", initial);
    if (initial && column + 2 + (int)strlen(without) > WIDTH) {
        putchar('\n');
        column = 0;
    }
    printf("%*s\n", initial ? WIDTH - column : 0, without);
}

void options_print_help(void)
{
    fputs(before, stdout);
    for (int topic = 0; topic < TOPIC_HIDDEN; topic++) {
        puts(topics[topic]);
        for (const struct options_row *row = options_table; row->name; row++)
            if ((int)row->topic == topic)
                print_row(row);
    }
    fputs(after, stdout);
}

void options_print_table(void)
{
    for (const struct options_row *row = options_table; row->name; row++) {
        if (row->topic == TOPIC_HIDDEN)
            continue;
        printf("%s\t%c\t", row->name, row->letter ? row->letter : '-');
        if (!print_argument(row))
            putchar('-');
        printf("\t%c\t", row->repeatable ? '*' : '-');
        if (!print_words(row, " "))
            putchar('-');
        printf("\t%s\n", row->help);
    }
}
