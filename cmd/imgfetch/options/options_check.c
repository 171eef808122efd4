#include "cmd/imgfetch/options/options_check_inside.h"

#include "cmd/imgfetch/options/options_parts.h"
#include "cmd/imgfetch/options/options_table.h"
#include "cmd/imgfetch/page/report_card.h"
#include "cmd/imgfetch/status/human.h"
#include "input/listpaths.h"
#include "manifest/row_fields.h"
#include "net/resolver.h"
#include "store/store_flat.h"
#include "store/store_tar.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAITING_MAX = 32 << 20 /* bytes of a shard's samples that wait for earlier ones */ };

bool options_usage_error_about(const struct options_row *row, const char *subject, const char *why)
{
    bool has_topic = row && row->topic != TOPIC_HIDDEN;
    human_line(stderr, "imgfetch: %s: %s", subject, why);
    fprintf(stderr, "Try 'imgfetch --help%s%s'.\n", has_topic ? "=" : "",
        has_topic ? options_topics[row->topic] : "");
    return false;
}

bool options_usage_error(const char *subject, const char *why)
{
    return options_usage_error_about(NULL, subject, why);
}

/* The last setting of an option; NULL: it was not given. */
static const struct setting *setting_of(const struct options *o, const char *name)
{
    for (size_t i = o->given.n; i > 0; i--)
        if (!strcmp(o->given.at[i - 1].name, name))
            return &o->given.at[i - 1];
    return NULL;
}

/* Prints a usage error about the value of an option, and where it was given. */
bool options_check_refuse(const struct options *o, const char *name, const char *why)
{
    const struct setting *s = setting_of(o, name);
    char subject[400];
    snprintf(subject, sizeof subject, "%s%s--%s%s%s", s && s->where ? s->where : "",
        s && s->where ? ": " : "", name, s && s->value ? "=" : "", s && s->value ? s->value : "");
    return options_usage_error_about(options_row_named(name), subject, why);
}

/* Originals must be asked for where they show what is blurred, and where a sample in a tar has one
 * image: bodies are large. */
static void fit_to_layout(struct options *o)
{
    bool is_tar = o->pipeline.store.layout == &store_tar;
    if (!o->originals_given && (is_tar || o->make.blur))
        o->pipeline.store.originals = false;
    if (!is_tar)
        return;
    if (o->make.n_specs > 1 && !o->quiet)
        fprintf(stderr, "imgfetch: --layout=webdataset holds one thumbnail size: making only %s\n",
            o->make.specs[0].name);
    if (o->make.n_specs > 1)
        o->make.n_specs = 1;
}

/* Sets what follows from options, and settings that two parts share. */
static void work_out(struct options *o)
{
    struct pipeline_conf *c = &o->pipeline;
    c->limits = o->make.limits;
    c->is_part = setting_of(o, "first-shard") != NULL;
    c->limits.formats = (uint64_t)o->formats << IMAGE_JPEG;
    c->resolver.family = o->only_ipv4 ? 4 : o->only_ipv6 ? 6 : 0;
    c->resolver.timeout_ms = c->timeout_ms;
    if (o->columns.at[COLUMN_REFERER].name) /* a row without its own sends none */
        c->transfer.referer = NULL;
    c->exif = o->make.exif;
    c->store.exif = o->make.exif != THUMB_EXIF_NONE;
    c->store.phash = o->make.phash;
    c->store.n_specs = o->thumbs ? o->make.n_specs : 0;
    for (unsigned i = 0; i < c->store.n_specs; i++)
        o->spec_names[i] = o->make.specs[i].name;
    c->store.waiting_max = c->memory / 4 < WAITING_MAX ? c->memory / 4 : WAITING_MAX;
    if (o->make.skip_reencode)
        c->keeps = thumbmake_body_format(o->make.format);
    o->outdir.path = c->store.dir;
}

static bool is_page(const char *name)
{
    const char *dot = strrchr(name, '.');
    return !strcmp(name, "-") || report_card_is_meant(name) ||
           (dot && (!strcasecmp(dot, ".html") || !strcasecmp(dot, ".htm")));
}

