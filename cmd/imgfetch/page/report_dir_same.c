#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_dir_inside.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

static void put_same(FILE *out, const struct survey_same *same)
{
    char n[HUMAN_SIZE];
    fprintf(out, "<tr><td class=\"text\">%s URLs of <bdi>", human_count(same->n, n));
    report_chart_text(out, same->host);
    fprintf(out, "</bdi> gave the same picture</td>\n<td class=\"text\"><code>%s # ", same->sha256);
    report_chart_text(out, same->host);
    fputs("</code></td></tr>\n", out);
}

void report_dir_same(FILE *out, const struct survey *s)
{
    if (!s->n_same)
        return;
    report_page_text(out, "h2", NULL, "Pictures that may be placeholders");
    fputs("<div class=\"wide\"><table>\n<tr><th class=\"text\">Picture</th>"
          "<th class=\"text\">To refuse it: a line for the file of --reject</th></tr>\n",
        out);
    for (unsigned i = 0; i < s->n_same; i++)
        put_same(out, &s->same[i]);
    fputs("</table></div>\n", out);
}
