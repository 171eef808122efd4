#include "cmd/imgfetch/split/split_conf.h"

#include "base/mem.h"
#include "cmd/imgfetch/options/options_table.h"

#include <stdio.h>
#include <string.h>

const char *split_conf_format(enum urllist_format format)
{
    static const char *const names[] = {[URLLIST_TXT] = "txt",
        [URLLIST_CSV] = "csv",
        [URLLIST_TSV] = "tsv",
        [URLLIST_JSONL] = "jsonl"};
    return format < sizeof names / sizeof *names ? names[format] : NULL;
}

/* True if the option is not that of a task, or is said anew. */
static bool is_ours(const struct options_row *row)
{
    static const char *const names[] = {
        "output", "limit", "format", "encoding", "shard-size", "first-shard"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(row->name, names[i]))
            return true;
    return row->typed_only || row->topic == TOPIC_PRINTING || row->topic == TOPIC_HIDDEN ||
           row->topic == TOPIC_COMPARING;
}

const char *split_conf_left_out(const struct options *o)
{
    for (size_t i = 0; i < o->given.n; i++)
        if (options_is_secret(o->given.at[i].name))
            return o->given.at[i].name;
    return NULL;
}

static void put(struct buf *out, const char *text)
{
    mem_must(buf_append(out, text, strlen(text)));
}

/* In double quotes, as config.h reads them. */
static void put_quoted(struct buf *out, const char *text)
{
    static const char special[] = "\\\"\t\n\r\v", letters[] = "\\\"tnrv";
    put(out, "\"");
    for (; *text; text++) {
        const char *at = strchr(special, *text);
        char pair[] = {'\\', at ? letters[at - special] : 0, 0}, plain[] = {*text, 0};
        put(out, at ? pair : plain);
    }
    put(out, "\"");
}

static void put_setting(struct buf *out, const struct setting *s)
{
    put(out, s->name);
    if (s->value) {
        put(out, "=");
        put_quoted(out, s->value);
    }
    put(out, "\n");
}

void split_conf_put(
    const struct options *o, enum urllist_format format, uint32_t first_shard, struct buf *out)
{
    char text[120];
    for (size_t i = 0; i < o->given.n; i++) {
        const struct setting *s = &o->given.at[i];
        if (!is_ours(options_row_named(s->name)) && !options_is_secret(s->name))
            put_setting(out, s);
    }
    snprintf(text, sizeof text, "format=%s\nshard-size=%u\nfirst-shard=%u\n",
        split_conf_format(format), o->pipeline.store.shard_size, first_shard);
    put(out, text);
}
