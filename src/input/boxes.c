#include "input/boxes.h"

#include "base/jsonmem.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { SIDES = 4 };

static const char bad_shape[] = "the boxes are not a list like [[x0,y0,x1,y1],...]";

/* The list while it is read. */
struct reading {
    unsigned depth;  /* of arrays: 2 in a box */
    unsigned n_side; /* numbers of the present box so far */
    double sides[SIDES];
    const char *why;
    uint32_t n;
    struct boxes_box at[BOXES_MAX];
};

static int refuse(struct reading *r, const char *why)
{
    r->why = why;
    return 0; /* yajl_parse(3): ends the parsing */
}

static bool is_sound(const struct boxes_box *b)
{
    return b->x0 >= 0 && b->x0 <= b->x1 && b->x1 <= 1 && b->y0 >= 0 && b->y0 <= b->y1 && b->y1 <= 1;
}

static int take_number(void *arg, double number)
{
    struct reading *r = arg;
    if (r->depth != 2 || r->n_side == SIDES)
        return refuse(r, bad_shape);
    r->sides[r->n_side++] = number;
    return 1;
}

static int take_integer(void *arg, long long number)
{
    return take_number(arg, (double)number);
}

static int open_array(void *arg)
{
    struct reading *r = arg;
    r->n_side = 0;
    return ++r->depth <= 2 ? 1 : refuse(r, bad_shape);
}

static int close_array(void *arg)
{
    struct reading *r = arg;
    const struct boxes_box box = {r->sides[0], r->sides[1], r->sides[2], r->sides[3]};
    if (--r->depth == 0)
        return 1;
    if (r->n_side != SIDES)
        return refuse(r, bad_shape);
    if (!is_sound(&box))
        return refuse(r, "a box is not in 0 to 1 with x0 <= x1 and y0 <= y1");
    if (r->n == BOXES_MAX)
        return refuse(r, "there are more than 256 boxes");
    r->at[r->n++] = box;
    return 1;
}

static int refuse_value(void *arg)
{
    return refuse(arg, bad_shape);
}

static int refuse_bool(void *arg, int value)
{
    (void)value;
    return refuse(arg, bad_shape);
}

static int refuse_text(void *arg, const unsigned char *text, size_t len)
{
    (void)text;
    (void)len;
    return refuse(arg, bad_shape);
}

static const yajl_callbacks callbacks = {
    .yajl_null = refuse_value,
    .yajl_boolean = refuse_bool,
    .yajl_integer = take_integer,
    .yajl_double = take_number,
    .yajl_string = refuse_text,
    .yajl_start_map = refuse_value,
    .yajl_start_array = open_array,
    .yajl_end_array = close_array,
};

static struct boxes *make_boxes(uint32_t n, const struct boxes_box *at)
{
    struct boxes *b = malloc(sizeof *b + n * sizeof *at);
    if (!b)
        return NULL;
    b->n = n;
    if (n)
        memcpy(b->at, at, n * sizeof *at);
    return b;
}

struct boxes *boxes_parse(const char *text, size_t len, const char **why)
{
    struct reading r = {.why = bad_shape};
    yajl_handle parser = yajl_alloc(&callbacks, &jsonmem, &r);
    yajl_status status = yajl_parse(parser, (const unsigned char *)text, len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    yajl_free(parser);
    *why = r.why;
    if (status != yajl_status_ok)
        return NULL;
    struct boxes *b = make_boxes(r.n, r.at);
    mem_must(b != NULL);
    return b;
}

size_t boxes_write(const struct boxes *b, uint8_t out[BOXES_SIZE_MAX])
{
    size_t size = b->n * sizeof *b->at;
    memcpy(out, b->at, size);
    memcpy(out + size, &b->n, sizeof b->n);
    return size + sizeof b->n;
}

struct boxes *boxes_read(const uint8_t *in, size_t *len)
{
    uint32_t n;
    struct boxes_box at[BOXES_MAX];
    if (*len < sizeof n)
        return NULL;
    memcpy(&n, in + *len - sizeof n, sizeof n);
    if (n > BOXES_MAX || n * sizeof *at > *len - sizeof n)
        return NULL;
    size_t size = sizeof n + n * sizeof *at;
    memcpy(at, in + *len - size, size - sizeof n);
    for (uint32_t i = 0; i < n; i++)
        if (!is_sound(&at[i]))
            return NULL;
    *len -= size;
    return make_boxes(n, at);
}
