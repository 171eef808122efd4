/* For tests of an open shard. writev(2), syncfs(2) and fsync(2) replace libc's, so that a test can
 * fill the disk or let a sync fail. */
#ifndef STORE_TEST_SHARD_H
#define STORE_TEST_SHARD_H

#include "store/shard.h"
#include "store/shardlock.h"
#include "store/test_store.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static const char manifest[] = "manifest/00000.jsonl", stats[] = "00000_stats.json";
static const char lock[] = ".imgfetch/00000.open";

static size_t room = SIZE_MAX;   /* free bytes on the disk */
static unsigned syncs, bad_sync; /* bad_sync: the number of the one that fails; 0: none */
static bool had_stats;           /* the stats file existed when the last sync began */

ssize_t writev(int fd, const struct iovec *v, int n)
{
    (void)n; /* writes one piece at a time */
    struct iovec some = {v->iov_base, v->iov_len < room ? v->iov_len : room};
    if (!room) {
        errno = ENOSPC;
        return -1;
    }
    room -= room == SIZE_MAX ? 0 : some.iov_len;
    return syscall(SYS_writev, fd, &some, 1);
}

int syncfs(int fd)
{
    had_stats = scratch_has(stats);
    if (++syncs == bad_sync) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_syncfs, fd);
}

static bool bad_folder_sync;       /* that of a folder fails */
static bool folder_sync_had_stats; /* when the last one was */

int fsync(int fd)
{
    struct stat st;
    bool is_folder = !fstat(fd, &st) && S_ISDIR(st.st_mode);
    if (is_folder)
        folder_sync_had_stats = scratch_has(stats);
    errno = EIO;
    return is_folder && bad_folder_sync ? -1 : (int)syscall(SYS_fsync, fd);
}

static struct output output;
static struct shard *shard;
static struct row_writer *writer;

static inline void open_shard(void)
{
    struct resume resume = {0};
    int err = resume_load(&output, 0, NULL, &resume, message);
    ck_assert_msg(!err, "%s", message);
    ck_assert(!resume.closed);
    struct resume ours = resume_hand_over(&resume);
    ck_assert_int_eq(shard_open(&output, 0, &ours, &shard), 0);
    resume_fini(&resume);
}

static inline void set_up(void)
{
    store_set_up();
    ck_assert_int_eq(output_open(&conf, &output), 0);
    output.conf = &conf;
    writer = row_writer_new(output.digits, conf.spec_names, NULL);
    open_shard();
}

static inline void close_shard(void)
{
    shard_free(shard, NULL);
    shard = NULL;
}

static inline void tear_down(void)
{
    close_shard();
    row_writer_free(writer);
    output_close(&output);
    store_tear_down();
}

static inline void add_job_row(struct job *j)
{
    size_t len;
    const char *row = row_write(writer, j, &len);
    ck_assert_int_eq(shard_add_row(shard, j, row, len), 0);
    job_free(j, NULL);
}

static inline void add_row(uint32_t pos, enum err err)
{
    struct job *j = make_job(0, pos);
    if (err)
        job_fail(j, err, "it failed");
    add_job_row(j);
}

static inline void write_row(uint32_t pos, enum err err)
{
    add_row(pos, err);
    ck_assert_int_eq(shard_flush(shard), 0);
}

#endif
