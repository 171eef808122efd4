#include "audit/survey_inside.h"

#include "base/beneath.h"
#include "base/descriptor.h"
#include "image/image.h"
#include "store/tarfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512 /* ustar */ };

struct reading {
    int dir;
    struct survey_sample *sample;
    struct survey_picture *pictures; /* one for each candidate; without bytes: not found */
    size_t room;                     /* bytes that more pictures may have */
};

/* ---- one picture ---- */

/* The media type, if a thumbnail can have it; else NULL. */
static const char *type_of(const struct image_info *info)
{
    switch (info->format) {
    case IMAGE_JPEG:
        return "image/jpeg";
    case IMAGE_PNG:
        return "image/png";
    case IMAGE_WEBP:
        return "image/webp";
    default:
        return NULL;
    }
}

static bool is_picture(struct survey_picture *p)
{
    char message[IMAGE_MESSAGE_SIZE];
    struct image_info info;
    if (image_sniff(p->bytes.data, p->bytes.len, &info, message) ||
        info.width > SURVEY_PICTURE_SIDE || info.height > SURVEY_PICTURE_SIDE)
        return false;
    p->type = type_of(&info);
    p->width = info.width;
    p->height = info.height;
    return p->type;
}

static void take_picture(
    struct reading *r, struct survey_picture *p, int fd, int64_t offset, int64_t len)
{
    if (p->bytes.len || len <= 0 || len > SURVEY_PICTURE_MAX || (size_t)len > r->room ||
        !buf_reserve(&p->bytes, (size_t)len))
        return;
    p->bytes.len = (size_t)len;
    if (descriptor_read_at(fd, p->bytes.data, (size_t)len, offset) == len && is_picture(p))
        r->room -= (size_t)len;
    else
        buf_fini(&p->bytes);
}

/* ---- files ---- */

static void read_file(struct reading *r, unsigned i)
{
    struct stat st;
    int fd = beneath_open(r->dir, r->sample->at[i].path, O_RDONLY);
    if (fd < 0)
        return;
    if (!fstat(fd, &st))
        take_picture(r, &r->pictures[i], fd, 0, st.st_size);
    close(fd);
}

/* ---- members of tars ---- */

/* The candidates of one shard, which are adjacent. */
struct scan {
    struct reading *reading;
    int fd;
    unsigned from, to; /* which ones */
    size_t prefix;     /* bytes of "00000.tar/" */
};

static bool take_picture_member(void *arg, const struct tarfile_member *m)
{
    struct scan *s = arg;
    for (unsigned i = s->from; i < s->to; i++) {
        const char *path = s->reading->sample->at[i].path;
        if (!strcmp(path + s->prefix, m->name))
            take_picture(s->reading, &s->reading->pictures[i], s->fd, m->offset + BLOCK, m->size);
    }
    return true;
}

/* Reads the tar, or its unfinished parts. */
static void read_tars(struct scan *s, const struct survey_candidate *c)
{
    static const enum shardfiles_kind tars[] = {
        SHARDFILES_TAR, SHARDFILES_TAR_PART, SHARDFILES_SPOOL};
    char name[SHARDFILES_NAME_SIZE];
    for (unsigned i = 0; i < sizeof tars / sizeof *tars; i++) {
        shardfiles_name(c->shard, c->digits, tars[i], name);
        s->fd = beneath_open(s->reading->dir, name, O_RDONLY);
        if (s->fd < 0)
            continue;
        tarfile_scan(
            s->fd, take_picture_member, s); /* pictures that it does not find count as skipped */
        close(s->fd);
    }
}

/* The length of "00000.tar/" in the path, if it is a member of that shard's tar; else 0. */
static size_t member_prefix(const struct survey_candidate *c, const struct survey_candidate *of)
{
    char prefix[40];
    size_t len =
        (size_t)snprintf(prefix, sizeof prefix, SHARDFILES_OF_TAR, (int)of->digits, of->shard);
    return strncmp(c->path, prefix, len) != 0 ? 0 : len;
}

/* ---- all pictures ---- */

/* How many of these fit on a page. */
static unsigned count_room(const struct survey_sample *s)
{
    uint64_t bytes = 1;
    for (unsigned i = 0; i < s->n; i++)
        bytes +=
            s->at[i].bytes < SURVEY_PICTURE_MAX ? (uint64_t)s->at[i].bytes : SURVEY_PICTURE_MAX;
    uint64_t n = (uint64_t)SURVEY_PICTURES_MAX * s->n / bytes;
    return n < SURVEY_PICTURES ? (unsigned)n : SURVEY_PICTURES;
}

void survey_read_candidates(
    int dir, struct survey_sample *sample, size_t bytes_max, struct survey_picture *ret)
{
    struct reading r = {.dir = dir, .sample = sample, .pictures = ret, .room = bytes_max};
    for (unsigned i = 0, next; i < sample->n; i = next) {
        const struct survey_candidate *first = &sample->at[i];
        struct scan scan = {.reading = &r, .from = i};
        scan.prefix = member_prefix(first, first);
        next = i + 1;
        if (!scan.prefix) {
            read_file(&r, i);
            continue;
        }
        while (next < sample->n && member_prefix(&sample->at[next], first))
            next++;
        scan.to = next;
        read_tars(&scan, first);
    }
    for (unsigned i = 0; i < sample->n; i++)
        if (ret[i].bytes.len) {
            ret[i].row = sample->at[i].row;
            sample->at[i].row = (struct survey_shown){0};
        }
}

void survey_read_pictures(int dir, struct survey_sample *sample, struct survey *s)
{
    struct survey_picture pictures[SURVEY_PICTURES] = {0};
    survey_thin(sample, count_room(sample));
    survey_read_candidates(dir, sample, SURVEY_PICTURES_MAX, pictures);
    for (unsigned i = 0; i < sample->n; i++)
        if (pictures[i].bytes.len)
            s->pictures[s->n_pictures++] = pictures[i];
        else
            s->skipped++;
}
