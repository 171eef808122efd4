/* AVIF: crop boxes, and files that old versions of libavif decode to wrong pictures. */
#include "image/sniff_test.h"
#include "image/sniff.h"

static void put_clap(struct buf *b, const uint32_t numbers[SNIFF_AVIF_CLAP])
{
    struct buf clap = {0};
    for (int i = 0; i < SNIFF_AVIF_CLAP; i++)
        put_be(&clap, numbers[i], 4);
    put_box(b, "clap", &clap);
    buf_fini(&clap);
}

/* A picture of 300x200 with that crop box, and turned by a quarter if `turned`. */
static void check_crop(
    const uint32_t clap[SNIFF_AVIF_CLAP], bool turned, uint32_t width, uint32_t height)
{
    struct buf ipco = {0}, iprp = {0}, meta = {0}, b = {0};
    put_ispe(&ipco, 300, 200);
    put_clap(&ipco, clap);
    put_box_bytes(&ipco, "irot", "\1", 1);
    put_box(&iprp, "ipco", &ipco);
    if (turned)
        put_box_bytes(&iprp, "ipma", BYTES("\0\0\0\0\0\0\0\1\0\2\3\1\2\3"));
    else
        put_box_bytes(&iprp, "ipma", BYTES("\0\0\0\0\0\0\0\1\0\2\2\1\2"));
    put_be(&meta, 0, 4);
    put_box_bytes(&meta, "pitm", BYTES("\0\0\0\0\0\2"));
    put_box(&meta, "iprp", &iprp);
    put_box_bytes(&b, "ftyp", BYTES("avif\0\0\0\0"));
    put_box(&b, "meta", &meta);
    check_size(&b, width, height);
    buf_fini(&ipco);
    buf_fini(&iprp);
    buf_fini(&meta);
    buf_fini(&b);
}

START_TEST(a_crop_box_in_the_upper_left_corner_counts)
{
    const uint32_t half[] = {150, 1, 100, 1, (uint32_t)-75, 1, (uint32_t)-50, 1};
    const uint32_t odd[] = {151, 1, 101, 1, (uint32_t)-149, 2, (uint32_t)-99, 2};
    check_crop(half, false, 150, 100);
    check_crop(half, true, 100, 150);
    check_crop(odd, false, 151, 101);
    const uint32_t fractions[] = {300, 2, 400, 4, (uint32_t)-150, 2, (uint32_t)-150, 3};
    check_crop(fractions, false, 150, 100);
}
END_TEST

START_TEST(any_other_crop_box_is_ignored)
{
    static const uint32_t boxes[][SNIFF_AVIF_CLAP] = {
        {150, 1, 100, 1, 0, 1, 0, 1},                         /* the middle */
        {150, 1, 100, 1, (uint32_t)-75, 1, (uint32_t)-49, 1}, /* a row below */
        {150, 1, 100, 1, (uint32_t)-74, 1, (uint32_t)-50, 1}, /* a column on */
        {301, 1, 100, 1, 1, 2, (uint32_t)-50, 1},             /* too wide */
        {150, 1, 201, 1, (uint32_t)-75, 1, 1, 2},             /* too high */
        {0, 1, 100, 1, (uint32_t)-150, 1, (uint32_t)-50, 1},  /* nothing */
        {150, 0, 100, 1, (uint32_t)-75, 1, (uint32_t)-50, 1}, /* by zero */
        {150, 1, 100, 0, (uint32_t)-75, 1, (uint32_t)-50, 1},
        {150, 1, 100, 1, (uint32_t)-75, 0, (uint32_t)-50, 1},
        {150, 1, 100, 1, (uint32_t)-75, 1, (uint32_t)-50, 0},
        {301, 2, 100, 1, (uint32_t)-75, 1, (uint32_t)-50, 1}, /* half a column */
        {0x80000000, 0xFFFFFFFF, 100, 1, 0x80000000, 0xFFFFFFFF, 0x80000000, 0xFFFFFFFF},
    };
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
        check_crop(boxes[i], false, 300, 200);
}
END_TEST

/* ---- traps ---- */

