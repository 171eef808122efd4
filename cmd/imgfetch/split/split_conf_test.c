#include "cmd/imgfetch/split/split_conf.h"

#include "base/test.h"
#include "cmd/imgfetch/options/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options o;
static struct buf text;

static void set_up(void)
{
    options_defaults(&o);
    text = (struct buf){0};
}

static void tear_down(void)
{
    options_fini(&o);
    buf_fini(&text);
}

static const char *put(uint32_t first_shard)
{
    split_conf_put(&o, URLLIST_TSV, first_shard, &text);
    ck_assert(buf_append(&text, "", 1));
    return (const char *)text.data;
}

START_TEST(options_of_a_run_are_those_of_each_list)
{
    settings_add(&o.given, "split", "4", NULL);
    settings_add(&o.given, "output", "lists", NULL);
    settings_add(&o.given, "limit", "10", NULL);
    settings_add(&o.given, "log", "x", "file:1");
    settings_add(&o.given, "per-host", "a.example:4", "file:2");
    settings_add(&o.given, "no-thumbs", NULL, NULL);
    settings_add(&o.given, "format", "tsv", NULL);
    o.pipeline.store.shard_size = 50;
    ck_assert_str_eq(
        put(7), "per-host=\"a.example:4\"\nno-thumbs\nformat=tsv\nshard-size=50\nfirst-shard=7\n");
    ck_assert_ptr_null(split_conf_left_out(&o));
}
END_TEST

START_TEST(a_password_is_left_out_and_told)
{
    settings_add(&o.given, "header", "Authorization: x", NULL);
    ck_assert_ptr_null(strstr(put(0), "Authorization"));
    ck_assert_str_eq(split_conf_left_out(&o), "header");
}
END_TEST

START_TEST(each_value_is_read_as_it_was_given)
{
    static const char value[] = "a \"b\"\\ #\tc\n'd'";
    char path[] = "/tmp/split_conf_test.XXXXXX", *where = NULL;
    struct settings read = {0};
    settings_add(&o.given, "user-agent", value, NULL);
    const char *lines = put(0);
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, lines, strlen(lines)), (ssize_t)strlen(lines));
    close(fd);
    ck_assert_ptr_null(config_read(path, &read, &where));
    ck_assert_str_eq(read.at[0].name, "user-agent");
    ck_assert_str_eq(read.at[0].value, value);
    settings_fini(&read);
    unlink(path);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, options_of_a_run_are_those_of_each_list);
    tcase_add_test(t, a_password_is_left_out_and_told);
    tcase_add_test(t, each_value_is_read_as_it_was_given);
}

int main(void)
{
    return test_main("split_conf", add);
}
