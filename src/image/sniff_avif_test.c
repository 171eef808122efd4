/* AVIF: boxes of all forms, and which item has which properties. */
#include "image/sniff_test.h"

/* The parts of put_avif(), to be changed. Property 1 is of 600x400, 2 of 300x200, 3 turns by a
 * quarter, 4 mirrors. Item 2 is the primary one. */
struct parts {
    struct buf pitm, ipma, ipco;
};

static void set_up(struct parts *p)
{
    *p = (struct parts){0};
    put(&p->pitm, BYTES("\0\0\0\0\0\2"));
    put_ispe(&p->ipco, 600, 400);
    put_ispe(&p->ipco, 300, 200);
    put_box_bytes(&p->ipco, "irot", "\1", 1);
    put_box_bytes(&p->ipco, "imir", "\1", 1);
}

static void put_meta(struct buf *b, const struct parts *p)
{
    struct buf iprp = {0}, meta = {0};
    put_box(&iprp, "ipco", &p->ipco);
    put_box(&iprp, "ipma", &p->ipma);
    put_be(&meta, 0, 4);
    put_box(&meta, "pitm", &p->pitm);
    put_box(&meta, "iprp", &iprp);
    put_box(b, "meta", &meta);
    buf_fini(&iprp);
    buf_fini(&meta);
}

static enum err sniff_parts(struct parts *p)
{
    struct buf b = {0};
    put_box_bytes(&b, "ftyp", BYTES("avif\0\0\0\0"));
    put_meta(&b, p);
    enum err err = sniff(&b);
    buf_fini(&b);
    buf_fini(&p->pitm);
    buf_fini(&p->ipma);
    buf_fini(&p->ipco);
    return err;
}

/* With another ipma, and what is seen then. */
static void check_ipma(const char *ipma, size_t len, uint32_t width, unsigned orientation)
{
    struct parts p;
    set_up(&p);
    put(&p.ipma, ipma, len);
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    ck_assert_uint_eq(info.orientation, orientation);
    ck_assert_uint_eq(orientation >= 5 ? info.height : info.width, width);
}

START_TEST(properties_belong_to_the_item_that_names_them)
{
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\2\1\2"), 300, 1);         /* the size alone */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\2\2\2\3"), 300, 8);       /* and the turn */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\2\2\x82\x84"), 300, 2);   /* the mirror; essential */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\1\2\2\3"), 600, 1);       /* of another item */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\1\1\1\0\2\1\2"), 600, 1); /* one more than there are */
    check_ipma(BYTES("\0\0\0\0\0\0\0\2\0\1\1\1\0\2\1\2"), 300, 1); /* and now not */
    check_ipma(BYTES("\0\0\0\0\0\0\0\2\0\2\1\2\0\2\1\3"), 300, 1); /* the first entry counts */
    check_ipma(BYTES("\0\0\0\0\xFF\xFF\xFF\xFF\0\2\1\2"), 300, 1); /* so many there are not */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\2\xFF\2\3"), 300, 8);     /* nor here */
    check_ipma(BYTES("\0\0\0\0\0\0\0\1\0\2\0\2\3"), 600, 1);       /* none at all */
}
END_TEST

START_TEST(identifiers_and_indices_may_be_wide)
{
    check_ipma(BYTES("\1\0\0\0\0\0\0\1\0\0\0\2\1\2"), 300, 1);
    check_ipma(BYTES("\0\0\0\1\0\0\0\1\0\2\2\0\2\x80\3"), 300, 8);
    check_ipma(BYTES("\0\0\0\1\0\0\0\2\0\1\2\0\1\0\4\0\2\1\x80\2"), 300, 1); /* over the first */
    struct parts p;
    set_up(&p);
    p.pitm.len = 0;
    put(&p.pitm, BYTES("\1\0\0\0\0\1\0\2")); /* not 2, nor 1 */
    put(&p.ipma, BYTES("\1\0\0\0\0\0\0\2\0\0\0\1\1\4\0\1\0\2\1\2"));
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    check_info(IMAGE_AVIF, 300, 200, 1, false);
}
END_TEST

START_TEST(no_more_than_32_properties_of_an_item_are_looked_at)
{
    enum { MOST = 32, MANY = 255 };
    for (unsigned size_at = MOST - 1; size_at <= MOST; size_at++) {
        struct parts p;
        set_up(&p);
        put(&p.ipma, BYTES("\0\0\0\0\0\0\0\1\0\2\xFF"));
        for (unsigned i = 0; i < MANY; i++)
            put_be(&p.ipma, i == size_at ? 2 : 100, 1);
        ck_assert_int_eq(sniff_parts(&p), ERR_OK);
        ck_assert_uint_eq(info.width, size_at < MOST ? 300 : 600);
    }
}
END_TEST

