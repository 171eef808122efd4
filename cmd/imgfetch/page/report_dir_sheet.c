#include "cmd/imgfetch/page/report_dir_inside.h"

#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

#include <openssl/evp.h>
#include <strings.h>

static void put_base64(FILE *out, const uint8_t *bytes, size_t len)
{
    enum { PIECE = 3 * 1024 }; /* a multiple of 3, so that only the last piece is padded */
    unsigned char text[PIECE / 3 * 4 + 1];
    for (size_t i = 0; i < len; i += PIECE) {
        int piece = (int)(len - i < PIECE ? len - i : PIECE);
        fwrite(text, 1, (size_t)EVP_EncodeBlock(text, bytes + i, piece), out);
    }
}

void report_dir_href(FILE *out, const struct survey_text *url)
{
    if (!url->text || url->is_cut ||
        (strncasecmp(url->text, "http://", 7) != 0 && strncasecmp(url->text, "https://", 8) != 0))
        return;
    fputs(" rel=\"noreferrer noopener nofollow\" href=\"", out);
    report_chart_text(out, url->text);
    fputs("\"", out);
}

static void put_picture(FILE *out, const struct survey_picture *p)
{
    fputs("<a title=\"", out);
    report_chart_text(out, p->url.text ? p->url.text : "");
    fputs(p->url.is_cut ? "...\"" : "\"", out);
    report_dir_href(out, &p->url);
    fprintf(out, "><img alt=\"\" width=\"%u\" height=\"%u\" src=\"data:%s;base64,", p->width,
        p->height, p->type);
    put_base64(out, p->bytes.data, p->bytes.len);
    fputs("\"/></a>\n", out);
}

void report_dir_sheet(FILE *out, const struct survey *s)
{
    char text[300], n[HUMAN_SIZE], all[HUMAN_SIZE], skipped[HUMAN_SIZE];
    if (!s->thumbs)
        return;
    report_page_text(out, "h2", NULL, "Contact sheet");
    int len = snprintf(text, sizeof text, "%s of %s thumbnails, spread evenly over the rows",
        human_count(s->n_pictures, n), human_count(s->thumbs, all));
    if (s->skipped)
        snprintf(text + len, sizeof text - (size_t)len,
            "; %s more are missing, damaged or too large to show",
            human_count(s->skipped, skipped));
    report_page_text(out, "p", "soft", text);
    fputs("<div class=\"sheet\">\n", out);
    for (unsigned i = 0; i < s->n_pictures; i++)
        put_picture(out, &s->pictures[i]);
    fputs("</div>\n", out);
}
