#include "image/codec_png_source.h"

enum {
    SUM_SIZE = 4,
    SEQUENCE_SIZE = 4, /* the number that fcTL and fdAT begin with (PNG 3, 11.3.5) */
    IHDR_SIZE_AT = 8 + 8,
    COLOUR_TYPE_AT = 8 + 8 + 9,
    INDEXED = 3, /* the colour type (PNG 3, 11.2.1) */
};

/* Reads a chunk: its type, and those of its bytes that are there. False: no more. */
static bool read_chunk(struct reader *r, uint32_t *ret_type, struct reader *ret)
{
    if (reader_left(r) < PNG_SOURCE_FRAME)
        return false;
    uint32_t size = reader_be(r, 4);
    *ret_type = reader_be(r, 4);
    *ret = reader_part(r, size);
    reader_skip(r, SUM_SIZE);
    return true;
}

static void write_be(uint8_t to[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Takes the first frame's place from its fcTL chunk (PNG 3, 11.3.5.2). False: not on the canvas. */
static bool place_frame(struct png_source *s, struct reader fctl)
{
    reader_skip(&fctl, SEQUENCE_SIZE);
    uint32_t width = reader_be(&fctl, 4), height = reader_be(&fctl, 4);
    uint32_t x = reader_be(&fctl, 4), y = reader_be(&fctl, 4);
    if (fctl.ended || !width || !height || width > s->width || height > s->height ||
        x > s->width - width || y > s->height - height)
        return false;
    s->x = x;
    s->y = y;
    write_be(s->first + IHDR_SIZE_AT, width);
    write_be(s->first + IHDR_SIZE_AT + 4, height);
    return true;
}

/* Finds out whether there is an animation that the default image is no part of, and places its
 * first frame. `r` is behind IHDR. */
static bool find_frame(struct png_source *s, struct reader r)
{
    bool has_frames = false, has_picture = false;
    uint32_t type;
    struct reader chunk;
    while (read_chunk(&r, &type, &chunk)) {
        if (type == reader_tag("acTL") && !has_picture)
            has_frames = reader_be(&chunk, 4) > 0;
        else if (type == reader_tag("IDAT"))
            has_picture = true;
        else if (type == reader_tag("fcTL"))
            return has_frames && has_picture && place_frame(s, chunk);
        if (has_picture && !has_frames)
            return false;
    }
    return false;
}

void codec_png_source_init(struct png_source *s, const uint8_t *body, size_t len)
{
    *s = (struct png_source){.rest = reader_of(body, len)};
    struct reader head = reader_part(&s->rest, PNG_SOURCE_HEAD);
    reader_skip(&s->rest, SUM_SIZE);
    if (reader_left(&head) < PNG_SOURCE_HEAD) {
        s->piece = head;
        return;
    }
    memcpy(s->first, head.at, PNG_SOURCE_HEAD);
    s->piece = reader_of(s->first, PNG_SOURCE_HEAD);
    s->indexed = s->first[COLOUR_TYPE_AT] == INDEXED;
    reader_skip(&head, IHDR_SIZE_AT);
    s->width = reader_be(&head, 4);
    s->height = reader_be(&head, 4);
    s->animated = find_frame(s, s->rest);
}

/* True if the chunk counts; then it has the type and data that it has for libspng. */
static bool takes_chunk(struct png_source *s, uint32_t *type, struct reader *chunk)
{
    if (*type == reader_tag("tRNS") || (*type == reader_tag("PLTE") && s->indexed))
        return true;
    if (!s->animated)
        return *type == reader_tag("IDAT");
    if (*type == reader_tag("fcTL") && s->in_frame)
        s->rest = reader_of(NULL, 0); /* the second frame */
    s->in_frame = *type == reader_tag("fcTL") || s->in_frame;
    if (*type != reader_tag("fdAT") || !s->in_frame)
        return false;
    *type = reader_tag("IDAT");
    reader_skip(chunk, SEQUENCE_SIZE);
    return true;
}

/* Moves to the next chunk that counts. False: no more. A truncated chunk gets the length of its
 * existing part, because libspng reads long pieces and uses nothing of an incomplete one. */
static bool next_chunk(struct png_source *s)
{
    uint32_t type;
    struct reader chunk;
    while (read_chunk(&s->rest, &type, &chunk)) {
        if (!takes_chunk(s, &type, &chunk))
            continue;
        write_be(s->head + SUM_SIZE, (uint32_t)reader_left(&chunk));
        write_be(s->head + SUM_SIZE + 4, type);
        s->piece = reader_of(s->head, sizeof s->head);
        s->data = chunk;
        return true;
    }
    return false;
}

bool codec_png_source_read(struct png_source *s, void *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        size_t left = reader_left(&s->piece);
        if (left > 0) {
            size_t n = left < len - done ? left : len - done;
            memcpy((uint8_t *)to + done, reader_take(&s->piece, n), n);
            done += n;
        } else if (reader_left(&s->data)) {
            s->piece = reader_part(&s->data, reader_left(&s->data));
        } else if (!next_chunk(s)) {
            return false;
        }
    }
    return true;
}
