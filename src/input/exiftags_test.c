#include "input/exiftags.h"
#include "base/test.h"

#include <math.h>
#include <string.h>

static struct exiftags tags;

static void set_up(void)
{
    tags = (struct exiftags){.make = "Acme", .model = "\xC3\xA9", .exposure_time = 0.004};
    strcpy(tags.datetime_original, "2024:05:01 12:34:56");
    tags.has_gps = 1;
    tags.latitude = -90;
    tags.longitude = 180;
}

START_TEST(nothing_and_what_is_in_range_are_sound)
{
    ck_assert(exiftags_are_sound(&tags));
    tags.has_gps = 0;
    tags.latitude = NAN; /* it does not count */
    ck_assert(exiftags_are_sound(&tags));
    memset(&tags, 0, sizeof tags);
    ck_assert(exiftags_are_sound(&tags));
}
END_TEST

static void expect_unsound(void)
{
    ck_assert(!exiftags_are_sound(&tags));
    set_up();
}

START_TEST(texts_must_end_and_be_plain_utf8)
{
    memset(tags.make, 'a', sizeof tags.make);
    expect_unsound();
    memset(tags.model, 'a', sizeof tags.model);
    expect_unsound();
    tags.make[1] = (char)0xFF;
    expect_unsound();
    tags.model[0] = '\n';
    expect_unsound();
    tags.make[0] = 0x7F;
    expect_unsound();
    strcpy(tags.datetime_original, "today");
    expect_unsound();
    tags.datetime_original[19] = '0'; /* no end */
    expect_unsound();
}
END_TEST

START_TEST(numbers_must_be_in_range)
{
    static const double bad[] = {-1, NAN, INFINITY, -INFINITY, 2 * EXIFTAGS_NUMBER_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tags.exposure_time = bad[i];
        expect_unsound();
        tags.f_number = bad[i];
        expect_unsound();
        tags.focal_length = bad[i];
        expect_unsound();
        tags.latitude = bad[i] == -1 ? 91 : bad[i];
        expect_unsound();
        tags.longitude = bad[i] == -1 ? -181 : bad[i];
        expect_unsound();
    }
    tags.has_gps = 2;
    expect_unsound();
}
END_TEST

START_TEST(a_date_has_digits_where_they_belong)
{
    ck_assert(exiftags_is_date("2024:05:01 12:34:56"));
    ck_assert(!exiftags_is_date("2024-05-01 12:34:56"));
    ck_assert(!exiftags_is_date("2024:05:01T12:34:56"));
    ck_assert(!exiftags_is_date("2024:05:01 12:34:5"));
    ck_assert(!exiftags_is_date("2024:05:01 12:34:567"));
    ck_assert(!exiftags_is_date("2024:05:01 12:34:5a"));
    ck_assert(!exiftags_is_date(""));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, nothing_and_what_is_in_range_are_sound);
    tcase_add_test(t, texts_must_end_and_be_plain_utf8);
    tcase_add_test(t, numbers_must_be_in_range);
    tcase_add_test(t, a_date_has_digits_where_they_belong);
}

int main(void)
{
    return test_main("exiftags", add);
}
