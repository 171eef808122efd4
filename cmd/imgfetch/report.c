#include "cmd/imgfetch/report.h"

#include "base/clock.h"
#include "cmd/imgfetch/compare_table.h"
#include "cmd/imgfetch/report_chart.h"
#include "cmd/imgfetch/report_page.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void put_text(FILE *out, const char *element, const char *text)
{
    fprintf(out, "<%s>", element);
    report_chart_text(out, text);
    fprintf(out, "</%s>\n", element);
}

static void put_advice(FILE *out, const struct advice *a)
{
    fputs("<div class=\"advice\">\n", out);
    for (unsigned i = 0; i < a->n; i++)
        put_text(out, "p", a->line[i]);
    fputs("</div>\n", out);
}

/* ---- a section ---- */

static void put_row(FILE *out, const struct contender *c, bool best)
{
    char cell[COMPARE_CELL_SIZE];
    fputs(best ? "<tr class=\"best\"><td>" : "<tr><td>", out);
    report_chart_text(out, c->name);
    fputs("</td>", out);
    for (unsigned i = 0; i < compare_n_columns; i++) {
        struct range r = compare_range(c, compare_columns[i].figure);
        fputs("<td>", out);
        report_chart_text(out, c->n_rounds ? compare_columns[i].format(&r, cell) : "-");
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct report_section *s)
{
    const struct contender *best = compare_best(s->all, s->at[0]->thumbs);
    fprintf(
        out, "<div class=\"wide\"><table>\n<tr><th>%s</th>", s->all->pools ? "pool" : "backend");
    for (unsigned i = 0; i < compare_n_columns; i++) {
        fputs("<th>", out);
        report_chart_text(out, compare_columns[i].title);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
    for (unsigned i = 0; i < s->n; i++)
        put_row(out, s->at[i], s->at[i] == best);
    fputs("</table></div>\n", out);
}

/* Rounds that went wrong. */
static void put_trouble(FILE *out, const struct contender *c)
{
    char text[700];
    if (c->trouble[0]) {
        snprintf(
            text, sizeof text, "%s is out after %u rounds: %s", c->name, c->n_rounds, c->trouble);
        put_text(out, "p", text);
    }
}

static void put_section(FILE *out, const struct comparison *all, bool thumbs)
{
    struct report_section s = {.all = all};
    char text[COMPARE_FAILURES_SIZE];
    for (unsigned i = 0; i < all->n && s.n < sizeof s.at / sizeof *s.at; i++)
        if (all->contenders[i].thumbs == thumbs)
            s.at[s.n++] = &all->contenders[i];
    if (!s.n)
        return;
    put_text(out, "h2", thumbs ? "With thumbnails" : "Without thumbnails");
    compare_caption(all, s.at[0], text, sizeof text);
    fputs("<p class=\"soft\">", out);
    report_chart_text(out, text);
    fputs("</p>\n", out);
    report_figures_legend(out, &s);
    report_figures(out, &s);
    put_table(out, &s);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && compare_failures(all, i, text, sizeof text))
            put_text(out, "p", text);
    for (unsigned i = 0; i < s.n; i++)
        put_trouble(out, s.at[i]);
}

/* ---- the rest of the page ---- */

static void put_fact(FILE *out, const char *name, const char *value)
{
    put_text(out, "dt", name);
    put_text(out, "dd", value);
}

static void put_facts(FILE *out, const struct options *o)
{
    struct utsname machine;
    char text[600], now[CLOCK_RFC3339_SIZE];
    put_text(out, "h2", "Where and how");
    fputs("<dl>\n", out);
    snprintf(text, sizeof text, "%ld, %.1f GB of memory", sysconf(_SC_NPROCESSORS_ONLN),
        (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e9);
    put_fact(out, "Cores", text);
    if (!uname(&machine)) {
        snprintf(text, sizeof text, "%s %s, %s", machine.sysname, machine.release, machine.machine);
        put_fact(out, "System", text);
    }
    put_fact(out, "Program", "imgfetch " IMGFETCH_VERSION);
    put_fact(out, "Libraries", curl_version());
    for (size_t i = 0; i < o->n_lists; i++)
        put_fact(out, "List", o->lists[i]);
    clock_rfc3339(clock_wall(), now);
    put_fact(out, "Written", now);
    fputs(
        "</dl>\n<p class=\"soft\">Every round was a run of its own into a new directory, one after "
        "the other in turn. Figures are medians over the rounds; curves are of the round with the "
        "median wall time. MB is the highest sum of Pss of all processes; switches are of "
        "context; latency is of the last attempt of each row.</p>\n",
        out);
}

static void put_page(FILE *out, const struct comparison *all, const struct advice *advice)
{
    const char *title = all->pools ? "imgfetch: pools compared" : "imgfetch: backends compared";
    fprintf(out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
        "<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n",
        title, report_style);
    put_text(out, "h1", title);
    put_advice(out, advice);
    put_section(out, all, false);
    put_section(out, all, true);
    put_facts(out, all->options);
    fputs("</body>\n</html>\n", out);
}

bool report_is_writable(const char *path)
{
    char dir[4096] = ".";
    if (!access(path, F_OK))
        return !access(path, W_OK);
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
    return !access(dir, W_OK);
}

bool report_write(const char *path, const struct comparison *all, const struct advice *advice)
{
    FILE *out = fopen(path, "we");
    if (!out)
        return false;
    put_page(out, all, advice);
    bool good = !ferror(out);
    good = !fclose(out) && good;
    return good;
}