/* --report takes one directory. */
static bool check_page(const struct options *o)
{
    char why[300];
    if (o->n_dirs > 1)
        return options_usage_error(o->dirs[1], "--report is about one directory");
    snprintf(why, sizeof why, "--report takes the directory; to name the page, use --report=%s",
        o->dirs[0]);
    return !is_page(o->dirs[0]) || options_usage_error(o->dirs[0], why);
}

/* What --verify and --report are about: DIR..., or --output. */
static bool take_dirs(struct options *o)
{
    const struct setting *output = setting_of(o, "output");
    bool are_named = o->pipeline.n_lists;
    o->dirs = are_named ? o->pipeline.lists : &o->pipeline.store.dir;
    o->n_dirs = are_named ? o->pipeline.n_lists : 1;
    if (are_named && o->action == OPTIONS_REPORT && !check_page(o))
        return false;
    if (are_named && output && !output->where)
        return options_usage_error(
            o->dirs[0], "give the directory once: as --output, or by itself");
    for (size_t i = 0; i < o->n_dirs; i++)
        if (!*o->dirs[i])
            return options_usage_error("--output", "must not be empty");
    o->pipeline.store.dir = o->dirs[0];
    return true;
}

/* --verify and --report only read directories. */
static bool check_reader(struct options *o)
{
    bool verifies = o->action == OPTIONS_VERIFY;
    if (verifies && o->report)
        return options_usage_error(
            "--verify and --report", "cannot be combined; run one after the other");
    if (o->outdir.fresh || o->outdir.redo || o->pipeline.again.refresh || o->compare ||
        o->dry_run || o->reuse.n || o->update)
        return options_usage_error(verifies ? "--verify" : "--report",
            "only reads: cannot be combined with an option that fetches or removes");
    return take_dirs(o);
}

static bool load_reject(struct options *o)
{
    char message[REJECT_MESSAGE_SIZE];
    if (!o->reject_file)
        return true;
    o->pipeline.store.reject = o->reject = reject_load(o->reject_file, message);
    return o->reject || options_check_refuse(o, "reject", message);
}

/* Of several --resolve the message says which is wrong. */
static bool check_resolver(const struct options *o)
{
    char message[RESOLVER_MESSAGE_SIZE];
    struct resolver_conf pins = o->pipeline.resolver;
    pins.servers = NULL;
    if (!resolver_check(&pins, message))
        return options_usage_error_about(options_row_named("resolve"), "--resolve", message);
    return resolver_check(&o->pipeline.resolver, message) ||
           options_check_refuse(o, "dns-servers", message);
}

static bool check_http(const struct options *o)
{
    char why[120];
    snprintf(why, sizeof why, "needs a libcurl with HTTP/3, as 8.14 of Debian 13; this is %s",
        curl_version_info(CURLVERSION_NOW)->version);
    return o->pipeline.transfer.http != TRANSFER_HTTP_3 || transfer_has_http3() ||
           options_check_refuse(o, "http3", why);
}

/* The list of rows that are kept is one of JSON lines, and made of what rows say. */
static bool check_removed(const struct options *o)
{
    if (!o->keep_removed)
        return true;
    if (!o->update)
        return options_check_refuse(o, "keep-removed", "works with --update only");
    if (o->columns.at[COLUMN_BLUR].name)
        return options_check_refuse(
            o, "keep-removed", "cannot be combined with --blur-col: rows have no boxes");
    if (o->pipeline.format != URLLIST_AUTO && o->pipeline.format != URLLIST_JSONL)
        return options_check_refuse(
            o, "keep-removed", "cannot be combined with --format: let the name of LIST say it");
    for (unsigned i = 0; i < o->columns.n; i++)
        if (o->columns.at[i].name && isdigit((unsigned char)*o->columns.at[i].name))
            return options_check_refuse(o, "keep-removed", "needs columns with names, not numbers");
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        if (!strcmp(o->pipeline.lists[i], "-"))
            return options_check_refuse(
                o, "keep-removed", "standard input cannot be read twice: give a file");
    return true;
}

