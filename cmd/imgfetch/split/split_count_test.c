#include "cmd/imgfetch/split/split_count.h"

#include "base/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char text[4000];

static void append(void *arg, uint64_t hash, const char *name, uint64_t rows)
{
    char part[100];
    (void)arg;
    snprintf(part, sizeof part, "%s(%d) %d, ", name, (int)hash, (int)rows);
    strcat(text, part);
}

static const char *list(const struct split_count *c)
{
    *text = '\0';
    split_count_list(c, append, NULL);
    return text;
}

START_TEST(rows_of_a_domain_are_counted_by_its_hash)
{
    struct split_count *c = split_count_new(3);
    split_count_add(c, 1, "a");
    split_count_add(c, 2, "b");
    split_count_add(c, 1, "a");
    ck_assert_str_eq(list(c), "a(1) 2, b(2) 1, ");
    ck_assert_uint_eq(split_count_missed(c), 0);
    ck_assert_uint_eq(split_count_domains(c), 2);
    split_count_free(c);
    split_count_free(NULL);
}
END_TEST

/* Of 20,000 domains 100 are kept; the large one is among them, whenever its rows come. */
START_TEST(a_large_domain_is_found_among_more_than_there_is_room_for)
{
    enum { MOST = 100, OTHERS = 20000, LARGE = 1000 };
    for (int order = 0; order < 3; order++) {
        struct split_count *c = split_count_new(MOST);
        for (uint64_t i = 1; i <= OTHERS; i++) {
            bool is_time = order == 0   ? i <= LARGE
                           : order == 1 ? i > OTHERS - LARGE
                                        : i % (OTHERS / LARGE) == 0;
            split_count_add(c, i, "other");
            if (is_time)
                split_count_add(c, 0, "large");
        }
        ck_assert_uint_le(split_count_domains(c), MOST);
        ck_assert_uint_le(split_count_missed(c), (OTHERS + LARGE) / (MOST + 1));
        const char *at = strstr(list(c), "large(0) ");
        ck_assert_ptr_nonnull(at);
        int rows = 0;
        ck_assert_int_eq(sscanf(at, "large(0) %d,", &rows), 1);
        ck_assert_int_ge(rows, LARGE);
        ck_assert_int_le(rows, LARGE + (int)split_count_missed(c));
        split_count_free(c);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, rows_of_a_domain_are_counted_by_its_hash);
    tcase_add_test(t, a_large_domain_is_found_among_more_than_there_is_room_for);
}

int main(void)
{
    return test_main("split_count", add);
}
