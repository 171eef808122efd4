#include "cmd/imgfetch/options/options.h"

#include "backends/table.h"
#include "cmd/imgfetch/options/choice.h"
#include "cmd/imgfetch/options/config.h"
#include "cmd/imgfetch/options/options_check.h"
#include "cmd/imgfetch/options/value.h"
#include "store/store_files.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    ON,
    OFF,      /* bool */
    ACTION,   /* enum options_action: min */
    NUMBER,   /* unsigned, from min to max */
    LARGE,    /* uint64_t, from min */
    SIZE,     /* uint64_t, bytes, from min to max */
    PIXELS,   /* uint64_t */
    SECONDS,  /* uint64_t, in ms */
    REAL,     /* double, from min to max */
    TEXT,     /* const char * */
    CHOICE,   /* its own function */
    OPTIONAL, /* likewise; without a value it gets NULL */
    CONFIG,   /* a file of options; read before the others are set */
};

/* What the command line says replaces what files say: options of a group say, together, one thing.
 * An option of no group replaces itself, or adds to itself if it is repeatable. */
enum group { SIZES = 1, FAMILY = 2, PAST = 4 };

struct row {
    const char *name;
    char letter; /* 0: none */
    enum kind kind;
    size_t field; /* its offset in struct options */
    uint64_t min, max;
    choice_set *choice;
    enum group group; /* 0: of none */
    bool typed_only;  /* no file may say it */
};

