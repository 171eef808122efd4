#include "cmd/imgfetch/options/options_table.h"

#include "backends/table.h"
#include "cmd/imgfetch/split/split_lists.h"
#include "store/metadata.h"
#include "store/sidecars.h"

#include <getopt.h>
#include <string.h>

/* The offset of a field; does not compile unless the field has that type. */
#define FIELD(type, name)                                                                          \
    .field = offsetof(struct options, name) +                                                      \
             _Generic(&((struct options *)0)->name, __typeof__(type) * : 0)
#define ON(name) .kind = KIND_ON, FIELD(bool, name)
#define TRIES .shape = SHAPE_TRIES
#define OFF(name) .kind = KIND_OFF, FIELD(bool, name)
#define COUNT(name) .kind = KIND_COUNT, FIELD(unsigned, name)
#define ACTION(action) .kind = KIND_ACTION, .min = (action), .typed_only = true
#define NUMBER_AS(type, name, least, most)                                                         \
    .kind = KIND_NUMBER, FIELD(type, name), .min = (least), .max = (most)
#define NUMBER(name, least, most) NUMBER_AS(unsigned, name, least, most)
#define LARGE(name, least) .kind = KIND_LARGE, FIELD(uint64_t, name), .min = (least)
#define SIZE(name, least, most)                                                                    \
    .kind = KIND_SIZE, FIELD(uint64_t, name), .min = (least), .max = (most)
#define SPEED(name, least, most)                                                                   \
    .kind = KIND_SPEED, FIELD(uint64_t, name), .min = (least), .max = (most)
#define PIXELS(name) .kind = KIND_PIXELS, FIELD(uint64_t, name)
#define SECONDS(name) .kind = KIND_TIME, FIELD(uint64_t, name)
#define REAL(name, least, most)                                                                    \
    .kind = KIND_REAL, FIELD(double, name), .min = (least), .max = (most)
#define PERCENT(name) .kind = KIND_PERCENT, FIELD(double, name)
#define VALUE(name, value) .kind = KIND_VALUE, FIELD(unsigned, name), .min = (value)
#define TEXT(name) .kind = KIND_TEXT, FIELD(const char *, name)
#define WORD(name, names) .kind = KIND_WORD, FIELD(unsigned, name), .words = (names)
#define SET(name, names)                                                                           \
    .kind = KIND_WORDS, FIELD(unsigned, name), .words = (names), .completes = COMPLETES_LIST
#define COLUMN(name) .kind = KIND_COLUMN, FIELD(struct column, name), .completes = COMPLETES_COLUMN
#define CHOICE(function) .kind = KIND_CHOICE, .choice = choice_##function
#define OPTIONAL(function) .kind = KIND_OPTIONAL, .choice = choice_##function
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

#define MANY 65536
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static const char *const manifests[] = {"jsonl", "parquet", NULL};
static const char *const formats[] = {"auto", "txt", "csv", "tsv", "jsonl", "parquet", NULL};
static const char *const scopes[] = {"shard", "content", "run", "off", NULL};
static const char *const thumb_formats[] = {"jpg", "png", "webp", NULL};
static const char *const accepted[] = {
    "jpg", "png", "gif", "webp", "bmp", "ico", "cur", "avif", "jxl", NULL};
_Static_assert(sizeof accepted / sizeof *accepted - 1 == IMAGE_JXL, "by enum image_format");
static const char *const sidecars[] = {"json", "txt", METADATA_NAME, NULL};
_Static_assert(SIDECARS_JSON == 1 && SIDECARS_TXT == 2 && SIDECARS_METADATA == 4, "by sidecars");
static const char *const filters[] = {"lanczos3", "mitchell", "area", NULL};
const char *const options_pools[] = {"procs", "threads", "inline", NULL};
static const char *const hashes[] = {"sha256", "md5", "sha1", "sha512", NULL}; /* enum job_hash */
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const isolations[] = {"off", "image", NULL};
const char *const options_layouts[] = {"files", "flat", "webdataset", NULL};
const char *const options_decode_orders[] = {"fifo", "largest", NULL};