START_TEST(properties_beyond_the_last_index_are_not_looked_at)
{
    enum { LAST = 32767 };
    for (unsigned before = LAST - 1; before <= LAST; before++) {
        struct parts p;
        set_up(&p);
        p.ipco.len = 0;
        for (unsigned i = 0; i < before; i++)
            put_box_bytes(&p.ipco, "free", "", 0);
        put_ispe(&p.ipco, 30, 20);
        ck_assert_int_eq(sniff_parts(&p), before < LAST ? ERR_OK : ERR_DECODE_ERROR);
    }
    ck_assert_str_eq(message, "an AVIF without a picture header");
}
END_TEST

START_TEST(the_items_own_size_counts_wherever_it_stands)
{
    struct parts p;
    set_up(&p);
    p.ipco.len = 0;
    put_ispe(&p.ipco, 300, 200);
    put_ispe(&p.ipco, 600, 400);
    put_ispe(&p.ipco, 90, 80);
    put(&p.ipma, BYTES("\0\0\0\0\0\0\0\1\0\2\2\1\3")); /* two of its own: the first */
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    check_info(IMAGE_AVIF, 300, 200, 1, false);
}
END_TEST

START_TEST(the_largest_size_is_found_without_wrapping_around)
{
    struct parts p;
    set_up(&p);
    p.ipco.len = 0;
    put_ispe(&p.ipco, 10, 10);
    put_ispe(&p.ipco, 0x10000, 0x10000);
    put_ispe(&p.ipco, 20, 20);
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    check_info(IMAGE_AVIF, 0x10000, 0x10000, 1, false);
}
END_TEST

START_TEST(a_size_that_is_cut_off_is_none)
{
    struct parts p;
    set_up(&p);
    p.ipco.len = 0;
    put_box_bytes(&p.ipco, "ispe", BYTES("\0\0\0\0\0\0\1\0\0\0\1")); /* a byte is missing */
    put_ispe(&p.ipco, 30, 20);
    put(&p.ipma, BYTES("\0\0\0\0\0\0\0\1\0\2\1\1"));
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    check_info(IMAGE_AVIF, 30, 20, 1, false);
}
END_TEST

START_TEST(turns_and_mirrors_have_one_and_two_bits)
{
    struct parts p;
    set_up(&p);
    p.ipco.len = 0;
    put_ispe(&p.ipco, 30, 20);
    put_box_bytes(&p.ipco, "irot", "\xFC", 1);
    put_box_bytes(&p.ipco, "imir", "\xFE", 1);
    put(&p.ipma, BYTES("\0\0\0\0\0\0\0\1\0\2\3\1\2\3"));
    ck_assert_int_eq(sniff_parts(&p), ERR_OK);
    check_info(IMAGE_AVIF, 30, 20, 4, false);
}
END_TEST

START_TEST(a_picture_without_width_says_so)
{
    struct parts p;
    set_up(&p);
    p.ipco.len = 0;
    put_ispe(&p.ipco, 0, 20);
    ck_assert_int_eq(sniff_parts(&p), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "an AVIF without a picture header");
}
END_TEST

/* A file, with these bytes of box or boxes between its first box and the meta, or behind it. */
static void check_box(const void *bytes, size_t len, bool is_behind, uint32_t width, bool truncated)
{
    struct buf b = {0};
    struct parts p;
    set_up(&p);
    put_box_bytes(&b, "ftyp", BYTES("avif\0\0\0\0"));
    put(&b, bytes, is_behind ? 0 : len);
    put_meta(&b, &p);
    put(&b, bytes, is_behind ? len : 0);
    ck_assert_int_eq(sniff(&b), width ? ERR_OK : ERR_DECODE_ERROR);
    ck_assert_uint_eq(info.width, width);
    ck_assert_int_eq(info.truncated, truncated);
    buf_fini(&b);
    buf_fini(&p.pitm);
    buf_fini(&p.ipma);
    buf_fini(&p.ipco);
}

