/*
 * A job: one row of the list on its way from the list to the manifest. (The pipeline also makes one
 * for each robots.txt it reads; that has no row.)
 *
 * Always true:
 * - A job has exactly one owner at any time: the feeder, the frontier, the
 *   pipeline, or the stage it was submitted to. Only the owner touches it, and
 *   its owner links it by `link`.
 * - A job owns what it points to, and job_free() frees it, with these exceptions: static text
 *   (image.format, image.extension); owner_data, which is the present owner's; robots_site, which
 * is fetch/robotstxt.h's; next_waiter, which links jobs that the pipeline owns
 *   (pipeline/singleflight.h).
 * - `err` is how it went so far; `message` is set whenever err is not ERR_OK.
 */
#ifndef INPUT_JOB_H
#define INPUT_JOB_H

#include "base/addr.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/err.h"
#include "input/boxes.h"
#include "input/exiftags.h"
#include "input/url.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

enum { JOB_MESSAGE_SIZE = 120, JOB_KEY_SIZE = 32, JOB_MAX_THUMBS = 16 };
enum { JOB_MAX_SIDECARS = 2 * (1 + JOB_MAX_THUMBS) };

/* What a fetch backend requests: one hop of a redirect chain, addresses known. */
struct request {
    struct url url;
    struct addr_set addrs; /* empty only for backends that need no address */
    uint64_t time_left_ns; /* of this attempt's --timeout */
    bool is_elsewhere;     /* a redirect has led to another site than the row's */
    bool last_for_host;    /* nothing else waits for this host: close the connection after it */
    bool new_connection;   /* use no kept one: it may be what the last attempt failed by */
    bool is_robots_txt;    /* X-Robots-Tag does not apply to it */
    /* Validators of the image fetched earlier, for a conditional request: the body is sent only if
     * it has changed. NULL: unknown, or not to be sent. */
    char *etag, *last_modified;
    char *referer; /* of the row, for its own site only; NULL: the one of the run */
};

/* The result of the hop. The backend fills it; job_clear_response() empties it. */
struct response {
    int http_status;    /* 0: no status line came */
    char *content_type; /* as sent, or NULL; so are the next two, of a 2xx response */
    char *etag, *last_modified;
    bool may_be_cut;         /* the body ended, but nothing else says that this is its end */
    bool is_unchanged;       /* 304 to a conditional request */
    char *redirect;          /* absolute URL of the next hop, as url_resolve() makes it, or NULL */
    bool sets_cookie;        /* with a redirect */
    uint32_t retry_after_s;  /* Retry-After, counted from now; 0: none */
    struct buf body;         /* only with a 2xx status; of a failed transfer: what came of it */
    bool is_empty;           /* a complete 2xx response without a body: an error for an image */
    unsigned connections;    /* opened for it; 0: a kept one was used */
    uint64_t received;       /* bytes of head and body, as they came over the wire */
    char ip[ADDR_TEXT_SIZE]; /* of the last server tried; "" when none was reached */
};

/* Durations of the last attempt, in ns. */
struct timings {
    uint64_t dns, connect, tls, first_byte, total;
    uint64_t decode; /* in the thumb stage */
};

struct job_thumb {
    char *path; /* below the output directory; set by the store */
    uint32_t width, height;
    uint8_t *data; /* the file's bytes; freed by the store once written */
    uint32_t size;
    bool has_sha256;
    uint8_t sha256[32]; /* of the file */
};

/* A file beside an image (store/sidecars.h); set by the store. */
struct job_sidecar {
    char *path; /* below the output directory */
    size_t size;
    uint8_t sha256[32];
};

struct job_image {
    const char *format;     /* "jpeg"; static text; NULL: not recognised */
    const char *extension;  /* of its file, without a dot; static text */
    uint32_t width, height; /* as shown */
    uint8_t orientation;    /* EXIF 1..8; 0: not known */
    bool truncated;         /* it ends early or is damaged */
    bool has_phash;
    uint64_t phash;          /* image/phash.h */
    bool truncated_transfer; /* the transfer broke off, but the image has its end */
    struct exiftags *exif;   /* NULL: not read */
};

