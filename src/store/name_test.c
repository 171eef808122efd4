#include "store/name.h"

#include "base/mem.h"
#include "base/test.h"
#include "base/utf8.h"
#include "store/name_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct columns columns;
static struct name name;
static bool is_flat; /* parse for the flat layout */
static struct job *job;
static char message[NAME_MESSAGE_SIZE], out[NAME_SIZE];

/* The columns: cap (the caption), sum (a hash), page (a Referer), id and more (kept). */
static void set_up(void)
{
    columns = (struct columns){.at = {{"url", 3}, {"cap", 3}, {"sum", 3}, {"page", 4}}};
    columns.n = COLUMN_KEPT + 2;
    is_flat = false;
    columns.at[COLUMN_KEPT] = (struct column){"id", 2};
    columns.at[COLUMN_KEPT + 1] = (struct column){"width", 5};
    columns.renamed[1] = span_of("more");
    job = job_new();
    job->shard = 12;
    job->pos = 34;
    job->index = 120034;
    job->columns = mem_new(sizeof *job->columns + 2 * sizeof *job->columns->kept);
    job->columns->n_kept = 2;
}

static void tear_down(void)
{
    job_free(job, NULL);
}

static void set_url(const char *text)
{
    const char *why;
    url_fini(&job->request.url);
    enum err err = url_parse(text, strlen(text), &job->request.url, &why);
    ck_assert_msg(err == ERR_OK, "%s: %s", text, why);
}

static void set_id(const char *text)
{
    free(job->columns->kept[0].text);
    job->columns->kept[0].text = text ? mem_dup(text) : NULL;
}

static void parse(const char *template)
{
    ck_assert_msg(
        name_parse(template, &columns, is_flat, &name, message), "%s: %s", template, message);
}

/* Makes the name and checks that it leads back to its row. */
static const char *make(const char *template)
{
    parse(template);
    name_make(&name, job, (struct job_digits){5, 4}, "jpg", out);
    ck_assert_msg(
        name_position(&name, out, job->shard, 10000, (struct job_digits){5, 4}) == job->pos, "%s",
        out);
    return out;
}

static void expect_error(const char *template, const char *part)
{
    ck_assert_msg(!name_parse(template, &columns, is_flat, &name, message), "%s", template);
    ck_assert_msg(strstr(message, part) != NULL, "%s: %s", template, message);
}

/* Checks what store/name.h promises. */
static void check_name(void)
{
    ck_assert(utf8_is_valid(out, strlen(out)));
    for (const char *part = out; part; part = strchr(part, '/'), part += part != NULL) {
        size_t len = strcspn(part, "/");
        ck_assert_msg(len >= 1 && len <= NAME_PART_MAX, "%s", out);
        ck_assert_msg(!strchr(".- ", part[0]), "%s", out);
        ck_assert_msg(!strchr(". ", part[len - 1]), "%s", out);
        ck_assert_msg(!name_text_is_device(part, len), "%s", out);
        for (size_t i = 0; i < len; i++)
            ck_assert_msg(!strchr("\\<>:\"|?*\x7f", part[i]) && (part[i] & 0xe0), "%s", out);
    }
}

START_TEST(each_field_is_what_it_says)
{
    set_url("http://Www.Example.ORG:8080/a/b/Cat%20one.JPEG?x=/y.png#z");
    set_id("7");
    job->columns->caption = mem_dup("a cat");
    job->has_sha256 = true;
    memset(job->sha256, 0xa5, sizeof job->sha256);
    ck_assert_str_eq(make("{key}"), "000120034.jpg");
    ck_assert_str_eq(make("{index}"), "120034.jpg");
    ck_assert_str_eq(make("{host}/{key}"), "www.example.org/000120034.jpg");
    ck_assert_str_eq(make("{basename}_{key}"), "Cat one_000120034.jpg");
    ck_assert_str_eq(make("{id}/{cap}/{index}"), "7/a cat/120034.jpg");
    ck_assert_str_eq(make("{caption}-{key}"), "a cat-000120034.jpg");
    ck_assert_str_eq(make("{key}-{sha256}"), "000120034-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
                                             "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5.jpg");
    ck_assert_str_eq(make("img-{key}/x"), "img-000120034/x.jpg");
}
END_TEST

START_TEST(a_value_that_is_not_there_is_an_underscore)
{
    ck_assert_str_eq(make("{id}-{basename}-{host}-{sha256}-{key}"), "_-_-_-_-000120034.jpg");
    set_url("http://a.org/b/");
    ck_assert_str_eq(make("{basename}-{key}"), "_-000120034.jpg");
    set_url("http://a.org");
    ck_assert_str_eq(make("{basename}/{key}"), "_/000120034.jpg");
    set_url("http://[::1]/%2f..%2F%00.jpg");
    ck_assert_str_eq(make("{host}/{basename}-{key}"), "[__1]/_..__-000120034.jpg");
    free(job->columns);
    job->columns = NULL;
    ck_assert_str_eq(make("{id}-{cap}-{key}"), "_-_-000120034.jpg");
}
END_TEST

