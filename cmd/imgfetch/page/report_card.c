#include "cmd/imgfetch/page/report_card.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/imgfetch/status/human.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool report_card_is_meant(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && !strcasecmp(dot, ".md");
}

/* ---- texts ---- */

/* What a terminal or an editor would obey is \uXXXX then, and so is a line feed. free() it. */
static char *shown(const char *text)
{
    size_t len = strlen(text);
    char *out = mem_new(UTF8_SHOWN_MAX * len + 1);
    out[utf8_show(text, len, out)] = '\0';
    return out;
}

/* Text in a paragraph or in the cell of a table. */
static void put_text(FILE *out, const char *text)
{
    char *clean = shown(text);
    for (const char *at = clean; *at; at++) {
        if (strchr("\\`*_{}[]<>()#|~&!", *at))
            fputc('\\', out);
        fputc(*at, out);
    }
    free(clean);
}

/* A string of JSON, which is one of YAML, too. */
static void put_quoted(FILE *out, const char *text)
{
    char *clean = shown(text);
    fputc('"', out);
    for (const char *at = clean; *at; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    fputc('"', out);
    free(clean);
}

/* A block of code. Its only line is indented, so nothing in it ends it. */
static void put_code(FILE *out, const struct survey_text *text)
{
    char *clean = shown(text->text);
    fprintf(out, "    %s%s\n\n", clean, text->is_cut ? "..." : "");
    free(clean);
}

/* The last part of the path of the directory. free() it. */
static char *name_of(const char *dir)
{
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    const char *slash = len > 1 ? memrchr(dir, '/', len) : NULL;
    const char *name = slash ? slash + 1 : dir;
    return mem_dup_n(name, (size_t)(dir + len - name));
}

/* ---- the header ---- */

/* As the hub has them: "1K<n<10K". */
static const char *size_category(uint64_t n)
{
    static const struct {
        uint64_t below;
        const char *name;
    } sizes[] = {{1000, "n<1K"}, {10000, "1K<n<10K"}, {100000, "10K<n<100K"},
        {1000000, "100K<n<1M"}, {10000000, "1M<n<10M"}, {100000000, "10M<n<100M"},
        {1000000000, "100M<n<1B"}, {10000000000, "1B<n<10B"}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (n < sizes[i].below)
            return sizes[i].name;
    return "10B<n<100B";
}

static void put_header(FILE *out, const struct survey *s, const char *name)
{
    fputs("---\npretty_name: ", out);
    put_quoted(out, name);
    fprintf(out, "\nsize_categories:\n- %s\ntags:\n- image\n- imgfetch\n",
        size_category(s->by_code[ERR_OK]));
    if (s->has_tars)
        fputs("- webdataset\n"
              "configs:\n- config_name: default\n  data_files:\n  - split: train\n"
              "    path: \"*.tar\"\n",
            out);
    fputs("# To be added by you: license, language, task_categories.\n---\n\n", out);
}

/* ---- tables ---- */

static double percent(uint64_t n, uint64_t of)
{
    return of ? 100.0 * (double)n / (double)of : 0;
}

static void begin_table(FILE *out, const char *title, const char *first, const char *rest)
{
    fprintf(out, "## %s\n\n| %s | Rows | %s |\n|---|---:|---:|\n", title, first, rest);
}

static void put_row(FILE *out, const char *name, uint64_t rows, double share)
{
    char n[HUMAN_SIZE];
    fputs("| ", out);
    put_text(out, name);
    fprintf(out, " | %s | %.4g %% |\n", human_count(rows, n), share);
}

static void put_outcomes(FILE *out, const struct survey *s)
{
    begin_table(out, "What came of the URLs", "Class, error", "Share");
    for (int c = 0; c < ERR_N_CLASSES; c++) {
        uint64_t n = 0;
        for (int e = 0; e < ERR_COUNT; e++)
            n += err_class((enum err)e) == (enum err_class)c ? s->by_code[e] : 0;
        if (!n)
            continue;
        put_row(out, err_class_name((enum err_class)c), n, percent(n, s->rows));
        for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
            char name[80];
            snprintf(name, sizeof name, "%s, %s", err_class_name((enum err_class)c),
                err_name((enum err)e));
            if (s->by_code[e] && err_class((enum err)e) == (enum err_class)c)
                put_row(out, name, s->by_code[e], percent(s->by_code[e], s->rows));
        }
    }
    fputs("\n", out);
}

static void put_suffixes(FILE *out, const struct survey *s)
{
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    unsigned n = rowstats_top(s->stats, top, &others);
    if (!n)
        return;
    begin_table(out, "Hosts", "Suffix of the host", "Succeeded");
    for (unsigned i = 0; i < n; i++)
        put_row(out, top[i].name, top[i].count.rows,
            percent(top[i].count.successes, top[i].count.rows));
    if (others.rows)
        put_row(out, "all others", others.rows, percent(others.successes, others.rows));
    fputs("\n", out);
}

static void put_bins(FILE *out, const struct survey *s, enum rowstats_what what, const char *title)
{
    char name[ROWSTATS_BIN_SIZE];
    uint64_t all = 0;
    for (unsigned i = 0; i < ROWSTATS_BINS; i++)
        all += s->stats->bins[what][i];
    if (!all)
        return;
    begin_table(out, title, "From, to", "Share");
    for (unsigned i = 0; rowstats_bin_name(what, i, name); i++)
        if (s->stats->bins[what][i])
            put_row(out, name, s->stats->bins[what][i], percent(s->stats->bins[what][i], all));
    fputs("\n", out);
}

static void put_formats(FILE *out, const struct survey *s)
{
    if (!s->stats->n_formats)
        return;
    begin_table(out, "Formats", "Format", "Share");
    for (unsigned i = 0; i < s->stats->n_formats; i++)
        put_row(out, s->stats->formats[i].name, s->stats->formats[i].n,
            percent(s->stats->formats[i].n, s->by_code[ERR_OK]));
    fputs("\n", out);
}

/* ---- texts about the whole ---- */

static void put_summary(FILE *out, const struct survey *s)
{
    char rows[HUMAN_SIZE], good[HUMAN_SIZE], more[HUMAN_SIZE], bytes[HUMAN_SIZE];
    char first[CLOCK_RFC3339_SIZE], last[CLOCK_RFC3339_SIZE];
    fprintf(out, "%s of %s URLs gave an image (%.4g %%), %s in all, without duplicates.",
        human_count(s->by_code[ERR_OK], good), human_count(s->rows, rows),
        percent(s->by_code[ERR_OK], s->rows), human_bytes(s->bytes, bytes));
    if (s->duplicates)
        fprintf(out, " %s rows are duplicates of others.", human_count(s->duplicates, more));
    if (s->time.is_known) {
        clock_rfc3339((double)s->time.first / 1000, first);
        clock_rfc3339((double)s->time.last / 1000, last);
        fprintf(out, " They were fetched from %s to %s.", first, last);
    }
    fputs("\n\n", out);
    if (s->complete < s->shards)
        fprintf(out, "**%s of %s shards are not complete: these figures are preliminary.**\n\n",
            human_count(s->shards - s->complete, more), human_count(s->shards, rows));
    if (s->unreadable || s->not_rows)
        fprintf(out,
            "**The manifests of %s shards could not be read, and %s lines in others are no "
            "rows.**\n\n",
            human_count(s->unreadable, more), human_count(s->not_rows, rows));
}

static void put_fact(FILE *out, const char *name, const struct survey_text *text)
{
    if (!text->text)
        return;
    fprintf(out, "- %s: ", name);
    put_text(out, text->text);
    fputs(text->is_cut ? "...\n" : "\n", out);
}

static void put_run(FILE *out, const struct survey_run *run)
{
    fputs("## How it was made\n\n", out);
    if (run->command.text)
        put_code(out, &run->command);
    put_fact(out, "Program", &run->program);
    put_fact(out, "Options of the directory", &run->options);
    put_fact(out, "Started", &run->started);
    fputs("- Card: imgfetch " IMGFETCH_VERSION "\n\n", out);
}

static void put_fields(FILE *out, const struct survey *s)
{
    fprintf(out,
        "## Fields\n\n"
        "Each row of the manifests (`%s`) is about a URL: its hash, sizes, times and error. "
        "imgfetch-manifest(5) describes the fields. Counts of images include duplicates.\n\n"
        "## Rights\n\n"
        "The images belong to others, and each may have a licence of its own. Nothing is known of "
        "that here.\n",
        s->has_tars ? "*.jsonl" : "manifest/*.jsonl");
}

void report_card_put(FILE *out, const struct survey *s, const char *dir)
{
    char *name = name_of(dir);
    put_header(out, s, name);
    fputs("# ", out);
    put_text(out, name);
    fputs("\n\n", out);
    free(name);
    put_summary(out, s);
    put_run(out, &s->run);
    if (s->rows)
        put_outcomes(out, s);
    put_suffixes(out, s);
    put_formats(out, s);
    put_bins(out, s, ROWSTATS_BYTES, "Bytes of the bodies");
    put_bins(out, s, ROWSTATS_SIDE, "Shorter side, in pixels");
    put_bins(out, s, ROWSTATS_ASPECT, "Aspect ratio: width by height");
    put_fields(out, s);
}
