#include "image/exif.h"

#include "base/buf.h"
#include "base/test.h"

#include <string.h>

static void put(struct buf *b, bool big, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        unsigned shift = 8 * (big ? bytes - 1 - i : i);
        ck_assert(buf_append(b, &(uint8_t){(uint8_t)(value >> shift)}, 1));
    }
}

struct entry {
    uint16_t tag, type;
    uint32_t count, value;
    unsigned value_size;
};

/* A block with those entries in its directory. */
static struct buf make(bool big, const struct entry *entries, unsigned n)
{
    struct buf b = {0};
    ck_assert(buf_append(&b, big ? "MM" : "II", 2));
    put(&b, big, 42, 2);
    put(&b, big, 8, 4);
    put(&b, big, n, 2);
    for (unsigned i = 0; i < n; i++) {
        put(&b, big, entries[i].tag, 2);
        put(&b, big, entries[i].type, 2);
        put(&b, big, entries[i].count, 4);
        put(&b, big, entries[i].value, entries[i].value_size);
        put(&b, big, 0, 4 - entries[i].value_size);
    }
    put(&b, big, 0, 4);
    return b;
}

static unsigned orientation_of(bool big, struct entry entry)
{
    struct buf b = make(big, &entry, 1);
    unsigned got = exif_orientation(b.data, b.len);
    buf_fini(&b);
    return got;
}

START_TEST(all_eight_are_read_in_both_byte_orders_as_short_and_long)
{
    for (unsigned i = 1; i <= 8; i++) {
        for (int big = 0; big <= 1; big++) {
            ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 3, 1, i, 2}), i);
            ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 4, 1, i, 4}), i);
        }
    }
}
END_TEST

START_TEST(invalid_orientations_give_zero)
{
    for (int big = 0; big <= 1; big++) {
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 3, 1, 0, 2}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 3, 1, 9, 2}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 4, 1, 0x10006, 4}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 3, 2, 6, 2}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 3, 0, 6, 2}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x112, 2, 1, 6, 2}), 0);
        ck_assert_uint_eq(orientation_of(big, (struct entry){0x113, 3, 1, 6, 2}), 0);
    }
}
END_TEST

START_TEST(it_is_found_among_other_entries)
{
    const struct entry entries[] = {
        {0x10F, 2, 4, 0x41424300, 4}, {0x112, 3, 1, 6, 2}, {0x112, 3, 1, 3, 2}};
    struct buf b = make(false, entries, 3);
    ck_assert_uint_eq(exif_orientation(b.data, b.len), 6);
    buf_fini(&b);
}
END_TEST

START_TEST(a_cut_off_block_gives_zero_until_the_value_is_there)
{
    struct buf b = make(true, &(struct entry){0x112, 3, 1, 6, 2}, 1);
    const size_t value_end = 8 + 2 + 8 + 2;
    for (size_t len = 0; len <= b.len; len++) {
        uint8_t *copy = malloc(len ? len : 1); /* of that size, for the sanitizer's sake */
        memcpy(copy, b.data, len);
        ck_assert_uint_eq(exif_orientation(copy, len), len < value_end ? 0 : 6);
        free(copy);
    }
    buf_fini(&b);
}
END_TEST

START_TEST(an_offset_or_a_count_that_lies_is_harmless)
{
    struct buf b = make(false, &(struct entry){0x10F, 3, 1, 6, 2}, 1);
    memcpy(b.data + 8, "\xFF\xFF", 2);
    ck_assert_uint_eq(exif_orientation(b.data, b.len), 0);
    memcpy(b.data + 4, "\xFF\xFF\xFF\xFF", 4);
    ck_assert_uint_eq(exif_orientation(b.data, b.len), 0);
    memcpy(b.data + 4, "\0\0\0\0", 4); /* onto its own head */
    ck_assert_uint_eq(exif_orientation(b.data, b.len), 0);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, all_eight_are_read_in_both_byte_orders_as_short_and_long);
    tcase_add_test(t, invalid_orientations_give_zero);
    tcase_add_test(t, it_is_found_among_other_entries);
    tcase_add_test(t, a_cut_off_block_gives_zero_until_the_value_is_there);
    tcase_add_test(t, an_offset_or_a_count_that_lies_is_harmless);
}

int main(void)
{
    return test_main("exif", add);
}