START_TEST(a_name_that_another_row_could_have_gets_the_key)
{
    set_url("http://a.org/1.jpg");
    set_id("5");
    ck_assert_str_eq(make("{basename}"), "1-000120034.jpg");
    ck_assert_str_eq(make("{host}/{basename}"), "a.org/1-000120034.jpg");
    ck_assert_str_eq(make("{sha256}"), "_-000120034.jpg");
    ck_assert_str_eq(make("all"), "all-000120034.jpg");
    /* Where an index begins or ends would be unknown. A key has a fixed width. */
    ck_assert_str_eq(make("{index}{id}"), "1200345-000120034.jpg");
    ck_assert_str_eq(make("{id}{index}"), "5120034-000120034.jpg");
    ck_assert_str_eq(make("{id}7{index}"), "57120034-000120034.jpg");
    ck_assert_str_eq(make("{index}7{id}"), "12003475-000120034.jpg");
    ck_assert_str_eq(make("{id}x{index}7"), "5x1200347.jpg");
    ck_assert_str_eq(make("7{index}x{id}"), "7120034x5.jpg");
    ck_assert_str_eq(make("{key}{id}"), "0001200345.jpg");
    ck_assert_str_eq(make("{id}{key}"), "5000120034.jpg");
    ck_assert_str_eq(make("{id}-{key}-{id}"), "5-000120034-5-000120034.jpg");
    ck_assert_str_eq(make("{id}-{key}-{id}/{index}"), "5-000120034-5/120034.jpg");
}
END_TEST

START_TEST(values_make_no_folders_and_do_not_leave_theirs)
{
    static const char *const bad[] = {"..", ".", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b",
        "-rf", " x ", "x.", "x..", "...", "\x01\x1f\x7f", "a\nb", "C:", "nul", "CON", "con.txt",
        "Com1", "lpt9.tar.gz", "COM\xc2\xb2", "aux ", "\xff\xfe", "\xc3",
        "\xe2\x80\xae"
        "gpj.exe",
        "\xef\xbb\xbf", "\xc2\x85", "", "\xed\xa0\x80", "*?<>|\"", "CONIN$"};
    static const char *const templates[] = {"{id}/{key}", "{key}/{id}", "{id}-{key}",
        "{id}/{id}/{id}", "{key}{id}", "{index}.{id}", "{id}{id}{id}"};
    set_url("http://a.org/1.jpg");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t t = 0; t < sizeof templates / sizeof *templates; t++) {
            set_id(bad[i]);
            make(templates[t]);
            check_name();
        }
    set_id("../../etc/passwd");
    ck_assert_str_eq(make("{id}/{key}"), "_._.._etc_passwd/000120034.jpg");
    set_id("nul.x");
    ck_assert_str_eq(make("{id}/{key}"), "_nul.x/000120034.jpg");
    set_id("a\xe2\x80\xaeg\xff\xc2\x80");
    ck_assert_str_eq(make("{id}/{key}"), "a_g__/000120034.jpg");
}
END_TEST

START_TEST(a_long_value_is_cut_between_characters_and_the_key_stays)
{
    char text[1001] = "";
    for (int i = 0; i < 250; i++)
        strcat(text, "\xf0\x9f\x8e\x89");
    for (int shift = 0; shift < 4; shift++) {
        set_id(text + 4);
        memset(job->columns->kept[0].text, 'x', (size_t)shift);
        memmove(job->columns->kept[0].text + shift, text, 900);
        make("{id}-{key}");
        check_name();
        ck_assert_uint_ge(strlen(out), NAME_PART_MAX - 4);
        ck_assert_ptr_nonnull(strstr(out, "-000120034.jpg"));
        make("{id}/{id}/{id}/{key}{id}");
        check_name();
        make("{id}{id}{cap}{id}{index}");
        check_name();
    }
    /* A short value leaves room to the next one. */
    job->columns->caption = mem_dup("short");
    set_id(text);
    make("{caption}-{id}-{key}");
    check_name();
    ck_assert_uint_ge(strlen(out), NAME_PART_MAX - 4);
    ck_assert_int_eq(strncmp(out, "short-\xf0", 7), 0);
}
END_TEST

