#include "input/listtext.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[40];
static struct listtext *file;

static enum liststream_status open_bytes(const char *encoding, const void *bytes, size_t len)
{
    int fd = memfd_create("list", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    file = listtext_new(encoding, NULL, NULL);
    ck_assert_ptr_nonnull(file);
    enum liststream_status status = listtext_open(file, path);
    close(fd);
    return status;
}

/* Reads it all, first some of it ahead. */
static void expect(
    const char *encoding, const void *bytes, size_t len, const char *text, size_t text_len)
{
    for (int ahead = 0; ahead < 3; ahead++) {
        char *all = malloc(text_len + 1);
        const char *part;
        size_t n, sum = 0;
        ck_assert_int_eq(open_bytes(encoding, bytes, len), LISTSTREAM_OK);
        for (int i = 0; i < ahead; i++)
            ck_assert_int_ne(listtext_more(file), LISTSTREAM_ERROR);
        while (listtext_read(file, &part, &n) == LISTSTREAM_OK) {
            ck_assert(n && sum + n <= text_len);
            memcpy(all + sum, part, n);
            sum += n;
        }
        ck_assert_uint_eq(sum, text_len);
        ck_assert_mem_eq(all, text, sum);
        ck_assert_int_eq(listtext_read(file, &part, &n), LISTSTREAM_END);
        listtext_free(file);
        free(all);
    }
}

#define EXPECT(encoding, bytes, text)                                                              \
    expect(encoding, bytes, sizeof(bytes) - 1, text, sizeof(text) - 1)

START_TEST(a_byte_order_mark_decides_whatever_encoding_is_given)
{
    static const char *const given[] = {NULL, "utf-8", "latin1", "UTF-16LE"};
    for (int i = 0; i < 4; i++) {
        EXPECT(given[i], "\xef\xbb\xbf\xc3\xa9\n", "\xc3\xa9\n");
        EXPECT(given[i], "\xff\xfe\xe9\0\n\0\x3d\xd8\0\xde", "\xc3\xa9\n\xf0\x9f\x98\x80");
        EXPECT(given[i], "\xfe\xff\0\xe9\0\n\xd8\x3d\xde\0", "\xc3\xa9\n\xf0\x9f\x98\x80");
        EXPECT(given[i], "\xff\xfe\0\0\xe9\0\0\0", "\xc3\xa9");
        EXPECT(given[i], "\0\0\xfe\xff\0\0\0\xe9", "\xc3\xa9");
        EXPECT(given[i], "\xff\xfe", "");
    }
}
END_TEST

START_TEST(another_encoding_becomes_utf_8)
{
    EXPECT("latin1", "caf\xe9\n", "caf\xc3\xa9\n");
    EXPECT("windows-1252", "\x80\n", "\xe2\x82\xac\n");
    EXPECT("utf-16le", "u\0r\0l\0\n\0", "url\n");
    EXPECT("utf-16be", "\0u\0r\0l\0\n", "url\n");
    EXPECT("UTF-8", "caf\xe9\n", "caf\xe9\n");
    EXPECT(NULL, "", "");
    EXPECT("latin1", "", "");
    if (listtext_knows("shift_jis"))
        EXPECT("Shift_JIS", "\x83\x65\x83\x58\x83\x67\n", "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\n");
    if (listtext_knows("cp1258")) /* which holds a letter back until it knows its accent */
        EXPECT("cp1258", "e\xecu", "\xc3\xa9u");
}
END_TEST

START_TEST(malformed_bytes_become_bytes_that_no_utf_8_has)
{
    EXPECT("utf-16le", "a\0\0\xde\n\0b\0",
        "a\xff\n"
        "b");                                  /* the half of a pair */
    EXPECT("utf-16le", "a\0\n\0b", "a\n\xff"); /* the half of a character */
    EXPECT("utf-16be", "\xd8\0", "\xff");
    EXPECT("ascii", "a\xe9\n", "a\xff\n");
    if (listtext_knows("shift_jis"))
        EXPECT("shift_jis", "a\x83", "a\xff");
}
END_TEST

START_TEST(encodings_are_known_by_their_names_alone)
{
    ck_assert(listtext_knows("utf-8") && listtext_knows("LATIN1") && listtext_knows("utf-16"));
    ck_assert(
        !listtext_knows("no-such") && !listtext_knows("") && !listtext_knows("latin1//IGNORE"));
}
END_TEST

START_TEST(characters_across_the_ends_of_chunks_are_whole)
{
    enum { N = 100001 };
    char *utf16 = malloc(2 + 2 * N), *utf8 = malloc(3 * N);
    memcpy(utf16, "\xff\xfe", 2);
    for (int odd = 0; odd < 2; odd++) {
        size_t len = 2, text_len = 0;
        if (odd) {
            memcpy(utf16 + len, "a", 2);
            utf8[text_len++] = 'a';
            len += 2;
        }
        for (int i = odd; i < N; i++) {
            memcpy(utf16 + len, "\xac\x20", 2);
            memcpy(utf8 + text_len, "\xe2\x82\xac", 3);
            len += 2;
            text_len += 3;
        }
        expect(NULL, utf16, len, utf8, text_len);
    }
    free(utf16);
    free(utf8);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
    ck_assert_int_eq(open_bytes(NULL, "\xff\xd8\xff\xe0", 4), LISTSTREAM_REFUSED);
    ck_assert_str_eq(listtext_kind(file)->what, "is a JPEG image");
    listtext_free(file);
    ck_assert_int_eq(open_bytes("latin1", "BZh91AY&SY", 10), LISTSTREAM_REFUSED);
    listtext_free(file);
}
END_TEST

START_TEST(a_pipe_may_give_a_byte_order_mark_byte_by_byte)
{
    static const char text[] = "\xff\xfe\0\0a\0\0\0\n\0\0\0";
    int ends[2];
    const char *part;
    size_t n;
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    pid_t writer = fork();
    if (writer == 0) {
        for (size_t i = 0; i < sizeof text - 1; i++, usleep(1000))
            if (write(ends[1], text + i, 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    file = listtext_new(NULL, NULL, NULL);
    ck_assert_int_eq(listtext_open(file, "-"), LISTSTREAM_OK);
    ck_assert_int_eq(listtext_read(file, &part, &n), LISTSTREAM_OK);
    ck_assert(n == 1 && *part == 'a');
    ck_assert_int_eq(listtext_read(file, &part, &n), LISTSTREAM_OK);
    ck_assert(n == 1 && *part == '\n');
    ck_assert_int_eq(listtext_read(file, &part, &n), LISTSTREAM_END);
    listtext_free(file);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_byte_order_mark_decides_whatever_encoding_is_given);
    tcase_add_test(t, another_encoding_becomes_utf_8);
    tcase_add_test(t, malformed_bytes_become_bytes_that_no_utf_8_has);
    tcase_add_test(t, encodings_are_known_by_their_names_alone);
    tcase_add_test(t, characters_across_the_ends_of_chunks_are_whole);
    tcase_add_test(t, what_is_no_list_is_refused);
    tcase_add_test(t, a_pipe_may_give_a_byte_order_mark_byte_by_byte);
}

int main(void)
{
    return test_main("listtext", add);
}
