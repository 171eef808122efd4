#include "base/beneath_folders.h"

#include "base/beneath.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_entry(struct beneath_folders_entry *e)
{
    if (e->path)
        close(e->fd);
    free(e->path);
    *e = (struct beneath_folders_entry){0};
}

/* The entry of that folder; if it has none, the one used least lately, emptied. */
static struct beneath_folders_entry *entry_of(struct beneath_folders *f, const char *path)
{
    struct beneath_folders_entry *oldest = f->at;
    for (struct beneath_folders_entry *e = f->at; e < f->at + BENEATH_FOLDERS; e++) {
        if (e->path && !strcmp(e->path, path))
            return e;
        if (e->used < oldest->used)
            oldest = e;
    }
    close_entry(oldest);
    return oldest;
}

static int open_or_make(int dir, const char *path)
{
    int fd = beneath_open_folder(dir, path);
    if (fd != -ENOENT)
        return fd;
    int err = beneath_make_folder(dir, path);
    return err ? err : beneath_open_folder(dir, path);
}

int beneath_folders_open(struct beneath_folders *f, int dir, const char *path)
{
    struct beneath_folders_entry *e = entry_of(f, path);
    if (!e->path) {
        int fd = open_or_make(dir, path);
        if (fd < 0)
            return fd;
        *e = (struct beneath_folders_entry){.path = mem_dup(path), .fd = fd};
    }
    e->used = ++f->n_used;
    return e->fd;
}

void beneath_folders_fini(struct beneath_folders *f)
{
    for (unsigned i = 0; i < BENEATH_FOLDERS; i++)
        close_entry(&f->at[i]);
}
