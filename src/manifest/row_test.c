#include "manifest/row.h"
#include "base/mem.h"
#include "base/test.h"
#include "base/utf8.h"

#include <string.h>
#include <yajl/yajl_tree.h>

static const char *const specs[] = {"256", "64x48-cover"};
static struct row_writer *writer;

static void make_writer(void)
{
    writer = row_writer_new((struct job_digits){5, 4}, specs, NULL);
}

static void free_writer(void)
{
    row_writer_free(writer);
}

/* `expected` has ' for each quote, so that it is easier to read. */
static void expect_row(const struct job *j, const char *expected)
{
    char *text = mem_dup(expected);
    for (char *quote; (quote = strchr(text, '\''));)
        *quote = '"';
    size_t len;
    const char *row = row_write(writer, j, &len);
    ck_assert_uint_eq(len, strlen(row));
    ck_assert_str_eq(row, text);
    free(text);
}

static struct job *make_job(const char *url)
{
    const char *why;
    struct job *j = job_new();
    j->index = 120034;
    j->line = 120101;
    j->shard = 12;
    j->pos = 34;
    j->source = mem_dup(url);
    enum err err = url_parse(url, strlen(url), &j->request.url, &why);
    if (err)
        job_fail(j, err, "%s", why);
    return j;
}

static void add_thumbs(struct job *j)
{
    j->n_thumbs = 2;
    j->thumbs = mem_array(j->n_thumbs, sizeof *j->thumbs);
    j->thumbs[0] = (struct job_thumb){.width = 256, .height = 192, .size = 9000};
    j->thumbs[0].path = mem_dup("thumbs/256/00012/000120034.jpg");
    j->thumbs[1] = (struct job_thumb){.width = 64, .height = 48, .size = 800};
    j->thumbs[1].path = mem_dup("thumbs/64x48-cover/00012/000120034.jpg");
}

static struct job *make_success(void)
{
    struct job *j = make_job("http://A.example/x y.png");
    j->response.http_status = 200;
    j->response.content_type = mem_dup("image/png");
    j->response.etag = mem_dup("W/\"7\"");
    j->response.last_modified = mem_dup("Sat, 21 Nov 2026 09:05:31 GMT");
    strcpy(j->response.ip, "192.0.2.7");
    j->attempts = 2;
    j->image = (struct job_image){.format = "png", .extension = "png", .width = 640, .height = 480};
    j->image.orientation = 6;
    j->image.truncated = true;
    j->bytes = 5000000000;
    j->has_sha256 = true;
    for (int i = 0; i < 32; i++)
        j->sha256[i] = (uint8_t)(i * 9);
    j->path = mem_dup("images/00012/000120034.png");
    add_thumbs(j);
    j->started = 1795251931.125;
    j->finished = 1795251999.5;
    j->ms = (struct timings){.dns = 1000000, .connect = 20499, .tls = 500, .first_byte = 499};
    j->ms.total = 61234567891;
    j->ms.decode = 12000000;
    return j;
}

START_TEST(a_success_has_every_field_in_the_agreed_order)
{
    struct job *j = make_success();
    expect_row(j,
        "{'key':'000120034','index':120034,'line':120101,"
        "'url':'http://A.example/x y.png','final_url':'http://a.example/x%20y.png',"
        "'status':'success','error':null,'message':null,"
        "'http_status':200,'attempts':2,'ip':'192.0.2.7','content_type':'image/png',"
        "'etag':'W/\\'7\\'','last_modified':'Sat, 21 Nov 2026 09:05:31 GMT',"
        "'format':'png','bytes':5000000000,"
        "'sha256':'0009121b242d363f48515a636c757e879099a2abb4bdc6cfd8e1eaf3fc050e17',"
        "'width':640,'height':480,'orientation':6,'truncated':true,'truncated_transfer':false,"
        "'path':'images/00012/000120034.png',"
        "'thumbs':["
        "{'spec':'256','path':'thumbs/256/00012/000120034.jpg',"
        "'width':256,'height':192,'bytes':9000,'sha256':null},"
        "{'spec':'64x48-cover','path':'thumbs/64x48-cover/00012/000120034.jpg',"
        "'width':64,'height':48,'bytes':800,'sha256':null}],"
        "'duplicate_of':null,'reused':false,'started':'2026-11-21T09:05:31.125Z',"
        "'finished':'2026-11-21T09:06:39.500Z',"
        "'ms':{'dns':1.000,'connect':0.020,'tls':0.001,'first_byte':0.000,"
        "'total':61234.568,'decode':12.000}}\n");
    job_free(j, NULL);
}
END_TEST

