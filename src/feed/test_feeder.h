/* For tests of the feeder: it runs on a loop, and its items are recorded as a short text. */
#ifndef FEED_TEST_FEEDER_H
#define FEED_TEST_FEEDER_H

#include "base/test_scratch.h"
#include "feed/feeder.h"
#include "store/name.h"
#include "store/store_files.h"

#include <stdarg.h>

static uv_loop_t loop;
static struct feeder_conf conf;
static struct feeder *feeder;
static struct feeder_item last; /* the last item taken, its job freed */
static const struct columns only_url = {.at = {{"url", 3}}, .n = COLUMN_KEPT};
static char list[64]; /* the path of the list */
static const char *paths[] = {list};
static char message[FEEDER_MESSAGE_SIZE];

/* The items taken: "[0" is the beginning of shard 0, "]0:2" its end with two rows, a number is a
 * row, "2=0" a duplicate of row 0, "1!" a row with an error, "." the end of the list. */
static char events[4096];
static char fingerprints[8][STATSFILE_FINGERPRINT_SIZE]; /* by shard, from FEEDER_SHARD_END */

static inline void feeder_set_up(void)
{
    scratch_make();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    snprintf(list, sizeof list, "%s/list", scratch_path);
    conf = (struct feeder_conf){.paths = paths, .n_paths = 1, .shard_size = 1000};
    conf.columns = &only_url;
    events[0] = '\0';
}

static inline void feeder_tear_down(void)
{
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    scratch_remove();
}

static inline void open_feeder(void)
{
    feeder = feeder_new(&conf, &loop, message);
    ck_assert_msg(feeder != NULL, "%s", message);
}

static inline void close_feeder(void)
{
    feeder_free(feeder);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* Waits until the feeder's thread sleeps: it waits for the list, or for room in its queue. */
static inline void wait_until_feeder_sleeps(void)
{
    for (;;) {
        DIR *tasks = opendir("/proc/self/task");
        ck_assert_ptr_nonnull(tasks);
        for (struct dirent *e; (e = readdir(tasks));) {
            char path[300], stat[64] = "";
            snprintf(path, sizeof path, "/proc/self/task/%s/stat", e->d_name);
            int fd = open(path, O_RDONLY | O_CLOEXEC);
            if (fd >= 0 && read(fd, stat, sizeof stat - 1) < 0)
                stat[0] = '\0';
            close(fd);
            if (strstr(stat, "(feeder) S")) { /* proc(5) */
                closedir(tasks);
                return;
            }
        }
        closedir(tasks);
        usleep(1000);
    }
}

/* Runs the loop until there is an item. The caller owns its job. */
static inline struct feeder_item take(void)
{
    struct feeder_item item;
    while (feeder_next(feeder, &item), item.kind == FEEDER_NOTHING)
        uv_run(&loop, UV_RUN_ONCE);
    return item;
}

__attribute__((format(printf, 1, 2))) static inline void add_event(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = strlen(events);
    vsnprintf(events + len, sizeof events - len, format, args);
    va_end(args);
}

/* Takes one item and adds it to the events. False: it is the last one. */
static inline bool take_event(void)
{
    last = take();
    switch (last.kind) {
    case FEEDER_SHARD_BEGIN:
        resume_fini(&last.resume);
        add_event("[%u ", last.shard);
        break;
    case FEEDER_ROW:
        add_event("%llu", (unsigned long long)last.job->index);
        if (last.job->first)
            add_event("=%llu", (unsigned long long)last.job->first->index);
        add_event("%s ", last.job->err ? "!" : "");
        job_free(last.job, NULL);
        break;
    case FEEDER_SHARD_END:
        add_event("]%u:%u ", last.shard, last.rows);
        if (last.shard < 8)
            memcpy(fingerprints[last.shard], last.fingerprint, sizeof last.fingerprint);
        break;
    case FEEDER_END:
        add_event(".");
        return false;
    default:
        return false;
    }
    return true;
}

/* Closes a shard as the store does. */
static inline void close_shard(uint32_t shard, uint32_t rows, const char *fingerprint)
{
    char name[SHARDFILES_NAME_SIZE];
    struct statsfile s = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    s.tally.by_code[ERR_OK] = rows;
    snprintf(s.fingerprint, sizeof s.fingerprint, "%s", fingerprint);
    ck_assert(statsfile_format(&s, &text));
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_STATS, name);
    scratch_write(name, text.data, text.len);
    buf_fini(&text);
}

/* Lets the feeder resume from the scratch directory. */
static inline void have_resume(void)
{
    static struct output output;
    static const struct store_conf store = {.name = &name_key};
    output = (struct output){.layout = &store_files, .dir = scratch_dir, .conf = &store};
    output.shard_size = conf.shard_size;
    output.digits = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    conf.output = &output;
}

static inline void read_list(const char *text)
{
    scratch_write("list", text, strlen(text));
    events[0] = '\0';
    open_feeder();
    while (take_event())
        ;
}

static inline void expect_events(const char *text, const char *expected)
{
    read_list(text);
    ck_assert_str_eq(events, expected);
    close_feeder();
}

static inline void expect_error(const char *expected_events, const char *text)
{
    ck_assert_str_eq(events, expected_events);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(last.kind, FEEDER_ERROR);
        ck_assert_ptr_nonnull(strstr(last.message, text));
        last = take();
    }
    close_feeder();
}

#define FIVE "http://a/\nhttp://b/\nhttp://c/\nhttp://d/\nhttp://e/\n"

#endif
