#include "cmd/imgfetch/actions.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/imgfetch/page/report_card.h"
#include "cmd/imgfetch/page/report_dir_inside.h"
#include "cmd/imgfetch/page/report_file.h"
#include "cmd/imgfetch/page/report_link.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct page {
    const struct options *options;
    const struct survey *survey;
    const char *folder; /* from the page to the directory; NULL: unknown */
};

/* class: "good", "bad" or NULL. */
static void put_tile(FILE *out, const char *class, const char *value, const char *name)
{
    fprintf(out, class ? "<div class=\"%s\">" : "<div>", class);
    report_page_text(out, "b", NULL, value);
    report_page_text(out, "span", NULL, name);
    fputs("</div>\n", out);
}

static void put_count(FILE *out, const char *class, uint64_t n, const char *name)
{
    char text[HUMAN_SIZE];
    put_tile(out, class, human_count(n, text), name);
}

/* As the summary of a run says them. */
static void put_rates(FILE *out, const struct survey *s)
{
    char time[HUMAN_SIZE], bytes[HUMAN_SIZE], rows[HUMAN_SIZE + 16], per_second[HUMAN_SIZE + 16];
    double seconds = (double)(s->time.last - s->time.first) / 1000;
    double divisor = fmax(seconds, 0.001);
    if (!s->time.is_known)
        return;
    put_tile(out, NULL, human_seconds(seconds, time), "from first to last");
    snprintf(rows, sizeof rows, "%.1f", (double)s->rows / divisor);
    snprintf(per_second, sizeof per_second, "rows/s, %s/s",
        human_bytes((uint64_t)((double)s->bytes / divisor), bytes));
    put_tile(out, NULL, rows, per_second);
}

static void put_tiles(FILE *out, const struct survey *s)
{
    char text[HUMAN_SIZE], percent[HUMAN_SIZE + 32];
    uint64_t good = s->by_code[ERR_OK];
    fputs("<div class=\"tiles\">\n", out);
    put_count(out, NULL, s->rows, s->rows == 1 ? "row" : "rows");
    snprintf(percent, sizeof percent, "succeeded, %.4g %%",
        s->rows ? 100.0 * (double)good / (double)s->rows : 0);
    put_count(out, good ? "good" : NULL, good, percent);
    put_count(out, s->rows - good ? "bad" : NULL, s->rows - good, "failed");
    put_tile(out, NULL, human_bytes(s->bytes, text), "of bodies");
    put_rates(out, s);
    fputs("</div>\n", out);
}

static void put_span(FILE *out, const struct survey *s)
{
    char first[CLOCK_RFC3339_SIZE], last[CLOCK_RFC3339_SIZE];
    if (!s->time.is_known)
        return;
    clock_rfc3339((double)s->time.first / 1000, first);
    clock_rfc3339((double)s->time.last / 1000, last);
    fprintf(out,
        "<p class=\"soft\">Fetched from <time>%.10s %.8s</time> to <time>%.10s %.8s</time> "
        "UTC.</p>\n",
        first, first + 11, last, last + 11);
}

static void put_note(FILE *out, const char *what, uint64_t n, uint64_t of)
{
    char text[200], a[HUMAN_SIZE], b[HUMAN_SIZE];
    if (!n)
        return;
    snprintf(text, sizeof text, "%s: %s%s%s", what, human_count(n, a), of ? " of " : "",
        of ? human_count(of, b) : "");
    report_page_text(out, "p", "note", text);
}

/* Warnings about the figures, before anything else. */
static void put_notes(FILE *out, const struct survey *s)
{
    if (s->is_written)
        report_page_text(
            out, "p", "note", "A run is writing to this directory: the figures will grow.");
    put_note(out, "Shards that are not complete", s->shards - s->complete, s->shards);
    put_note(out, "Shards whose manifest is missing or cannot be read", s->unreadable, s->shards);
    put_note(out,
        "Shards that were delivered and are not here (only the results of their rows count)",
        s->delivered, s->shards);
    put_note(out, "Lines that are incomplete or not rows (not counted)", s->not_rows, 0);
}

static void put_run_fact(FILE *out, const char *name, const struct survey_text *value)
{
    if (!value->text)
        return;
    fprintf(out, "<dt>%s</dt>\n<dd><bdi>", name);
    report_dir_text(out, value);
    fputs("</bdi></dd>\n", out);
}

