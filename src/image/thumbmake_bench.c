/*
 * thumbmake_bench [-r ROUNDS] [-t SPEC] FILE...: compares the cost of a JPEG thumbnail with a lower
 * bound: decoding the same file at the same scale by libjpeg-turbo, to YCbCr rows that are dropped.
 * Both run in turn on one core, from memory. Reports CPU time: the median of the rounds for each
 * file, summed up.
 */
#include "image/thumbmake.h"

#include <stdio.h> /* jpeglib.h needs it */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h>

enum { MAX_ROUNDS = 101, OUT_SIZE = 16 << 20 };

static struct thumbmake_conf conf = {.n_specs = 1, .format = THUMB_JPG, .quality = 85};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void decode_only(const uint8_t *body, size_t len)
{
    struct jpeg_error_mgr error;
    struct jpeg_decompress_struct cinfo = {.err = jpeg_std_error(&error)};
    struct thumb_layout layout;
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, body, len);
    jpeg_read_header(&cinfo, TRUE);
    thumbspec_layout(&conf.specs[0], cinfo.image_width, cinfo.image_height, false, &layout);
    cinfo.scale_denom = 8;
    while (cinfo.scale_denom > 1 && (cinfo.image_width / cinfo.scale_denom < 2 * layout.width ||
                                        cinfo.image_height / cinfo.scale_denom < 2 * layout.height))
        cinfo.scale_denom /= 2;
    if (cinfo.num_components == 3)
        cinfo.out_color_space = JCS_YCbCr;
    jpeg_start_decompress(&cinfo);
    JSAMPARRAY row = cinfo.mem->alloc_sarray((j_common_ptr)&cinfo, JPOOL_IMAGE,
        cinfo.output_width * (JDIMENSION)cinfo.output_components, 1);
    while (cinfo.output_scanline < cinfo.output_height)
        jpeg_read_scanlines(&cinfo, row, 1);
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
}

static void make(const uint8_t *body, size_t len)
{
    static uint8_t out[OUT_SIZE];
    struct thumbmake_reply reply;
    thumbmake(&conf, body, len, out, sizeof out, &reply);
    if (reply.err) {
        fprintf(stderr, "thumbmake_bench: %s\n", reply.message);
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, compare);
    return times[n / 2];
}

/* Milliseconds for a file: decoding alone, and the whole thumbnail. */
static void measure(const uint8_t *body, size_t len, int rounds, double ret[2])
{
    double times[2][MAX_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double start = cpu_ms();
        decode_only(body, len);
        double decoded = cpu_ms();
        make(body, len);
        times[0][i] = decoded - start;
        times[1][i] = cpu_ms() - decoded;
    }
    for (int k = 0; k < 2; k++)
        ret[k] = median(times[k], rounds);
}

static uint8_t *read_file(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) < 0) {
        perror(path);
        exit(1);
    }
    *ret_len = (size_t)ftell(f);
    rewind(f);
    uint8_t *body = malloc(*ret_len + 1);
    if (!body || fread(body, 1, *ret_len, f) != *ret_len) {
        perror(path);
        exit(1);
    }
    fclose(f);
    return body;
}

int main(int argc, char **argv)
{
    int rounds = 11;
    const char *spec = "256";
    const char *message;
    int option;
    while ((option = getopt(argc, argv, "r:t:")) >= 0) {
        if (option == 'r')
            rounds = atoi(optarg);
        else if (option == 't')
            spec = optarg;
        else
            return 2;
    }
    if (rounds < 1 || rounds > MAX_ROUNDS || optind == argc ||
        !thumbspec_parse(spec, &conf.specs[0], &message))
        return 2;
    double sums[2] = {0, 0};
    for (int i = optind; i < argc; i++) {
        size_t len;
        double ms[2];
        uint8_t *body = read_file(argv[i], &len);
        measure(body, len, rounds, ms);
        free(body);
        sums[0] += ms[0];
        sums[1] += ms[1];
    }
    int n = argc - optind;
    printf("%d files: decoding alone %.3f ms each, thumbnails %.3f ms each, %.2f times\n", n,
        sums[0] / n, sums[1] / n, sums[1] / sums[0]);
    return 0;
}