START_TEST(boxes_have_a_size_of_any_form)
{
    check_box(BYTES("\0\0\0\x08"
                    "free"),
        false, 600, false);
    check_box(BYTES("\0\0\0\x09"
                    "free!"),
        false, 600, false);
    check_box(BYTES("\0\0\0\1free\0\0\0\0\0\0\0\x10"), false, 600, false);
    check_box(BYTES("\0\0\0\1free\0\0\0\0\0\0\0\x12!!"), false, 600, false);
    check_box(BYTES("\0\0\0\1free\0\0\0\1\0\0\0\x12!!"), false, 0, true); /* 4 GB and more */
    check_box(BYTES("\0\0\0\1mdat\0\0\0\0\0\0\0\x12!"), true, 600, true);
    check_box(BYTES("\0\0\0\1mdat\0\0\0\0\0\0\0"), true, 600, true);
    /* up to the end, and what is in it are no boxes */
    check_box(BYTES("\0\0\0\0mdat\0\0\0\x40"
                    "free"),
        true, 600, false);
    check_box(BYTES("\0\0\0\x0Amdat!"), true, 600, true);
}
END_TEST

START_TEST(a_box_needs_a_whole_header_and_a_name)
{
    check_box(BYTES("\0\0\0\7free"), false, 0, false);
    check_box(BYTES("\0\0\0\2free"), false, 0, false);
    check_box(BYTES("\0\0\0\1free\0\0\0\0\0\0\0\x0F"), false, 0, false);
    check_box(BYTES("\0\0\0\x40"
                    "ab d"),
        true, 600, true);
    check_box(BYTES("\0\0\0\x40~~~~"), true, 600, true);
    check_box(BYTES("\0\0\0\x40"
                    "ab\x1F"
                    "d"),
        true, 600, false);
    check_box(BYTES("\0\0\0\x40\x7F"
                    "bcd"),
        true, 600, false);
    check_box(BYTES("\0\0\0\x40"
                    "abc\x80"),
        true, 600, false);
    check_box(BYTES("\0\0\0\x40"
                    "abc"),
        true, 600, false); /* not even a head */
}
END_TEST

START_TEST(the_first_meta_counts)
{
    struct buf b = {0};
    struct parts p;
    set_up(&p);
    put_meta(&b, &p);
    memcpy((char *)memmem(b.data, b.len, "ispe", 4) + 8, "\0\1\0\0", 4); /* far larger */
    check_box(b.data, b.len, true, 600, false);
    check_box(b.data, b.len, false, 0x10000, false);
    buf_fini(&b);
    buf_fini(&p.pitm);
    buf_fini(&p.ipma);
    buf_fini(&p.ipco);
}
END_TEST

static void check_brands(const char *brands, size_t len, enum image_format format)
{
    struct buf b = {0};
    put_box_bytes(&b, "ftyp", brands, len);
    sniff(&b);
    ck_assert_int_eq(info.format, format);
    buf_fini(&b);
}

START_TEST(any_brand_counts_and_the_version_is_none)
{
    check_brands(BYTES("avif"), IMAGE_AVIF);
    check_brands(BYTES("avis\0\0\0\0"), IMAGE_AVIF);
    check_brands(BYTES("mif1\0\0\0\0avis"), IMAGE_AVIF);
    check_brands(BYTES("mif1\0\0\0\0heicavif"), IMAGE_AVIF);
    check_brands(BYTES("mif1avifheic"), IMAGE_HEIC); /* where the version stands */
    check_brands(BYTES("isomheicmp42"), IMAGE_UNKNOWN);
    check_brands(BYTES("mif1\0\0\0\0avi"), IMAGE_HEIC);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, properties_belong_to_the_item_that_names_them);
    tcase_add_test(t, identifiers_and_indices_may_be_wide);
    tcase_add_test(t, no_more_than_32_properties_of_an_item_are_looked_at);
    tcase_add_test(t, properties_beyond_the_last_index_are_not_looked_at);
    tcase_add_test(t, the_items_own_size_counts_wherever_it_stands);
    tcase_add_test(t, the_largest_size_is_found_without_wrapping_around);
    tcase_add_test(t, a_size_that_is_cut_off_is_none);
    tcase_add_test(t, turns_and_mirrors_have_one_and_two_bits);
    tcase_add_test(t, a_picture_without_width_says_so);
    tcase_add_test(t, boxes_have_a_size_of_any_form);
    tcase_add_test(t, a_box_needs_a_whole_header_and_a_name);
    tcase_add_test(t, the_first_meta_counts);
    tcase_add_test(t, any_brand_counts_and_the_version_is_none);
}

int main(void)
{
    return test_main("sniff_avif", add);
}
