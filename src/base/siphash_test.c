#include "base/siphash.h"

#include "base/test.h"

/* The key 00 01 .. 0f and the texts "", 00, 00 01 .., as in the paper and its reference code. */
START_TEST(it_gives_the_values_of_the_paper)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } known[] = {{0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
        {7, UINT64_C(0xab0200f58b01d137)}, {8, UINT64_C(0x93f5f5799a932462)},
        {15, UINT64_C(0xa129ca6149be45e5)}};
    uint8_t bytes[16];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_uint_eq(siphash(bytes, bytes, known[i].len), known[i].hash);
}
END_TEST

/* The same key and texts. */
START_TEST(it_gives_128_bits_of_the_reference_code)
{
    static const struct {
        size_t len;
        uint64_t low, high;
    } known[] = {{0, UINT64_C(0xe6a825ba047f81a3), UINT64_C(0x930255c71472f66d)},
        {1, UINT64_C(0x44af996bd8c187da), UINT64_C(0x45fc229b11597634)}};
    uint8_t bytes[16];
    uint64_t hash[2];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
        siphash_128(bytes, bytes, known[i].len, hash);
        ck_assert_uint_eq(hash[0], known[i].low);
        ck_assert_uint_eq(hash[1], known[i].high);
    }
}
END_TEST

START_TEST(another_key_gives_another_hash)
{
    uint8_t one[SIPHASH_KEY] = {1}, two[SIPHASH_KEY] = {2};
    ck_assert_uint_ne(siphash(one, "text", 4), siphash(two, "text", 4));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, it_gives_the_values_of_the_paper);
    tcase_add_test(t, it_gives_128_bits_of_the_reference_code);
    tcase_add_test(t, another_key_gives_another_hash);
}

int main(void)
{
    return test_main("siphash", add);
}