/* It replaces the whole directory. */
static bool check_update(const struct options *o)
{
    if (!o->update)
        return true;
    if (setting_of(o, "first-shard"))
        return options_check_refuse(o, "update",
            "replaces the whole directory: cannot be combined with --first-shard; tasks can share "
            "--reuse=OLD -o NEW");
    if (o->pipeline.shards.kind != SHARDS_ALL)
        return options_check_refuse(o, "update",
            "replaces the whole directory: cannot be combined with --shard; tasks can share "
            "--reuse=OLD -o NEW");
    if (o->outdir.fresh)
        return options_check_refuse(
            o, "update", "keeps what is there, and --fresh removes it: give one of them");
    if (o->reuse.n == OPTIONS_MAX_REPEATED)
        return options_check_refuse(o, "reuse", "given too often");
    return !(o->pipeline.again.refresh || o->compare || o->dry_run) ||
           options_check_refuse(
               o, "update", "cannot be combined with --refresh, --compare or --dry-run");
}

/* It makes no rows that could be printed. */
static bool check_dry_run(const struct options *o)
{
    return !o->dry_run || (!o->compare && !o->json) ||
           options_usage_error("--dry-run", "cannot be combined with --compare or --json");
}

/* With --compare, compare_plan.c asks this of every contender. */
static bool check_adapts(const struct options *o)
{
    return !o->adapts || o->compare || o->pipeline.backend->adapts ||
           options_check_refuse(
               o, "concurrency", "only the backends async and coro adapt: give a number");
}

/* Parses --name, or the template that the layout has without it. */
static bool check_name(struct options *o)
{
    char message[NAME_MESSAGE_SIZE];
    const struct layout *layout = o->pipeline.store.layout;
    if (!o->template)
        o->template = layout->template;
    if (!name_parse(o->template, &o->columns, layout == &store_flat, &o->name, message))
        return options_check_refuse(o, "name", message);
    if (layout == &store_tar && strcmp(o->template, layout->template) != 0)
        return options_usage_error(
            "--name and --layout=webdataset", "cannot be combined: samples are named by their key");
    return true;
}

static bool check_pool(const struct options *o)
{
    if (!options_decode(o) || o->pool == POOL_PROCS)
        return true;
    if (o->require_sandbox)
        return options_check_refuse(o, "require-sandbox", "only --pool=procs has a sandbox");
    if (o->isolate == ISOLATE_IMAGE)
        return options_check_refuse(o, "isolate", "only --pool=procs has processes");
    return true;
}

/* A terminal and /dev/null are no lists. */
static bool is_stdin_a_list(const struct options *o)
{
    struct stat st;
    return !o->is_stdin_read && !fstat(STDIN_FILENO, &st) && !S_ISCHR(st.st_mode);
}

/* True if the option says only what holds without it. */
static bool says_nothing(const struct setting *s)
{
    const struct options_row *row = options_row_named(s->name);
    return row->initial && s->value && !strcmp(s->value, row->initial);
}

/* The option that names a column and was given last; NULL: none was. */
static const struct setting *column_option(const struct options *o)
{
    static const char *const names[] = {"url-col", "caption-col", "hash-col", "referer-col",
        "fallback-cols", "keep-cols", "blur-col"};
    for (size_t i = o->given.n; i-- > 0;)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (!strcmp(o->given.at[i].name, names[k]) && !says_nothing(&o->given.at[i]))
                return &o->given.at[i];
    return NULL;
}

static void expand_lists(struct options *o)
{
    size_t n;
    o->expanded_lists = listpaths_expand(o->pipeline.lists, o->pipeline.n_lists, &n);
    if (!o->expanded_lists)
        return;
    o->pipeline.lists = (const char *const *)o->expanded_lists;
    o->pipeline.n_lists = n;
}

static bool check_lists(struct options *o)
{
    static const char *const standard_input[] = {"-"};
    if (!o->pipeline.n_lists && is_stdin_a_list(o)) {
        o->pipeline.lists = standard_input;
        o->pipeline.n_lists = 1;
    }
    if (!o->pipeline.n_lists) {
        fprintf(stderr, "imgfetch: no list of URLs\nusage: imgfetch [OPTION]... LIST...\n"
                        "Try 'imgfetch --help'.\n");
        return false;
    }
    expand_lists(o);
    struct urllist_conf list = {.paths = o->pipeline.lists, .n_paths = o->pipeline.n_lists};
    list.format = o->pipeline.format;
    list.columns = &o->columns;
    const struct setting *option = column_option(o);
    const char *name = option ? option->name : "url-col";
    if (option && !urllist_has_columns(&list))
        return options_check_refuse(
            o, name, "no LIST has columns: --format=csv, tsv or jsonl says that one has");
    const char *why = urllist_check(&list);
    return !why || options_check_refuse(o, name, why);
}