#define FIELD(name) .field = offsetof(struct options, name)
#define MANY 65536
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* clang-format off */
static const struct row rows[] = {
    {"format",          0,   CHOICE,  .choice = choice_format},
    {"url-col",         0,   CHOICE,  .choice = choice_url_col},
    {"caption-col",     0,   CHOICE,  .choice = choice_caption_col},
    {"hash-col",        0,   CHOICE,  .choice = choice_hash_col},
    {"keep-cols",       0,   CHOICE,  .choice = choice_keep_cols},
    {"limit",           0,   LARGE,   FIELD(pipeline.limit), .min = 1},
    {"shuffle",         0,   OPTIONAL, .choice = choice_shuffle},
    {"dedupe",          0,   CHOICE,  .choice = choice_dedupe},

    {"backend",         'b', CHOICE,  .choice = choice_backend},
    {"list-backends",   0,   ACTION,  .min = OPTIONS_LIST_BACKENDS, .typed_only = true},
    {"concurrency",     'c', NUMBER,  FIELD(pipeline.concurrency), .min = 1, .max = MANY},
    {"loops",           0,   NUMBER,  FIELD(pipeline.loops), .min = 1, .max = 64},
    {"per-host",        0,   NUMBER,  FIELD(pipeline.per_host), .max = MANY},
    {"host-rate",       0,   REAL,    FIELD(pipeline.host_rate), .max = 1000000},
    {"limit-rate",      0,   SIZE,    FIELD(pipeline.transfer.max_speed), .min = 1024, .max = 1024 * GIB},
    {"retries",         0,   NUMBER,  FIELD(pipeline.retries), .max = 1000},
    {"retry-max-wait",  0,   SECONDS, FIELD(pipeline.retry_max_wait_ms)},
    {"max-redirects",   0,   NUMBER,  FIELD(pipeline.max_redirects), .max = 1000},
    {"connect-timeout", 0,   SECONDS, FIELD(pipeline.transfer.connect_timeout_ms)},
    {"timeout",         0,   SECONDS, FIELD(pipeline.timeout_ms)},
    {"stall-timeout",   0,   SECONDS, FIELD(pipeline.transfer.stall_timeout_ms)},
    {"max-size",        0,   SIZE,    FIELD(pipeline.transfer.max_size), .min = 1, .max = 2 * GIB},
    {"memory",          0,   SIZE,    FIELD(pipeline.memory), .min = MIB, .max = 1024 * GIB},
    {"robots-txt",      0,   ON,      FIELD(pipeline.robots_txt)},
    {"header",          'H', CHOICE,  .choice = choice_header},
    {"user-agent",      'A', TEXT,    FIELD(pipeline.transfer.agent)},
    {"referer",         'e', TEXT,    FIELD(pipeline.transfer.referer)},
    {"robots-tag",      0,   CHOICE,  .choice = choice_robots_tag},
    {"cacert",          0,   TEXT,    FIELD(ca_file)},
    {"insecure",        'k', ON,      FIELD(pipeline.transfer.insecure)},
    {"http1.1",         0,   OFF,     FIELD(pipeline.transfer.http2)},
    {"http2",           0,   ON,      FIELD(pipeline.transfer.http2)},
    {"proxy",           'x', CHOICE,  .choice = choice_proxy},
    {"dns-servers",     0,   TEXT,    FIELD(pipeline.resolver.servers)},
    {"resolve",         0,   CHOICE,  .choice = choice_resolve},
    {"ipv4",            '4', ON,      FIELD(only_ipv4), .group = FAMILY},
    {"ipv6",            '6', ON,      FIELD(only_ipv6), .group = FAMILY},
    {"allow-net",       0,   CHOICE,  .choice = choice_allow_net},

    {"thumb",           't', CHOICE,  .choice = choice_thumb, .group = SIZES},
    {"decode-order",    0,   CHOICE,  .choice = choice_decode_order},
    {"no-thumbs",       0,   OFF,     FIELD(thumbs), .group = SIZES},
    {"originals",       0,   OPTIONAL, .choice = choice_originals},
    {"no-originals",    0,   OPTIONAL, .choice = choice_no_originals},
    {"filter",          0,   CHOICE,  .choice = choice_filter},
    {"thumb-format",    0,   CHOICE,  .choice = choice_thumb_format},
    {"progressive",     0,   ON,      FIELD(make.progressive)},
    {"quality",         0,   NUMBER,  FIELD(make.quality), .min = 1, .max = 100},
    {"background",      0,   CHOICE,  .choice = choice_background},
    {"upscale",         0,   ON,      FIELD(make.upscale)},
    {"pool",            0,   CHOICE,  .choice = choice_pool},
    {"workers",         0,   NUMBER,  FIELD(workers), .min = 1, .max = 256},
    {"max-pixels",      0,   PIXELS,  FIELD(make.limits.max_pixels)},
    {"min-side",        0,   NUMBER,  FIELD(make.limits.min_side), .max = 1 << 30},
    {"max-aspect",      0,   REAL,    FIELD(make.limits.max_aspect), .min = 1, .max = 1 << 30},
    {"decode-timeout",  0,   SECONDS, FIELD(pipeline.decode_timeout_ms)},
    {"decode-memory",   0,   SIZE,    FIELD(make.limits.max_memory), .min = 16 * MIB, .max = 64 * GIB},
    {"require-sandbox", 0,   ON,      FIELD(require_sandbox)},
    {"strict",          0,   ON,      FIELD(pipeline.strict)},

    {"output",          'o', TEXT,    FIELD(pipeline.store.dir)},
    {"layout",          0,   CHOICE,  .choice = choice_layout},
    {"name",            0,   TEXT,    FIELD(template)},
    {"shard-size",      0,   NUMBER,  FIELD(pipeline.store.shard_size), .min = 1, .max = 10000000},
    {"shard",           0,   CHOICE,  .choice = choice_shard},
    {"retry-failed",    0,   OPTIONAL, .choice = choice_retry_failed, .group = PAST},
    {"refresh",         0,   ON,      FIELD(pipeline.again.refresh), .group = PAST},
    {"checkpoint",      0,   SECONDS, FIELD(pipeline.store.checkpoint_ms)},
    {"fresh",           0,   ON,      FIELD(outdir.fresh), .group = PAST},
    {"verify",          0,   ACTION,  .min = OPTIONS_VERIFY, .group = PAST, .typed_only = true},

    {"quiet",           'q', ON,      FIELD(quiet)},
    {"verbose",         'v', ON,      FIELD(verbose)},
    {"json",            0,   ON,      FIELD(json)},
    {"fail-under",      0,   REAL,    FIELD(fail_under), .max = 100},
    {"compare",         0,   OPTIONAL, .choice = choice_compare, .typed_only = true},
    {"repeat",          0,   NUMBER,  FIELD(repeat), .min = 1, .max = 1000},
    {"report",          0,   OPTIONAL, .choice = choice_report, .group = PAST, .typed_only = true},
    {"stats-fd",        0,   NUMBER,  FIELD(stats_fd), .min = 3, .max = MANY}, /* for --compare */
    {"test-faults",     0,   ON,      FIELD(test_faults)}, /* for the tests: testfault.h */
    {"help",            'h', ACTION,  .min = OPTIONS_HELP, .typed_only = true},
    {"version",         'V', ACTION,  .min = OPTIONS_VERSION, .typed_only = true},
    {"config",          'K', CONFIG,  .typed_only = true},
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof *rows, LONG_ONLY = 256 /* above any letter */ };

