/* For tests of resume_load(): an open shard as a killed run leaves it, and checks of the result. */
#ifndef STORE_TEST_RESUME_H
#define STORE_TEST_RESUME_H

#include "base/mem.h"
#include "base/test_scratch.h"
#include "input/job.h"
#include "manifest/row.h"
#include "store/name.h"
#include "store/resume.h"
#include "store/store_files.h"

/* Shard 3, of ten positions. */
enum { SHARD = 3, SHARD_SIZE = 10 };
static const char manifest[] = "manifest/00003.jsonl", stats[] = "00003_stats.json";
static const char note[] = ".imgfetch/00003.open";
static const char *const specs[] = {"256"};

static struct row_writer *writer;
static struct buf rows; /* the future manifest */
static struct resume resume;
static struct resume_rerun again;
static size_t sure; /* bytes of the manifest that the checkpoint covers */
static char message[RESUME_MESSAGE_SIZE];

static inline void set_up(void)
{
    scratch_make();
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("thumbs");
    scratch_mkdir(".imgfetch");
    again = (struct resume_rerun){0};
    sure = SIZE_MAX;
    writer = row_writer_new(job_digits(JOB_SHARD_DIGITS, SHARD_SIZE), specs, NULL);
}

static inline void tear_down(void)
{
    resume_fini(&resume);
    row_writer_free(writer);
    buf_fini(&rows);
    scratch_remove();
}

/* Writes the lock file of a run that noted a checkpoint. */
static inline void note_checkpoint(size_t bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%020zu\n", bytes);
    scratch_write(note, text, strlen(text));
}

static inline void add_text(const char *text)
{
    ck_assert(buf_append(&rows, text, strlen(text)));
}

static inline void add_job(const struct job *j)
{
    size_t len;
    const char *row = row_write(writer, j, &len);
    ck_assert(buf_append(&rows, row, len));
}

static inline struct job *make_job(uint32_t pos)
{
    struct job *j = job_new();
    j->index = SHARD * SHARD_SIZE + pos;
    j->shard = SHARD;
    j->pos = pos;
    j->source = mem_dup("http://a/");
    return j;
}

static inline void add_row(uint32_t pos, enum err err)
{
    struct job *j = make_job(pos);
    if (err)
        job_fail(j, err, "it failed");
    add_job(j);
    job_free(j, NULL);
}

/* Adds a row that names an image of that size. */
static inline void add_row_with_path(uint32_t pos, const char *path, int64_t bytes)
{
    struct job *j = make_job(pos);
    j->bytes = (uint64_t)bytes;
    j->path = mem_dup(path);
    add_job(j);
    job_free(j, NULL);
}

/* Adds a row that names an image and a thumbnail of these sizes; 0: none. */
static inline void add_row_with_files(uint32_t pos, uint32_t image, uint32_t thumb)
{
    char path[64];
    struct job *j = make_job(pos);
    j->bytes = image;
    snprintf(path, sizeof path, "images/%u.jpg", pos);
    j->path = image ? mem_dup(path) : NULL;
    if (thumb) {
        j->n_thumbs = 1;
        j->thumbs = mem_new(sizeof *j->thumbs);
        *j->thumbs = (struct job_thumb){.width = 1, .height = 1, .size = thumb};
        snprintf(path, sizeof path, "thumbs/%u.jpg", pos);
        j->thumbs->path = mem_dup(path);
    }
    add_job(j);
    job_free(j, NULL);
}

static inline int load_resume(uint32_t shard_size)
{
    static struct output output;
    static const struct store_conf store = {.name = &name_key};
    output = (struct output){.layout = &store_files, .dir = scratch_dir, .conf = &store};
    output.shard_size = shard_size;
    output.digits = job_digits(JOB_SHARD_DIGITS, shard_size);
    resume_fini(&resume);
    return resume_load(&output, SHARD, &again, &resume, message);
}

static inline int load_as(uint32_t shard_size)
{
    scratch_write(manifest, rows.data, rows.len);
    note_checkpoint(sure < rows.len ? sure : rows.len);
    return load_resume(shard_size);
}

static inline void load(void)
{
    int err = load_as(SHARD_SIZE);
    ck_assert_msg(!err, "%s", message);
    ck_assert(!resume.closed);
}

/* `positions`: the digits of the done rows. */
static inline void expect_done(const char *positions)
{
    ck_assert_uint_eq(resume.rows, strlen(positions));
    ck_assert_uint_eq(tally_rows(&resume.tally), strlen(positions));
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        ck_assert_msg(
            resume_is_done(&resume, pos) == (strchr(positions, (char)('0' + pos)) != NULL),
            "position %u", pos);
}

static inline void expect_untouched(void)
{
    char *text = scratch_read(manifest);
    ck_assert_uint_eq(strlen(text), rows.len);
    ck_assert_mem_eq(text, rows.data, rows.len);
    free(text);
}

static inline void expect_refused(uint32_t shard_size)
{
    ck_assert_int_eq(load_as(shard_size), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(message, manifest));
    ck_assert_ptr_nonnull(strstr(message, "--shard-size"));
    ck_assert_ptr_null(resume.at);
    ck_assert_uint_eq(resume.rows, 0);
    expect_untouched();
}

static inline void write_stats(void)
{
    struct statsfile s = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    memset(s.fingerprint, 'f', sizeof s.fingerprint - 1);
    s.tally.by_code[ERR_OK] = 6;
    s.tally.by_code[ERR_TIMEOUT] = 2;
    ck_assert(statsfile_format(&s, &text));
    scratch_write(stats, text.data, text.len);
    buf_fini(&text);
}

#define BEGIN "{\"key\":\"00003000" /* the last digit of the position follows */
#define URL "\",\"url\":\"http://a/\""

#endif
