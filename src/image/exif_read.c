#include "image/exif_read.h"

#ifdef HAVE_EXIF

#include "base/utf8.h"
#include "image/sniff.h"

#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a block that are read. The tags stand in front; what is longer has a large thumbnail. */
enum { BLOCK_MAX = 1 << 20 };

static const char head[] = "Exif\0"; /* and the NUL of the literal: what libexif wants in front */

/* NULL: no memory. */
static ExifData *parse(const uint8_t *tiff, size_t len)
{
    size_t size = len < BLOCK_MAX ? len : BLOCK_MAX;
    unsigned char *block = malloc(sizeof head + size);
    ExifData *data = block ? exif_data_new() : NULL;
    if (data) {
        memcpy(block, head, sizeof head);
        memcpy(block + sizeof head, tiff, size);
        /* Otherwise it adds tags that should be there: the date of today, for one. */
        exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
        exif_data_load_data(data, block, (unsigned)(sizeof head + size));
    }
    free(block);
    return data;
}

/* The tag's values, if there are n of that format at least; else NULL. */
static const unsigned char *values(
    const ExifData *data, ExifIfd ifd, int tag, ExifFormat format, unsigned n)
{
    const ExifEntry *e = exif_content_get_entry(data->ifd[ifd], (ExifTag)tag);
    bool is_there = e && e->data && e->format == format && e->components >= n &&
                    e->size >= n * exif_format_get_size(format);
    return is_there ? e->data : NULL;
}

/* The length of the text without the white space around it; moves *text to its beginning. */
static size_t trim(const char **text, size_t len)
{
    while (len && (unsigned char)**text <= ' ') {
        (*text)++;
        len--;
    }
    while (len && (unsigned char)(*text)[len - 1] <= ' ')
        len--;
    return len;
}

/* Copies as many whole characters as fit; control characters become spaces. */
static void copy_text(const char *clean, char *out, size_t size)
{
    size_t left = strlen(clean), used = 0;
    while (left) {
        size_t n = utf8_length(clean, left);
        if (!n || used + n >= size)
            break;
        memcpy(out + used, clean, n);
        if (n == 1 && ((unsigned char)*clean < ' ' || *clean == 0x7F))
            out[used] = ' ';
        used += n;
        clean += n;
        left -= n;
    }
    out[used] = '\0';
}

static void read_text(const ExifData *data, ExifIfd ifd, ExifTag tag, char *out, size_t size)
{
    const ExifEntry *e = exif_content_get_entry(data->ifd[ifd], tag);
    if (!e || !e->data || e->format != EXIF_FORMAT_ASCII)
        return;
    const char *text = (const char *)e->data;
    size_t len = trim(&text, strnlen(text, e->size));
    char *clean = utf8_clean(text, len < size ? len : size);
    copy_text(clean, out, size);
    free(clean);
}

/* 0: there is no such number. */
static double rational(const unsigned char *at, ExifByteOrder order)
{
    ExifRational r = exif_get_rational(at, order);
    double n = r.denominator ? (double)r.numerator / r.denominator : 0;
    return n <= EXIFTAGS_NUMBER_MAX ? n : 0;
}

static double read_number(const ExifData *data, ExifTag tag, ExifByteOrder order)
{
    const unsigned char *at = values(data, EXIF_IFD_EXIF, tag, EXIF_FORMAT_RATIONAL, 1);
    return at ? rational(at, order) : 0;
}

static uint32_t read_iso(const ExifData *data, ExifByteOrder order)
{
    enum { ISO = EXIF_TAG_ISO_SPEED_RATINGS };
    const unsigned char *at = values(data, EXIF_IFD_EXIF, ISO, EXIF_FORMAT_SHORT, 1);
    if (at)
        return exif_get_short(at, order);
    at = values(data, EXIF_IFD_EXIF, ISO, EXIF_FORMAT_LONG, 1);
    return at ? exif_get_long(at, order) : 0;
}

/* Degrees, minutes and seconds, and a letter for the hemisphere. */
static bool read_angle(
    const ExifData *data, int tag, int letter_tag, const char letters[3], double most, double *ret)
{
    enum { PARTS = 3, SIZE = 8 };
    ExifByteOrder order = exif_data_get_byte_order((ExifData *)data);
    const unsigned char *at = values(data, EXIF_IFD_GPS, tag, EXIF_FORMAT_RATIONAL, PARTS);
    const unsigned char *letter = values(data, EXIF_IFD_GPS, letter_tag, EXIF_FORMAT_ASCII, 1);
    char hemisphere = letter ? (char)*letter : '\0';
    if (!at || (hemisphere != letters[0] && hemisphere != letters[1]))
        return false;
    if (exif_get_rational(at, order).denominator == 0)
        return false;
    double angle = rational(at, order) + rational(at + SIZE, order) / 60 +
                   rational(at + (size_t)2 * SIZE, order) / 3600;
    *ret = hemisphere == letters[0] ? angle : -angle;
    return angle <= most;
}

static void read_gps(const ExifData *data, struct exiftags *ret)
{
    enum { LATITUDE_REF = 1, LATITUDE, LONGITUDE_REF, LONGITUDE };
    double latitude, longitude;
    if (!read_angle(data, LATITUDE, LATITUDE_REF, "NS", 90, &latitude) ||
        !read_angle(data, LONGITUDE, LONGITUDE_REF, "EW", 180, &longitude))
        return;
    ret->has_gps = 1;
    ret->latitude = latitude;
    ret->longitude = longitude;
}

static void read_tags(const ExifData *data, bool gps, struct exiftags *ret)
{
    ExifByteOrder order = exif_data_get_byte_order((ExifData *)data);
    read_text(data, EXIF_IFD_0, EXIF_TAG_MAKE, ret->make, sizeof ret->make);
    read_text(data, EXIF_IFD_0, EXIF_TAG_MODEL, ret->model, sizeof ret->model);
    read_text(data, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, ret->datetime_original,
        sizeof ret->datetime_original);
    if (!exiftags_is_date(ret->datetime_original))
        memset(ret->datetime_original, 0, sizeof ret->datetime_original);
    ret->exposure_time = read_number(data, EXIF_TAG_EXPOSURE_TIME, order);
    ret->f_number = read_number(data, EXIF_TAG_FNUMBER, order);
    ret->focal_length = read_number(data, EXIF_TAG_FOCAL_LENGTH, order);
    ret->iso = read_iso(data, order);
    if (gps)
        read_gps(data, ret);
}

bool exif_read_is_there(void)
{
    return true;
}

void exif_read(
    const struct image_info *info, const uint8_t *body, size_t len, bool gps, struct exiftags *ret)
{
    struct image_exif block = info->exif;
    *ret = (struct exiftags){0};
    if (info->format == IMAGE_AVIF)
        block = sniff_avif_exif(body, len);
    ExifData *data = block.tiff ? parse(block.tiff, block.len) : NULL;
    if (!data)
        return;
    read_tags(data, gps, ret);
    exif_data_unref(data);
}

#else

bool exif_read_is_there(void)
{
    return false;
}

void exif_read(
    const struct image_info *info, const uint8_t *body, size_t len, bool gps, struct exiftags *ret)
{
    (void)info;
    (void)body;
    (void)len;
    (void)gps;
    *ret = (struct exiftags){0};
}

#endif