static const char alpha[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";

static void put_item(struct buf *iinf, unsigned id, const char *type)
{
    struct buf infe = {0};
    put_be(&infe, 2 << 24, 4);
    put_be(&infe, id, 2);
    put_be(&infe, 0, 2);
    put(&infe, type, 4);
    put(&infe, "", 1);
    put_box(iinf, "infe", &infe);
    buf_fini(&infe);
}

/* Item 1 is the picture, item 2 auxiliary, of these types and that meaning. */
static enum sniff_avif_trap trap_of(const char *picture, const char *auxiliary, const char *meaning)
{
    struct buf iinf = {0}, iref = {0}, iprp = {0}, meta = {0}, b = {0};
    put(&iinf, BYTES("\0\0\0\0\0\2"));
    put_item(&iinf, 1, picture);
    put_item(&iinf, 2, auxiliary);
    put_be(&iref, 0, 4);
    put_box_bytes(&iref, "auxl", BYTES("\0\2\0\1\0\1"));
    put_box_bytes(&iprp, "ipco", meaning, strlen(meaning) + 1);
    put_be(&meta, 0, 4);
    put_box_bytes(&meta, "pitm", BYTES("\0\0\0\0\0\1"));
    put_box(&meta, "iinf", &iinf);
    put_box(&meta, "iref", &iref);
    put_box(&meta, "iprp", &iprp);
    put_box_bytes(&b, "ftyp", BYTES("avif\0\0\0\0"));
    put_box(&b, "meta", &meta);
    enum sniff_avif_trap got = SNIFF_AVIF_NO_TRAP;
    for (size_t len = 0; len <= b.len; len++)
        got = sniff_avif_trap(at_the_edge(b.data, len), len);
    buf_fini(&iinf);
    buf_fini(&iref);
    buf_fini(&iprp);
    buf_fini(&meta);
    buf_fini(&b);
    return got;
}

START_TEST(a_grid_needs_an_alpha_that_is_a_grid)
{
    ck_assert_int_eq(trap_of("grid", "av01", alpha), SNIFF_AVIF_GRID_ALPHA);
    ck_assert_int_eq(trap_of("grid", "grid", alpha), SNIFF_AVIF_NO_TRAP);
    ck_assert_int_eq(trap_of("av01", "av01", alpha), SNIFF_AVIF_NO_TRAP);
    ck_assert_int_eq(trap_of("grid", "av01", "urn:mpeg:depth"), SNIFF_AVIF_NO_TRAP);
}
END_TEST

static enum sniff_avif_trap trap_of_track(const char *handler, const char *meaning)
{
    struct buf hdlr = {0}, mdia = {0}, trak = {0}, moov = {0}, b = {0};
    put(&hdlr, BYTES("\0\0\0\0\0\0\0\0"));
    put(&hdlr, handler, 4);
    put_box(&mdia, "hdlr", &hdlr);
    put_box_bytes(&mdia, "auxi", meaning, strlen(meaning) + 1);
    put_box(&trak, "mdia", &mdia);
    put_box_bytes(&moov, "mvhd", BYTES("\0\0\0\0"));
    put_box(&moov, "trak", &trak);
    put_box_bytes(&b, "ftyp", BYTES("avis\0\0\0\0avis"));
    put_box(&b, "moov", &moov);
    enum sniff_avif_trap got = sniff_avif_trap(at_the_edge(b.data, b.len), b.len);
    uint8_t *moved = b.data;
    sniff_avif_hide_tracks(moved, b.len);
    ck_assert_mem_eq(moved + 8, "avif\0\0\0\0avif", 12);
    ck_assert_mem_eq(moved + 24, "free", 4);
    for (size_t len = 0; len <= b.len; len++)
        sniff_avif_hide_tracks(at_the_edge(b.data, len), len);
    buf_fini(&hdlr);
    buf_fini(&mdia);
    buf_fini(&trak);
    buf_fini(&moov);
    buf_fini(&b);
    return got;
}

START_TEST(an_auxiliary_track_is_alpha_only_if_it_says_so)
{
    ck_assert_int_eq(trap_of_track("auxv", "urn:mpeg:depth"), SNIFF_AVIF_NOT_ALPHA);
    ck_assert_int_eq(trap_of_track("auxv", alpha), SNIFF_AVIF_NO_TRAP);
    ck_assert_int_eq(trap_of_track("auxv", "urn:mpeg:hevc:2015:auxid:1"), SNIFF_AVIF_NO_TRAP);
    ck_assert_int_eq(trap_of_track("pict", "urn:mpeg:depth"), SNIFF_AVIF_NO_TRAP);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_crop_box_in_the_upper_left_corner_counts);
    tcase_add_test(t, any_other_crop_box_is_ignored);
    tcase_add_test(t, a_grid_needs_an_alpha_that_is_a_grid);
    tcase_add_test(t, an_auxiliary_track_is_alpha_only_if_it_says_so);
}

int main(void)
{
    return test_main("sniff_avif_more", add);
}
