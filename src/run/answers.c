#include "run/answers.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "run/manifest.h"
#include "run/past.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answers {
    const struct output *output;
    struct buf line;
    /* The closed shard that was read last. */
    int manifest; /* -1: none yet */
    uint32_t shard;
    struct samples *samples; /* NULL until needed */
};

struct answers *answers_new(const struct output *output)
{
    struct answers *a = mem_new(sizeof *a);
    a->output = output;
    a->manifest = -1;
    return a;
}

static void leave_closed(struct answers *a)
{
    if (a->manifest >= 0)
        close(a->manifest);
    if (a->samples)
        samples_free(a->samples, NULL);
    a->manifest = -1;
    a->samples = NULL;
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    leave_closed(a);
    buf_fini(&a->line);
    free(a);
}

static int open_closed(struct answers *a, uint32_t shard)
{
    char name[PAST_NAME_SIZE];
    if (a->manifest >= 0 && a->shard == shard)
        return 0;
    leave_closed(a);
    past_manifest_name(a->output, shard, name);
    a->shard = shard;
    a->manifest = descriptor_openat(a->output->dir, name, O_RDONLY | O_CLOEXEC, 0);
    return a->manifest < 0 ? -errno : 0;
}

static int read_line(struct answers *a, struct shard *open, const struct job_first *first)
{
    if (open)
        return shard_read_row(open, first->pos, &a->line);
    int err = open_closed(a, first->shard);
    if (err)
        return err;
    int64_t offset = rowfind_ordered(a->manifest, first->shard, a->output->shard_size, first->pos);
    return offset < 0 ? (int)offset : rowfind_line(a->manifest, offset, &a->line);
}

/* As a row of its own, so that nothing gets into a manifest that does not come out of it. */
static bool parse(const char *answer, struct manifest_row *ret)
{
    static const char before[] = "{\"final_url\":", behind[] = "}";
    size_t len = strlen(answer);
    char *text = mem_new(sizeof before + len + sizeof behind);
    stpcpy(stpcpy(stpcpy(text, before), answer), behind);
    bool is_row = manifest_row_parse(text, ret);
    free(text);
    return is_row;
}

static bool take_outcome(struct job *j, bool *ret_has_files)
{
    struct manifest_row row;
    if (!parse(j->first->answer, &row))
        return false;
    bool is_good = row.code >= 0 && row.code != ERR_CANCELLED && !row.has_files_elsewhere;
    if (is_good && row.code != ERR_OK)
        job_fail(j, (enum err)row.code, "%s", row.message ? row.message : "");
    *ret_has_files = row.n_files > 0;
    manifest_row_fini(&row);
    return is_good;
}

static bool recall(struct answers *a, struct shard *open, struct job *j)
{
    const struct layout *layout = a->output->layout;
    if (!layout->recall)
        return true;
    if (!open && !a->samples && layout->open(a->output, j->first->shard, &a->samples))
        return false;
    return !layout->recall(open ? open->samples : a->samples, j);
}

bool answers_take(struct answers *a, struct shard *open, struct job *j)
{
    if (!read_line(a, open, j->first))
        j->first->answer = row_answer((const char *)a->line.data, a->line.len);
    bool has_files = false;
    bool is_read = j->first->answer && take_outcome(j, &has_files);
    if (is_read && (!has_files || recall(a, open, j)))
        return true;
    j->err = ERR_OK;
    return false;
}
