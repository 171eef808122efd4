#include "manifest/allrows.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "manifest/rowscan.h"
#include "manifest/shardfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct reading {
    allrows_take *take;
    void *arg;
    struct buf line;
    int err;
};

static bool take_line(void *arg, int64_t offset, const char *line, size_t len)
{
    struct reading *r = arg;
    struct manifest_row row;
    (void)offset;
    r->line.len = 0;
    if (!buf_append(&r->line, line, len) || !buf_append(&r->line, "", 1)) {
        r->err = -ENOMEM;
        return false;
    }
    if (manifest_row_parse((const char *)r->line.data, &row)) {
        r->take(r->arg, &row);
        manifest_row_fini(&row);
    }
    return true;
}

static int read_manifest(
    struct reading *r, int dir, const struct shardfiles *s, enum shardfiles_kind kind)
{
    char name[SHARDFILES_NAME_SIZE];
    if (!(s->kinds & kind))
        return 0;
    shardfiles_name(s->number, s->digits, kind, name);
    int fd = beneath_open(dir, name, O_RDONLY);
    int err = fd < 0 ? fd : rowscan_lines(fd, take_line, r);
    if (fd >= 0)
        close(fd);
    return err ? err : r->err;
}

int allrows_read(int dir, allrows_take *take, void *arg)
{
    struct reading r = {.take = take, .arg = arg};
    struct shardfiles *shards = NULL;
    const char *where;
    size_t n = 0;
    int err = shardfiles_find(dir, NULL, NULL, &shards, &n, &where);
    for (size_t i = 0; i < n && !err; i++) {
        err = read_manifest(&r, dir, &shards[i], SHARDFILES_MANIFEST);
        if (!err)
            err = read_manifest(&r, dir, &shards[i], SHARDFILES_ROOT_MANIFEST);
    }
    buf_fini(&r.line);
    free(shards);
    return err;
}
