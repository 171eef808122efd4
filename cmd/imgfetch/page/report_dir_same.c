#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_dir_inside.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

static void put_same(FILE *out, const struct survey_same *same)
{
    char n[HUMAN_SIZE];
    fprintf(out, "<tr><th scope=\"row\" class=\"text\">%s URLs of <bdi>", human_count(same->n, n));
    report_chart_text(out, same->host);
    fprintf(out, "</bdi> gave the same picture</th>\n<td class=\"text\"><code>%s # ", same->sha256);
    report_chart_text(out, same->host);
    fputs("</code></td></tr>\n", out);
}

void report_dir_same(FILE *out, const struct survey *s)
{
    static const char name[] = "Pictures that may be placeholders";
    static const struct report_page_column columns[] = {
        {"Picture", true}, {"To refuse it: a line for the file of --reject", true}};
    if (!s->n_same)
        return;
    report_page_text(out, "h2", NULL, name);
    report_page_table(out, name, columns, 2);
    for (unsigned i = 0; i < s->n_same; i++)
        put_same(out, &s->same[i]);
    report_page_table_end(out);
}
