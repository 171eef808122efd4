/*
 * Reads the command line (commandline.h) and the files of options (config.h). options_table.c has
 * all options, value.c reads plain values, choice.c reads the others, and options_check.c checks
 * that they fit together.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/imgfetch/options/settings.h"
#include "cmd/imgfetch/status/terminal.h"
#include "image/thumbmake.h"
#include "pipeline/pipeline.h"
#include "store/name.h"
#include "store/outdir.h"
#include "input/reject.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_LIST_BACKENDS,
    OPTIONS_VERIFY,
    OPTIONS_REPORT,   /* of a directory */
    OPTIONS_COMPLETE, /* a command line: complete.h */
};

enum { OPTIONS_MAX_REPEATED = 64 };
#define OPTIONS_THUMB "256" /* the size of thumbnails, if none is given */

/* A repeatable option's values, ending with NULL; borrowed from `given`. */
struct options_texts {
    const char *at[OPTIONS_MAX_REPEATED + 1];
    unsigned n;
};

enum options_pool { POOL_PROCS, POOL_THREADS, POOL_INLINE };
/* The names of pools and of other choices, ending with NULL. */
extern const char *const options_pools[], *const options_layouts[], *const options_decode_orders[];

enum options_isolate { ISOLATE_OFF, ISOLATE_IMAGE };

/* It points into itself, so it must not be moved or copied. */
struct options {
    enum options_action action;
    struct settings given; /* all that apply, those of files first; texts are borrowed from here */
    struct settings environment; /* of --proxy=env; likewise */
    /* The settings of a run; run.c adds callbacks and what depends on the machine. */
    struct pipeline_conf pipeline;
    struct thumbmake_conf make;
    struct outdir_conf outdir; /* without its options and lists: cmd/imgfetch/destination.h */
    enum options_manifest { MANIFEST_JSONL, MANIFEST_PARQUET } manifest;
    char **noted_lists;    /* ends with NULL; NULL: lists are given */
    char **expanded_lists; /* the same, where a list stands for several (input/listpaths.h) */
    /* what these point to */
    const char **lists;     /* of the command line, which owns the texts */
    struct columns columns; /* names borrowed from `given` */
    struct options_texts headers, pins, reuse;
    struct addr_net allow[OPTIONS_MAX_REPEATED];
    const char *template; /* --name, or the layout's own; `name` is its parsed form */
    struct name name;
    const char *spec_names[JOB_MAX_THUMBS];
    /* fetching */
    bool adapts; /* --concurrency=auto; pipeline.concurrency is 0 then, and if it is not given */
    const char *ca_file;
    const char *reject_file;
    struct reject *reject; /* what it says; NULL: no file */
    bool only_ipv4, only_ipv6;
    /* thumbnails */
    bool thumbs;
    bool originals_given; /* else layout and blurring determine store.originals */
    unsigned workers;     /* 0: as many as there are processors (container.h) */
    enum options_pool pool;
    enum options_isolate isolate;
    bool require_sandbox;
    unsigned formats;   /* --formats: bit 0 is IMAGE_JPEG, the next one the next format; 0: all */
    bool is_stdin_read; /* it was a file of options */
    bool test_faults;   /* --test-faults: see testfault.h */
    bool dry_run;
    uint64_t stop_timeout_ms; /* for the rows in progress, after the first signal */
    bool update, keep_removed;
    const char *on_shard; /* the program that delivers closed shards; NULL: none */
    unsigned split;       /* lists; 0: this is a run */
    /* people and scripts */
    bool quiet, json;
    unsigned verbose; /* 1: each failure, 2: each attempt */
    enum terminal_color color;
    const char *log;          /* --log=FILE; NULL: none */
    const char *metrics_file; /* NULL: none */
    double fail_under;        /* percent */
    bool about_topic;         /* --help=TOPIC */
    unsigned topic;
    unsigned word; /* OPTIONS_COMPLETE: which one */
    /* comparing */
    const char *compare; /* names, "" for all; NULL: this is a plain run */
    unsigned repeat;
    const char *report;      /* --report=FILE; "" without a FILE; NULL: none */
    const char *const *dirs; /* --verify and --report: of what */
    size_t n_dirs;
    int stats_fd; /* --stats-fd: where a compared run reports its figures; -1: nowhere */
};

/* True if images are given to decoders: for thumbnails, or for their tags. */
static inline bool options_decode(const struct options *o)
{
    return o->thumbs || o->make.exif;
}

/* Fills ret with the defaults. */
void options_defaults(struct options *ret);

/* Fills ret from files and the command line. False: a usage error; the message is on standard
 * error. Call options_fini() in any case. */
bool options_parse(int argc, char **argv, struct options *ret);
void options_fini(struct options *);

/* Both print on standard output: help that fits on a screen, or the options of a topic (TOPIC_ALL:
 * all). */
void options_print_overview(void);
void options_print_help(unsigned topic);

#endif
