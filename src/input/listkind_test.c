#include "input/listkind.h"
#include "base/test.h"

#include <string.h>

static const struct listkind *kind;

static enum listkind_verdict bytes(const char *text, size_t len, bool is_all)
{
    kind = NULL;
    return listkind_of_bytes(text, len, is_all, &kind);
}

/* It is unclear as long as bytes are missing, and then that kind; with text behind it, too. */
static void expect_magic(const char *magic, size_t len, const char *what)
{
    char file[LISTKIND_BYTES] = "";
    memcpy(file, magic, len);
    ck_assert_msg(bytes(magic, len, true) == LISTKIND_OTHER, "%s", what);
    ck_assert_str_eq(kind->what, what);
    ck_assert_msg(bytes(file, sizeof file, false) == LISTKIND_OTHER, "%s", what);
    ck_assert_str_eq(kind->what, what);
}

#define MAGIC(magic, what) expect_magic(magic, sizeof(magic) - 1, what)

START_TEST(files_are_known_by_their_first_bytes)
{
    MAGIC("\xff\xd8\xff\xe0", "is a JPEG image");
    MAGIC("\x89PNG\r\n\x1a\n", "is a PNG image");
    MAGIC("GIF89a", "is a GIF image");
    MAGIC("RIFFabcdWEBPVP8 ", "is a WebP image");
    MAGIC("RIFFabcdWAVEfmt ", "is a video or sound file");
    MAGIC("BM\x36\0\0\0\0\0\0\0", "is a BMP image");
    MAGIC("II*\0\x08", "is a TIFF image");
    MAGIC("\0\0\0\x20"
          "ftypavif",
        "is an AVIF image");
    MAGIC("\0\0\0\x18"
          "ftypmif1",
        "is a HEIF image");
    MAGIC("\0\0\0\x18"
          "ftypheic",
        "is a HEIC image");
    MAGIC("\0\0\0\x18"
          "ftypisom",
        "is a video or sound file");
    MAGIC("\0\0\0\x0cJXL \r\n", "is a JPEG XL image");
    MAGIC("PK\3\4\x14\0\0\0\x08\0abcdefghijklmnopqrstc.csv", "is a zip archive");
    MAGIC("PK\3\4\x14\0\0\0\x08\0abcdefghijklmnopqrst[Content_Types].xml",
        "is a spreadsheet or document");
    MAGIC("BZh91AY&SYabc", "is compressed with bzip2");
    MAGIC("\xfd"
          "7zXZ\0\0\x04",
        "is compressed with xz");
    MAGIC("7z\xbc\xaf\x27\x1c\0\4", "is a 7z archive");
    MAGIC("\x1f\x8b\x08", "is compressed with gzip");
    MAGIC("\x28\xb5\x2f\xfd", "is compressed with zstd");
    MAGIC("\x04\x22\x4d\x18", "is compressed with lz4");
    MAGIC("Rar!\x1a\x07\0", "is a rar archive");
    MAGIC("PAR1\x15\0\x15", "is a Parquet file");
    MAGIC("ARROW1\0\0", "is an Arrow file");
    MAGIC("ORC\x0a\0", "is an ORC file");
    MAGIC("Obj\1\2", "is an Avro file");
    MAGIC("SQLite format 3\0", "is an SQLite database");
    MAGIC("\x93NUMPY\1\0", "is a NumPy file");
    MAGIC("\x80\4\x95", "is a Python pickle");
    MAGIC("%PDF-1.7\n", "is a PDF document");
    MAGIC("\x7f"
          "ELF\2\1\1\0",
        "is a program");
    char tar[262] = "list.csv";
    memcpy(tar + 257, "ustar", 5);
    expect_magic(tar, sizeof tar, "is a tar archive");
}
END_TEST