enum { JOB_HASH_MAX = 64 /* SHA-512 */ };

/* Another hash of the body, beside its SHA-256. */
enum job_hash { JOB_HASH_NONE, JOB_HASH_MD5, JOB_HASH_SHA1, JOB_HASH_SHA512 };

struct job_value {
    char *text;   /* UTF-8; NULL: null */
    bool is_json; /* a number, true, false, an array or an object, verbatim */
};

/* Another URL of the row, as the list has it. */
struct job_fallback {
    char *text; /* NULL: the cell is empty */
    size_t len;
};

/* The row's other columns in the list, besides its URL. */
struct job_columns {
    size_t size;                    /* bytes of all of them, as the list has them */
    char *caption;                  /* UTF-8; NULL: none */
    uint8_t hash[JOB_HASH_MAX];     /* the hash that the body must have */
    uint8_t hash_len;               /* of md5, sha1, sha256 or sha512; 0: the list has none */
    struct job_fallback *fallbacks; /* n_fallbacks of them, by column */
    unsigned n_fallbacks;
    bool lacks_referer;  /* the cell of --referer-col is not the URL of a page */
    struct boxes *boxes; /* to be blurred; NULL: the list has no such column, or these are bad */
    unsigned n_kept;
    struct job_value kept[];
};

/* The row's line in the manifest of an earlier run, for a row that is done again. */
struct job_before {
    enum err err;
    uint64_t bytes;
    bool has_sha256;
    uint8_t sha256[32]; /* of the body */
    /* for a conditional request to the URL where the image came from; NULL: not possible */
    char *final_url, *etag, *last_modified;
    unsigned n_paths;
    char *paths[]; /* of the row's own files, below the output directory */
};

/* A file of another directory that had the bytes of the body when they were read. */
struct job_twin {
    int dir;        /* open; borrowed for the run */
    struct stat as; /* what it was like */
    char path[];    /* below dir */
};

/* The first row with the same URL. This row, its duplicate, copies that row's result and fetches
 * nothing. */
struct job_first {
    uint64_t index;
    uint32_t shard, pos;
    bool is_lost; /* the first row's result cannot be read: this row is fetched after all */
    char *fields; /* the first row's result, as fields of JSON; set by the store */
};

TAILQ_HEAD(job_queue, job);

struct job {
    TAILQ_ENTRY(job) link; /* the owner's */

    /* the row: never changes */
    uint64_t index;      /* row of the run, from 0 */
    uint64_t line;       /* of its list, from 1; see struct urllist_row */
    bool is_argument;    /* its URL was given in place of a list */
    bool is_malformed;   /* its list has bytes in it that are not UTF-8; they are replaced */
    uint32_t shard, pos; /* pos: row of the shard, from 0 */
    char *source;        /* the URL as the list has it, as UTF-8 */
    char *name;          /* of its files, without an extension, if the list decides it; else NULL */
    struct job_columns *columns; /* NULL: the list has none that are used */
    struct job_before *before;   /* NULL: no earlier run has done it */
    struct job_first *first;     /* NULL: it is no duplicate, and is fetched */
    struct job *next_waiter;     /* the next job that waits for the same first row; borrowed */