/* clang-format off */
const struct options_row options_table[] = {
    {TOPIC_LIST, 0, "format", NULL, "auto",
        "list format; auto: by the list's name, or txt", WORD(pipeline.format, formats),
        .shape = SHAPE_READS},
    {TOPIC_LIST, 0, "encoding", "NAME", "UTF-8",
        "encoding of lists without a byte order mark", TEXT(pipeline.encoding),
        .choice = choice_encoding, .shape = SHAPE_ALWAYS,
        WORDS("UTF-8", "latin1", "windows-1252", "utf-16le", "utf-16be", "shift_jis", "gb18030")},
    {TOPIC_LIST, 0, "url-col", "NAME", "url",
        "URL column (a number, if there is no header)", COLUMN(columns.at[COLUMN_URL]),
        .shape = SHAPE_ALWAYS},
    {TOPIC_LIST, 0, "caption-col", "NAME", NULL,
        "caption column", COLUMN(columns.at[COLUMN_CAPTION]), .shape = SHAPE_ALWAYS},
    {TOPIC_LIST, 0, "hash-col", "NAME", NULL,
        "column with the expected hash of the body", COLUMN(columns.at[COLUMN_HASH]),
        .shape = SHAPE_ALWAYS},
    {TOPIC_LIST, 0, "referer-col", "NAME", NULL,
        "column with the Referer to send", COLUMN(columns.at[COLUMN_REFERER]),
        .shape = SHAPE_ALWAYS},
    {TOPIC_LIST, 0, "blur-col", "NAME", NULL,
        "column with boxes to blur in thumbnails", COLUMN(columns.at[COLUMN_BLUR]),
        .shape = SHAPE_ALWAYS},
    {TOPIC_LIST, 0, "fallback-cols", "NAME,...", NULL,
        "columns with other URLs, tried in this order", CHOICE(fallback_cols),
        .completes = COMPLETES_COLUMNS, .shape = SHAPE_ALWAYS, .print = layoutopts_fallback_cols},
    {TOPIC_LIST, 0, "keep-cols", "NAME[=FIELD],...", NULL,
        "columns to copy into the manifest", CHOICE(keep_cols), .shape = SHAPE_ALWAYS,
        .completes = COMPLETES_COLUMNS, .print = layoutopts_keep_cols},
    {TOPIC_LIST, 0, "limit", "N", NULL, "stop after N rows", LARGE(pipeline.limit, 1),
        .shape = SHAPE_READS},
    {TOPIC_LIST, 0, "shuffle", "SEED", NULL, "process rows in random order", OPTIONAL(shuffle)},
    {TOPIC_LIST, 0, "dedupe", NULL, "shard",
        "where a URL is fetched only once; content: same bodies share files, too",
        WORD(pipeline.dedupe, scopes), .shape = SHAPE_ALWAYS, .print = layoutopts_dedupe},

    {TOPIC_FETCHING, 'b', "backend", NULL, "async",
        "backend that fetches", CHOICE(backend), .names_backends = true, .shape = SHAPE_ALWAYS,
        .print = layoutopts_backend},
    {TOPIC_FETCHING, 0, "list-backends", NULL, NULL,
        "print the backends", ACTION(OPTIONS_LIST_BACKENDS)},
    {TOPIC_FETCHING, 'c', "concurrency", "N|auto", NULL,
        "requests in flight", CHOICE(concurrency), WORDS("auto"),
        .otherwise = "auto, or the backend's"},
    {TOPIC_FETCHING, 0, "loops", "N", "1",
        "event loops of async, each on its own thread", NUMBER(pipeline.loops, 1, 64)},
    {TOPIC_FETCHING, 0, "per-host", "N|HOST:N", "8",
        "requests in flight per host (0 = unlimited)", CHOICE(per_host), .repeatable = true},
    {TOPIC_FETCHING, 0, "host-rate", "R|HOST:R", NULL,
        "requests a second per host", CHOICE(host_rate), .otherwise = "none", .repeatable = true},
    {TOPIC_FETCHING, 0, "limit-rate", "SIZE", NULL,
        "bytes a second for the whole run", SPEED(pipeline.transfer.max_speed, 1024, 1024 * GIB),
        .otherwise = "none"},
    {TOPIC_FETCHING, 0, "retries", "N", "2",
        "more attempts after a temporary failure", NUMBER(pipeline.retries, 0, 1000), TRIES},
    {TOPIC_FETCHING, 0, "retry-max-wait", "S", "60",
        "longest wait before a retry", SECONDS(pipeline.retry_max_wait_ms), TRIES},
    {TOPIC_FETCHING, 0, "max-redirects", "N", "5",
        "redirects to follow per attempt", NUMBER(pipeline.max_redirects, 0, 1000), TRIES},
    {TOPIC_FETCHING, 0, "connect-timeout", "S", "10",
        "limit for one connection", SECONDS(pipeline.transfer.connect_timeout_ms), TRIES},
    {TOPIC_FETCHING, 0, "timeout", "S", "60",
        "limit for one attempt, with redirects", SECONDS(pipeline.timeout_ms), TRIES},
    {TOPIC_FETCHING, 0, "stall-timeout", "S", "15",
        "give up after S below 100 bytes a second", SECONDS(pipeline.transfer.stall_timeout_ms),
        TRIES},
    {TOPIC_FETCHING, 0, "max-size", "SIZE", "64M",
        "largest body", SIZE(pipeline.transfer.max_size, 1, 2 * GIB), TRIES},
    {TOPIC_FETCHING, 0, "memory", "SIZE", "512M",
        "memory for bodies in flight", SIZE(pipeline.memory, MIB, 1024 * GIB)},
    {TOPIC_NETWORK, 0, "robots-txt", NULL, NULL,
        "obey each site's robots.txt", ON(pipeline.robots_txt), TRIES},
    {TOPIC_NETWORK, 'H', "header", "LINE", NULL,
        "send this header with every request", CHOICE(header), .repeatable = true, TRIES},
    {TOPIC_NETWORK, 'A', "user-agent", "TEXT", NULL,
        "User-Agent to send", TEXT(pipeline.transfer.agent), TRIES},
    {TOPIC_NETWORK, 'e', "referer", "URL", NULL, "Referer to send", TEXT(pipeline.transfer.referer),
        TRIES},
    {TOPIC_NETWORK, 0, "robots-tag", "LIST|off", "noai,noimageai,noindex,noimageindex",
        "X-Robots-Tag directives that refuse an image", CHOICE(robots_tag), WORDS("off"), TRIES},
    {TOPIC_NETWORK, 0, "reject", "FILE", NULL,
        "SHA-256s and URL patterns of placeholders", TEXT(reject_file),
        .completes = COMPLETES_FILE, TRIES},
    {TOPIC_NETWORK, 0, "cacert", "FILE", NULL, "trust these certificates (PEM)", TEXT(ca_file),
        .completes = COMPLETES_FILE, TRIES},
    {TOPIC_NETWORK, 'k', "insecure", NULL, NULL,
        "accept any certificate", ON(pipeline.transfer.insecure), TRIES},
    {TOPIC_NETWORK, 0, "http1.1", NULL, NULL,
        "use HTTP/1.1 only; the default", VALUE(pipeline.transfer.http, TRANSFER_HTTP_1_1),
        .group = GROUP_HTTP, TRIES},
    {TOPIC_NETWORK, 0, "http2", NULL, NULL,
        "offer HTTP/2 to https servers", VALUE(pipeline.transfer.http, TRANSFER_HTTP_2),
        .group = GROUP_HTTP, TRIES},
    {TOPIC_NETWORK, 0, "http3", NULL, NULL,
        "try HTTP/3 with https servers, else HTTP/2", VALUE(pipeline.transfer.http, TRANSFER_HTTP_3),
        .group = GROUP_HTTP,
        TRIES},
    {TOPIC_NETWORK, 'x', "proxy", "URL|env", NULL,
        "fetch everything through this proxy; env: through $http_proxy and others", CHOICE(proxy),
        WORDS("env"),
        TRIES},
    {TOPIC_NETWORK, 0, "dns-servers", "A[:PORT],...", NULL,
        "DNS servers to ask", TEXT(pipeline.resolver.servers), TRIES},
    {TOPIC_NETWORK, 0, "resolve", "HOST:PORT:ADDR,...", NULL,
        "use these addresses for a host", CHOICE(resolve), .repeatable = true, TRIES},
    {TOPIC_NETWORK, '4', "ipv4", NULL, NULL, "use IPv4 only", ON(only_ipv4), .group = GROUP_FAMILY,
        TRIES},
    {TOPIC_NETWORK, '6', "ipv6", NULL, NULL, "use IPv6 only", ON(only_ipv6), .group = GROUP_FAMILY,
        TRIES},
    {TOPIC_NETWORK, 0, "allow-net", "CIDR", NULL,
        "permit connections into this network", CHOICE(allow_net), .repeatable = true, TRIES},

    {TOPIC_THUMBNAILS, 't', "thumb", "SPEC", NULL,
        "size: 256 512x x512 256x192, with :fit :cover :pad :exact :short if wanted", CHOICE(thumb),
        WORDS("64", "128", "256", "512", "1024"), .completes = COMPLETES_SIZE,
        .otherwise = "256", .repeatable = true, .group = GROUP_SIZES, .shape = SHAPE_ALWAYS,
        .print = layoutopts_thumb},
    {TOPIC_THUMBNAILS, 0, "no-thumbs", NULL, NULL,
        "make no thumbnails, decode nothing", OFF(thumbs), .group = GROUP_SIZES},
    {TOPIC_THUMBNAILS, 0, "exif", "gps", NULL,
        "camera, date and exposure in the manifest; gps: the place, too", OPTIONAL(exif),
        WORDS("gps"), .shape = SHAPE_ALWAYS, .print = layoutopts_exif},
    {TOPIC_THUMBNAILS, 0, "originals", NULL, NULL,
        "keep the bodies as received", OPTIONAL(originals), .shape = SHAPE_ALWAYS,
        .print = layoutopts_originals},
    {TOPIC_THUMBNAILS, 0, "no-originals", NULL, NULL,
        "keep only the thumbnails", OPTIONAL(no_originals)},
    {TOPIC_THUMBNAILS, 0, "filter", NULL, "lanczos3",
        "filter used to resize", WORD(make.filter, filters), .shape = SHAPE_ALWAYS,
        .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "thumb-format", NULL, "jpg",
        "format of thumbnails", WORD(make.format, thumb_formats), .choice = choice_thumb_format,
        .shape = SHAPE_ALWAYS, .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "progressive", NULL, NULL,
        "make progressive jpg thumbnails", ON(make.progressive), .shape = SHAPE_ALWAYS,
        .matters = layoutopts_has_jpg_thumbs},
    {TOPIC_THUMBNAILS, 0, "quality", "N", "85",
        "quality of jpg and webp, 1 to 100", NUMBER_AS(int, make.quality, 1, 100),
        .shape = SHAPE_ALWAYS, .matters = layoutopts_has_lossy_thumbs},
    {TOPIC_THUMBNAILS, 0, "background", "COLOR", "white",
        "background: white, black or #rrggbb", CHOICE(background), WORDS("white", "black"),
        .shape = SHAPE_ALWAYS, .print = layoutopts_background, .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "upscale", NULL, NULL,
        "enlarge small pictures", ON(make.upscale), .group = GROUP_SCALING, .shape = SHAPE_ALWAYS,
        .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "only-shrink", NULL, NULL,
        "do not pad or crop what is not larger than the box", ON(make.only_shrink),
        .group = GROUP_SCALING, .shape = SHAPE_ALWAYS, .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "skip-reencode", NULL, NULL,
        "keep the bytes of an image that would not change", ON(make.skip_reencode),
        .shape = SHAPE_ALWAYS, .matters = layoutopts_has_thumbs},
    {TOPIC_THUMBNAILS, 0, "phash", NULL, NULL,
        "a perceptual hash in each row", ON(make.phash), .shape = SHAPE_ALWAYS},
    {TOPIC_THUMBNAILS, 0, "pool", NULL, "procs",
        "where to decode; only procs has a sandbox", WORD(pool, options_pools), TRIES},
    {TOPIC_THUMBNAILS, 0, "isolate", NULL, "off",
        "image: a fresh decoding process for each", WORD(isolate, isolations)},
    {TOPIC_THUMBNAILS, 0, "decode-order", NULL, "fifo",
        "which waiting image is decoded next", CHOICE(decode_order), .words = options_decode_orders},
    {TOPIC_THUMBNAILS, 0, "workers", "N", NULL,
        "decoding processes or threads", NUMBER(workers, 1, 256), .otherwise = "one per core"},
    {TOPIC_THUMBNAILS, 0, "max-pixels", "N", "100M",
        "largest picture, in pixels", PIXELS(make.limits.max_pixels), .shape = SHAPE_BY_LIMIT},
    {TOPIC_THUMBNAILS, 0, "min-side", "N", "0",
        "shortest side, in pixels", NUMBER(make.limits.min_side, 0, 1 << 30),
        .shape = SHAPE_BY_LIMIT},
    {TOPIC_THUMBNAILS, 0, "max-aspect", "R", NULL,
        "largest ratio of longer to shorter side", REAL(make.limits.max_aspect, 1, 1 << 30),
        .otherwise = "none", .shape = SHAPE_BY_LIMIT},
    {TOPIC_THUMBNAILS, 0, "formats", "NAME,...", NULL,
        "formats of images to accept, as jpg,png,webp", SET(formats, accepted),
        .otherwise = "all", .shape = SHAPE_BY_LIMIT},
    {TOPIC_THUMBNAILS, 0, "decode-timeout", "S", "20",
        "time limit for one image", SECONDS(pipeline.decode_timeout_ms), TRIES},
    {TOPIC_THUMBNAILS, 0, "decode-memory", "SIZE", "512M",
        "memory limit for one image", SIZE(make.limits.max_memory, 16 * MIB, 64 * GIB), TRIES},
    {TOPIC_THUMBNAILS, 0, "require-sandbox", NULL, NULL,
        "fail if a sandbox is not complete", ON(require_sandbox)},
    {TOPIC_THUMBNAILS, 0, "strict", NULL, NULL,
        "a truncated image is an error", ON(pipeline.strict), .shape = SHAPE_BY_LIMIT},

    {TOPIC_OUTPUT, 'o', "output", "DIR", "images",
        "output directory", TEXT(pipeline.store.dir), .completes = COMPLETES_DIR},
    {TOPIC_OUTPUT, 0, "layout", NULL, "files",
        "files in folders, files in DIR itself, or a tar per shard", CHOICE(layout),
        .words = options_layouts,
        .shape = SHAPE_ALWAYS, .print = layoutopts_layout},
    {TOPIC_OUTPUT, 0, "name", "TEMPLATE", NULL,
        "file names: {key} {index} {host} {basename} {sha256} {COLUMN}", TEXT(template),
        .otherwise = "{key}; flat: {basename}", .completes = COMPLETES_NAME,
        .shape = SHAPE_ALWAYS, .print = layoutopts_name},
    {TOPIC_OUTPUT, 0, "hash", NULL, "sha256",
        "another hash in each row, beside sha256", WORD(pipeline.store.hash, hashes),
        .shape = SHAPE_ALWAYS},
    {TOPIC_OUTPUT, 0, "manifest", NULL, "jsonl",
        "parquet: rows also as Parquet, when a shard is complete", WORD(manifest, manifests),
        .shape = SHAPE_ALWAYS},
    {TOPIC_OUTPUT, 0, "shard-size", "N", "10000",
        "rows per shard", NUMBER(pipeline.store.shard_size, 1, 10000000), .shape = SHAPE_ALWAYS},
    {TOPIC_OUTPUT, 0, "shard-digits", "N", "5",
        "digits of a shard's number in names and keys",
        NUMBER(pipeline.store.shard_digits, JOB_SHARD_DIGITS, JOB_SHARD_DIGITS_MAX),
        .shape = SHAPE_ALWAYS},
    {TOPIC_OUTPUT, 0, "sidecars", "NAME,...", NULL,
        "files beside each image: json, txt (captions), metadata.jsonl",
        SET(pipeline.store.sidecars, sidecars), .shape = SHAPE_ALWAYS},
    {TOPIC_RUNS, 0, "shard", "I/N|A-B|auto", NULL,
        "only these shards; auto: those of the array task", CHOICE(shard), WORDS("auto")},
    {TOPIC_RUNS, 0, "on-shard", "PROGRAM", NULL,
        "run PROGRAM SHARD DIR FILE... when a shard is complete", TEXT(on_shard),
        .completes = COMPLETES_FILE},
    {TOPIC_RUNS, 0, "on-shard-remove", NULL, NULL,
        "then remove the shard's files", ON(pipeline.removes_delivered)},
    {TOPIC_RUNS, 0, "split", "N", NULL,
        "divide LIST into N lists for N tasks, by domain", NUMBER(split, 1, SPLIT_LISTS_MAX),
        .typed_only = true},
    {TOPIC_RUNS, 0, "first-shard", "K", NULL,
        "LIST is a part of one: its first shard is number K",
        NUMBER(pipeline.first_shard, 0, SHARDS_NUMBER_MAX)},
    {TOPIC_RUNS, 0, "retry-failed", "CODE,...", NULL,
        "fetch failed rows again", OPTIONAL(retry_failed), .group = GROUP_RERUN,
        .completes = COMPLETES_CODES},
    {TOPIC_RUNS, 0, "refresh", NULL, NULL,
        "re-check every URL (conditional requests)", ON(pipeline.again.refresh),
        .group = GROUP_RERUN},
    {TOPIC_OUTPUT, 'R', "remote-time", NULL, NULL,
        "files have the time of Last-Modified", ON(pipeline.store.remote_time)},
    {TOPIC_RUNS, 'n', "dry-run", NULL, NULL,
        "say what a run would do; fetch and write nothing", ON(dry_run), .typed_only = true},
    {TOPIC_RUNS, 0, "reuse", "DIR", NULL,
        "take what the earlier output directory DIR has", CHOICE(reuse), .repeatable = true,
        .completes = COMPLETES_DIR},
    {TOPIC_RUNS, 0, "update", NULL, NULL,
        "bring DIR in line with a changed list, or other options", ON(update),
        .typed_only = true},
    {TOPIC_RUNS, 0, "keep-removed", NULL, NULL,
        "with --update: keep rows that the list has no more", ON(keep_removed),
        .typed_only = true},
    {TOPIC_RUNS, 0, "checkpoint", "S", "5",
        "seconds between syncs to disk", SECONDS(pipeline.store.checkpoint_ms)},
    {TOPIC_RUNS, 0, "stop-timeout", "S", "25",
        "after a signal, time for what is in progress", SECONDS(stop_timeout_ms)},
    {TOPIC_RUNS, 0, "fresh", NULL, NULL,
        "start over: first remove earlier runs' files", ON(outdir.fresh), .group = GROUP_RERUN},
    {TOPIC_RUNS, 0, "verify", NULL, NULL,
        "check DIR... against their manifests", ACTION(OPTIONS_VERIFY),
        .group = GROUP_RERUN},
    {TOPIC_PRINTING, 'q', "quiet", NULL, NULL, "print no status and no summary", ON(quiet)},
    {TOPIC_PRINTING, 'v', "verbose", NULL, NULL,
        "print each failure; -vv: each attempt", COUNT(verbose), .repeatable = true},
    {TOPIC_PRINTING, 0, "color", NULL, "auto", "colours; auto: on a terminal", WORD(color, colors)},
    {TOPIC_PRINTING, 0, "log", "FILE", NULL,
        "append what is printed to FILE, with times", TEXT(log), .completes = COMPLETES_FILE},
    {TOPIC_PRINTING, 0, "metrics-file", "FILE", NULL,
        "keep the figures in FILE, for Prometheus", TEXT(metrics_file),
        .completes = COMPLETES_FILE},
    {TOPIC_PRINTING, 0, "json", NULL, NULL, "print each row on standard output", ON(json)},
    {TOPIC_RUNS, 0, "fail-under", "PCT", "100",
        "exit with 1 if fewer rows succeed", PERCENT(fail_under)},
    {TOPIC_COMPARING, 0, "compare", "NAME,...|pools|http", NULL,
        "compare backends, pools or versions of HTTP", OPTIONAL(compare), WORDS("pools", "http"),
        .names_backends = true, .completes = COMPLETES_LIST, .typed_only = true},
    {TOPIC_COMPARING, 0, "repeat", "N", "3",
        "rounds of each, with --compare", NUMBER(repeat, 1, 1000)},
    {TOPIC_RUNS, 0, "report", "FILE", NULL,
        "HTML page about DIR, or of --compare; FILE.md: a data card", OPTIONAL(report), .completes = COMPLETES_FILE,
        .otherwise = "report.html", .group = GROUP_RERUN, .typed_only = true},
    {TOPIC_GENERAL, 'K', "config", "FILE", NULL,
        "file of long options, one per line; replaces the user's own "
        "($XDG_CONFIG_HOME/imgfetch/config)", .kind = KIND_CONFIG, .repeatable = true,
        .completes = COMPLETES_FILE, .typed_only = true},
    {TOPIC_GENERAL, 'h', "help", "TOPIC", NULL,
        "print the options of a topic, or all", ACTION(OPTIONS_HELP), .choice = choice_help,
        .words = options_topics},
    {TOPIC_GENERAL, 'V', "version", NULL, NULL, "print versions", ACTION(OPTIONS_VERSION)},

    {TOPIC_HIDDEN, 0, "stats-fd", "FD", NULL, "for --compare: statsfd.h",
        NUMBER_AS(int, stats_fd, 3, MANY)},
    {TOPIC_HIDDEN, 0, "test-faults", NULL, NULL, "for the tests: testfault.h", ON(test_faults)},
    {TOPIC_HIDDEN, 0, "options", "N", NULL, "for completions: complete.h",
        ACTION(OPTIONS_COMPLETE), .choice = choice_options},
    {.name = NULL},
};
/* clang-format on */
_Static_assert(sizeof options_table / sizeof *options_table <= OPTIONS_MAX_ROWS, "room");

const struct options_row *options_row_named(const char *name)
{
    for (const struct options_row *row = options_table; row->name; row++)
        if (!strcmp(row->name, name))
            return row;
    return NULL;
}

void options_values(const struct options_row *row, const char *out[OPTIONS_MAX_VALUES])
{
    size_t n = 0;
    for (const char *const *word = row->words; word && *word && n < OPTIONS_MAX_VALUES - 1; word++)
        out[n++] = *word;
    for (const struct backend *const *b = backend_table; row->names_backends && *b; b++)
        if (n < OPTIONS_MAX_VALUES - 1)
            out[n++] = (*b)->name;
    out[n] = NULL;
}

bool options_is_secret(const char *name)
{
    return !strcmp(name, "header") || !strcmp(name, "proxy");
}

int options_argument(const struct options_row *row)
{
    switch (row->kind) {
    case KIND_ON:
    case KIND_OFF:
    case KIND_COUNT:
    case KIND_VALUE:
        return no_argument;
    case KIND_ACTION:
        return row->choice ? optional_argument : no_argument;
    case KIND_OPTIONAL:
        return optional_argument;
    default:
        return required_argument;
    }
}