/* As getopt_long(3) calls it. */
static int argument_of(enum kind kind)
{
    switch (kind) {
    case ON:
    case OFF:
    case ACTION:
        return no_argument;
    case OPTIONAL:
        return optional_argument;
    default:
        return required_argument;
    }
}

/* NULL, or what is wrong with the value. */
static const char *set(struct options *o, const struct row *row, const char *value)
{
    void *field = (char *)o + row->field;
    uint64_t n = 0;
    const char *why = NULL;
    switch (row->kind) {
    case ON:
    case OFF:
        *(bool *)field = row->kind == ON;
        break;
    case ACTION:
        o->action = (enum options_action)row->min;
        break;
    case NUMBER:
        why = value_number(value, row->min, row->max, &n);
        if (!why)
            *(unsigned *)field = (unsigned)n;
        break;
    case LARGE:
        why = value_number(value, row->min, UINT64_MAX, field);
        break;
    case SIZE:
        why = value_size(value, row->min, row->max, field);
        break;
    case PIXELS:
        why = value_pixels(value, field);
        break;
    case SECONDS:
        why = value_seconds(value, field);
        break;
    case REAL:
        why = value_real(value, (double)row->min, (double)row->max, field);
        break;
    case TEXT:
        *(const char **)field = value;
        break;
    case CHOICE:
    case OPTIONAL:
        why = row->choice(o, value);
        break;
    case CONFIG:
        break;
    }
    return why;
}

void options_defaults(struct options *o)
{
    *o = (struct options){
        .columns = {.at = {[COLUMN_URL] = {"url", 3}}, .n = COLUMN_KEPT},
        .pipeline.backend = backend_find("async"),
        .pipeline.loops = 1,
        .pipeline.per_host = 8,
        .pipeline.retries = 2,
        .pipeline.retry_max_wait_ms = 60000,
        .pipeline.max_redirects = 5,
        .pipeline.timeout_ms = 60000,
        .pipeline.memory = 512 * MIB,
        .pipeline.decode_timeout_ms = 20000,
        .pipeline.transfer = {.headers = o->headers.at, .allow = o->allow},
        .pipeline.transfer.connect_timeout_ms = 10000,
        .pipeline.transfer.stall_timeout_ms = 15000,
        .pipeline.transfer.max_size = 64 * MIB,
        .pipeline.transfer.robots_tag = "noai,noimageai,noindex,noimageindex",
        .pipeline.transfer.agent = "imgfetch/" IMGFETCH_VERSION " (+" IMGFETCH_HOMEPAGE ")",
        .pipeline.resolver.pins = o->pins.at,
        .pipeline.store = {.columns = &o->columns, .name = &o->name, .spec_names = o->spec_names},
        .pipeline.store.layout = &store_files,
        .pipeline.store.dir = "images",
        .pipeline.store.shard_size = 10000,
        .pipeline.store.thumb_extension = "jpg",
        .pipeline.store.originals = true,
        .pipeline.store.checkpoint_ms = 5000,
        .thumbs = true,
        .make = {.background = {255, 255, 255}, .quality = 85},
        .make.limits = {.max_pixels = 100000000, .max_memory = 512 * MIB},
        .template = "{key}",
        .fail_under = 100,
        .repeat = 3,
        .stats_fd = -1,
    };
}

static void fill_getopt(struct option *longs, char *letters)
{
    *letters++ = ':'; /* getopt tells a missing value from an unknown option */
    for (int i = 0; i < N_ROWS; i++) {
        int argument = argument_of(rows[i].kind);
        longs[i] = (struct option){rows[i].name, argument, NULL, LONG_ONLY + i};
        if (rows[i].letter) {
            *letters++ = rows[i].letter;
            if (argument == required_argument)
                *letters++ = ':';
        }
    }
    longs[N_ROWS] = (struct option){0};
    *letters = '\0';
}

