#include "cmd/imgfetch/split/split.h"

#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/split/split_conf.h"
#include "cmd/imgfetch/split/split_lists.h"
#include "cmd/imgfetch/split/split_plan.h"
#include "cmd/imgfetch/status/human.h"
#include "base/mem.h"
#include "input/listmark.h"

#include <stdlib.h>
#include <string.h>

/* So many domains are counted exactly; they take some 40 MB. Above 1/N is then told from below with
 * an error of 1.6 % for the most lists there can be. */
enum { DOMAINS = 64 * SPLIT_LISTS_MAX };

enum { EXAMPLES = 10 /* domains that are printed */ };

struct split {
    const struct options *options;
    struct split_domains *domains;
    struct split_count *count;
    struct split_plan plan;
    struct split_lists *lists; /* NULL in the first pass */
    uint64_t *rows;            /* written to each list */
    unsigned longest;          /* the list with most rows */
    uint64_t total, hostless;  /* rows of the pass */
    enum urllist_format format;
    struct buf header;
    int code; /* the exit status */
};

static void refuse(struct split *s, const char *what, const char *why)
{
    human_line(stderr, "imgfetch: %s: %s", what, why);
    s->code = EXIT_USAGE;
}

static void fail_writing(struct split *s)
{
    human_line(stderr, "imgfetch: %s", split_lists_error(s->lists));
    s->code = EXIT_STOPPED;
}

/* ---- reading ---- */

/* Notes format and header of the first file; refuses others. */
static void check_file(struct split *s, const struct urllist *list, bool is_first)
{
    struct span header = urllist_header(list);
    enum urllist_format format = urllist_read_format(list);
    if (!split_conf_format(format)) {
        refuse(s, "--split", "a list of this format cannot be written: make a csv or jsonl of it");
    } else if (is_first) {
        s->format = format;
        s->header.len = 0;
        mem_must(buf_append(&s->header, header.at, header.len));
    } else if (format != s->format || header.len != s->header.len ||
               (header.len && memcmp(header.at, s->header.data, header.len) != 0)) {
        refuse(s, "--split", "the LISTs have different formats or headers: split one by one");
    }
}

static bool begin_list(struct split *s, unsigned list)
{
    struct span header = {(const char *)s->header.data, s->header.len};
    return !header.len || split_lists_add(s->lists, list, header);
}

static void write_row(
    struct split *s, const struct urllist_row *row, const struct split_domain *domain)
{
    /* A list that begins with what is no row is refused, so a bad one has to be among others. */
    unsigned list =
        *domain->name ? split_plan_list(&s->plan, domain, &row->values[COLUMN_URL]) : s->longest;
    bool good = s->rows[list]++ || begin_list(s, list);
    if (s->rows[list] > s->rows[s->longest])
        s->longest = list;
    if (good && row->is_torn)
        good = split_lists_add_torn(s->lists, list, row->raw);
    else if (good)
        good = split_lists_add(s->lists, list, row->raw);
    if (!good)
        fail_writing(s);
}

static void take_row(struct split *s, const struct urllist *list, const struct urllist_row *row)
{
    struct split_domain domain;
    check_file(s, list, s->total == 0);
    if (s->code != EXIT_OK)
        return;
    s->total++;
    split_domain_of(s->domains, &row->values[COLUMN_URL], &domain);
    s->hostless += !*domain.name;
    if (s->lists)
        write_row(s, row, &domain);
    else if (*domain.name)
        split_count_add(s->count, domain.hash, domain.name);
}

static void read_rows(struct split *s, struct urllist *list)
{
    uint64_t limit = s->options->pipeline.limit;
    struct urllist_row row;
    s->total = s->hostless = 0;
    while (s->code == EXIT_OK && (!limit || s->total < limit)) {
        enum urllist_status status = urllist_next(list, &row);
        if (status == URLLIST_END)
            return;
        if (status == URLLIST_ROW) {
            take_row(s, list, &row);
            continue;
        }
        human_line(stderr, "imgfetch: %s", urllist_error(list));
        s->code = status == URLLIST_MISUSE ? EXIT_USAGE : EXIT_STOPPED;
    }
}

/* A pipe can be read only once. */
static void check_regular(struct split *s, const char *path)
{
    struct listmark mark;
    listmark_take(path, &mark);
    if (mark.size < 0)
        refuse(s, path, "--split reads a list twice: it must be a file");
    listmark_fini(&mark);
}

static void read_lists(struct split *s)
{
    const struct pipeline_conf *p = &s->options->pipeline;
    struct urllist_conf conf = {.paths = p->lists, .n_paths = p->n_lists, .format = p->format};
    char message[URLLIST_MESSAGE_SIZE];
    conf.encoding = p->encoding;
    conf.columns = &s->options->columns;
    struct urllist *list = urllist_open(&conf, message);
    if (!list) {
        human_line(stderr, "imgfetch: %s", message);
        s->code = EXIT_USAGE;
        return;
    }
    for (size_t i = 0; i < p->n_lists && s->code == EXIT_OK; i++)
        check_regular(s, p->lists[i]);
    if (s->code == EXIT_OK)
        read_rows(s, list);
    urllist_free(list);
}

