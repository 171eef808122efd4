#include "store/update_lost.h"

#include "base/textset.h"
#include "input/url.h"
#include "manifest/allrows.h"

#include <string.h>

struct lost {
    struct textset *failed; /* URLs in their normal form */
    uint64_t n;
};

typedef void with_url(struct lost *, const char *url);

static void normalise(struct lost *l, const struct manifest_row *row, with_url *take)
{
    const char *text = manifest_text(row, ROW_URL), *why;
    struct url url;
    if (!text || url_parse(text, strlen(text), &url, &why) != ERR_OK)
        return;
    take(l, url.text);
    url_fini(&url);
}

static void add(struct lost *l, const char *url)
{
    textset_add(l->failed, url, strlen(url));
}

static void count(struct lost *l, const char *url)
{
    l->n += textset_has(l->failed, url, strlen(url));
}

static bool may_pass(const struct manifest_row *row)
{
    return err_is_transient((enum err)row->code, (int)manifest_number(row, ROW_HTTP_STATUS)) ||
           row->code == ERR_HOST_DOWN || row->code == ERR_BLOCKED_ADDRESS;
}

static void take_new(void *arg, const struct manifest_row *row)
{
    if (row->code > ERR_OK && may_pass(row))
        normalise(arg, row, add);
}

static void take_old(void *arg, const struct manifest_row *row)
{
    if (row->code == ERR_OK)
        normalise(arg, row, count);
}

int update_lost_count(int old, int new_, uint64_t *ret)
{
    struct lost l = {textset_new(), 0};
    int err = allrows_read(new_, take_new, &l);
    textset_finish(l.failed);
    if (!err && textset_count(l.failed))
        err = allrows_read(old, take_old, &l);
    textset_free(l.failed);
    *ret = l.n;
    return err;
}
