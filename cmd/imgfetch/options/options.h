/*
 * The command line, and the files of options (config.h). options.c has the table of all options of
 * the manual page; value.c reads plain values, choice.c the others, and options_check.c sees
 * whether all of it fits together.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "base/addr.h"
#include "cmd/imgfetch/options/settings.h"
#include "feed/dedupe.h"
#include "feed/shards.h"
#include "fetch/backend.h"
#include "image/thumbmake.h"
#include "input/urllist.h"
#include "store/name.h"
#include "store/resume.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_action {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_LIST_BACKENDS,
    OPTIONS_VERIFY,
    OPTIONS_REPORT, /* of a directory */
};

enum { OPTIONS_MAX_REPEATED = 64 };

/* A repeatable option's values, ending with NULL; borrowed from `given`. */
struct options_texts {
    const char *at[OPTIONS_MAX_REPEATED + 1];
    unsigned n;
};

enum options_pool { POOL_PROCS, POOL_THREADS, POOL_INLINE };

struct options {
    enum options_action action;
    struct settings given; /* all that hold, first those of files; texts are borrowed from here */
    const char *const *lists; /* borrowed from argv */
    size_t n_lists;
    enum urllist_format format;
    struct columns columns; /* names borrowed from `given` */
    uint64_t limit;
    struct shards shards;     /* --shard */
    enum dedupe_scope dedupe; /* --dedupe */
    bool shuffle;
    uint64_t seed; /* of the shuffle */
    /* fetching */
    const struct backend *backend;
    unsigned concurrency; /* 0: the backend's default */
    unsigned loops;       /* event-loop threads of async */
    unsigned per_host, retries, max_redirects;
    bool robots_txt;
    double host_rate;           /* requests a second to one host; 0: no limit */
    uint64_t rate;              /* bytes a second, of the whole run; 0: no limit */
    uint64_t retry_max_wait_ms; /* between two attempts */
    uint64_t connect_timeout_ms, timeout_ms, stall_timeout_ms; /* ms */
    uint64_t max_size, memory;                                 /* bytes */
    struct options_texts headers, pins;
    const char *agent, *referer, *ca_file, *dns_servers;
    const char *robots_tag; /* NULL: off */
    const char *proxy;      /* NULL: none */
    bool proxy_resolves;
    bool insecure, http2, only_ipv4, only_ipv6;
    struct addr_net allow[OPTIONS_MAX_REPEATED];
    unsigned n_allow;
    /* thumbnails */
    bool thumbs, originals, strict;
    bool originals_given; /* else `originals` is by the layout */
    struct thumbmake_conf make;
    unsigned quality, min_side; /* for `make` */
    const char *thumb_extension;
    unsigned workers;
    enum options_pool pool;
    bool largest_first; /* --decode-order */
    bool require_sandbox;
    bool test_faults; /* --test-faults: see testfault.h */
    uint64_t decode_timeout_ms, decode_memory;
    /* output */
    const char *output;
    bool webdataset;      /* --layout */
    const char *template; /* --name; `name` is made of it */
    struct name name;
    unsigned shard_size;
    bool redo; /* rows are done again: */
    struct resume_rerun again;
    uint64_t checkpoint_ms;
    bool fresh; /* start over in a used directory */
    /* people and scripts */
    bool quiet, verbose, json;
    double fail_under; /* percent */
    /* comparing */
    const char *compare; /* names, "" for all; NULL: this is a plain run */
    unsigned repeat;
    const char *report; /* --report=FILE; "" without a FILE; NULL: none */
    bool concurrency_given, backend_given;
    int stats_fd; /* --stats-fd: where a compared run tells its figures; -1: nowhere */
};

/* What holds without any option. */
void options_defaults(struct options *ret);

/* Fills ret from files and the command line. False: a usage error; it has been told on standard
 * error. Either way, options_fini(). */
bool options_parse(int argc, char **argv, struct options *ret);
void options_fini(struct options *);

void options_print_help(void); /* on standard output */

#endif