/* ---- writing ---- */

/* Of so many rows; the shards of the lists before it have the numbers before. */
static uint64_t shards_of(const struct split *s, uint64_t rows)
{
    uint32_t size = s->options->pipeline.store.shard_size;
    return rows / size + (rows % size != 0);
}

static void write_confs(struct split *s)
{
    uint64_t shard = 0;
    for (unsigned i = 0; i < s->plan.n && s->code == EXIT_OK; i++) {
        struct buf conf = {0};
        if (shard > SHARDS_NUMBER_MAX) {
            refuse(
                s, "--shard-size", "makes more shards than there are numbers: give a larger one");
            return;
        }
        split_conf_put(s->options, s->format, (uint32_t)shard, &conf);
        split_plan_put_limits(&s->plan, i, &conf);
        if (!split_lists_write_conf(s->lists, i, &conf))
            fail_writing(s);
        buf_fini(&conf);
        shard += shards_of(s, s->rows[i]);
    }
}

static void write_lists(struct split *s)
{
    uint64_t counted = s->total;
    read_lists(s);
    if (s->code == EXIT_OK && s->total != counted) {
        human_line(stderr, "imgfetch: the list has changed while it was read: split it again");
        s->code = EXIT_STOPPED;
    }
    for (unsigned i = 0; i < s->plan.n && s->code == EXIT_OK; i++)
        if (!s->rows[i] && !begin_list(s, i))
            fail_writing(s);
    if (s->code == EXIT_OK && !split_lists_flush(s->lists))
        fail_writing(s);
    if (s->code == EXIT_OK)
        write_confs(s);
    if (s->code == EXIT_OK && !split_lists_finish(s->lists))
        fail_writing(s);
}

/* ---- telling ---- */

static void print_rows(const struct split *s)
{
    char total[HUMAN_SIZE], domains[HUMAN_SIZE], least[HUMAN_SIZE], most[HUMAN_SIZE];
    uint64_t low = s->rows[0], high = s->rows[0];
    for (unsigned i = 1; i < s->plan.n; i++) {
        low = s->rows[i] < low ? s->rows[i] : low;
        high = s->rows[i] > high ? s->rows[i] : high;
    }
    human_line(stderr, "imgfetch: %s rows of %s%s domains in %u lists of %s to %s rows",
        human_count(s->total, total), split_count_missed(s->count) ? "more than " : "",
        human_count(split_count_domains(s->count), domains), s->plan.n, human_count(low, least),
        human_count(high, most));
}

static void print_spread(const struct split *s)
{
    char rows[HUMAN_SIZE];
    unsigned n = 0;
    for (const struct split_spread *d = s->plan.spread; d && n < EXAMPLES; d = d->hh.next, n++)
        human_line(
            stderr, "  %s has %s rows, in %u lists", d->name, human_count(d->rows, rows), d->k);
    if (HASH_COUNT(s->plan.spread) > n)
        human_line(stderr, "  %s more domains are in several lists",
            human_count(HASH_COUNT(s->plan.spread) - n, rows));
}

static void print_all(const struct split *s)
{
    char rows[HUMAN_SIZE];
    const char *secret = split_conf_left_out(s->options);
    if (!s->options->quiet) {
        print_rows(s);
        print_spread(s);
        if (s->hostless)
            human_line(stderr, "  no valid URL: %s rows", human_count(s->hostless, rows));
    }
    if (secret)
        human_line(stderr,
            "imgfetch: --%s may be a password, so it is not in the lists' options: give it to each "
            "task",
            secret);
}

/* ---- the whole ---- */

static void count_rows(struct split *s)
{
    s->domains = split_domain_new();
    s->count = split_count_new(DOMAINS);
    if (!s->domains)
        refuse(s, "--split", "there is no public suffix list: install the package publicsuffix");
    else
        read_lists(s);
    if (s->code == EXIT_OK && !s->total)
        refuse(s, "--split", "the list has no rows");
}

static void split_rows(struct split *s)
{
    char message[SPLIT_LISTS_MESSAGE_SIZE];
    const struct pipeline_conf *p = &s->options->pipeline;
    const struct split_plan_limits limits = {p->per_host, p->host_rate, p->host_limits};
    bool is_misuse;
    s->lists = split_lists_new(p->store.dir, s->options->split, message, &is_misuse);
    if (!s->lists) {
        human_line(stderr, "imgfetch: %s", message);
        s->code = is_misuse ? EXIT_USAGE : EXIT_STOPPED;
        return;
    }
    split_plan_init(&s->plan, s->options->split, &limits, s->count, s->total);
    s->rows = mem_array(s->plan.n, sizeof *s->rows);
    write_lists(s);
    split_lists_free(s->lists);
    if (s->code == EXIT_OK)
        print_all(s);
}

int split(const struct options *o)
{
    struct split s = {.options = o, .code = EXIT_OK};
    count_rows(&s);
    if (s.code == EXIT_OK)
        split_rows(&s);
    split_plan_fini(&s.plan);
    split_count_free(s.count);
    split_domain_free(s.domains);
    buf_fini(&s.header);
    free(s.rows);
    return s.code;
}