START_TEST(a_template_that_makes_no_name_is_refused)
{
    expect_error("", "must not be empty");
    expect_error("{}", "unknown field {}");
    expect_error("{keys}", "unknown field {keys}: did you mean {key}?");
    expect_error("{nothing}", "unknown field {nothing}: known are key, index, host");
    expect_error("{key", "unknown field {key");
    expect_error("{sum}-{key}", "unknown field {sum}"); /* its text is not read */
    expect_error("{url}", "unknown field {url}");
    expect_error("key}", "must not contain }");
    expect_error("a\nb{key}", "control character");
    expect_error("a\xff{key}", "UTF-8");
    expect_error("a:{key}", "or any of");
    expect_error("/{key}", "a part of the path is empty");
    expect_error("a//{key}", "a part of the path is empty");
    expect_error("{key}/", "must not end with a slash");
    expect_error("../{key}", "must not begin with a dot");
    expect_error("-{key}", "must not begin with a dot");
    expect_error("{key}/.x", "must not begin with a dot");
    expect_error("a./{key}", "must not end with a dot");
    expect_error("{key} ", "must not end with a dot or a space");
    expect_error("1/2/3/4/{key}", "more than 3 folders");
    char text[300] = "";
    memset(text, 'x', 101);
    expect_error(text, "more than 100 bytes");
    *text = '\0';
    for (int i = 0; i < 30; i++)
        strcat(text, "{host}");
    expect_error(text, "too many fields");
}
END_TEST

