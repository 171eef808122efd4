#include "cmd/imgfetch/page/report_dir_inside.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

static void put_summary(FILE *out, const struct survey *s)
{
    char text[400], n[HUMAN_SIZE], rows[HUMAN_SIZE], all[HUMAN_SIZE];
    bool is_part = s->hashed > SURVEY_ALIKE_ROWS;
    int len = snprintf(text, sizeof text,
        "%s group%s of pictures whose perceptual hashes differ in at most %d of 64 bits from that "
        "of the first",
        human_count(s->groups, n), s->groups == 1 ? "" : "s", SURVEY_ALIKE_BITS);
    if (s->groups > s->n_alike)
        len += snprintf(
            text + len, sizeof text - (size_t)len, "; the %u largest are shown", s->n_alike);
    if (is_part)
        snprintf(text + len, sizeof text - (size_t)len,
            "; only the first %s of %s rows were "
            "compared",
            human_count(SURVEY_ALIKE_ROWS, rows), human_count(s->hashed, all));
    report_page_text(out, "p", "soft", text);
}

static void put_group(FILE *out, const struct survey_alike *group, const char *folder)
{
    char text[2 * HUMAN_SIZE + 40], n[HUMAN_SIZE];
    int len = snprintf(text, sizeof text, "%s pictures", human_count(group->n, n));
    if (group->n_shown < group->n)
        snprintf(text + len, sizeof text - (size_t)len, ", %u shown", group->n_shown);
    report_page_text(out, "h3", NULL, text);
    if (!group->n_shown)
        return;
    fputs("<ul class=\"sheet\">\n", out);
    for (unsigned i = 0; i < group->n_shown; i++)
        report_dir_picture(out, &group->shown[i], folder);
    fputs("</ul>\n", out);
}

void report_dir_alike(FILE *out, const struct survey *s, const char *folder)
{
    if (!s->groups)
        return;
    report_page_text(out, "h2", NULL, "Near duplicates");
    put_summary(out, s);
    for (unsigned i = 0; i < s->n_alike; i++)
        put_group(out, &s->alike[i], folder);
}
