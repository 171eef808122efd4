#include "cmd/imgfetch/page/report_dir_inside.h"

#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_link.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>
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

void report_dir_text(FILE *out, const struct survey_text *t)
{
    report_chart_text(out, t->text ? t->text : "");
    if (t->is_cut)
        fputs("...", out);
}

static bool has_words(const struct survey_text *t)
{
    return t->text && t->text[strspn(t->text, " ")];
}

/* The caption, or else the URL; never nothing. */
static void put_words(FILE *out, const struct survey_shown *row)
{
    report_dir_text(out, has_words(&row->caption) ? &row->caption
                         : has_words(&row->url)   ? &row->url
                                                  : &row->key);
}

static void put_thumbnail(FILE *out, const struct survey_picture *p)
{
    fputs("<img title=\"", out);
    put_words(out, &p->row);
    fputs("\" alt=\"", out);
    put_words(out, &p->row);
    fprintf(
        out, "\" width=\"%u\" height=\"%u\" src=\"data:%s;base64,", p->width, p->height, p->type);
    put_base64(out, p->bytes.data, p->bytes.len);
    fputs("\"/>", out);
}

static void put_size(FILE *out, const struct survey_shown *row)
{
    char bytes[HUMAN_SIZE];
    bool has_pixels = row->width > 0 && row->height > 0;
    if (has_pixels || row->bytes >= 0)
        fputs("<br/>", out);
    if (has_pixels)
        fprintf(out, "%" PRId64 "×%" PRId64, row->width, row->height);
    if (row->bytes >= 0)
        fprintf(out, "%s%s", has_pixels ? ", " : "", human_bytes((uint64_t)row->bytes, bytes));
}

void report_dir_picture(FILE *out, const struct survey_picture *p, const char *folder)
{
    fputs("<li>", out);
    if (folder && p->row.file) {
        fputs("<a class=\"file\" href=\"", out);
        report_link_put(out, folder);
        report_link_put(out, p->row.file);
        fputs("\">", out);
        put_thumbnail(out, p);
        fputs("</a>", out);
    } else {
        put_thumbnail(out, p);
    }
    fputs("<span>", out);
    report_dir_text(out, &p->row.key);
    put_size(out, &p->row);
    fputs("</span>\n<a class=\"url\"", out);
    report_dir_href(out, &p->row.url);
    fputs("><bdi>", out);
    report_dir_text(out, &p->row.url);
    fputs("</bdi></a></li>\n", out);
}

void report_dir_sheet(FILE *out, const struct survey *s, const char *folder)
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
    fputs("<ul class=\"sheet\">\n", out);
    for (unsigned i = 0; i < s->n_pictures; i++)
        report_dir_picture(out, &s->pictures[i], folder);
    fputs("</ul>\n", out);
}
