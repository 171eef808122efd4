#include "store/update_mark.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/hex.h"
#include "manifest/manifest.h"
#include "manifest/shardfiles.h"
#include "store/commit.h"
#include "store/fresh.h"
#include "store/outdir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mark_path[] = SHARDFILES_OWN "/" FRESH_MARK;

enum { ID_BYTES = (UPDATE_MARK_ID_SIZE - 1) / 2 };

void update_mark_id(char ret[UPDATE_MARK_ID_SIZE])
{
    uint8_t bytes[ID_BYTES];
    arc4random_buf(bytes, sizeof bytes);
    hex_print(bytes, sizeof bytes, ret);
}

static bool is_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == UPDATE_MARK_ID_SIZE - 1 &&
           !strcmp(text + UPDATE_MARK_ID_SIZE - 1, "\n");
}

static void read_mark(const struct buf *text, struct update_mark *ret)
{
    const char *line = (const char *)text->data;
    bool is_new = !strncmp(line, "new ", 4), is_old = !strncmp(line, "old ", 4);
    if ((!is_new && !is_old) || !is_id(line + 4))
        return;
    ret->kind = is_new ? UPDATE_MARK_NEW : UPDATE_MARK_OLD;
    snprintf(ret->id, sizeof ret->id, "%.*s", UPDATE_MARK_ID_SIZE - 1, line + 4);
}

static int is_own_folder(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, SHARDFILES_OWN) != 0;
}

/* Anything but a mark that was not written to its end. */
static int is_no_part(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, FRESH_MARK COMMIT_PART) != 0;
}

/* 1: it is not empty. */
static int is_used(int dir)
{
    int used = beneath_list(dir, ".", is_own_folder, NULL);
    if (!used)
        used = beneath_list(dir, SHARDFILES_OWN, is_no_part, NULL);
    return used == -ENOENT ? 0 : used;
}

int update_mark_read(int dir, struct update_mark *ret)
{
    struct buf text = {0};
    *ret = (struct update_mark){UPDATE_MARK_OTHER, ""};
    int err = manifest_read_file(dir, mark_path, &text);
    if (!err)
        read_mark(&text, ret);
    buf_fini(&text);
    if (err == -ENOENT || (!err && ret->kind == UPDATE_MARK_OTHER)) {
        int looked = outdir_look(dir), used = is_used(dir);
        ret->kind = !looked || looked == -EBUSY ? UPDATE_MARK_OUTPUT
                    : used                      ? UPDATE_MARK_OTHER
                                                : UPDATE_MARK_EMPTY;
        err = used < 0 ? used : 0;
    }
    return err;
}

int update_mark_open(int parent, const char *name, int *ret_dir, struct update_mark *ret)
{
    *ret = (struct update_mark){UPDATE_MARK_MISSING, ""};
    *ret_dir = -1;
    int dir = beneath_open_folder(parent, name);
    if (dir == -ENOENT)
        return 0;
    if (dir == -ENOTDIR || dir == -ELOOP) {
        ret->kind = UPDATE_MARK_OTHER;
        return 0;
    }
    int err = dir < 0 ? dir : update_mark_read(dir, ret);
    if (err && dir >= 0)
        close(dir);
    else
        *ret_dir = dir;
    return err;
}

int update_mark_write(int dir, const char *word, const char *id)
{
    char text[UPDATE_MARK_ID_SIZE + 8];
    int len = snprintf(text, sizeof text, "%s %s\n", word, id);
    struct commit_part part = {text, (size_t)len};
    int folder = beneath_open_folder(dir, SHARDFILES_OWN);
    int err = folder < 0 ? folder : 0;
    if (!err) {
        (void)beneath_remove(folder, FRESH_MARK COMMIT_PART); /* left by a killed run, perhaps */
        err = commit_file(COMMIT_RENAME, folder, FRESH_MARK, &part, 1, true);
    }
    if (!err && (fsync(folder) || fsync(dir)))
        err = -errno;
    if (folder >= 0)
        close(folder);
    return err;
}
