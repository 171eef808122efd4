#include "store/bodyhash.h"
#include "base/mem.h"
#include "base/test_scratch.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>

/* Hashes of the bytes "abc": RFC 1321, A.5; RFC 6234, 8.5. */
static const char *const sums[] = {"900150983cd24fb0d6963f7d28e17f72",
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"};

static struct bodyhash *hash;

static void set_up(void)
{
    hash = bodyhash_new(JOB_HASH_NONE, NULL);
}

static void tear_down(void)
{
    bodyhash_free(hash);
}

static struct job *make_job(const char *body, const char *expected)
{
    struct job *j = job_new();
    ck_assert(buf_append(&j->response.body, body, strlen(body)));
    j->columns = mem_new(sizeof *j->columns);
    ck_assert(job_set_hash(j->columns, expected, strlen(expected)));
    j->image = (struct job_image){.format = "png", .width = 1, .height = 1};
    j->n_thumbs = 1;
    j->thumbs = mem_array(1, sizeof *j->thumbs);
    j->thumbs[0].data = mem_new(10);
    return j;
}

static void expect_kept(struct job *j, enum err err)
{
    ck_assert_int_eq(j->err, err);
    ck_assert(j->has_sha256);
    ck_assert_uint_eq(j->bytes, 3);
    ck_assert_uint_eq(j->response.body.len, 3);
    ck_assert_uint_eq(j->n_thumbs, 1);
    job_free(j, NULL);
}

START_TEST(a_body_with_the_expected_hash_is_kept_whichever_it_is)
{
    for (int i = 0; i < 4; i++) {
        struct job *j = make_job("abc", sums[i]);
        bodyhash_take(hash, j);
        ck_assert_uint_eq(j->sha256[0], 0xba);
        expect_kept(j, ERR_OK);
    }
}
END_TEST

START_TEST(of_a_body_with_another_hash_nothing_is_kept)
{
    for (int i = 0; i < 4; i++) {
        struct job *j = make_job("abd", sums[i]);
        if (i == 2) /* a hash mismatch replaces a decode error */
            job_fail(j, ERR_DECODE_ERROR, "broken");
        bodyhash_take(hash, j);
        ck_assert_int_eq(j->err, ERR_HASH_MISMATCH);
        ck_assert_str_ne(j->message, "");
        ck_assert(!j->has_sha256);
        ck_assert_uint_eq(j->bytes, 0);
        ck_assert_uint_eq(j->response.body.len, 0);
        ck_assert_uint_eq(j->n_thumbs, 0);
        ck_assert_ptr_null(j->image.format);
        job_free(j, NULL);
    }
}
END_TEST

START_TEST(a_hash_differs_in_its_last_bit_too)
{
    for (int i = 0; i < 4; i++) {
        struct job *j = make_job("abc", sums[i]);
        j->columns->hash[j->columns->hash_len - 1] ^= 1;
        bodyhash_take(hash, j);
        ck_assert_int_eq(j->err, ERR_HASH_MISMATCH);
        job_free(j, NULL);
    }
}
END_TEST

START_TEST(where_no_hash_is_expected_none_is_checked)
{
    struct job *j = make_job("abc", "");
    bodyhash_take(hash, j);
    expect_kept(j, ERR_OK);
    j = make_job("abc", "");
    free(j->columns);
    j->columns = NULL;
    job_fail(j, ERR_IMAGE_TOO_SMALL, "small");
    bodyhash_take(hash, j);
    expect_kept(j, ERR_IMAGE_TOO_SMALL);
}
END_TEST

START_TEST(a_body_that_did_not_come_whole_keeps_its_own_error)
{
    struct job *j = make_job("ab", sums[2]);
    job_fail(j, ERR_TRUNCATED_BODY, "half");
    bodyhash_take(hash, j);
    ck_assert_int_eq(j->err, ERR_TRUNCATED_BODY);
    job_free(j, NULL);
    j = make_job("", sums[2]); /* as from the null backend */
    bodyhash_take(hash, j);
    ck_assert_int_eq(j->err, ERR_OK);
    job_free(j, NULL);
}
END_TEST

/* Fetched from http://a.example/B.png */
static struct job *take_with_reject(const char *entry, const char *expected)
{
    char path[100], message[REJECT_MESSAGE_SIZE];
    const char *why;
    scratch_make();
    scratch_write("reject", entry, strlen(entry));
    snprintf(path, sizeof path, "%s/reject", scratch_path);
    struct reject *reject = reject_load(path, message);
    ck_assert_msg(reject != NULL, "%s", message);
    struct bodyhash *h = bodyhash_new(JOB_HASH_NONE, reject);
    struct job *j = make_job("abc", expected);
    ck_assert(!url_parse("http://A.example/B.png", 22, &j->request.url, &why));
    if (*expected)
        job_fail(j, ERR_IMAGE_TOO_SMALL, "a placeholder may be small, too");
    bodyhash_take(h, j);
    bodyhash_free(h);
    reject_free(reject);
    scratch_remove();
    return j;
}

static void expect_placeholder(struct job *j, const char *message)
{
    ck_assert_int_eq(j->err, ERR_PLACEHOLDER);
    ck_assert_str_eq(j->message, message);
    ck_assert(!j->has_sha256);
    ck_assert_uint_eq(j->response.body.len, 0);
    ck_assert_uint_eq(j->n_thumbs, 0);
    job_free(j, NULL);
}

START_TEST(of_a_placeholder_nothing_is_kept)
{
    expect_placeholder(take_with_reject(sums[2], ""), "its SHA-256 is one of --reject");
    expect_placeholder(take_with_reject(sums[2], sums[0]), "its SHA-256 is one of --reject");
    expect_placeholder(
        take_with_reject("http://a.example/B*", sums[1]), "its URL matches http://a.example/B*");
    expect_kept(take_with_reject("http://a.example/b*", ""), ERR_OK);
}
END_TEST

static bool no_memory; /* for OpenSSL */

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return no_memory ? NULL : malloc(size);
}

