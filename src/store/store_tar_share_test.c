#include "manifest/manifest.h"
#include "manifest/rowtext.h"
#include "store/store_tar.h"
#include "store/tarfile.h"
#include "store/test_store.h"

static const char rows[] = "00000.jsonl", tar[] = "00000.tar", part[] = "00000.tar.part",
                  end_mark[] = "00000_stats.json";
static struct job_before *before[4];

static void set_up(void)
{
    store_set_up();
    conf.layout = &store_tar;
    conf.n_specs = 1;
    conf.originals = false;
    conf.shares = true;
    scratch_mkdir(".imgfetch");
}

static void tear_down(void)
{
    for (unsigned i = 0; i < 4; i++)
        job_before_free(before[i]);
    store_tear_down();
}

/* Opens a store and resumes the shard, as the feeder would. Returns how many rows are done. */
static uint32_t begin(bool refresh)
{
    struct resume resume;
    struct resume_rerun again = {.refresh = refresh};
    open_store();
    ck_assert_int_eq(resume_load(store_output(store), 0, &again, &resume, message), 0);
    ck_assert(!resume.closed);
    uint32_t done = resume.rows;
    ck_assert_int_eq(store_tar.settle(resume.samples, &resume), 0);
    for (uint32_t pos = 0; pos < 4; pos++) {
        job_before_free(before[pos]);
        before[pos] = resume_take_before(&resume, pos);
    }
    store_shard_begin(store, 0, &resume);
    resume_fini(&resume);
    n_back = 0;
    return done;
}

static void end_after(uint32_t n, bool closes)
{
    if (closes)
        store_shard_end(store, 0, 4, fingerprint);
    wait_for(n);
    if (closes)
        wait_until_closed();
    close_store();
    ck_assert_uint_eq(n_failed, 0);
}

static struct job *make_row(uint32_t pos, char body)
{
    struct job *j = make_image(0, pos, 4);
    memset(j->response.body.data, body, 4);
    j->started = 1;
    add_thumb(j, (char[]){'t', body, '\0'});
    return j;
}

/* Rows 0, 2 and 3 have one body. */
static void submit_four(void)
{
    submit(make_row(3, 'a'));
    submit(make_row(1, 'b'));
    submit(make_row(2, 'a'));
    submit(make_row(0, 'a'));
}

/* ---- reading ---- */

static char members[400];

/* Notes a member, and the bytes of images; checks the rows in it. */
static bool note(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    size_t at = strlen(members);
    char *line = arg, *text = mem_dup_n((const char *)bytes, len);
    if (strstr(name, ".json")) {
        for (char *end; (end = strchr(line, '\n')); line = end + 1)
            if (!strncmp(line + 8, name, 9)) {
                char *row = mem_dup_n(line, (size_t)(end - line));
                ck_assert_msg(manifest_is_sidecar(text, row), "%s: %s", row, text);
                free(row);
            }
    } else {
        snprintf(members + at, sizeof members - at, "%s%.9s=%s", at ? " " : "", name, text);
    }
    free(text);
    return true;
}

