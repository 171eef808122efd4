#include "cmd/imgfetch/actions.h"

#include "cmd/imgfetch/confinement.h"
#include "cmd/imgfetch/status/human.h"
#include "exec/duckdb.h"
#include "exec/procpool.h"
#include "image/codec.h"
#include "pipeline/thumb.h"
#include "store/libarchive.h"

#include <csv.h>
#include <curl/curl.h>
#include <libpsl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include <yajl/yajl_version.h>
#include <zlib.h>
#include <zstd.h>

/* In an emulator a decoder may start slowly, or never. */
enum { PATIENCE_MS = 10000 };

static void on_probe_ready(void *loop)
{
    uv_stop(loop);
}

static void on_too_late(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Starts a decoder to find out which sandbox level it reaches on this machine. */
static const char *sandbox_level(void)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct procpool_conf conf = {.workers = 1, .max_in = 4096, .max_out = 4096};
    conf.max_memory = 64 << 20;
    conf.warm_up = thumb_warm_up;
    conf.work = thumb_work;
    struct procpool *pool = procpool_new(&conf, message);
    uv_loop_t loop;
    uv_timer_t timer;
    if (!pool)
        return "none: cannot start a process";
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_too_late, PATIENCE_MS, 0);
    if (!procpool_attach(pool, &loop, on_probe_ready, &loop))
        uv_run(&loop, UV_RUN_DEFAULT);
    const char *level = procpool_stats(pool).sandbox;
    procpool_free(pool);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return level ? level : "none: no decoder starts";
}

/* Prints which library, or our own code, decodes which format. */
static void print_decoders(void)
{
    const char *separator = "decoders: ";
    for (int format = IMAGE_UNKNOWN + 1; format < IMAGE_FORMAT_COUNT; format++) {
        const struct codec_decoder *decoder = codec_decoder_for(format);
        if (!decoder)
            continue;
        printf("%s%s by %s", separator, image_format_name(format), decoder->name);
        separator = ", ";
    }
    printf("\n");
}

/* "DuckDB v1.5.6", or why it cannot be. */
static void tell_duckdb(char ret[DUCKDB_MESSAGE_SIZE])
{
    struct duckdb *duckdb = duckdb_start(false, ret);
    if (duckdb)
        snprintf(ret, DUCKDB_MESSAGE_SIZE, "DuckDB %s", duckdb_version(duckdb));
    duckdb_free(duckdb);
}

int version(void)
{
    char parquet[DUCKDB_MESSAGE_SIZE];
    const char *level = sandbox_level(); /* before curl makes threads, as is the next */
    tell_duckdb(parquet);
    printf("imgfetch " IMGFETCH_VERSION "\n");
    printf("libcurl %s, %s\n", curl_version_info(CURLVERSION_NOW)->version,
        curl_version_info(CURLVERSION_NOW)->ssl_version);
    printf("libuv %s, zlib %s, zstd %s, yajl %d.%d.%d, libcsv %d.%d.%d, libpsl %s, %s\n",
        uv_version_string(), zlibVersion(), ZSTD_versionString(), yajl_version() / 10000,
        yajl_version() / 100 % 100, yajl_version() % 100, CSV_MAJOR, CSV_MINOR, CSV_RELEASE,
        psl_get_version(),
        libarchive() ? libarchive()->archive_version_string() : libarchive_error());
    print_decoders();
    human_line(stdout, "Parquet: %s", parquet);
    printf("decoder sandbox on this machine: %s\n", level);
    confinement_print();
    return EXIT_SUCCESS;
}