static const struct row *row_of(int code)
{
    if (code >= LONG_ONLY)
        return &rows[code - LONG_ONLY];
    for (int i = 0; i < N_ROWS; i++)
        if (rows[i].letter == code)
            return &rows[i];
    return NULL;
}

static const struct row *row_named(const char *name)
{
    for (int i = 0; i < N_ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* ---- where options come from ---- */

/* Of a setting in a file: what getopt says of the others, and what does not belong there. */
static const char *check_in_file(const struct row *row, const struct setting *s)
{
    if (!row)
        return "unknown option";
    if (row->typed_only)
        return "only on the command line";
    if (!s->value && argument_of(row->kind) == required_argument)
        return "needs a value";
    return s->value && argument_of(row->kind) == no_argument ? "takes no value" : NULL;
}

/* Makes settings hold, but for those of `groups`. False: a usage error; it has been told. */
static bool take(struct options *o, const struct settings *settings, unsigned groups)
{
    for (size_t i = 0; i < settings->n; i++) {
        const struct setting *s = &settings->at[i];
        const struct row *row = row_named(s->name);
        const char *why = s->where ? check_in_file(row, s) : NULL;
        if (!why && (row->kind == CONFIG || row->group & groups))
            continue;
        if (!why) {
            s = settings_add(&o->given, s->name, s->value, s->where);
            why = set(o, row, s->value);
        }
        if (why) {
            char subject[400];
            snprintf(subject, sizeof subject, "%s%s--%s%s%s", s->where ? s->where : "",
                s->where ? ": " : "", s->name, s->value ? "=" : "", s->value ? s->value : "");
            return options_usage_error(subject, why);
        }
    }
    return true;
}

static bool read_command_line(int argc, char **argv, struct options *o, struct settings *ret)
{
    struct option longs[N_ROWS + 1];
    char letters[2 * N_ROWS + 2];
    int code;
    fill_getopt(longs, letters);
    opterr = 0;
    optind = 0; /* getopt_long(3): from the beginning */
    while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (code == '?')
            return options_usage_error(argv[optind - 1], "unknown option");
        if (code == ':')
            return options_usage_error(argv[optind - 1], "needs a value");
        settings_add(ret, row_of(code)->name, optarg, NULL);
    }
    o->pipeline.lists = (const char *const *)argv + optind;
    o->pipeline.n_lists = (size_t)(argc - optind);
    return true;
}

/* By a file of options, and by something else as well. */
static bool is_stdin_read_twice(const struct options *o, const struct settings *typed)
{
    unsigned files = 0, lists = 0;
    for (size_t i = 0; i < typed->n; i++)
        files += row_named(typed->at[i].name)->kind == CONFIG && !strcmp(typed->at[i].value, "-");
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        lists += !strcmp(o->pipeline.lists[i], "-");
    return files && files + lists > 1;
}

/* The options of files, unless the command line's replace them. */
static bool take_files(struct options *o, const struct settings *typed)
{
    struct settings files = {0};
    char *where = NULL;
    unsigned groups = 0;
    for (size_t i = 0; i < typed->n; i++) {
        const struct row *row = row_named(typed->at[i].name);
        groups |= row->group;
        if (row->kind == ACTION && row->min != OPTIONS_VERIFY)
            return true; /* what is only printed needs none */
    }
    if (is_stdin_read_twice(o, typed))
        return options_usage_error("--config=-", "standard input can be read but once");
    const char *why = config_read_all(typed, &files, &where);
    bool good = why ? options_usage_error(where, why) : take(o, &files, groups);
    settings_fini(&files);
    free(where);
    return good;
}

bool options_parse(int argc, char **argv, struct options *o)
{
    struct settings typed = {0};
    options_defaults(o);
    bool good =
        read_command_line(argc, argv, o, &typed) && take_files(o, &typed) && take(o, &typed, 0);
    settings_fini(&typed);
    return good && options_check(o);
}

void options_fini(struct options *o)
{
    settings_fini(&o->given);
}