static void expect_tar(const char *should)
{
    char *text = scratch_read(rows);
    int fd = openat(scratch_dir, tar, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ck_assert_int_eq(fstat(fd, &st), 0);
    members[0] = '\0';
    ck_assert_int_eq(tarfile_read(fd, 0, st.st_size - 1024, note, text), 0);
    close(fd);
    free(text);
    ck_assert_str_eq(members, should);
    ck_assert(!scratch_has(part) && !scratch_has("00000.spool"));
}

static void expect_in_rows(const char *text)
{
    char *all = scratch_read(rows);
    ck_assert_msg(strstr(all, text) != NULL, "%s is not in %s", text, all);
    free(all);
}

/* ---- tests ---- */

START_TEST(the_tar_has_the_sample_of_the_first)
{
    ck_assert_uint_eq(begin(false), 0);
    submit_four();
    end_after(4, true);
    expect_ordered(rows, 0, 4);
    expect_tar("000000000=ta 000000001=tb");
    expect_in_rows("\"path\":\"00000.tar/000000000.jpg\",\"width\":2,\"height\":1,\"bytes\":2");
    expect_in_rows("\"duplicate_of\":\"000000000\"");
}
END_TEST

START_TEST(a_shard_that_was_not_closed_after_it_is_closed_again)
{
    begin(false);
    submit_four();
    end_after(4, true);
    char *before_it = scratch_read(rows);
    ck_assert_int_eq(unlinkat(scratch_dir, end_mark, 0), 0);
    ck_assert_uint_eq(begin(false), 4);
    end_after(0, true);
    expect_tar("000000000=ta 000000001=tb");
    expect_file(rows, before_it);
    free(before_it);
}
END_TEST

/* Lets the row at this place of the manifest share with the first. */
static void share_line(struct buf *out, const char *line, struct rowtext first)
{
    ck_assert(rowtext_share(line, strcspn(line, "\n"), first, out) && buf_append(out, "\n", 1));
}

/* A kill comes when the manifest is written, and the tar is not. */
START_TEST(samples_that_no_row_names_are_left_out_after_a_kill)
{
    begin(false);
    submit(make_row(0, 'a'));
    submit(make_row(1, 'b'));
    submit(make_row(2, 'a'));
    submit(make_row(3, 'c'));
    end_after(4, false);
    ck_assert(scratch_has(part));
    char *text = scratch_read(rows), *second = strchr(text, '\n') + 1;
    char *third = strchr(second, '\n') + 1, *fourth = strchr(third, '\n') + 1;
    struct buf out = {0};
    ck_assert(buf_append(&out, text, (size_t)(third - text)));
    share_line(&out, third, (struct rowtext){text, strcspn(text, "\n")});
    ck_assert(buf_append(&out, fourth, strlen(fourth)));
    scratch_write(rows, (const char *)out.data, out.len);
    ck_assert_uint_eq(begin(false), 4);
    end_after(0, true);
    expect_tar("000000000=ta 000000001=tb 000000003=tc");
    buf_fini(&out);
    free(text);
}
END_TEST

/* What the server says of row `pos`: that it has not changed. */
static void submit_unchanged(uint32_t pos)
{
    struct job *j = make_job(0, pos);
    j->before = before[pos];
    before[pos] = NULL;
    j->keeps_before = true;
    submit(j);
}

static void submit_changed(uint32_t pos, char body)
{
    struct job *j = make_row(pos, body);
    j->before = before[pos];
    before[pos] = NULL;
    submit(j);
}

/* Whether the others are known to be unchanged before or after the first is replaced. */
START_TEST(the_sample_is_handed_over)
{
    begin(false);
    submit_four();
    end_after(4, true);
    ck_assert_uint_eq(begin(true), 0);
    if (_i)
        submit_changed(0, 'c');
    for (uint32_t pos = 1; pos < 4; pos++)
        submit_unchanged(pos);
    if (!_i)
        submit_changed(0, 'c');
    end_after(4, true);
    expect_ordered(rows, 0, 4);
    expect_tar("000000000=tc 000000001=tb 000000002=ta");
    expect_in_rows("\"duplicate_of\":\"000000002\"");
}
END_TEST

START_TEST(what_was_handed_over_outlives_a_kill)
{
    begin(false);
    submit_four();
    end_after(4, true);
    begin(true);
    submit_changed(0, 'c');
    end_after(1, false);
    ck_assert_uint_eq(begin(false), 4);
    end_after(0, true);
    expect_tar("000000000=tc 000000001=tb 000000002=ta");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_tar_has_the_sample_of_the_first);
    tcase_add_test(t, a_shard_that_was_not_closed_after_it_is_closed_again);
    tcase_add_test(t, samples_that_no_row_names_are_left_out_after_a_kill);
    tcase_add_loop_test(t, the_sample_is_handed_over, 0, 2);
    tcase_add_test(t, what_was_handed_over_outlives_a_kill);
}

int main(void)
{
    return test_main("store_tar_share", add);
}
