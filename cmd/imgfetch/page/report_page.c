#include "cmd/imgfetch/page/report_page.h"

#include "cmd/imgfetch/page/report_chart.h"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--card:#f5f7fa;"
    "--rule:#d8dee6;--good:#11793f;--bad:#c22f45;--c0:#1f6fd0;--c1:#d9660a;--c2:#11845b;--c3:#"
    "a33bb0;--c4:#c22f45;--c5:#7a6a00;"
    "--c6:#0b8296;--c7:#6b5bd2}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b6;--paper:#11161d;"
    "--card:#1a212b;--rule:#333d4a;--good:#4fd09a;--bad:#ff7f90;--c0:#6aa9ff;--c1:#ff9d4d;--c2:#"
    "4fd09a;--c3:#df8cea;"
    "--c4:#ff7f90;--c5:#d9c548;--c6:#54cde0;--c7:#ab9eff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1180px;padding:1.2rem 1rem 3rem;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0}h2{font-size:1.2rem;margin:2.2rem 0 "
    ".2rem}\n"
    "p{margin:.4rem 0}time{white-space:nowrap}.soft{color:var(--soft)}\n"
    ".advice{border-left:4px solid var(--c0);background:var(--card);padding:.5rem 1rem;"
    "margin:1rem 0}\n"
    ".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));"
    "gap:1rem}\n"
    "figure{margin:0;padding:.7rem .8rem;background:var(--card);border-radius:8px}\n"
    "figcaption{font-weight:600;font-size:.95rem;margin-bottom:.3rem}"
    "figcaption small{font-weight:400;color:var(--soft)}\n"
    "svg{display:block;width:100%;height:auto}svg text{font-size:12.5px;fill:var(--ink)}\n"
    "svg .grid{stroke:var(--rule);fill:none}svg .range{stroke:var(--ink);stroke-width:1.6;"
    "fill:none}svg .faint{opacity:.5}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.4rem 0 .8rem;padding:0;"
    "list-style:none}.legend svg{display:inline-block;width:34px;height:12px;"
    "vertical-align:middle;margin-right:.4rem}\n"
    ".wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:.88rem;"
    "font-variant-numeric:tabular-nums;width:100%}\n"
    "th,td{padding:.3rem .6rem;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid var(--rule)}"
    "th:first-child,td:first-child{text-align:left;position:sticky;left:0;"
    "background:var(--paper)}\n"
    "tbody th{font-weight:400}tr.best td,tr.best "
    "th{font-weight:700}dl{display:grid;grid-template-columns:max-content 1fr;"
    "gap:.1rem 1rem;font-size:.9rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n"
    "@media(max-width:600px){dl{display:block}dd{margin-bottom:.4rem}}\n"
    "[class^=l]{fill:none;stroke-width:2.2;stroke-linejoin:round}\n"
    ".f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}"
    ".f4{fill:var(--c4)}.f5{fill:var(--c5)}.f6{fill:var(--c6)}.f7{fill:var(--c7)}"
    ".f8{fill:var(--good)}.f9{fill:var(--bad)}\n"
    ".l0{stroke:var(--c0)}.l1{stroke:var(--c1);stroke-dasharray:9 3}"
    ".l2{stroke:var(--c2);stroke-dasharray:4 3}.l3{stroke:var(--c3);stroke-dasharray:12 3 3 3}"
    ".l4{stroke:var(--c4);stroke-dasharray:2 3}.l5{stroke:var(--c5);stroke-dasharray:14 4}"
    ".l6{stroke:var(--c6);stroke-dasharray:6 2 2 2}.l7{stroke:var(--c7);stroke-dasharray:3 6}"
    ".l8{stroke:var(--good)}.l9{stroke:var(--bad);stroke-dasharray:5 3}\n"
    /* of a directory */
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1rem;"
    "margin:1rem 0}.tiles div{background:var(--card);border-radius:8px;padding:.6rem .8rem}"
    ".tiles b{display:block;font-size:1.45rem;line-height:1.3;"
    "font-variant-numeric:tabular-nums}.tiles span{color:var(--soft);font-size:.9rem}.tiles .good "
    "b{color:var(--good)}"
    ".tiles .bad b{color:var(--bad)}\n"
    ".note{border-left:4px solid var(--c1);background:var(--card);padding:.4rem 1rem}\n"
    "th.text,td.text{text-align:left;white-space:normal;overflow-wrap:anywhere;"
    "min-width:9rem}td.share{min-width:5rem;width:8rem}tbody th,td{vertical-align:top}"
    "td.share svg{height:.7rem;margin-top:.4rem;background:var(--card)}"
    "a{color:inherit}a:not([href]){text-decoration:none}\n"
    "@media(max-width:600px){.stack table,.stack tbody{display:block}"
    ".stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    ".stack tr{display:grid;grid-template-columns:1fr max-content;padding:.4rem 0;"
    "border-bottom:1px solid var(--rule)}.stack tbody th,.stack td{border:0;padding:.1rem 0}"
    ".stack td.share{display:none}.stack td.text{grid-column:1/-1}}\n"
    ".sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(148px,1fr));gap:.7rem;"
    "margin:1rem 0;padding:0;list-style:none}.sheet li{min-width:0;background:var(--card);"
    "border-radius:6px;padding:4px 4px 6px;font-size:.78rem;line-height:1.4}"
    ".sheet img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:contain}"
    ".sheet .file{display:block}.sheet span{display:block;margin-top:3px;color:var(--soft);"
    "font-variant-numeric:tabular-nums}.sheet .url{display:block;padding:2px 0;"
    "overflow:hidden;white-space:nowrap;text-overflow:ellipsis}\n";

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
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    report_page_text(out, "h1", NULL, title);
}

void report_page_end(FILE *out)
{
    fputs("</main>\n</body>\n</html>\n", out);
}

void report_page_table(
    FILE *out, const char *name, const struct report_page_column *columns, unsigned n)
{
    fprintf(out, "<div class=\"wide%s\" role=\"region\" tabindex=\"0\" aria-label=\"",
        columns[n - 1].is_text ? " stack" : "");
    report_chart_text(out, name);
    fputs("\"><table>\n<thead><tr>", out);
    for (unsigned i = 0; i < n; i++) {
        fprintf(out, "<th scope=\"col\"%s>", columns[i].is_text ? " class=\"text\"" : "");
        report_chart_text(out, columns[i].title);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void report_page_table_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

void report_page_fact(FILE *out, const char *name, const char *value)
{
    report_page_text(out, "dt", NULL, name);
    report_page_text(out, "dd", NULL, value);
}
