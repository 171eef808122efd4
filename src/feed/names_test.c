#include "feed/names.h"

#include "base/mem.h"
#include "base/test.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct columns only_url = {.at = {{"url", 3}}, .n = COLUMN_KEPT};
static struct name name;
static struct names *names;
static uint64_t n_rows;

static void begin(const char *template)
{
    char message[NAME_MESSAGE_SIZE];
    ck_assert_msg(name_parse(template, &only_url, true, &name, message), "%s", message);
    names = names_new(&name, (struct job_digits){5, 4});
    n_rows = 0;
}

static void end(void)
{
    names_free(names);
}

/* The job of the next row. */
static struct job *make_row(const char *url)
{
    struct job *j = job_new();
    const char *why;
    j->index = n_rows++;
    j->pos = (uint32_t)j->index;
    enum err err = url_parse(url, strlen(url), &j->request.url, &why);
    if (err)
        job_fail(j, err, "%s", why);
    return j;
}

/* The next row of the list has this URL, and gets that name; NULL: none. */
static void expect(const char *url, const char *expected)
{
    struct job *j = make_row(url);
    names_take(names, j);
    if (expected && j->name)
        ck_assert_str_eq(j->name, expected);
    else
        ck_assert_msg(!expected && !j->name, "%s: %s", url, j->name);
    job_free(j, NULL);
}

START_TEST(a_name_of_an_earlier_row_gets_a_number)
{
    begin("{basename}");
    expect("http://a/cat.jpg", "cat");
    expect("http://b/dog.jpg", "dog");
    expect("http://b/cat.png", "cat-2"); /* extensions are not counted */
    expect("http://a/cat.jpg", "cat-3"); /* a repeat is a row, too */
    expect("http://a/dog", "dog-2");
    end();
}
END_TEST

START_TEST(names_that_are_taken_are_passed_over)
{
    begin("{basename}");
    expect("http://a/cat-2.jpg", "cat-2");
    expect("http://a/cat-4.jpg", "cat-4");
    expect("http://a/cat.jpg", "cat");
    expect("http://b/cat.jpg", "cat-3");
    expect("http://c/cat.jpg", "cat-5");
    expect("http://d/cat-5.jpg", "cat-5-2");
    expect("http://d/cat-2.jpg", "cat-2-2");
    end();
}
END_TEST

START_TEST(case_makes_no_difference)
{
    begin("{basename}");
    expect("http://a/Cat.jpg", "Cat");
    expect("http://a/CAT.jpg", "CAT-2");
    expect("http://a/cat-2.jpg", "cat-2-2");
    expect("http://a/%C3%89t%C3%A9.jpg", "\u00c9t\u00e9");
    expect("http://a/%C3%A9t%C3%89.jpg", "\u00e9t\u00c9-2");
    end();
}
END_TEST

START_TEST(names_of_our_own_and_of_nobody)
{
    begin("{basename}");
    expect("http://a/manifest.jpg", "manifest-2");
    expect("http://a/Thumbs", "Thumbs-2");
    expect("http://a/.imgfetch", "_imgfetch");
    expect("http://a/", "_");
    expect("http://b/", "_-2");
    expect("http://b/con.jpg", "_con");
    expect("http://b/CON.png", "_CON-2");
    end();
}
END_TEST

START_TEST(a_row_without_a_url_takes_no_name)
{
    begin("{basename}");
    expect("ftp://a/cat.jpg", NULL);
    expect("http://a/cat.jpg", "cat");
    struct job *j = make_row("ftp://a/cat.jpg"); /* but it may have another URL */
    j->columns = mem_new(sizeof *j->columns);
    j->columns->n_fallbacks = 1;
    j->columns->fallbacks = mem_new(sizeof *j->columns->fallbacks);
    j->columns->fallbacks[0].text = mem_dup("http://b/cat.jpg");
    names_take(names, j);
    ck_assert_str_eq(j->name, "_");
    job_free(j, NULL);
    end();
}
END_TEST

START_TEST(a_long_name_is_cut_for_its_number)
{
    char url[300] = "http://a/", base[200];
    memset(base, 'x', sizeof base);
    base[sizeof base - 1] = '\0';
    strcat(url, base);
    begin("{basename}");
    expect(url, strndupa(base, NAME_STEM_MAX - 1));
    strcpy(base + NAME_STEM_MAX - 2, "-2");
    expect(url, base);
    ck_assert_uint_eq(strlen(base), NAME_STEM_MAX);
    end();
}
END_TEST

START_TEST(a_key_or_a_hash_needs_no_memory)
{
    begin("{basename}-{key}");
    ck_assert(!names_need_all(names));
    expect("http://a/cat.jpg", "cat-000000000");
    expect("http://a/cat.jpg", "cat-000000001");
    end();
    begin("{sha256}");
    ck_assert(!names_need_all(names));
    expect("http://a/cat.jpg", NULL);
    end();
    begin("{basename}");
    ck_assert(names_need_all(names));
    end();
}
END_TEST

static size_t used_memory(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.hblkhd + m.uordblks;
}

/* A third of the names are the same, and each of the others occurs twice. */
START_TEST(many_names_take_few_bytes_each)
{
    enum { N = 300000 };
    char url[64], expected[32];
    begin("{basename}");
    size_t before = used_memory();
    for (unsigned i = 0; i < N; i++) {
        snprintf(url, sizeof url, "http://a/%s%u.jpg", i % 3 ? "b" : "same", i % 3 ? i / 3 : 0);
        snprintf(expected, sizeof expected,
            i % 3 == 2 ? "b%u-2"
            : i % 3    ? "b%u"
                       : "same0-%u",
            i / 3 + !(i % 3));
        expect(url, i ? expected : "same0");
    }
    ck_assert_uint_le((used_memory() - before) / N, 18);
    end();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_name_of_an_earlier_row_gets_a_number);
    tcase_add_test(t, names_that_are_taken_are_passed_over);
    tcase_add_test(t, case_makes_no_difference);
    tcase_add_test(t, names_of_our_own_and_of_nobody);
    tcase_add_test(t, a_row_without_a_url_takes_no_name);
    tcase_add_test(t, a_long_name_is_cut_for_its_number);
    tcase_add_test(t, a_key_or_a_hash_needs_no_memory);
    tcase_add_test(t, many_names_take_few_bytes_each);
}

int main(void)
{
    return test_main("names", add);
}
