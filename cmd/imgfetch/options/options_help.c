#include "cmd/imgfetch/options/options_table.h"

#include "cmd/imgfetch/status/human.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 28, WIDTH = 79 /* columns where the texts of --help begin and end */ };

static const char before[] =
    "usage: imgfetch [OPTION]... LIST...\n"
    "Downloads the images of lists of URLs (a LIST is a file, a URL, or \"-\"), makes\n"
    "thumbnails, and writes a manifest row for every URL. Run again, it continues.\n"
    "\n";

static const char after[] =
    "\n"
    "Exit status: 0 all rows succeeded, 1 some failed, 2 usage error, 3 could not\n"
    "continue, 130 interrupted. More: man imgfetch\n";

const char *const options_topics[] = {
    [TOPIC_LIST] = "list",
    [TOPIC_FETCHING] = "fetching",
    [TOPIC_NETWORK] = "network",
    [TOPIC_THUMBNAILS] = "thumbnails",
    [TOPIC_OUTPUT] = "output",
    [TOPIC_RUNS] = "runs",
    [TOPIC_PRINTING] = "printing",
    [TOPIC_COMPARING] = "comparing",
    [TOPIC_GENERAL] = "general",
    [TOPIC_ALL] = "all",
    [TOPIC_ALL + 1] = NULL,
};

/* The title is that of the manual page. */
static const struct {
    const char *title, *about;
} topics[TOPIC_ALL] = {
    [TOPIC_LIST] = {"List", "format, columns, order and number of rows"},
    [TOPIC_FETCHING] = {"Fetching", "backend, concurrency, rates, retries, time-outs, sizes"},
    [TOPIC_NETWORK] = {"Network", "headers, robots, TLS, HTTP, proxy, DNS, addresses"},
    [TOPIC_THUMBNAILS] = {"Thumbnails", "sizes, formats, decoding and its limits"},
    [TOPIC_OUTPUT] = {"Output", "directory, layout, file names"},
    [TOPIC_RUNS] = {"Runs", "try again, refresh, start over, share out, verify, report"},
    [TOPIC_PRINTING] = {"What is printed", "on the terminal, and for scripts"},
    [TOPIC_COMPARING] = {"Comparing", "backends, pools and versions of HTTP"},
    [TOPIC_GENERAL] = {"General", "files of options, help, versions"},
};

/* The options of most use, for the help that fits on a screen. */
static const char *const first[] = {"output", "url-col", "no-thumbs", "verify", "verbose", NULL};

/* Adds to the text in `out`. */
static void add(char out[OPTIONS_ARGUMENT_SIZE], const char *text)
{
    size_t len = strlen(out);
    snprintf(out + len, OPTIONS_ARGUMENT_SIZE - len, "%s", text);
}

/* The values of an option, as one text. */
static void add_values(
    const struct options_row *row, const char *between, char out[OPTIONS_ARGUMENT_SIZE])
{
    const char *values[OPTIONS_MAX_VALUES];
    options_values(row, values);
    for (const char **value = values; *value; value++) {
        add(out, value == values ? "" : between);
        add(out, *value);
    }
}

int options_print_argument(const struct options_row *row, char out[OPTIONS_ARGUMENT_SIZE])
{
    bool optional = options_argument(row) == optional_argument;
    *out = '\0';
    if (options_argument(row) == no_argument || (optional && !row->value))
        return 0;
    add(out, optional ? "[=" : "=");
    if (row->value)
        add(out, row->value);
    else
        add_values(row, "|", out);
    add(out, optional ? "]" : "");
    return (int)strlen(out);
}

static void print_row(const struct options_row *row)
{
    char text[160], without[60] = "", argument[OPTIONS_ARGUMENT_SIZE];
    const char *initial = row->initial ? row->initial : row->otherwise;
    int column = row->letter ? printf("  -%c, --%s", row->letter, row->name)
                             : printf("      --%s", row->name);
    options_print_argument(row, argument);
    column += printf("%s", argument);
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

static void print_topic(unsigned topic)
{
    puts(topics[topic].title);
    for (const struct options_row *row = options_table; row->name; row++)
        if ((unsigned)row->topic == topic)
            print_row(row);
}

void options_print_overview(void)
{
    fputs(before, stdout);
    for (const char *const *name = first; *name; name++)
        print_row(options_row_named(*name));
    puts("\nMore by topic: imgfetch --help=TOPIC. All of them: --help=all, and man imgfetch");
    for (int topic = 0; topic < TOPIC_ALL; topic++)
        printf("  %-11s %s\n", options_topics[topic], topics[topic].about);
}

void options_print_help(unsigned topic)
{
    if (topic < TOPIC_ALL) {
        print_topic(topic);
        return;
    }
    fputs(before, stdout);
    for (topic = 0; topic < TOPIC_ALL; topic++)
        print_topic(topic);
    fputs(after, stdout);
}
