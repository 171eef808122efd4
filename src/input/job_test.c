#include "input/job.h"
#include "base/mem.h"
#include "base/test.h"

#include <string.h>

START_TEST(keys_have_five_digits_for_the_shard_and_what_the_size_needs_for_the_place)
{
    char key[JOB_KEY_SIZE];
    job_key(12, 34, job_digits(JOB_SHARD_DIGITS, 10000), key);
    ck_assert_str_eq(key, "000120034");
    job_key(0, 7, job_digits(JOB_SHARD_DIGITS, 10), key);
    ck_assert_str_eq(key, "000000007");
    job_key(123456, 99999, job_digits(JOB_SHARD_DIGITS, 100000), key);
    ck_assert_str_eq(key, "12345699999");
    job_key(12, 34, job_digits(8, 10000), key);
    ck_assert_str_eq(key, "000000120034");
    ck_assert_int_eq(job_key_pos(key, 12, 12, job_digits(8, 10000)), 34);
    ck_assert_int_eq(job_key_pos(key, 12, 12, job_digits(7, 10000)), -1);
    ck_assert_uint_eq(job_digits(JOB_SHARD_DIGITS, 10001).pos, 5);
    ck_assert_uint_eq(job_digits(JOB_SHARD_DIGITS, 1).pos, 4);
}
END_TEST

START_TEST(a_key_of_this_shard_and_size_tells_its_place)
{
    ck_assert_int_eq(job_key_pos("000120034", 9, 12, (struct job_digits){5, 4}), 34);
    ck_assert_int_eq(job_key_pos("000120034", 8, 12, (struct job_digits){5, 4}), -1);
    ck_assert_int_eq(job_key_pos("0001200345", 10, 12, (struct job_digits){5, 4}), -1);
    ck_assert_int_eq(job_key_pos("000120034", 9, 13, (struct job_digits){5, 4}), -1);
    ck_assert_int_eq(job_key_pos("00012003a", 9, 12, (struct job_digits){5, 4}), -1);
}
END_TEST

START_TEST(a_job_gives_its_reservation_back_once)
{
    struct budget b = {.limit = 1000};
    struct job *j = job_new();
    budget_set(&b, &j->memory, 900);
    ck_assert(budget_has_room(&b));
    budget_set(&b, &j->memory, 1300);
    ck_assert(!budget_has_room(&b));
    job_clear_response(j, &b);
    ck_assert_uint_eq(b.used, 0);
    job_free(j, &b);
    ck_assert_uint_eq(b.used, 0);
}
END_TEST

START_TEST(a_message_that_does_not_fit_is_cut)
{
    struct job *j = job_new();
    char text[500];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    job_fail(j, ERR_TIMEOUT, "%s", text);
    ck_assert_int_eq(j->err, ERR_TIMEOUT);
    ck_assert_uint_eq(strlen(j->message), JOB_MESSAGE_SIZE - 1);
    job_free(j, NULL);
}
END_TEST

START_TEST(every_code_has_a_name_and_is_found_by_it)
{
    for (int e = 0; e < ERR_COUNT; e++)
        ck_assert_int_eq(err_from_name(err_name(e)), e);
    ck_assert_int_eq(err_from_name("nonsense"), -1);
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) /* only success has that class */
        ck_assert_msg(err_class((enum err)e) != ERR_CLASS_SUCCESS, "%s", err_name((enum err)e));
    ck_assert_str_eq(err_class_name(err_class(ERR_OK)), "success");
    ck_assert_str_eq(err_class_name(err_class(ERR_DNS_FAILURE)), "dns");
    ck_assert_str_eq(err_class_name(err_class(ERR_IO_ERROR)), "machine");
    ck_assert_str_eq(err_status(ERR_OK), "success");
    ck_assert_str_eq(err_status(ERR_HTTP_ERROR), "failed_to_download");
    ck_assert_str_eq(err_status(ERR_NOT_AN_IMAGE), "failed_to_resize");
    ck_assert_str_eq(err_status(ERR_ASPECT_RATIO), "failed_to_resize");
    ck_assert_str_eq(err_status(ERR_IO_ERROR), "failed_to_download");
    ck_assert_str_eq(err_status(ERR_PLACEHOLDER), "failed_to_download");
}
END_TEST

START_TEST(an_expected_hash_is_told_by_its_length)
{
    struct job_columns c = {.hash_len = 9};
    const char hex[] = "00112233445566778899aabbccddeeffFFEEDDCCBBAA998877665544332211000"
                       "0112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";
    ck_assert_uint_eq(strlen(hex), 128);
    for (size_t len = 1; len <= 128; len++) {
        bool known = len == 32 || len == 40 || len == 64 || len == 128;
        ck_assert_int_eq(job_set_hash(&c, hex, len), known);
        ck_assert(!known || c.hash_len == len / 2);
    }
    ck_assert_uint_eq(c.hash[0], 0x00);
    ck_assert_uint_eq(c.hash[1], 0x11);
    ck_assert_uint_eq(c.hash[16], 0xff);
    ck_assert_uint_eq(c.hash[17], 0xee);
    ck_assert(job_set_hash(&c, NULL, 0));
    ck_assert_uint_eq(c.hash_len, 0);
    ck_assert(!job_set_hash(&c, "0011223344556677-899aabbccddeeff", 32));
    ck_assert(!job_set_hash(&c, "g0112233445566778899aabbccddeeff", 32));
    ck_assert(!job_set_hash(&c, "0\0112233445566778899aabbccddeeff", 32));
}
END_TEST

START_TEST(empty_fallbacks_are_passed_over)
{
    static const char *const cells[] = {"", "http://b/", " \t", "no URL", ""};
    struct job *j = job_new();
    ck_assert_uint_eq(job_next_url(j), 0);
    j->columns = mem_new(sizeof *j->columns);
    ck_assert_uint_eq(job_next_url(j), 0);
    j->columns->fallbacks = mem_array(5, sizeof *j->columns->fallbacks);
    j->columns->n_fallbacks = 5;
    for (int i = 0; i < 5; i++)
        job_set_fallback(&j->columns->fallbacks[i], cells[i], strlen(cells[i]));
    ck_assert_uint_eq(job_next_url(j), 2);
    j->url_index = 2;
    ck_assert_uint_eq(job_next_url(j), 4);
    j->url_index = 4;
    ck_assert_uint_eq(job_next_url(j), 0);
    job_free(j, NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, keys_have_five_digits_for_the_shard_and_what_the_size_needs_for_the_place);
    tcase_add_test(t, a_key_of_this_shard_and_size_tells_its_place);
    tcase_add_test(t, a_job_gives_its_reservation_back_once);
    tcase_add_test(t, a_message_that_does_not_fit_is_cut);
    tcase_add_test(t, empty_fallbacks_are_passed_over);
    tcase_add_test(t, an_expected_hash_is_told_by_its_length);
    tcase_add_test(t, every_code_has_a_name_and_is_found_by_it);
}

int main(void)
{
    return test_main("job", add);
}
