#include "input/boxes.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct boxes *parse(const char *text)
{
    const char *why;
    struct boxes *b = boxes_parse(text, strlen(text), &why);
    ck_assert_msg(b != NULL, "%s: %s", text, why);
    return b;
}

static void expect_refused(const char *text, const char *part)
{
    const char *why = NULL;
    ck_assert_msg(!boxes_parse(text, strlen(text), &why), "%s", text);
    ck_assert_msg(strstr(why, part) != NULL, "%s: %s", text, why);
}

START_TEST(boxes_are_read)
{
    struct boxes *b = parse(" [ [0, 0.25,5e-1,1], [0.1,0.1,0.1,0.1] ] ");
    ck_assert_uint_eq(b->n, 2);
    ck_assert(b->at[0].x0 == 0 && b->at[0].y0 == 0.25 && b->at[0].x1 == 0.5 && b->at[0].y1 == 1);
    ck_assert(b->at[1].x0 == 0.1 && b->at[1].y1 == 0.1);
    free(b);
}
END_TEST

START_TEST(an_empty_list_is_no_boxes)
{
    struct boxes *b = parse("[]");
    ck_assert_uint_eq(b->n, 0);
    free(b);
}
END_TEST

START_TEST(what_is_no_list_of_boxes_is_refused)
{
    static const char *const texts[] = {"", " ", "null", "0", "{}", "\"[]\"", "[0,0,1,1]", "[[]]",
        "[[0,0,1]]", "[[0,0,1,1,1]]", "[[[0,0,1,1]]]", "[[0,0,1,null]]", "[[0,0,1,true]]",
        "[[0,0,1,\"1\"]]", "[[0,0,1,NaN]]", "[[0,0,1,1]", "[[0,0,1,1]]]", "[[0,0,1,1]] []",
        "[[0,0,1,{}]]", "[null]", "[]x", "[[0,0,1,1e999]]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], "not a list like");
}
END_TEST

START_TEST(a_box_must_lie_in_the_picture)
{
    static const char *const texts[] = {"[[-0.01,0,1,1]]", "[[0,-0.01,1,1]]", "[[0,0,1.01,1]]",
        "[[0,0,1,1.01]]", "[[0.6,0,0.5,1]]", "[[0,0.6,1,0.5]]", "[[10,10,200,200]]",
        "[[0,0,1,1],[0,0,2,2]]", "[[0,0,1,1e300]]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], "0 to 1");
}
END_TEST

/* Returns a list of n equal boxes. */
static char *many(unsigned n)
{
    static const char box[] = "[0,0,1,1],";
    char *text = malloc(n * sizeof box + 2), *at = text;
    *at++ = '[';
    for (unsigned i = 0; i < n; i++)
        at = stpcpy(at, box);
    strcpy(at - 1, "]");
    return text;
}

START_TEST(there_are_256_boxes_at_most)
{
    char *most = many(BOXES_MAX), *more = many(BOXES_MAX + 1);
    struct boxes *b = parse(most);
    ck_assert_uint_eq(b->n, BOXES_MAX);
    expect_refused(more, "more than 256");
    free(b);
    free(most);
    free(more);
}
END_TEST

START_TEST(boxes_written_behind_a_body_are_read_back)
{
    static uint8_t in[4 + BOXES_SIZE_MAX];
    struct boxes *b = parse("[[0.1,0.2,0.3,0.4],[0,0,1,1]]");
    memcpy(in, "body", 4);
    size_t len = 4 + boxes_write(b, in + 4);
    struct boxes *back = boxes_read(in, &len);
    ck_assert_uint_eq(len, 4);
    ck_assert_uint_eq(back->n, 2);
    ck_assert_mem_eq(back->at, b->at, 2 * sizeof *b->at);
    free(back);
    free(b);

    b = parse("[]");
    len = 4 + boxes_write(b, in + 4);
    back = boxes_read(in, &len);
    ck_assert_uint_eq(len, 4);
    ck_assert_uint_eq(back->n, 0);
    free(back);
    free(b);
}
END_TEST

START_TEST(written_boxes_that_are_not_sound_are_refused)
{
    uint8_t in[BOXES_SIZE_MAX];
    struct boxes *b = parse("[[0.1,0.2,0.3,0.4]]");
    size_t size = boxes_write(b, in), len = size;
    uint32_t n;
    for (len = 0; len < sizeof n; len++)
        ck_assert(!boxes_read(in, &len));
    b->at[0].x1 = 1.5;
    len = boxes_write(b, in);
    ck_assert(!boxes_read(in, &len));
    ck_assert_uint_eq(len, size);

    b->at[0].x1 = 0.3;
    boxes_write(b, in);
    n = 2; /* more than there is room for */
    memcpy(in + size - sizeof n, &n, sizeof n);
    ck_assert(!boxes_read(in, &len));
    n = UINT32_MAX;
    memcpy(in + size - sizeof n, &n, sizeof n);
    ck_assert(!boxes_read(in, &len));
    free(b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, boxes_are_read);
    tcase_add_test(t, an_empty_list_is_no_boxes);
    tcase_add_test(t, what_is_no_list_of_boxes_is_refused);
    tcase_add_test(t, a_box_must_lie_in_the_picture);
    tcase_add_test(t, there_are_256_boxes_at_most);
    tcase_add_test(t, boxes_written_behind_a_body_are_read_back);
    tcase_add_test(t, written_boxes_that_are_not_sound_are_refused);
}

int main(void)
{
    return test_main("boxes", add);
}
