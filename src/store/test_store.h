/* For tests of the store: it runs on a loop, and its finished jobs and shown rows are recorded. */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H

#include "base/mem.h"
#include "base/test_scratch.h"
#include "input/job.h"
#include "manifest/row.h"
#include "store/name.h"
#include "store/store_files.h"

static const char *const specs[] = {"256", "64x48-cover"};
static const char fingerprint[] =
    "f1f2f3f4f5f6f7f8f1f2f3f4f5f6f7f8f1f2f3f4f5f6f7f8f1f2f3f4f5f6f7f8";
static struct resume no_resume __attribute__((unused));

static uv_loop_t loop;
static struct store_conf conf;
static struct store *store;
static char message[STORE_MESSAGE_SIZE];

/* Jobs that came back. */
static unsigned n_back, n_failed;

/* The rows shown by on_rows. The store's thread writes this before the rows' jobs come back. */
static struct buf shown;
static unsigned n_shows;
static bool listens;

static inline bool on_rows(void *arg, const char *lines, size_t len)
{
    ck_assert_ptr_eq(arg, &shown);
    n_shows++;
    return buf_append(&shown, lines, len) && listens;
}

static inline void on_done(void *arg, struct job *j)
{
    ck_assert_ptr_eq(arg, &conf);
    n_back++;
    n_failed += j->err == ERR_IO_ERROR;
    for (unsigned i = 0; i < j->n_thumbs; i++)
        ck_assert_ptr_null(j->thumbs[i].data); /* it was freed */
    job_free(j, NULL);
}

static inline void store_set_up(void)
{
    scratch_make();
    conf = (struct store_conf){.dir = scratch_path, .shard_size = 10000, .thumb_extension = "jpg"};
    conf.layout = &store_files;
    conf.name = &name_key;
    conf.waiting_max = 1 << 20;
    conf.n_specs = 2;
    conf.spec_names = specs;
    conf.originals = true;
    conf.on_rows = on_rows;
    conf.on_rows_arg = &shown;
    conf.done = on_done;
    conf.done_arg = &conf;
    listens = true;
    n_back = n_failed = n_shows = 0;
}

static inline void store_tear_down(void)
{
    buf_fini(&shown);
    scratch_remove();
}

static inline void open_store(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    store = store_open(&conf, &loop, message);
    ck_assert_msg(store != NULL, "%s", message);
}

static inline void close_store(void)
{
    stage_free(store_stage(store));
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* Runs the loop until n jobs have come back in all. */
static inline void wait_for(unsigned n)
{
    while (n_back < n)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_back, n);
}

static inline void wait_until_closed(void)
{
    while (store_open_shards(store))
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_msg(!store_error(store), "%s", store_error(store));
}

static inline struct job *make_job(uint32_t shard, uint32_t pos)
{
    struct job *j = job_new();
    j->shard = shard;
    j->pos = pos;
    j->index = shard * (uint64_t)conf.shard_size + pos;
    j->source = mem_dup("http://a/");
    return j;
}

static inline struct job *make_image(uint32_t shard, uint32_t pos, size_t len)
{
    struct job *j = make_job(shard, pos);
    ck_assert(buf_reserve(&j->response.body, len));
    j->response.body.len = len;
    memset(j->response.body.data, 'x', len);
    j->image = (struct job_image){.format = "png", .extension = "png", .width = 4, .height = 3};
    return j;
}

static inline void add_thumb(struct job *j, const char *text)
{
    if (!j->thumbs)
        j->thumbs = mem_array(JOB_MAX_THUMBS, sizeof *j->thumbs);
    struct job_thumb *t = &j->thumbs[j->n_thumbs++];
    *t = (struct job_thumb){.width = 2, .height = 1, .size = (uint32_t)strlen(text)};
    t->data = (uint8_t *)mem_dup(text);
}

static inline void submit(struct job *j)
{
    ck_assert_int_eq(stage_submit(store_stage(store), j), STAGE_OK);
}

static inline void submit_failure(uint32_t shard, uint32_t pos, enum err err)
{
    struct job *j = make_job(shard, pos);
    job_fail(j, err, "it failed");
    submit(j);
}

/* Checks that the manifest has the rows of positions 0 to n - 1, in order. */
static inline void expect_ordered(const char *name, uint32_t shard, uint32_t n)
{
    char *text = scratch_read(name), *line = text;
    struct job_digits width = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    for (uint32_t pos = 0; pos < n; pos++) {
        ck_assert_int_eq(row_pos(line, strlen(line), shard, width), pos);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_msg(!*line, "more than %u rows", n);
    free(text);
}

static inline void expect_stats(const char *name, struct statsfile *ret)
{
    char *text = scratch_read(name);
    ck_assert(statsfile_parse(text, ret));
    ck_assert_str_eq(ret->fingerprint, fingerprint);
    ck_assert_double_gt(ret->start_time, 1);
    ck_assert_double_ge(ret->end_time, ret->start_time);
    free(text);
}

#endif