    /* the fetch */
    struct budget_share memory; /* what it holds of the budget, and for which host */
    struct request request;
    struct url origin;  /* the row's own URL, once a redirect was followed */
    unsigned url_index; /* which of its URLs that is: 0, or a column of fallbacks from 1 */
    struct response response;
    struct timings ms;
    uint16_t attempts;        /* begun so far */
    uint16_t attempts_before; /* of these, with earlier URLs of the row */
    bool was_killed;          /* its decoder, because the container had no memory left */
    bool had_outage;          /* an earlier URL of the row failed temporarily */
    uint16_t hops;            /* redirects followed in this attempt */
    uint64_t queued_ns;       /* when it was last added to the frontier */
    double started;           /* wall time of the first attempt; 0: none yet */
    uint64_t started_ns;      /* the same moment of clock_ns() */
    double finished;          /* wall time of the end of the last attempt; 0: none yet */
    uint16_t unprocessed;     /* connections on which this hop was not processed, in a row */
    bool is_host_held;        /* the last response asked its host to be left alone for some time */
    uint64_t delay_ns;        /* how long to wait before the next attempt */
    uint64_t ration;          /* bytes of --limit-rate reserved for the request in flight */
    void *owner_data;         /* for its present owner's use; borrowed */
    void *robots_site;        /* the job fetches this site's robots.txt and is no row; borrowed */

    /* the result */
    bool reused;           /* its body is from an earlier directory (store/reuse.h) */
    struct job_twin *twin; /* the file there that has the body; NULL: it is in a tar */
    bool keeps_before;     /* `before` and its files stay as they are; no new row is written */
    enum err err;
    char message[JOB_MESSAGE_SIZE];
    struct job_image image;
    struct job_thumb *thumbs; /* n_thumbs of them */
    unsigned n_thumbs;
    struct job_sidecar *sidecars; /* n_sidecars of them */
    unsigned n_sidecars;
    uint64_t bytes; /* of the body as received */
    bool has_sha256;
    uint8_t sha256[32]; /* of the body */
    char *hash;         /* another hash of it, in hex (enum job_hash); NULL: none */
    char *path;         /* of the original, below the output directory; NULL: not kept */
};

struct job *job_new(void);
void job_free(struct job *, struct budget *); /* gives its share of the memory back */

/* Sets err and message (printf-like); a message that does not fit is cut. */
void job_fail(struct job *, enum err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void job_free_thumbs(struct job *);
void job_free_sidecars(struct job *);

/* Sets all of job.image back. */
void job_forget_image(struct job *);

/* Forgets body, picture, thumbnails and sidecars: the row must not describe what is not kept. */
void job_forget_body(struct job *);
void job_before_free(struct job_before *);
void job_first_free(struct job_first *);

/* Reads the expected hash, in hex; its length says which algorithm it is, and an empty text means
 * no hash. False: no known algorithm, or not hex. */
bool job_set_hash(struct job_columns *, const char *hex, size_t len);

/* Sets a fallback to the text, or leaves it NULL if there is only white space in it. */
void job_set_fallback(struct job_fallback *, const char *text, size_t len);

/* The next URL of the row that its list has: a url_index. 0: this is the last one. */
unsigned job_next_url(const struct job *);

/* How many attempts have begun with the present URL of the row. */
static inline unsigned job_tries(const struct job *j)
{
    return (unsigned)(j->attempts - j->attempts_before);
}

/* Sets the Referer that the row sends: a URL of http or https, in its normal form. False: it is no
 * such URL, or one of more than URL_MAX bytes; none is sent. */
bool job_set_referer(struct job *, const char *url, size_t len);

/* Prepares the job for the next hop: no error, no response, its memory given back. */
void job_clear_response(struct job *, struct budget *);

/* Digits of the two parts of a key: of the shard, at least, and of the position. */
struct job_digits {
    unsigned shard, pos;
};
enum { JOB_SHARD_DIGITS = 5 /* by default */, JOB_SHARD_DIGITS_MAX = 10 };

/* "000120034": shard and pos. */
void job_key(uint32_t shard, uint32_t pos, struct job_digits, char out[JOB_KEY_SIZE]);

/* pos, from such a key of `len` bytes; -1: it is no key of that shard. */
int64_t job_key_pos(const char *key, size_t len, uint32_t shard, struct job_digits);

/* pos gets 4 digits, or as many as a shard of that size needs. */
struct job_digits job_digits(unsigned shard_digits, uint32_t shard_size);

#endif