/* curl would send the header in place of the row's. */
static bool check_referer(const struct options *o)
{
    bool has_header = false;
    for (const char *const *h = o->pipeline.transfer.headers; h && *h; h++)
        has_header = has_header || !strncasecmp(*h, "Referer:", strlen("Referer:"));
    return !has_header || !o->columns.at[COLUMN_REFERER].name ||
           options_usage_error("--header=Referer: and --referer-col", "give only one of them");
}

static bool check_thumbs(struct options *o)
{
    const char *why;
    if (!o->thumbs && o->make.n_specs)
        return options_usage_error("--thumb and --no-thumbs", "give only one of them");
    if (o->make.upscale && o->make.only_shrink)
        return options_usage_error("--upscale and --only-shrink", "give only one of them");
    if (!o->thumbs && o->make.phash)
        return options_check_refuse(
            o, "phash", "hashes thumbnails: cannot be combined with --no-thumbs");
    if (o->thumbs && !o->make.n_specs && (why = choice_thumb(o, OPTIONS_THUMB)))
        return options_usage_error("--thumb", why);
    return true;
}

/* Many programs take a proxy from the environment. */
static void tell_proxy(const struct options *o)
{
    const char *variable = proxy_variable("http");
    if (!variable)
        variable = proxy_variable("https");
    bool is_ignored = variable && !setting_of(o, "proxy") && o->pipeline.backend->needs_address;
    if (is_ignored && !o->quiet && !o->dry_run)
        fprintf(stderr, "imgfetch: %s is set, but not used: --proxy=env uses it\n", variable);
}

bool options_check(struct options *o)
{
    if (o->action == OPTIONS_RUN && o->report && !o->compare)
        o->action = OPTIONS_REPORT;
    if (o->action == OPTIONS_VERIFY || o->action == OPTIONS_REPORT)
        return check_reader(o);
    if (o->action == OPTIONS_HELP && !o->about_topic && o->pipeline.n_lists) /* --help TOPIC */
        o->about_topic = !choice_help(o, o->pipeline.lists[0]);
    if (o->action != OPTIONS_RUN)
        return true;
    if (!check_lists(o))
        return false;
    if (!check_name(o))
        return false;
    if (!*o->pipeline.store.dir)
        return options_check_refuse(o, "output", "must not be empty");
    o->outdir.redo = o->outdir.redo || o->pipeline.again.refresh;
    if (o->outdir.fresh && o->outdir.redo)
        return options_usage_error(
            "--fresh", "cannot be combined with --refresh or --retry-failed");
    if (!options_parts_check(o) || !check_update(o) || !check_removed(o))
        return false;
    if (o->reuse.n && (o->pipeline.again.refresh || o->compare || o->dry_run))
        return options_check_refuse(
            o, "reuse", "cannot be combined with --refresh, --compare or --dry-run");
    if (o->report && (!*o->report || !strcmp(o->report, "-")))
        return options_check_refuse(o, "report", "with --compare, name the page: --report=FILE");
    if (o->report && report_card_is_meant(o->report))
        return options_check_refuse(
            o, "report", "a data card is about a directory, not about --compare");
    if (o->compare && !strcmp(o->compare, "http") && !o->pipeline.backend->needs_address)
        return options_check_refuse(o, "compare", "needs a --backend that fetches");
    if (o->only_ipv4 && o->only_ipv6)
        return options_usage_error("-4 and -6", "give only one of them");
    if (!check_dry_run(o) || !check_resolver(o) || !check_http(o) || !check_adapts(o) ||
        !check_referer(o) || !load_reject(o))
        return false;
    if (!check_thumbs(o) || !check_pool(o) || !options_check_output(o))
        return false;
    fit_to_layout(o);
    tell_proxy(o);
    work_out(o);
    return true;
}
