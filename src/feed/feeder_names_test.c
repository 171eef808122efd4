/* The names that the feeder gives to rows in the flat layout. */
#include "feed/test_feeder.h"
#include "store/store_flat.h"

static struct name name;
static struct store_conf store = {.name = &name};
static struct output output;

static void set_up(void)
{
    char why[NAME_MESSAGE_SIZE];
    feeder_set_up();
    ck_assert(name_parse("{basename}", &only_url, true, &name, why));
    conf.shard_size = 2;
    output = (struct output){.layout = &store_flat, .dir = scratch_dir, .conf = &store};
    output.shard_size = conf.shard_size;
    output.digits = job_digits(JOB_SHARD_DIGITS, conf.shard_size);
    conf.output = &output;
}

/* Reads the list; `expected` has the index and the name of each row that is to be fetched. */
static void expect_names(const char *text, const char *expected)
{
    struct feeder_item item;
    scratch_write("list", text, strlen(text));
    events[0] = '\0';
    open_feeder();
    while (item = take(), item.kind < FEEDER_END) {
        if (item.kind == FEEDER_SHARD_BEGIN)
            resume_fini(&item.resume);
        if (item.kind != FEEDER_ROW)
            continue;
        add_event("%llu:%s ", (unsigned long long)item.job->index,
            item.job->name ? item.job->name : "none");
        job_free(item.job, NULL);
    }
    ck_assert_int_eq(item.kind, FEEDER_END);
    ck_assert_str_eq(events, expected);
    close_feeder();
}

static const char list_of_six[] =
    "http://a/x.jpg\nhttp://b/X.jpg\nnonsense\nhttp://a/x.jpg\nhttp://c/x.png\nhttp://a/y.gif\n";

START_TEST(every_row_has_its_name_and_repeats_have_theirs)
{
    conf.shard_size = 100;
    output.shard_size = 100;
    expect_names(list_of_six, "0:x 1:X-2 2:none 3:x-3 4:x-4 5:y ");
    conf.dedupe = DEDUPE_OFF;
    expect_names(list_of_six, "0:x 1:X-2 2:none 3:x-3 4:x-4 5:y ");
}
END_TEST

START_TEST(rows_of_shards_that_others_do_have_names_too)
{
    conf.shards = (struct shards){SHARDS_TASK, 1, 3};
    expect_names(list_of_six, "2:none 3:x-3 ");
    conf.shards = (struct shards){SHARDS_RANGE, 2, 2};
    expect_names(list_of_six, "4:x-4 5:y ");
}
END_TEST

START_TEST(rows_that_are_done_have_names_too)
{
    static const char done[] =
        "{\"key\":\"000000001\",\"index\":1,\"url\":\"http://b/X.jpg\",\"error\":\"timeout\","
        "\"path\":null,\"thumbs\":[]}\n";
    scratch_mkdir("manifest");
    scratch_write("manifest/00000.jsonl", done, strlen(done));
    expect_names(list_of_six, "0:x 2:none 3:x-3 4:x-4 5:y ");
    conf.dedupe = DEDUPE_OFF;
    expect_names(list_of_six, "0:x 2:none 3:x-3 4:x-4 5:y ");
}
END_TEST

START_TEST(names_that_do_not_depend_on_others_are_made_for_our_rows_only)
{
    char why[NAME_MESSAGE_SIZE];
    conf.shards = (struct shards){SHARDS_TASK, 1, 3};
    ck_assert(name_parse("{index}", &only_url, true, &name, why));
    expect_names(list_of_six, "2:none 3:3 ");
    ck_assert(name_parse("{sha256}", &only_url, true, &name, why));
    expect_names(list_of_six, "2:none 3:none ");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, feeder_tear_down);
    tcase_add_test(t, every_row_has_its_name_and_repeats_have_theirs);
    tcase_add_test(t, rows_of_shards_that_others_do_have_names_too);
    tcase_add_test(t, rows_that_are_done_have_names_too);
    tcase_add_test(t, names_that_do_not_depend_on_others_are_made_for_our_rows_only);
}

int main(void)
{
    return test_main("feeder_names", add);
}