START_TEST(a_field_that_does_not_apply_is_null)
{
    struct job *j = make_job("gopher://a/");
    expect_row(j,
        "{'key':'000120034','index':120034,'line':120101,'url':'gopher://a/','final_url':null,"
        "'status':'failed_to_download','error':'bad_url',"
        "'message':'only http and https are fetched','http_status':null,'attempts':0,'ip':null,"
        "'content_type':null,'etag':null,'last_modified':null,'format':null,'bytes':null,'sha256':"
        "null,'width':null,'height':null,"
        "'orientation':null,'truncated':false,'truncated_transfer':false,'path':null,'thumbs':[],'"
        "duplicate_of':null,'reused':false,"
        "'started':null,'finished':null,'ms':{'dns':0.000,'connect':0.000,'tls':0.000,'first_byte':"
        "0.000,"
        "'total':0.000,'decode':0.000}}\n");
    job_free(j, NULL);
}
END_TEST

static yajl_val write_and_parse(const struct job *j)
{
    size_t len;
    char why[200] = "";
    const char *row = row_write(writer, j, &len);
    ck_assert_uint_eq(row[len - 1], '\n');
    ck_assert_ptr_eq(memchr(row, '\n', len), row + len - 1); /* one line */
    ck_assert_uint_eq(strlen(row), len);
    ck_assert(utf8_is_valid(row, len));
    yajl_val tree = yajl_tree_parse(row, why, sizeof why);
    ck_assert_msg(tree != NULL, "%s", why);
    return tree;
}

static yajl_val get(yajl_val tree, const char *name)
{
    yajl_val v = yajl_tree_get(tree, (const char *[]){name, NULL}, yajl_t_any);
    ck_assert_msg(v != NULL, "%s is not there", name);
    return v;
}

static const char *get_text(yajl_val tree, const char *name)
{
    yajl_val v = get(tree, name);
    ck_assert_msg(YAJL_IS_STRING(v), "%s is no string", name);
    return v->u.string;
}

static long long get_integer(yajl_val tree, const char *name)
{
    yajl_val v = get(tree, name);
    ck_assert_msg(YAJL_IS_INTEGER(v), "%s is no integer", name);
    return v->u.number.i;
}

