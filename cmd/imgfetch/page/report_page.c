#include "cmd/imgfetch/page/report_page.h"

#include "cmd/imgfetch/page/report_chart.h"

void report_page_text(FILE *out, const char *element, const char *class, const char *text)
{
    fprintf(out, class ? "<%s class=\"%s\">" : "<%s>", element, class);
    report_chart_text(out, text);
    fprintf(out, "</%s>\n", element);
}

void report_page_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src data:; style-src 'unsafe-inline'\"/>\n"
          "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n",
        out);
    report_page_text(out, "title", NULL, title);
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n", report_style);
    report_page_text(out, "h1", NULL, title);
}

void report_page_end(FILE *out)
{
    fputs("</body>\n</html>\n", out);
}

void report_page_fact(FILE *out, const char *name, const char *value)
{
    report_page_text(out, "dt", NULL, name);
    report_page_text(out, "dd", NULL, value);
}