START_TEST(only_its_own_names_lead_back_to_a_row)
{
    static const struct {
        const char *template, *path;
        int pos;
    } cases[] = {
        {"{key}", "000120034.jpg", 34},
        {"{key}", "000120034.jpg.part", 34},
        {"{key}", "000130034.jpg", -1}, /* of another shard */
        {"{key}", "00012034.jpg", -1},
        {"{key}", "0001200341.jpg", -1},
        {"{key}", "000120034", -1},
        {"{key}", "000120034-mine.jpg", -1},
        {"{key}", "mine-000120034.jpg", -1},
        {"{key}", "000120034.txt.jpg", -1},
        {"{key}", "a/000120034.jpg", -1},
        {"{key}", ".part", -1},
        {"{key}", "", -1},
        {"{host}/{key}", "000120034.jpg", -1},
        {"{host}/{key}", "a/000120034.jpg", 34},
        {"{host}/{key}", "a/b/000120034.jpg", -1},
        {"{index}", "120000.jpg", 0},
        {"{index}", "129999.jpg", 9999},
        {"{index}", "130000.jpg", -1},
        {"{index}", "99999999999999999999999.jpg", -1},
        {"{index}", "x.jpg", -1},
        {"img_{index}_{host}", "img_120001_a.jpg", 1},
        {"img_{index}_{host}", "pic_120001_a.jpg", -1},
        {"{host}_{index}x", "a_120001x.jpg", 1},
        {"{host}_{index}x", "a_120001y.jpg", -1},
        {"com{index}", "_com1.jpg", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(cases[i].template);
        ck_assert_msg(name_position(&name, cases[i].path, 12, 10000, (struct job_digits){5, 4}) ==
                          cases[i].pos,
            "%s: %s", cases[i].template, cases[i].path);
    }
    job->shard = 0;
    job->pos = job->index = 1;
    ck_assert_str_eq(make("com{index}"), "_com1.jpg");
    ck_assert_str_eq(make("_com{index}"), "_com1.jpg");
    job->shard = 123456; /* a shard number of more than five digits */
    job->pos = 9999;
    job->index = 1234569999;
    ck_assert_str_eq(make("{key}"), "1234569999.jpg");
}
END_TEST

static int compare_names(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Hostile rows, made with the template in mind, that try to get another row's name. */
START_TEST(ten_thousand_rows_with_like_values_have_names_of_their_own)
{
    static const char *const templates[] = {"{basename}", "{id}{index}", "{id}-{key}", "{key}{id}",
        "{index}-{id}", "{id}", "{id}/{basename}", "{host}/{id}-{index}", "{id}-{key}-{id}"};
    enum { ROWS = 10000 };
    char **names = mem_array(ROWS, sizeof *names);
    set_url("http://a.org/b/1.jpg");
    for (size_t t = 0; t < sizeof templates / sizeof *templates; t++) {
        parse(templates[t]);
        for (uint32_t i = 0; i < ROWS; i++) {
            char id[64];
            job->pos = i;
            job->index = 120000 + i;
            snprintf(id, sizeof id, i % 3 ? "%.*sA-00012%04u-" : "%.*sa%u", (int)(i % 7), "1200-11",
                (i * 7) % ROWS);
            set_id(id);
            name_make(&name, job, (struct job_digits){5, 4}, i % 2 ? "jpg" : "JPG", out);
            ck_assert_int_eq(name_position(&name, out, 12, ROWS, (struct job_digits){5, 4}), i);
            names[i] = mem_dup(out);
        }
        qsort(names, ROWS, sizeof *names, compare_names);
        for (int i = 1; i < ROWS; i++)
            ck_assert_msg(strcasecmp(names[i - 1], names[i]) != 0, "%s twice", names[i]);
        for (int i = 0; i < ROWS; i++)
            free(names[i]);
    }
    free(names);
}
END_TEST

START_TEST(names_of_devices_are_known_in_every_spelling)
{
    static const char *const devices[] = {"con", "PRN", "aux.", "Nul.txt", "com0", "COM9",
        "lpt1 .a", "COM\xc2\xb9", "lpt\xc2\xb3.x", "conin$", "CONOUT$"};
    static const char *const others[] = {"", "co", "cons", "com", "com10", "comx", "com\xc2\xb4",
        "_con", ".con", "lpt", "nulL1", "com\xc2"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        ck_assert_msg(name_text_is_device(devices[i], strlen(devices[i])), "%s", devices[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!name_text_is_device(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

/* In the flat layout. */
static void expect_flat(const char *template, const char *expected)
{
    is_flat = true;
    parse(template);
    name_make(&name, job, (struct job_digits){5, 4}, "jpg", out);
    ck_assert_str_eq(out, expected);
}

START_TEST(in_one_folder_a_template_needs_no_key)
{
    set_url("http://a.test/b/Cat%20one.JPG?size=3");
    expect_flat("{basename}", "Cat one.jpg");
    ck_assert(!name.has_id && !name.has_hash && !name_is_shared(&name));
    expect_flat("{host}-{index}", "a.test-120034.jpg");
    ck_assert(name.has_id);
    expect_flat("{id}", "_.jpg");
    is_flat = false;
    parse("{sha256}");
    ck_assert(name.has_hash && name.has_id && !name_is_shared(&name));
}
END_TEST

START_TEST(in_one_folder_a_hash_is_whole_and_other_values_are_cut)
{
    char id[400], hex[65];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    set_id(id);
    job->has_sha256 = true;
    memset(job->sha256, 0xab, sizeof job->sha256);
    for (int i = 0; i < 64; i += 2)
        memcpy(hex + i, "ab", 3);
    is_flat = true;
    parse("{id}{id}{id}{id}{id}{id}{sha256}");
    ck_assert(name_is_shared(&name));
    name_make(&name, job, (struct job_digits){5, 4}, "webp", out);
    ck_assert_ptr_nonnull(strstr(out, hex));
    ck_assert_uint_le(strlen(out), NAME_PART_MAX);
}
END_TEST

START_TEST(in_one_folder_all_files_of_a_row_have_one_name)
{
    char id[400], other[NAME_SIZE];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    set_id(id);
    is_flat = true;
    parse("{id}");
    name_make(&name, job, (struct job_digits){5, 4}, "jpg", out);
    name_make(&name, job, (struct job_digits){5, 4}, "webp", other);
    ck_assert_uint_eq(strlen(out), NAME_STEM_MAX + 4 - 1); /* a byte is left for a device's _ */
    ck_assert(!strncmp(out, other, NAME_STEM_MAX - 1));
    ck_assert_str_eq(other + NAME_STEM_MAX - 1, ".webp");
    job->name = mem_dup("cat-2");
    name_make(&name, job, (struct job_digits){5, 4}, "jpg", out);
    ck_assert_str_eq(out, "cat-2.jpg");
}
END_TEST

START_TEST(one_folder_has_no_folders)
{
    is_flat = true;
    expect_error("{host}/{basename}", "must not contain /");
    expect_error("a/", "must not end with a slash");
    expect_error("{sha256}-{sha256}", "twice");
    is_flat = false;
    parse("{host}/{sha256}{sha256}");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, in_one_folder_a_template_needs_no_key);
    tcase_add_test(t, in_one_folder_a_hash_is_whole_and_other_values_are_cut);
    tcase_add_test(t, in_one_folder_all_files_of_a_row_have_one_name);
    tcase_add_test(t, one_folder_has_no_folders);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, each_field_is_what_it_says);
    tcase_add_test(t, a_value_that_is_not_there_is_an_underscore);
    tcase_add_test(t, a_name_that_another_row_could_have_gets_the_key);
    tcase_add_test(t, values_make_no_folders_and_do_not_leave_theirs);
    tcase_add_test(t, a_long_value_is_cut_between_characters_and_the_key_stays);
    tcase_add_test(t, a_template_that_makes_no_name_is_refused);
    tcase_add_test(t, only_its_own_names_lead_back_to_a_row);
    tcase_add_test(t, ten_thousand_rows_with_like_values_have_names_of_their_own);
    tcase_add_test(t, names_of_devices_are_known_in_every_spelling);
}

int main(void)
{
    return test_main("name", add);
}