START_TEST(an_image_that_failed_keeps_what_is_known_of_it)
{
    struct job *j = make_success();
    job_fail(j, ERR_IMAGE_TOO_SMALL, "640x480 has a side below 500");
    yajl_val row = write_and_parse(j);
    ck_assert_str_eq(get_text(row, "status"), "failed_to_resize");
    ck_assert_str_eq(get_text(row, "error"), "image_too_small");
    ck_assert_str_eq(get_text(row, "message"), "640x480 has a side below 500");
    ck_assert_int_eq(get_integer(row, "http_status"), 200);
    ck_assert_int_eq(get_integer(row, "width"), 640);
    ck_assert_int_eq(get_integer(row, "bytes"), 5000000000);
    ck_assert_uint_eq(strlen(get_text(row, "sha256")), 64);
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

/* The null backend gives a success without a body. */
START_TEST(a_success_without_a_body_has_no_bytes_and_no_hash)
{
    struct job *j = make_job("http://a/");
    yajl_val row = write_and_parse(j);
    ck_assert_str_eq(get_text(row, "status"), "success");
    ck_assert_int_eq(get_integer(row, "bytes"), 0);
    ck_assert(YAJL_IS_NULL(get(row, "sha256")));
    ck_assert(YAJL_IS_NULL(get(row, "path")));
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

START_TEST(what_a_terminal_obeys_is_escaped_and_stays_the_same_text)
{
    static const char evil[] =
        "\x7f\xc2\x9b \xe2\x80\xae\xe2\x81\xa6 \xe2\x80\xa8 \xd8\x9c \xc3\xa4";
    struct job *j = make_success();
    free(j->response.etag);
    j->response.etag = mem_dup(evil);
    job_fail(j, ERR_IMAGE_TOO_SMALL, evil);
    size_t len;
    const char *line = row_write(writer, j, &len);
    ck_assert_uint_eq(utf8_shown_length(line, len), len - 1); /* up to the line feed */
    yajl_val row = write_and_parse(j);
    ck_assert_str_eq(get_text(row, "etag"), evil);
    ck_assert_str_eq(get_text(row, "message"), evil);
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

static struct job_columns *add_columns(struct job *j, unsigned n_kept)
{
    j->columns = mem_new(sizeof *j->columns + n_kept * sizeof *j->columns->kept);
    j->columns->n_kept = n_kept;
    return j->columns;
}

START_TEST(a_caption_and_kept_columns_follow_with_their_types)
{
    const struct columns columns = {.n = COLUMN_KEPT + 3,
        .at = {{"url", 3}, {"text", 4}, [COLUMN_KEPT] = {"a\"b,c", 3}, {"n", 1}, {"width", 5}},
        .renamed = {[2] = {"x", 1}}};
    struct row_writer *w = row_writer_new((struct job_digits){5, 4}, specs, &columns);
    struct job *j = make_job("http://a/");
    struct job_columns *c = add_columns(j, 3);
    c->caption = mem_dup("\"\n\xf0\x9f\x8e\x89");
    c->kept[0].text = mem_dup("5");
    c->kept[1] = (struct job_value){mem_dup("1.500"), true};
    size_t len;
    const char *text = row_write(w, j, &len), *at = strstr(text, ",\"caption\":");
    ck_assert_ptr_nonnull(at);
    ck_assert_str_eq(at, ",\"caption\":\"\\\"\\n\xf0\x9f\x8e\x89\",\"a\\\"b\":\"5\","
                         "\"n\":1.500,\"x\":null}\n");
    job_free(j, NULL);
    j = make_job("http://a/"); /* nothing is known of the picture */
    at = strstr(row_write(w, j, &len), ",\"caption\":");
    ck_assert_ptr_nonnull(at);
    ck_assert_str_eq(at, ",\"caption\":null,\"a\\\"b\":null,\"n\":null,\"x\":null}\n");
    job_free(j, NULL);
    row_writer_free(w);
}
END_TEST

START_TEST(every_field_of_a_row_stands_in_the_table_with_its_type)
{
    struct job *j = make_success();
    row_writer_add_phash(writer);
    yajl_val row = write_and_parse(j);
    for (size_t i = 0; i < row->u.object.len; i++) {
        const char *name = row->u.object.keys[i];
        const struct row_field_info *field = row_field_find(name, strlen(name));
        yajl_val v = row->u.object.values[i];
        ck_assert_msg(field && field->where != ROW_SAMPLE, "%s", name);
        ck_assert_msg(
            YAJL_IS_NULL(v) || YAJL_IS_STRING(v) == (field->type == ROW_TEXT), "%s", name);
        ck_assert_msg(
            YAJL_IS_NULL(v) || YAJL_IS_NUMBER(v) == (field->type == ROW_NUMBER), "%s", name);
    }
    ck_assert(row_field_find("caption", 7));
    ck_assert(!row_field_find("urls", 4));
    ck_assert(!row_field_find("ur", 2));
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

START_TEST(half_a_size_is_no_size)
{
    struct job *j = make_job("http://a/");
    for (int i = 0; i < 2; i++) {
        j->image.width = i ? 300 : 0;
        j->image.height = i ? 0 : 200;
        j->image.orientation = 1;
        yajl_val row = write_and_parse(j);
        ck_assert(YAJL_IS_NULL(get(row, "width")));
        ck_assert(YAJL_IS_NULL(get(row, "height")));
        ck_assert(YAJL_IS_NULL(get(row, "orientation")));
        yajl_tree_free(row);
    }
    job_free(j, NULL);
}
END_TEST

START_TEST(hostile_text_becomes_utf8_in_one_line_of_valid_json)
{
    struct job *j = make_job("http://a/");
    static const char source[] = "\"},{\\\r\n\t\x01\x7f\xff\0<\xe2\x80\xa8";
    free(j->source);
    j->source = utf8_clean(source, sizeof source - 1);
    j->response.content_type = mem_dup("im\"age/\xc3\x28\xed\xa0\x80\n\\");
    job_fail(j, ERR_PROTOCOL_ERROR, "%s", "\x1b[31m\xf5\"");
    yajl_val row = write_and_parse(j);
    ck_assert_str_eq(
        get_text(row, "url"), "\"},{\\\r\n\t\x01\x7f\xef\xbf\xbd\xef\xbf\xbd<\xe2\x80\xa8");
    ck_assert_str_eq(get_text(row, "content_type"),
        "im\"age/\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n\\");
    ck_assert_str_eq(get_text(row, "message"), "\x1b[31m\xef\xbf\xbd\"");
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

START_TEST(a_message_cut_inside_a_character_is_repaired)
{
    struct job *j = make_job("http://a/");
    char text[2 * JOB_MESSAGE_SIZE + 1] = "";
    for (int i = 0; i < JOB_MESSAGE_SIZE; i++)
        strcat(text, "\xc3\xa9");
    job_fail(j, ERR_TLS_FAILED, "%s", text); /* the last of 60 characters is cut in half */
    yajl_val row = write_and_parse(j);
    const char *message = get_text(row, "message");
    ck_assert_uint_eq(strlen(message), JOB_MESSAGE_SIZE - 2 + 3);
    ck_assert_str_eq(message + JOB_MESSAGE_SIZE - 2, "\xef\xbf\xbd");
    yajl_tree_free(row);
    job_free(j, NULL);
}
END_TEST

START_TEST(a_row_does_not_depend_on_the_one_before)
{
    struct job *success = make_success(), *failure = make_job("gopher://a/");
    size_t len;
    char *alone = mem_dup(row_write(writer, failure, &len));
    row_write(writer, success, &len);
    ck_assert_str_eq(row_write(writer, failure, &len), alone);
    ck_assert_uint_eq(len, strlen(alone));
    free(alone);
    job_free(success, NULL);
    job_free(failure, NULL);
}
END_TEST

/* Uses a copy of exactly that size, so that a sanitizer sees a read outside it. */
static int64_t pos_in(const char *line, size_t len, uint32_t shard, struct job_digits digits)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, line, len);
    int64_t pos = row_pos(copy, len, shard, digits);
    free(copy);
    return pos;
}

START_TEST(the_position_of_a_row_is_read_from_the_start_of_its_line)
{
    static const uint32_t shards[] = {0, 7, 99999, 100000, UINT32_MAX};
    static const struct job_digits some[] = {{5, 4}, {5, 5}, {8, 4}, {10, 7}};
    struct job *j = make_job("http://a/");
    for (unsigned k = 0; k < 4; k++) {
        struct job_digits width = some[k];
        struct row_writer *w = row_writer_new(width, NULL, NULL);
        for (int i = 0; i < 5; i++) {
            size_t len;
            j->shard = shards[i];
            j->pos = 9876;
            const char *row = row_write(w, j, &len);
            ck_assert_int_eq(pos_in(row, len, shards[i], width), 9876);
            j->pos = 0;
            row = row_write(w, j, &len);
            ck_assert_int_eq(pos_in(row, len, shards[i], width), 0);
            ck_assert_int_eq(pos_in(row, len, shards[i] - 1, width), -1);
        }
        row_writer_free(w);
    }
    job_free(j, NULL);
}
END_TEST

START_TEST(a_row_of_another_key_width_is_not_ours)
{
    struct job *j = make_job("http://a/");
    j->shard = 0;
    for (unsigned width = 4; width <= 8; width++) {
        struct row_writer *w = row_writer_new((struct job_digits){5, width}, NULL, NULL);
        size_t len;
        const char *row = row_write(w, j, &len);
        for (unsigned asked = 4; asked <= 8; asked++)
            ck_assert_msg(
                pos_in(row, len, 0, (struct job_digits){5, asked}) == (asked == width ? 34 : -1),
                "written with %u digits, read with %u", width, asked);
        ck_assert_int_eq(pos_in(row, len, 0, (struct job_digits){8, width}), -1);
        row_writer_free(w);
    }
    job_free(j, NULL);
}
END_TEST

START_TEST(a_torn_line_has_a_position_once_its_key_is_whole)
{
    static const char line[] = "{\"key\":\"000120034\",\"index\":";
    size_t whole = strlen("{\"key\":\"000120034\"");
    for (size_t len = 0; len < sizeof line - 1; len++)
        ck_assert_int_eq(pos_in(line, len, 12, (struct job_digits){5, 4}), len < whole ? -1 : 34);
}
END_TEST

START_TEST(foreign_lines_have_no_position)
{
    static const char *const lines[] = {
        "",
        "\n",
        "hello, world: a line long enough for a key",
        "{\"index\":1,\"key\":\"000120034\"}",
        "{ \"key\":\"000120034\"}",
        "{\"KEY\":\"000120034\"}",
        "{\"key\":\"000130034\"}",  /* another shard */
        "{\"key\":\"0001200345\"}", /* more digits */
        "{\"key\":\"00012003\"}",   /* fewer */
        "{\"key\":\"00012003x\"}",
        "{\"key\":\"00012-034\"}",
        "{\"key\":\"00012+034\"}",
        "{\"key\":\"00012 034\"}",
        "{\"key\":\"0001234\",\"index\":1}", /* a quote where a fourth digit would end */
        "{\"key\":\"00012\"\"\"\"\"}",
        "[{\"key\":\"000120034\"}]",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(pos_in(lines[i], strlen(lines[i]), 12, (struct job_digits){5, 4}) == -1, "%s",
            lines[i]);
    ck_assert_int_eq(pos_in("{\"key\":\"00012\0\0\0\0\"}", 19, 12, (struct job_digits){5, 4}), -1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_writer, free_writer);
    tcase_add_test(t, a_success_has_every_field_in_the_agreed_order);
    tcase_add_test(t, what_a_terminal_obeys_is_escaped_and_stays_the_same_text);
    tcase_add_test(t, a_field_that_does_not_apply_is_null);
    tcase_add_test(t, an_image_that_failed_keeps_what_is_known_of_it);
    tcase_add_test(t, a_success_without_a_body_has_no_bytes_and_no_hash);
    tcase_add_test(t, a_caption_and_kept_columns_follow_with_their_types);
    tcase_add_test(t, every_field_of_a_row_stands_in_the_table_with_its_type);
    tcase_add_test(t, half_a_size_is_no_size);
    tcase_add_test(t, hostile_text_becomes_utf8_in_one_line_of_valid_json);
    tcase_add_test(t, a_message_cut_inside_a_character_is_repaired);
    tcase_add_test(t, a_row_does_not_depend_on_the_one_before);
    tcase_add_test(t, the_position_of_a_row_is_read_from_the_start_of_its_line);
    tcase_add_test(t, a_row_of_another_key_width_is_not_ours);
    tcase_add_test(t, a_torn_line_has_a_position_once_its_key_is_whole);
    tcase_add_test(t, foreign_lines_have_no_position);
}

int main(void)
{
    return test_main("row", add);
}
