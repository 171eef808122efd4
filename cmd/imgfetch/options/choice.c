#include "cmd/imgfetch/options/options_table.h"

#include "backends/table.h"
#include "base/utf8.h"
#include "cmd/imgfetch/options/shardopt.h"
#include "cmd/imgfetch/options/value.h"
#include "cmd/imgfetch/options/words.h"
#include "image/codec.h"
#include "image/exif_read.h"
#include "input/listtext.h"
#include "manifest/row.h"
#include "net/proxy.h"
#include "net/robotstag.h"
#include "store/store_files.h"
#include "store/store_flat.h"
#include "store/store_tar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *choice_backend(struct options *o, const char *value)
{
    const char *names[OPTIONS_MAX_VALUES];
    const struct backend *found = backend_find(value);
    options_values(options_row_named("backend"), names);
    if (!found)
        return words_unknown("unknown backend", names, value, strlen(value));
    o->pipeline.backend = found;
    return NULL;
}

const char *choice_concurrency(struct options *o, const char *value)
{
    enum { MOST = 65536 };
    uint64_t n = 0;
    o->adapts = !strcmp(value, "auto");
    if (!o->adapts && !isdigit((unsigned char)*value))
        return "neither a whole number nor auto";
    const char *why = o->adapts ? NULL : value_number(value, 1, MOST, &n);
    o->pipeline.concurrency = (unsigned)n;
    return why;
}

/* Reads the host of "HOST:N". Leaves *ret NULL if there is none, as in "N"; free() it. Moves *value
 * to what is behind it. */
static const char *take_host(const char **value, char **ret)
{
    const char *why, *colon = strrchr(*value, ':');
    if (!colon)
        return NULL;
    *ret = hostlimits_host(*value, (size_t)(colon - *value), &why);
    *value = colon + 1;
    return *ret ? NULL : why;
}

static struct hostlimits *limits_of(struct options *o)
{
    if (!o->pipeline.host_limits)
        o->pipeline.host_limits = hostlimits_new();
    return o->pipeline.host_limits;
}

const char *choice_per_host(struct options *o, const char *value)
{
    enum { MOST = 65536 };
    char *host = NULL;
    uint64_t n = 0;
    const char *why = take_host(&value, &host);
    if (!why)
        why = value_number(value, 0, MOST, &n);
    if (!why && host)
        hostlimits_set_at_once(limits_of(o), host, (unsigned)n);
    else if (!why)
        o->pipeline.per_host = (unsigned)n;
    free(host);
    return why;
}

const char *choice_host_rate(struct options *o, const char *value)
{
    enum { MOST = 1000000 };
    char *host = NULL;
    double rate = 0;
    const char *why = take_host(&value, &host);
    if (!why)
        why = value_rate(value, 0, MOST, &rate);
    if (!why && host)
        hostlimits_set_rate(limits_of(o), host, rate);
    else if (!why)
        o->pipeline.host_rate = rate;
    free(host);
    return why;
}

static const char *twice(const char *name, size_t len)
{
    static char text[120];
    snprintf(text, sizeof text, "column %.*s is given twice", len < 80 ? (int)len : 80, name);
    return text;
}

static const char *is_field(struct span name)
{
    static char text[160];
    int len = (int)name.len;
    snprintf(text, sizeof text,
        "the manifest already has a field %.*s: another name may follow, %.*s=list_%.*s", len,
        name.at, len, name.at, len, name.at);
    return text;
}

static const char *both_have_name(struct span name)
{
    static char text[140];
    snprintf(text, sizeof text, "two columns would be %.*s in the manifest",
        name.len < 80 ? (int)name.len : 80, name.at);
    return text;
}

/* The field is set. */
const char *choice_encoding(struct options *o, const char *value)
{
    (void)o;
    return listtext_knows(value) ? NULL : "unknown encoding (iconv -l lists them)";
}

