#include "audit/test_survey.h"
#include "image/test_bodies.h"

#include <inttypes.h>

/* Writes a row with a thumbnail of that width, and the thumbnail. */
static void put_hashed(unsigned shard, unsigned pos, uint64_t hash, unsigned width)
{
    struct buf b = {0};
    char name[60], more[300];
    snprintf(name, sizeof name, "thumbs/256/%u-%u.jpg", shard, pos);
    put_jpeg(&b, width, 10, 1);
    scratch_write(name, b.data, b.len);
    buf_fini(&b);
    snprintf(more, sizeof more,
        ",\"phash\":\"%016" PRIx64 "\",\"thumbs\":[{\"path\":\"%s\",\"bytes\":1000}]", hash, name);
    put_row(shard, pos, "", more);
}

/* A hash far from those of other seeds. */
static uint64_t far(uint64_t seed)
{
    seed *= 0x9e3779b97f4a7c15;
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
    return seed ^ (seed >> 27);
}

START_TEST(few_bits_make_a_group_whichever_they_are)
{
    unsigned pos = 0;
    uint64_t base = far(1);
    put_hashed(0, pos++, base, 1);
    put_hashed(0, pos++, far(2), 100);
    for (unsigned bit = 0; bit < 64; bit++) { /* four bits, at distances of 1, 13 and others */
        uint64_t flips = 0;
        for (unsigned k = 0; k < 4; k++)
            flips |= UINT64_C(1) << ((bit + k * (1 + bit % 16)) % 64);
        put_hashed(0, pos++, base ^ flips, 2 + bit);
    }
    put_hashed(0, pos++, base ^ 0x1000100010001001, 101); /* five bits */
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->hashed, 67);
    ck_assert_uint_eq(survey->groups, 1);
    ck_assert_uint_eq(survey->n_alike, 1);
    ck_assert_uint_eq(survey->alike[0].n, 65);
    ck_assert_uint_eq(survey->alike[0].n_shown, SURVEY_ALIKE_SHOWN);
    for (unsigned i = 0; i < SURVEY_ALIKE_SHOWN; i++)
        ck_assert_uint_eq(survey->alike[0].shown[i].width, i + 1);
    ck_assert_str_eq(survey->alike[0].shown[1].row.key.text, "000000002");
}
END_TEST

START_TEST(a_group_is_about_its_first_picture)
{
    put_hashed(0, 0, 0xf000, 1);
    put_hashed(0, 1, 0xf00f, 2);
    put_hashed(0, 2, 0xf0ff, 3); /* like the second, but not like the first */
    end_manifest("manifest/00000.jsonl");
    put_hashed(1, 0, 0xf0fe, 4);
    end_manifest("manifest/00001.jsonl");
    look();
    ck_assert_uint_eq(survey->groups, 2);
    ck_assert_uint_eq(survey->alike[0].n, 2);
    ck_assert_uint_eq(survey->alike[0].shown[1].width, 2);
    ck_assert_uint_eq(survey->alike[1].n, 2);
    ck_assert_uint_eq(survey->alike[1].shown[0].width, 3);
    ck_assert_uint_eq(survey->alike[1].shown[1].width, 4); /* of another shard */
}
END_TEST

START_TEST(the_largest_groups_are_shown)
{
    unsigned pos = 0;
    for (unsigned g = 1; g <= SURVEY_ALIKE_GROUPS + 5; g++)
        for (unsigned i = 0; i < 1 + g; i++)
            put_hashed(0, pos++, far(g), g);
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->groups, SURVEY_ALIKE_GROUPS + 5);
    ck_assert_uint_eq(survey->n_alike, SURVEY_ALIKE_GROUPS);
    for (unsigned i = 0; i < SURVEY_ALIKE_GROUPS; i++) {
        const struct survey_alike *group = &survey->alike[i];
        unsigned g = SURVEY_ALIKE_GROUPS + 5 - i;
        ck_assert_uint_eq(group->n, 1 + g);
        ck_assert_uint_eq(group->n_shown, SURVEY_ALIKE_SHOWN);
        ck_assert_uint_eq(group->shown[0].width, g);
    }
}
END_TEST

START_TEST(what_says_nothing_makes_no_group)
{
    static const char *const values[] = {"null", "\"0000000000000000\"", "\"12345\"",
        "\"123456789abcdefg\"", "123", "\"0123456789abcdef0\""};
    unsigned pos = 0;
    for (size_t i = 0; i < 2 * sizeof values / sizeof *values; i++) {
        char more[100];
        snprintf(more, sizeof more, ",\"phash\":%s", values[i / 2]);
        put_row(0, pos++, "", more);
    }
    put_row(0, pos++, "timeout", ",\"phash\":\"0123456789abcdef\"");
    put_row(0, pos++, "", ",\"phash\":\"0123456789abcdef\"");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->hashed, 1);
    ck_assert_uint_eq(survey->groups, 0);
}
END_TEST

START_TEST(rows_that_come_again_and_pictures_that_are_gone_do_no_harm)
{
    for (unsigned i = 0; i < 50; i++)
        put_hashed(0, 7, far(1), 5); /* one key, in a shard that is said to be complete */
    for (unsigned i = 0; i < 3; i++)
        put_row(0, 8 + i, "", ",\"phash\":\"0123456789abcdef\"");
    end_manifest("manifest/00000.jsonl");
    scratch_write("00000_stats.json", "{}", 2);
    look();
    ck_assert_uint_eq(survey->groups, 2);
    ck_assert_uint_eq(survey->alike[0].n, 50);
    ck_assert_uint_eq(survey->alike[0].n_shown, SURVEY_ALIKE_SHOWN);
    ck_assert_uint_eq(survey->alike[1].n, 3);
    ck_assert_uint_eq(survey->alike[1].n_shown, 0);
}
END_TEST

START_TEST(only_the_first_rows_are_compared)
{
    char more[60];
    for (unsigned i = 0; i < SURVEY_ALIKE_ROWS + 1; i++) {
        bool is_last = i == SURVEY_ALIKE_ROWS;
        snprintf(more, sizeof more, ",\"phash\":\"%016" PRIx64 "\"", is_last ? far(1) : far(i + 1));
        say("{\"key\":\"00000%u\",\"url\":\"http://a/\",\"error\":null,\"duplicate_of\":null%s,"
            "\"thumbs\":[]}\n",
            1000000 + i, more);
    }
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->hashed, SURVEY_ALIKE_ROWS + 1);
    ck_assert_uint_eq(survey->groups, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, few_bits_make_a_group_whichever_they_are);
    tcase_add_test(t, a_group_is_about_its_first_picture);
    tcase_add_test(t, the_largest_groups_are_shown);
    tcase_add_test(t, what_says_nothing_makes_no_group);
    tcase_add_test(t, rows_that_come_again_and_pictures_that_are_gone_do_no_harm);
    tcase_add_test(t, only_the_first_rows_are_compared);
}

int main(void)
{
    return test_main("survey_alike", add);
}
