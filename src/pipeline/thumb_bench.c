/*
 * thumb_bench [-w WORKERS] [-i SPARES] DIR FILE...: thumbnails only. Maps all files into memory,
 * makes a thumbnail of 256 pixels of each in imgfetch's pool of processes, and writes them to DIR,
 * named by number. "-" for DIR: nothing is written. Status 1 if an image is not decoded.
 */
#include "exec/procpool.h"
#include "pipeline/thumb.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 64 << 20, MEMORY = 512 << 20 };

struct item {
    struct task task; /* first: on_done() gets it */
    int number;
};

static struct thumbmake_conf conf = {.n_specs = 1, .format = THUMB_JPG, .quality = 85};
static struct executor *executor;
static struct item *items;
static int n_items, next, n_done;
static const char *dir;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "thumb_bench: %s: %s\n", what, why);
    exit(1);
}

static void write_file(int number, const uint8_t *data, size_t len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.jpg", dir, number);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f))
        fail(path, "not written");
}

static void submit(void)
{
    while (next < n_items && executor_submit(executor, &items[next].task))
        next++;
}

static void on_ready(void *arg)
{
    (void)arg;
    submit();
}

static void on_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct thumbmake_reply reply;
    struct item *item = (struct item *)task;
    (void)status;
    if (result != TASK_DONE || out_len < sizeof reply)
        fail("a worker", "did not answer");
    memcpy(&reply, out, sizeof reply);
    if (reply.err)
        fail("an image", reply.message);
    if (strcmp(dir, "-") != 0)
        write_file(item->number, out + sizeof reply, reply.thumbs[0].size);
    n_done++;
    submit();
}

static void map_item(int i, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || st.st_size > MAX_BYTES)
        fail(path, "cannot be read");
    void *body = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (body == MAP_FAILED)
        fail(path, "cannot be read");
    close(fd);
    items[i] = (struct item){
        .task = {.in = body, .in_len = (size_t)st.st_size, .done = on_done}, .number = i};
}

int main(int argc, char **argv)
{
    struct procpool_conf pool_conf = {.workers = 1,
        .max_in = MAX_BYTES,
        .max_out = MAX_BYTES,
        .max_memory = MEMORY,
        .warm_up = thumb_warm_up,
        .work = thumb_work,
        .arg = &conf};
    char message[PROCPOOL_MESSAGE_SIZE];
    const char *why;
    uv_loop_t loop;
    if (argc > 2 && !strcmp(argv[1], "-w")) {
        pool_conf.workers = (unsigned)atoi(argv[2]);
        argc -= 2;
        argv += 2;
    }
    if (argc > 2 && !strcmp(argv[1], "-i")) {
        pool_conf.spares = (unsigned)atoi(argv[2]);
        pool_conf.max_tasks = 1;
        argc -= 2;
        argv += 2;
    }
    if (argc < 3 || !pool_conf.workers || !thumbspec_parse("256", &conf.specs[0], &why))
        return 2;
    struct procpool *pool = procpool_new(&pool_conf, message);
    if (!pool)
        fail("procpool_new", message);
    dir = argv[1];
    n_items = argc - 2;
    items = calloc((size_t)n_items, sizeof *items);
    for (int i = 0; i < n_items; i++)
        map_item(i, argv[2 + i]);
    if (uv_loop_init(&loop) || procpool_attach(pool, &loop, on_ready, NULL))
        fail("the loop", "cannot be made");
    executor = procpool_executor(pool);
    submit();
    while (n_done < n_items)
        uv_run(&loop, UV_RUN_ONCE);
    procpool_free(pool);
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}