static bool is_same(struct span a, struct span b)
{
    return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

/* Reads NAME or NAME=FIELD; the last = divides, for names of columns may have some. */
static const char *read_kept(struct span text, struct column *ret, struct span *ret_renamed)
{
    const char *equals = memrchr(text.at, '=', text.len);
    size_t len = equals ? (size_t)(equals - text.at) : text.len;
    const char *why = value_column(text.at, len, ret);
    *ret_renamed = (struct span){0};
    if (why || !equals)
        return why;
    *ret_renamed = (struct span){equals + 1, text.len - len - 1};
    if (!ret_renamed->len)
        return "a name is missing behind =";
    return utf8_is_valid(ret_renamed->at, ret_renamed->len) ? NULL : "not UTF-8";
}

/* Names of hashes are free unless --hash wants that field: options_check.c. */
static bool is_reserved(struct span name)
{
    const struct row_field_info *field = row_field_find(name.at, name.len);
    return field && (field < &row_fields[ROW_MD5] || field > &row_fields[ROW_SHA512]);
}

static const char *add_kept(struct columns *columns, struct span text)
{
    unsigned n = columns->n;
    if (n == COLUMNS_MAX)
        return "more than 64 columns";
    struct column *column = &columns->at[n];
    const char *why = read_kept(text, column, &columns->renamed[n - COLUMN_KEPT]);
    if (why)
        return why;
    struct span field = columns_field(columns, n);
    for (unsigned i = COLUMN_KEPT; i < n; i++) {
        struct span other = {columns->at[i].name, columns->at[i].len};
        if (is_same(columns_field(columns, i), field))
            return is_same(other, (struct span){column->name, column->len})
                       ? twice(column->name, column->len)
                       : both_have_name(field);
    }
    if (is_reserved(field))
        return is_field(field);
    columns->n++;
    return NULL;
}

/* The text about an error code that no row has: not one, or one that is never written. */
static const char *unknown_code(const char *name, size_t len)
{
    static char text[160];
    const char *codes[ERR_COUNT], *near;
    size_t n = 0;
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (e != ERR_CANCELLED)
            codes[n++] = err_name((enum err)e);
    codes[n] = NULL;
    if (!len)
        return "an error code is missing";
    near = words_nearest(codes, name, len);
    snprintf(text, sizeof text,
        near ? "%.*s is no error code; did you mean %s?"
             : "%.*s is no error code: see imgfetch-manifest(5)",
        len < 60 ? (int)len : 60, name, near);
    return text;
}

const char *choice_retry_failed(struct options *o, const char *value)
{
    o->outdir.redo = true;
    for (int e = ERR_OK + 1; e < ERR_COUNT && !value; e++)
        o->pipeline.again.failed[e] = true;
    for (; value; value = *value ? value + 1 : NULL) {
        char name[32];
        size_t len = strcspn(value, ",");
        snprintf(name, sizeof name, "%.*s", (int)len, value);
        int code = err_from_name(name);
        if (code <= ERR_OK || code == ERR_CANCELLED)
            return unknown_code(value, len);
        o->pipeline.again.failed[code] = true;
        value += len;
    }
    return NULL;
}

const char *choice_keep_cols(struct options *o, const char *value)
{
    const char *why = NULL;
    o->columns.n = COLUMN_KEPT;
    for (;; value++) {
        size_t len = strcspn(value, ",");
        why = add_kept(&o->columns, (struct span){value, len});
        value += len;
        if (why || !*value)
            return why;
    }
}

const char *choice_fallback_cols(struct options *o, const char *value)
{
    struct column *columns = &o->columns.at[COLUMN_FALLBACK];
    memset(columns, 0, COLUMNS_FALLBACKS_MAX * sizeof *columns);
    for (unsigned n = 0;; value++) {
        size_t len = strcspn(value, ",");
        if (n == COLUMNS_FALLBACKS_MAX)
            return "more than 16 columns";
        for (unsigned i = 0; i < n; i++)
            if (columns[i].len == len && !memcmp(columns[i].name, value, len))
                return twice(value, len);
        const char *why = value_column(value, len, &columns[n++]);
        value += len;
        if (why || !*value)
            return why;
    }
}

const char *choice_layout(struct options *o, const char *value)
{
    static const struct layout *const layouts[] = {&store_files, &store_flat, &store_tar};
    unsigned layout = 0;
    const char *why = value_word(value, options_layouts, &layout);
    o->pipeline.store.layout = layouts[layout];
    return why;
}

static const char *set_originals(struct options *o, bool keep, const char *value)
{
    o->pipeline.store.originals = keep;
    o->originals_given = true;
    return value ? "takes no value" : NULL;
}

const char *choice_exif(struct options *o, const char *value)
{
    if (value && strcmp(value, "gps") != 0)
        return "the value must be gps, or none";
    if (!exif_read_is_there())
        return "this build has no libexif";
    o->make.exif = value ? THUMB_EXIF_GPS : THUMB_EXIF_CAMERA;
    return NULL;
}

const char *choice_originals(struct options *o, const char *value)
{
    return set_originals(o, true, value);
}

const char *choice_no_originals(struct options *o, const char *value)
{
    return set_originals(o, false, value);
}

const char *choice_shard(struct options *o, const char *value)
{
    return shardopt_shards(value, &o->pipeline.shards);
}

const char *choice_robots_tag(struct options *o, const char *value)
{
    bool off = !strcmp(value, "off");
    if (!off && !robotstag_is_list(value))
        return "neither a list of directives (like noai,noindex) nor off";
    o->pipeline.transfer.robots_tag = off ? NULL : value;
    return NULL;
}

/* The proxy that the environment names for a scheme. */
static const char *take_proxy(struct options *o, const char *scheme, struct proxy *ret)
{
    static char why[160];
    const char *variable = proxy_variable(scheme), *wrong;
    *ret = (struct proxy){0};
    if (!variable)
        return NULL;
    ret->url = settings_add(&o->environment, variable, getenv(variable), NULL)->value;
    wrong = proxy_check(ret->url, &ret->resolves);
    snprintf(why, sizeof why, "%s: %s", variable, wrong);
    return wrong ? why : NULL;
}

static const char *take_proxies(struct options *o, struct proxies *ret)
{
    const char *why = take_proxy(o, "http", &ret->http), *variable = proxy_variable(NULL);
    if (!why)
        why = take_proxy(o, "https", &ret->https);
    ret->except = NULL;
    if (variable)
        ret->except = settings_add(&o->environment, variable, getenv(variable), NULL)->value;
    return why;
}

const char *choice_proxy(struct options *o, const char *value)
{
    struct proxies *proxies = &o->pipeline.transfer.proxies;
    if (!strcmp(value, "env"))
        return take_proxies(o, proxies);
    *proxies = (struct proxies){.http.url = value};
    const char *why = proxy_check(value, &proxies->http.resolves);
    proxies->https = proxies->http;
    return why;
}

const char *choice_shuffle(struct options *o, const char *value)
{
    o->pipeline.shuffle = true;
    if (value)
        return value_number(value, 0, UINT64_MAX, &o->pipeline.seed);
    arc4random_buf(&o->pipeline.seed, sizeof o->pipeline.seed);
    return NULL;
}

const char *choice_decode_order(struct options *o, const char *value)
{
    unsigned order = 0;
    const char *why = value_word(value, options_decode_orders, &order);
    o->pipeline.largest_first = order == 1;
    return why;
}

const char *choice_compare(struct options *o, const char *value)
{
    o->compare = value ? value : "";
    return NULL;
}

const char *choice_report(struct options *o, const char *value)
{
    o->report = value ? value : "";
    return !value || *value ? NULL : "must not be empty";
}

const char *choice_help(struct options *o, const char *value)
{
    o->about_topic = value;
    return value ? value_word(value, options_topics, &o->topic) : NULL;
}

const char *choice_options(struct options *o, const char *value)
{
    uint64_t n = 0;
    const char *why = value_number(value ? value : "", 1, UINT16_MAX, &n);
    o->word = (unsigned)n;
    return why;
}

static const char *add_text(struct options_texts *texts, const char *value)
{
    if (texts->n == OPTIONS_MAX_REPEATED)
        return "given more than 64 times";
    texts->at[texts->n++] = value;
    return NULL;
}

const char *choice_header(struct options *o, const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\t')
            return "a header must not contain control characters";
    return strchr(value, ':') ? add_text(&o->headers, value) : "not a header (Name: value)";
}

const char *choice_reuse(struct options *o, const char *value)
{
    return *value ? add_text(&o->reuse, value) : "must not be empty";
}

const char *choice_resolve(struct options *o, const char *value)
{
    return add_text(&o->pins, value); /* the resolver checks the syntax */
}

const char *choice_allow_net(struct options *o, const char *value)
{
    size_t *n = &o->pipeline.transfer.n_allow;
    if (*n == OPTIONS_MAX_REPEATED)
        return "given more than 64 times";
    if (!addr_net_parse(value, &o->allow[*n]))
        return "not a network (an address, like 127.0.0.1, or a range, like 10.0.0.0/8)";
    ++*n;
    return NULL;
}

static const char *unknown_mode(const char *text)
{
    return words_unknown("unknown mode", thumbspec_modes, text, strlen(text));
}

const char *choice_thumb(struct options *o, const char *value)
{
    struct thumbmake_conf *make = &o->make;
    const char *why;
    if (make->n_specs == THUMBMAKE_MAX_SPECS)
        return "given more than 16 times";
    struct thumbspec *spec = &make->specs[make->n_specs];
    if (!thumbspec_parse(value, spec, &why))
        return why == thumbspec_bad_mode ? unknown_mode(strchr(value, ':') + 1) : why;
    for (unsigned i = 0; i < make->n_specs; i++)
        if (!strcmp(make->specs[i].name, spec->name))
            return "this size is given twice";
    make->n_specs++;
    return NULL;
}

/* The field is set. */
const char *choice_thumb_format(struct options *o, const char *value)
{
    o->pipeline.store.thumb_extension = value;
    return codec_encoder_for(o->make.format) ? NULL : "this build cannot write that format";
}

const char *choice_background(struct options *o, const char *value)
{
    return value_color(value, o->make.background);
}
