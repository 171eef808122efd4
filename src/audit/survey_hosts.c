#include "audit/survey_inside.h"
#include "base/hash.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 /* RFC 1035 */ };

struct survey_hosts_entry {
    UT_hash_handle hh; /* by host.name */
    struct survey_host host;
};

/* ---- texts ---- */

void survey_keep_cut(struct survey_text *t, const char *text, size_t most)
{
    if (t->text || !text)
        return;
    size_t len = strlen(text), keep = len < most ? len : most;
    while (keep < len && keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
        keep--; /* do not cut inside a character */
    t->text = utf8_clean(text, keep);
    t->is_cut = keep < len;
}

void survey_keep_text(struct survey_text *t, const char *text)
{
    survey_keep_cut(t, text, SURVEY_TEXT_MAX);
}

void survey_keep_example(struct survey_example *e, const struct manifest_row *row)
{
    if (e->url.text)
        return;
    survey_keep_text(&e->url, manifest_text(row, ROW_URL));
    survey_keep_text(&e->message, manifest_text(row, ROW_MESSAGE));
}

void survey_forget_example(struct survey_example *e)
{
    free(e->url.text);
    free(e->message.text);
    *e = (struct survey_example){0};
}

/* ---- hosts ---- */

bool survey_add_host(struct survey_hosts *hosts, const char *name, const struct manifest_row *row)
{
    struct survey_hosts_entry *e;
    HASH_FIND_STR(hosts->by_name, name, e);
    if (!e) {
        if (HASH_COUNT(hosts->by_name) >= SURVEY_HOSTS_KNOWN || strlen(name) > NAME_MAX_BYTES)
            return false;
        e = mem_new(sizeof *e);
        e->host.name = mem_dup(name);
        HASH_ADD_KEYPTR(hh, hosts->by_name, e->host.name, strlen(name), e);
    }
    e->host.n++;
    e->host.by_code[row->code]++;
    survey_keep_example(&e->host.example, row);
    return true;
}

static int most_first(const struct survey_hosts_entry *a, const struct survey_hosts_entry *b)
{
    return a->host.n > b->host.n ? -1 : a->host.n < b->host.n;
}

void survey_take_hosts(struct survey_hosts *hosts, struct survey *s)
{
    struct survey_hosts_entry *e, *next;
    s->failing_hosts = HASH_COUNT(hosts->by_name);
    HASH_SORT(hosts->by_name, most_first);
    HASH_ITER (hh, hosts->by_name, e, next) {
        HASH_DEL(hosts->by_name, e);
        if (s->n_hosts < SURVEY_HOSTS) {
            s->hosts[s->n_hosts++] = e->host;
        } else {
            s->failed_elsewhere += e->host.n;
            survey_forget_example(&e->host.example);
            free(e->host.name);
        }
        free(e);
    }
}
