/* decodeloop [-e] SIZE FILE...: the least that a thumbnailer on libjpeg-turbo has to do. Reads each
 * JPEG into memory and decodes it at the smallest of the scales 1/8, 1/4, 1/2 and 1 whose longer
 * side is SIZE or more; as planes, without a conversion of colours, a resize or an encoder.
 * With -e the rows are encoded as they come, with libjpeg's defaults and quality 85, and that is
 * thrown away. make bench measures imgfetch's CPU time against it. Status 1 if a file is not
 * decoded. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>

enum { ROWS = 16 };

static bool encodes;

static unsigned char *read_file(const char *path, size_t *ret_len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        return NULL;
    unsigned char *data = malloc((size_t)st.st_size);
    bool ok = data && read(fd, data, (size_t)st.st_size) == st.st_size;
    close(fd);
    if (!ok) {
        free(data);
        return NULL;
    }
    *ret_len = (size_t)st.st_size;
    return data;
}

static void set_scale(struct jpeg_decompress_struct *d, unsigned size)
{
    unsigned longer = d->image_width > d->image_height ? d->image_width : d->image_height;
    d->scale_denom = 8;
    for (d->scale_num = 1; d->scale_num < 8 && longer * d->scale_num / 8 < size;)
        d->scale_num *= 2;
}

/* To memory that the caller frees. */
static void start_encoder(struct jpeg_compress_struct *c, const struct jpeg_decompress_struct *d,
    unsigned char **file, unsigned long *size)
{
    jpeg_create_compress(c);
    jpeg_mem_dest(c, file, size);
    c->image_width = d->output_width;
    c->image_height = d->output_height;
    c->input_components = d->output_components;
    c->in_color_space = d->out_color_space;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, 85, TRUE);
    jpeg_start_compress(c, TRUE);
}

/* A bad file ends the program, by libjpeg's own handler. */
static void decode(unsigned char *data, size_t len, unsigned size)
{
    struct jpeg_decompress_struct d;
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size_of_file = 0;
    unsigned char *rows[ROWS];
    c.err = d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, data, len);
    jpeg_read_header(&d, TRUE);
    set_scale(&d, size);
    d.out_color_space = d.jpeg_color_space;
    jpeg_start_decompress(&d);
    size_t stride = (size_t)d.output_width * (size_t)d.output_components;
    unsigned char *room = malloc(stride * ROWS);
    if (!room)
        abort();
    for (int i = 0; i < ROWS; i++)
        rows[i] = room + (size_t)i * stride;
    if (encodes)
        start_encoder(&c, &d, &file, &size_of_file);
    while (d.output_scanline < d.output_height) {
        unsigned n = jpeg_read_scanlines(&d, rows, ROWS);
        if (encodes)
            jpeg_write_scanlines(&c, rows, n);
    }
    if (encodes) {
        jpeg_finish_compress(&c);
        jpeg_destroy_compress(&c);
        free(file);
    }
    jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    free(room);
}

int main(int argc, char **argv)
{
    encodes = argc > 1 && !strcmp(argv[1], "-e");
    argc -= encodes;
    argv += encodes;
    if (argc < 3)
        return 2;
    for (int i = 2; i < argc; i++) {
        size_t len;
        unsigned char *data = read_file(argv[i], &len);
        if (!data) {
            perror(argv[i]);
            return 1;
        }
        decode(data, len, (unsigned)atoi(argv[1]));
        free(data);
    }
    return 0;
}