static void *grow(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return no_memory ? NULL : realloc(old, size);
}

static void give_back(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

/* Not a row without a hash, or with another one. */
START_TEST(without_memory_for_a_hash_the_run_aborts)
{
    struct job *j = make_job("abc", "");
    no_memory = true;
    bodyhash_take(hash, j);
}
END_TEST

START_TEST(a_row_has_another_hash_if_one_is_wanted)
{
    static const unsigned should[] = {
        [JOB_HASH_MD5] = 0, [JOB_HASH_SHA1] = 1, [JOB_HASH_SHA512] = 3};
    for (enum job_hash more = JOB_HASH_MD5; more <= JOB_HASH_SHA512; more++) {
        ck_assert(bodyhash_can(more));
        struct bodyhash *h = bodyhash_new(more, NULL);
        struct job *j = make_job("abc", "");
        bodyhash_take(h, j);
        ck_assert_str_eq(j->hash, sums[should[more]]);
        ck_assert(j->has_sha256);
        job_free(j, NULL);
        j = make_job("", ""); /* no body */
        bodyhash_take(h, j);
        ck_assert_ptr_null(j->hash);
        job_free(j, NULL);
        j = make_job("abc", sums[2]);
        j->columns->hash[0] ^= 1; /* nothing of the body is kept */
        bodyhash_take(h, j);
        ck_assert_int_eq(j->err, ERR_HASH_MISMATCH);
        ck_assert_ptr_null(j->hash);
        job_free(j, NULL);
        bodyhash_free(h);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_body_with_the_expected_hash_is_kept_whichever_it_is);
    tcase_add_test(t, of_a_body_with_another_hash_nothing_is_kept);
    tcase_add_test(t, a_hash_differs_in_its_last_bit_too);
    tcase_add_test(t, where_no_hash_is_expected_none_is_checked);
    tcase_add_test(t, of_a_placeholder_nothing_is_kept);
    tcase_add_test(t, a_row_has_another_hash_if_one_is_wanted);
    tcase_add_test(t, a_body_that_did_not_come_whole_keeps_its_own_error);
    tcase_add_test_raise_signal(t, without_memory_for_a_hash_the_run_aborts, SIGABRT);
}

int main(void)
{
    CRYPTO_set_mem_functions(allocate, grow, give_back);
    return test_main("bodyhash", add);
}