/* How the results were made, if the last run has noted it. */
static void put_run(FILE *out, const struct survey_run *run)
{
    if (!run->command.text && !run->options.text)
        return;
    report_page_text(out, "h2", NULL, "The last run");
    fputs("<dl>\n", out);
    put_run_fact(out, "Command", &run->command);
    put_run_fact(out, "Options of the directory", &run->options);
    put_run_fact(out, "Program", &run->program);
    put_run_fact(out, "Machine", &run->machine);
    put_run_fact(out, "Started", &run->started);
    fputs("</dl>\n", out);
}

static void put_facts(FILE *out, const struct survey *s)
{
    char text[CLOCK_RFC3339_SIZE], n[HUMAN_SIZE];
    report_page_text(out, "h2", NULL, "About this page");
    fputs("<dl>\n", out);
    report_page_fact(out, "Shards", human_count(s->shards, n));
    if (s->duplicates)
        report_page_fact(out, "Duplicate rows", human_count(s->duplicates, n));
    if (s->reused)
        report_page_fact(out, "Rows reused from earlier directories", human_count(s->reused, n));
    report_page_fact(out, "Program", "imgfetch " IMGFETCH_VERSION);
    clock_rfc3339(clock_wall(), text);
    report_page_fact(out, "Written", text);
    fputs("</dl>\n<p class=\"soft\">All figures come from the manifests; the time is that of "
          "the rows and of the stats files. A row is counted when its last attempt ended, and its "
          "latency is that attempt's. Duplicate rows have no "
          "latency and no bytes.</p>\n",
        out);
}

static void put_page(FILE *out, const void *arg)
{
    const struct page *p = arg;
    const struct survey *s = p->survey;
    size_t size = strlen(p->options->pipeline.store.dir) + sizeof "imgfetch: ";
    char *title = mem_new(size);
    snprintf(title, size, "imgfetch: %s", p->options->pipeline.store.dir);
    report_page_begin(out, title);
    free(title);
    put_span(out, s);
    put_tiles(out, s);
    put_notes(out, s);
    if (s->rows) {
        report_dir_figures(out, s);
        report_dir_success(out, s);
        report_dir_sheet(out, s, p->folder);
        report_dir_alike(out, s, p->folder);
        report_dir_same(out, s);
        report_dir_failures(out, s);
    }
    put_run(out, &s->run);
    put_facts(out, s);
    report_page_end(out);
}

static void put_card(FILE *out, const void *arg)
{
    const struct page *p = arg;
    report_card_put(out, p->survey, p->options->pipeline.store.dir);
}

static const char *name_of(const char *path, char out[HUMAN_TEXT_SIZE])
{
    return human_text(strcmp(path, "-") != 0 ? path : "standard output", out);
}

static int give_up_page(const char *path)
{
    const char *why = strerror(errno);
    char name[HUMAN_TEXT_SIZE];
    fprintf(stderr, "imgfetch: --report: %s: %s\n", name_of(path, name), why);
    return EXIT_STOPPED;
}

int report_dir(const struct options *o)
{
    char message[SURVEY_MESSAGE_SIZE], name[HUMAN_TEXT_SIZE], n[HUMAN_SIZE];
    const char *path = *o->report ? o->report : "report.html";
    if (!report_file_is_writable(path))
        return give_up_page(path);
    struct survey *s = survey_dir(o->pipeline.store.dir, message);
    if (!s) {
        human_line(stderr, "imgfetch: %s", message);
        return EXIT_STOPPED;
    }
    signal(SIGPIPE, SIG_IGN);
    char *folder = report_link_folder(path, o->pipeline.store.dir);
    struct page page = {o, s, folder};
    bool is_card = report_card_is_meant(path);
    int code = report_file_write(path, is_card ? put_card : put_page, &page) ? EXIT_OK
                                                                             : give_up_page(path);
    free(folder);
    if (code == EXIT_OK && !o->quiet)
        fprintf(stderr, "imgfetch: %s: %s row%s\n", name_of(path, name), human_count(s->rows, n),
            s->rows == 1 ? "" : "s");
    survey_free(s);
    return code;
}