START_TEST(text_is_no_magic_number)
{
    static const char *const texts[] = {"", "http://a/", "url,caption\n", "BMI,url\n",
        "PAR1,PAR2\n", "ORCID,url\n", "RIFF,url,abcdef\n", "{\"url\":1}", "# GIF89a\n",
        "\xef\xbb\xbfurl\n", "\xff\xfeu", "\xfe\xff", "caf\xe9,url\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(bytes(texts[i], strlen(texts[i]), true) == LISTKIND_LIST, "%s", texts[i]);
    ck_assert_int_eq(bytes("\0\0\xfe\xff\0\0\0u", 8, true), LISTKIND_LIST);
    ck_assert_int_eq(bytes("\xff\xfe\0\0u\0\0\0", 8, true), LISTKIND_LIST);
}
END_TEST

START_TEST(what_may_become_a_magic_number_is_unclear)
{
    static const char jpeg[] = "\xff\xd8\xff",
                      zip[] = "PK\3\4\x14\0\0\0\x08\0abcdefghijklmnopqrsta";
    for (size_t len = 0; len < 3; len++)
        ck_assert_int_eq(bytes(jpeg, len, false), LISTKIND_UNCLEAR);
    for (size_t len = 0; len <= 30; len++)
        ck_assert_int_eq(bytes(zip, len, false), LISTKIND_UNCLEAR);
    ck_assert_int_eq(bytes(zip, 31, false), LISTKIND_OTHER);
    /* Text is clear at once, though a tar has its mark far behind; a NUL is not. */
    ck_assert_int_eq(bytes("http", 4, false), LISTKIND_LIST);
    ck_assert_int_eq(bytes("a\0\0", 3, false), LISTKIND_UNCLEAR);
    ck_assert_int_eq(bytes("a\0\0", 3, true), LISTKIND_LIST);
}
END_TEST

static enum listkind_verdict text(const char *text, bool is_all, bool is_jsonl)
{
    kind = NULL;
    return listkind_of_text(text, strlen(text), is_all, is_jsonl, &kind);
}

static void expect_text(const char *what, const char *of)
{
    for (int is_jsonl = 0; is_jsonl < 2; is_jsonl++) {
        ck_assert_msg(text(of, true, is_jsonl) == LISTKIND_OTHER, "%s", of);
        ck_assert_msg(strstr(kind->what, what) != NULL, "%s", kind->what);
    }
}

START_TEST(markup_and_json_that_is_no_list_are_known)
{
    expect_text("is HTML", "<!DOCTYPE html>\n<html>");
    expect_text("is HTML", "\n <a href=\"http://a/\">");
    expect_text("is XML", "<?xml version=\"1.0\"?><urlset>");
    expect_text("is an SVG image", "<svg xmlns");
    expect_text("is a JSON array", "[{\"url\":1}]");
    expect_text("is a JSON array", "\r\n[\n\"http://a/\"\n]");
    expect_text("is a JSON array", "[]");
    expect_text("over several lines", "{\n  \"url\": 1\n}\n");
    ck_assert_int_eq(text("{\"url\":1}\n", true, false), LISTKIND_OTHER);
    ck_assert_str_eq(kind->advice, "--format=jsonl reads them, one a line");
    ck_assert_int_eq(text("{\"url\":1}\n", true, true), LISTKIND_LIST);
    ck_assert_int_eq(text("{}\n", true, true), LISTKIND_LIST);
}
END_TEST

START_TEST(other_text_is_a_list)
{
    static const char *const texts[] = {"", "\n\n", "http://a/", "[url],[caption]\n", "[::1]/a",
        "{key},url", "# <html>", "url;text", "caf\xe9", "http://a/\1", "\x1b[0m"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(text(texts[i], true, false) == LISTKIND_LIST, "%s", texts[i]);
    for (const char *unclear = " \n[{"; *unclear; unclear++) {
        char one[] = {*unclear, '\0'};
        ck_assert_int_eq(text(one, false, false), LISTKIND_UNCLEAR);
        ck_assert_int_eq(text(one, true, false), LISTKIND_LIST);
    }
}
END_TEST

START_TEST(a_first_line_with_control_characters_is_no_text)
{
    ck_assert_int_eq(text("a\1b\n", true, false), LISTKIND_OTHER);
    ck_assert_str_eq(kind->what, "is a binary file");
    ck_assert_int_eq(text("\n\na\x7f\1\n", true, false), LISTKIND_OTHER);
    ck_assert_int_eq(text("url\na\1b\n", true, false), LISTKIND_LIST);
    ck_assert_int_eq(listkind_of_text("u\0r\0l\0\r\0\n", 9, true, false, &kind), LISTKIND_OTHER);
    ck_assert_str_eq(kind->advice, "--encoding=utf-16le reads it");
    ck_assert_int_eq(listkind_of_text("\0u\0r\0l\0\r\0\n", 10, true, false, &kind), LISTKIND_OTHER);
    ck_assert_str_eq(kind->advice, "--encoding=utf-16be reads it");
    ck_assert_int_eq(listkind_of_text("h\0t\0t\0p\0:\0", 10, true, false, &kind), LISTKIND_OTHER);
    ck_assert_int_eq(listkind_of_text("http://\0\0\n", 10, true, false, &kind), LISTKIND_LIST);
}
END_TEST

START_TEST(lines_that_end_with_cr_alone_are_none)
{
    ck_assert_int_eq(text("url,text\rhttp://a/,b\r", true, false), LISTKIND_OTHER);
    ck_assert_str_eq(kind->what, "has lines that end with CR alone");
    ck_assert_int_eq(text("http://a/\rhttp://b/", false, false), LISTKIND_UNCLEAR);
    ck_assert_int_eq(text("http://a/\rhttp://b/\n", false, false), LISTKIND_LIST);
    ck_assert_int_eq(text("http://a/\r", true, false), LISTKIND_LIST);
    ck_assert_int_eq(text("http://a/\r\nhttp://b/\r\n", false, false), LISTKIND_LIST);
}
END_TEST

static void expect_told(const char *first, const struct listkind_file *file, const char *expected)
{
    char message[400];
    ck_assert_int_eq(bytes(first, strlen(first), true), LISTKIND_OTHER);
    listkind_tell(kind, file, message, sizeof message);
    ck_assert_str_eq(message, expected);
}

START_TEST(the_message_has_the_command_that_makes_a_list_of_it)
{
    static const char bzip2[] = "BZh91AY&SY", zip[] = "7z\xbc\xaf\x27\x1c";
    struct listkind_file file = {"a.csv.bz2", "a.csv.bz2", NULL, "csv"};
    expect_told(bzip2, &file,
        "a.csv.bz2 is compressed with bzip2: bzip2 -dc a.csv.bz2 | imgfetch --format=csv -");
    expect_told(
        zip, &file, "a.csv.bz2 is a 7z archive: 7z x -so a.csv.bz2 | imgfetch --format=csv -");
    file = (struct listkind_file){"a b", "a b", "gzip -dc", NULL};
    expect_told(
        bzip2, &file, "a b is compressed with bzip2: gzip -dc FILE | bzip2 -dc | imgfetch -");
    file = (struct listkind_file){"standard input", NULL, NULL, NULL};
    expect_told(bzip2, &file, "standard input is compressed with bzip2: bzip2 -dc | imgfetch -");
    expect_told("%PDF-", &file,
        "standard input is a PDF document: write its URLs into a text file, one a line");
    char message[60], whole[400];
    listkind_tell(&listkind_directory, &(struct listkind_file){"x", "x", NULL, NULL}, whole, 400);
    ck_assert_str_eq(
        whole, "x is a directory: name the lists in it: x/*; if imgfetch made it: -o x");
    listkind_tell(kind, &file, message, sizeof message);
    ck_assert_uint_eq(strlen(message), sizeof message - 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, files_are_known_by_their_first_bytes);
    tcase_add_test(t, text_is_no_magic_number);
    tcase_add_test(t, what_may_become_a_magic_number_is_unclear);
    tcase_add_test(t, markup_and_json_that_is_no_list_are_known);
    tcase_add_test(t, other_text_is_a_list);
    tcase_add_test(t, a_first_line_with_control_characters_is_no_text);
    tcase_add_test(t, lines_that_end_with_cr_alone_are_none);
    tcase_add_test(t, the_message_has_the_command_that_makes_a_list_of_it);
}

int main(void)
{
    return test_main("listkind", add);
}
