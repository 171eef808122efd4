#include "cmd/imgfetch/options/shardopt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char message[400];

/* Reads digits, up to SHARDS_NUMBER_MAX. Returns the text after them; NULL: no such number. */
static const char *number(const char *text, uint32_t *ret)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return NULL;
    unsigned long long n = strtoull(text, &end, 10);
    if (n > SHARDS_NUMBER_MAX)
        return NULL;
    *ret = (uint32_t)n;
    return end;
}

/* Task `a` of `b`. */
static const char *shards_of_task(uint32_t a, uint32_t b, struct shards *ret)
{
    if (a >= b) {
        snprintf(
            message, sizeof message, "there is no task %u of %u: tasks are numbered from 0", a, b);
        return message;
    }
    *ret = (struct shards){SHARDS_TASK, a, b};
    return NULL;
}

/* ---- schedulers ---- */

/* The environment variables by which a scheduler describes one task of an array. */
struct scheduler {
    const char *name, *index, *count; /* count NULL: the scheduler does not say */
    const char *min, *max, *step;     /* NULL: it counts from 0 in steps of 1 */
};

static const struct scheduler schedulers[] = {
    {"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
        "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"},
    {"Kubernetes", "JOB_COMPLETION_INDEX", NULL, NULL, NULL, NULL},
    {"AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", NULL, NULL, NULL},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL, NULL, NULL},
};

/* Reads a variable as a number. False: `message` says what is wrong with it. */
static bool variable(const char *name, uint32_t *ret)
{
    const char *text = getenv(name);
    const char *end = text ? number(text, ret) : NULL;
    if (end && !*end)
        return true;
    snprintf(message, sizeof message, text ? "%s is not a number" : "%s is not set", name);
    return false;
}

/* Returns the scheduler that started us; NULL: `message` says why it is not known. */
static const struct scheduler *find_scheduler(void)
{
    const struct scheduler *found = NULL;
    for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++) {
        if (!getenv(schedulers[i].index))
            continue;
        if (found) {
            snprintf(message, sizeof message, "both %s and %s are set; give the part as I/N",
                found->index, schedulers[i].index);
            return NULL;
        }
        found = &schedulers[i];
    }
    if (!found)
        snprintf(message, sizeof message,
            "not running as an array task (none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, "
            "AWS_BATCH_JOB_ARRAY_INDEX, OMPI_COMM_WORLD_RANK is set)");
    return found;
}

/* Converts an index with any start and step to one that counts 0, 1, 2. */
static const char *normalise(const struct scheduler *s, uint32_t count, uint32_t *index)
{
    uint32_t min, max, step;
    if (!variable(s->min, &min) || !variable(s->max, &max) || !variable(s->step, &step))
        return message;
    bool is_regular = step && max >= min && (uint64_t)(count - 1) * step == max - min &&
                      *index >= min && (*index - min) % step == 0;
    /* With gaps, nothing says which of the tasks this one is. */
    if (!is_regular)
        return "the array has gaps; submit it as --array=0-N, or give I/N";
    *index = (*index - min) / step;
    return NULL;
}

/* given: the count on the command line; 0: none. */
static const char *automatic(uint32_t given, struct shards *ret)
{
    const struct scheduler *s = find_scheduler();
    uint32_t index, count = given;
    const char *why;
    if (!s || !variable(s->index, &index) || (s->count && !variable(s->count, &count)))
        return message;
    if (!count) {
        snprintf(message, sizeof message, "%s does not say how many tasks there are; give auto/N",
            s->name);
        return message;
    }
    if (given && given != count) {
        snprintf(message, sizeof message, "%s says there are %u tasks", s->name, count);
        return message;
    }
    if (s->min && (why = normalise(s, count, &index)))
        return why;
    return shards_of_task(index, count, ret);
}

const char *shardopt_shards(const char *value, struct shards *ret)
{
    uint32_t a = 0, b = SHARDS_NUMBER_MAX;
    const char *at;
    if (!strcmp(value, "auto"))
        return automatic(0, ret);
    if (!strncmp(value, "auto/", 5) && (at = number(value + 5, &b)) && !*at && b)
        return automatic(b, ret);
    at = number(value, &a);
    if (at && *at == '/' && (at = number(at + 1, &b)) && !*at)
        return shards_of_task(a, b, ret);
    if (at && *at == '-' && (!at[1] || ((at = number(at + 1, &b)) && !*at))) {
        *ret = (struct shards){SHARDS_RANGE, a, b};
        return a <= b ? NULL : "the range ends before it begins";
    }
    return "must be I/N (task I of N, counted from 0), A-B or A- (shards), auto or auto/N";
}
