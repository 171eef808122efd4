#include "cmd/imgfetch/page/report_compare.h"

#include "base/clock.h"
#include "cmd/imgfetch/compare/compare_table.h"
#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_compare_figures.h"
#include "cmd/imgfetch/page/report_file.h"
#include "cmd/imgfetch/page/report_page.h"

#include <curl/curl.h>
#include <sys/utsname.h>
#include <unistd.h>

static void put_advice(FILE *out, const struct advice *a)
{
    fputs("<div class=\"advice\">\n", out);
    for (unsigned i = 0; i < a->n; i++)
        report_page_text(out, "p", NULL, a->line[i]);
    fputs("</div>\n", out);
}

/* ---- a section ---- */

static void put_table_row(FILE *out, const struct contender *c, bool best)
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
    fprintf(out, "<div class=\"wide\"><table>\n<tr><th>%s</th>", compare_kinds[s->all->what].one);
    for (unsigned i = 0; i < compare_n_columns; i++) {
        fputs("<th>", out);
        report_chart_text(out, compare_columns[i].title);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
    for (unsigned i = 0; i < s->n; i++)
        put_table_row(out, s->at[i], s->at[i] == best);
    fputs("</table></div>\n", out);
}

/* Says why a contender was dropped, if it was. */
static void put_trouble(FILE *out, const struct contender *c)
{
    char text[700];
    if (c->trouble[0]) {
        snprintf(text, sizeof text, "%s was dropped after %u rounds: %s", c->name, c->n_rounds,
            c->trouble);
        report_page_text(out, "p", NULL, text);
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
    report_page_text(out, "h2", NULL, thumbs ? "With thumbnails" : "Without thumbnails");
    compare_caption(all, s.at[0], text, sizeof text);
    report_page_text(out, "p", "soft", text);
    report_compare_legend(out, &s);
    report_compare_figures(out, &s);
    put_table(out, &s);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && compare_failures(all, i, text, sizeof text))
            report_page_text(out, "p", NULL, text);
    for (unsigned i = 0; i < s.n; i++)
        put_trouble(out, s.at[i]);
}

/* ---- the rest of the page ---- */

static void put_facts(FILE *out, const struct options *o)
{
    struct utsname machine;
    char text[600], now[CLOCK_RFC3339_SIZE];
    report_page_text(out, "h2", NULL, "Where and how");
    fputs("<dl>\n", out);
    snprintf(text, sizeof text, "%ld, %.1f GB of memory", sysconf(_SC_NPROCESSORS_ONLN),
        (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e9);
    report_page_fact(out, "Cores", text);
    if (!uname(&machine)) {
        snprintf(text, sizeof text, "%s %s, %s", machine.sysname, machine.release, machine.machine);
        report_page_fact(out, "System", text);
    }
    report_page_fact(out, "Program", "imgfetch " IMGFETCH_VERSION);
    report_page_fact(out, "Libraries", curl_version());
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        report_page_fact(out, "List", o->pipeline.lists[i]);
    clock_rfc3339(clock_wall(), now);
    report_page_fact(out, "Written", now);
    fputs("</dl>\n<p class=\"soft\">Every round was a separate run into a new directory; the "
          "rounds took "
          "turns. Figures are medians over the rounds. Curves show the round with the median wall "
          "time. Peak MB is the highest sum of the Pss of all processes. Switches are context "
          "switches. Latency is that of the last attempt of each row.</p>\n",
        out);
}

struct page {
    const struct comparison *all;
    const struct advice *advice;
};

static void put_page(FILE *out, const void *arg)
{
    const struct page *p = arg;
    char title[48];
    snprintf(title, sizeof title, "imgfetch: %s compared", compare_kinds[p->all->what].many);
    report_page_begin(out, title);
    put_advice(out, p->advice);
    put_section(out, p->all, false);
    put_section(out, p->all, true);
    put_facts(out, p->all->options);
    report_page_end(out);
}

bool report_compare_write(
    const char *path, const struct comparison *all, const struct advice *advice)
{
    struct page page = {all, advice};
    return report_file_write(path, put_page, &page);
}
