#include "store/store_tar.h"
#include "store/tarfile.h"
#include "store/test_store.h"

/* The shard has ROWS rows; every seventh one fails. */
enum { ROWS = 40 };

static char *whole; /* the tar of an uninterrupted run */
static int64_t whole_size;

static void submit_row(uint32_t pos, bool failures_too)
{
    if (pos % 7 != 3 || !failures_too)
        submit(make_image(0, pos, 300 + 37 * pos));
    else
        submit_failure(0, pos, ERR_TIMEOUT);
}

static uint32_t first_pos; /* the row that go_on() begins with */

static void set_up(void)
{
    store_set_up();
    first_pos = 5;
    conf.layout = &store_tar;
    conf.n_specs = 0;
    conf.originals = false;
    conf.waiting_max = 4000; /* small, so that the spool is used */
}

/* Does rows that earlier runs have not done, at most `most`, in an order that `step` sets. */
static uint32_t go_on(uint32_t step, uint32_t most, bool failures_too)
{
    struct resume resume = {0};
    open_store();
    int err = resume_load(store_output(store), 0, NULL, &resume, message);
    ck_assert_msg(!err, "%s", message);
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), 0);
    store_shard_begin(store, 0, &resume);
    uint32_t before = n_back, n = 0;
    for (uint32_t i = 0; i < ROWS && n < most; i++) {
        uint32_t pos = (i * step + first_pos) % ROWS;
        if (!resume_is_done(&resume, pos)) {
            submit_row(pos, failures_too);
            n++;
        }
    }
    stage_stop(store_stage(store));
    wait_for(before + n);
    if (most >= ROWS) {
        store_shard_end(store, 0, ROWS, fingerprint);
        wait_until_closed();
    }
    resume_fini(&resume);
    close_store();
    ck_assert_uint_eq(n_failed, 0);
    return n;
}

static void remove_all(void)
{
    static const char *const names[] = {
        "00000.tar", "00000.tar.part", "00000.spool", "00000.jsonl", "00000_stats.json"};
    for (int i = 0; i < 5; i++)
        unlinkat(scratch_dir, names[i], 0);
}

static void make_whole(bool failures_too)
{
    go_on(1, ROWS, failures_too);
    free(whole);
    whole = scratch_read("00000.tar");
    whole_size = scratch_size("00000.tar");
    remove_all();
}

static void expect_whole(void)
{
    ck_assert_int_eq(scratch_size("00000.tar"), whole_size);
    char *is = scratch_read("00000.tar");
    ck_assert_mem_eq(is, whole, (size_t)whole_size);
    free(is);
    expect_ordered("00000.jsonl", 0, ROWS);
    ck_assert_uint_eq(scratch_count(), 4); /* .imgfetch is one of them */
}

static void tear_down(void)
{
    free(whole);
    whole = NULL;
    store_tear_down();
}

static void cut(const char *name, int64_t size)
{
    int fd = openat(scratch_dir, name, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
}

START_TEST(a_shard_done_in_pieces_is_as_if_it_had_never_stopped)
{
    static const uint32_t steps[] = {1, 3, 7, 11, 39};
    make_whole(true);
    for (unsigned i = 0; i < 5; i++)
        for (uint32_t piece = 1; piece < ROWS; piece = piece * 2 + 1) {
            for (uint32_t done = 0; done < ROWS; done += piece)
                ck_assert_uint_eq(go_on(steps[i], piece < ROWS - done ? piece : ROWS, true),
                    piece < ROWS - done ? piece : ROWS - done);
            expect_whole();
            remove_all();
        }
}
END_TEST

/* A kill or a power cut: any of the three files may lack its end. */
START_TEST(wherever_the_files_end_the_same_tar_comes_out)
{
    static const char *const names[] = {"00000.tar.part", "00000.spool", "00000.jsonl"};
    make_whole(true);
    for (int file = 0; file < 3; file++)
        for (int64_t tenths = 0; tenths < 10; tenths++) {
            go_on(7, 30, true);
            int64_t size = scratch_size(names[file]);
            ck_assert_int_gt(size, 0);
            cut(names[file], size * tenths / 10);
            uint32_t n = go_on(3, ROWS, true);
            ck_assert_uint_ge(n, 10);
            if (file != 2 && !tenths)
                ck_assert_uint_gt(n, 10); /* else the cut files had no effect */
            expect_whole();
            remove_all();
        }
}
END_TEST

/* A power cut leaves a hole of NULs at the end of a file. */
START_TEST(a_hole_at_the_end_of_a_file_is_cut_off)
{
    static const char *const names[] = {"00000.tar.part", "00000.spool"};
    make_whole(true);
    for (int file = 0; file < 2; file++) {
        go_on(7, 30, true);
        int64_t size = scratch_size(names[file]);
        cut(names[file], size / 2);
        cut(names[file], size);
        go_on(3, ROWS, true);
        expect_whole();
        remove_all();
    }
}
END_TEST

/* The sample exists, and its row does not. */
START_TEST(what_has_no_row_is_done_again_and_not_twice_in_the_tar)
{
    make_whole(true);
    go_on(1, 30, true);
    cut("00000.jsonl", 0);
    ck_assert_uint_eq(go_on(1, ROWS, true), ROWS);
    expect_whole();
    remove_all();
    go_on(1, 30, true);
    ck_assert_int_eq(unlinkat(scratch_dir, "00000.jsonl", 0), 0);
    ck_assert_uint_eq(go_on(3, ROWS, true), ROWS);
    expect_whole();
}
END_TEST

START_TEST(a_whole_tar_without_statistics_has_nothing_fetched_again)
{
    make_whole(true);
    go_on(3, ROWS, true);
    ck_assert_int_eq(unlinkat(scratch_dir, "00000_stats.json", 0), 0);
    ck_assert_uint_eq(go_on(3, ROWS, true), 0);
    expect_whole();
}
END_TEST

/* Removes the failed rows from the manifest, as if they were to be done again. */
static unsigned forget_failures(void)
{
    char *text = scratch_read("00000.jsonl"), *line = text, *next;
    struct buf kept = {0};
    unsigned n = 0;
    for (; *line; line = next) {
        next = strchr(line, '\n') + 1;
        char *row = mem_dup_n(line, (size_t)(next - line));
        if (strstr(row, "\"error\":null"))
            ck_assert(buf_append(&kept, line, (size_t)(next - line)));
        else
            n++;
        free(row);
    }
    scratch_write("00000.jsonl", kept.data, kept.len);
    buf_fini(&kept);
    free(text);
    return n;
}

START_TEST(rows_done_again_go_to_their_position_in_the_tar)
{
    make_whole(false);
    go_on(3, ROWS, true);
    ck_assert_int_eq(unlinkat(scratch_dir, "00000_stats.json", 0), 0);
    unsigned n = forget_failures();
    ck_assert_uint_eq(n, 6);
    ck_assert_uint_eq(go_on(3, 2, false), 2); /* it is stopped while part, spool and tar exist */
    ck_assert(scratch_has("00000.tar"));
    ck_assert_uint_eq(go_on(1, ROWS, false), n - 2);
    expect_whole();
    remove_all();
    go_on(1, 30, true); /* the shard is not complete yet */
    n = forget_failures();
    ck_assert_uint_eq(go_on(7, ROWS, false), n + 10);
    expect_whole();
}
END_TEST

/* Does some rows again that succeeded before. Now they fail. */
static void fail_rows(void)
{
    struct resume resume = {0};
    unsigned before = n_back, n = 0;
    open_store();
    int err = resume_load(store_output(store), 0, NULL, &resume, message);
    ck_assert_msg(!err, "%s", message);
    ck_assert_int_eq(conf.layout->settle(resume.samples, &resume), 0);
    store_shard_begin(store, 0, &resume);
    for (uint32_t pos = 3; pos < ROWS; pos += 7)
        if (resume_is_done(&resume, pos)) {
            submit_failure(0, pos, ERR_TIMEOUT);
            n++;
        }
    resume_fini(&resume);
    wait_for(before + n);
    close_store();
}

/* Else it would stay in the tar between other samples, or leave these beyond the end of the part.
 */
START_TEST(the_sample_of_a_row_that_fails_when_it_is_done_again_is_taken_out)
{
    make_whole(true);
    first_pos = 0; /* in their order, so that no row ever waits in the spool */
    ck_assert_uint_eq(go_on(1, 6, false), 6); /* rows 0 to 5, all in the part */
    int64_t size = scratch_size("00000.tar.part");
    ck_assert(!scratch_has("00000.spool"));
    fail_rows(); /* row 3 */
    ck_assert_int_eq(scratch_size("00000.tar.part"), size);
    go_on(3, ROWS, true);
    expect_whole();
}
END_TEST

static bool note_end(void *arg, const struct tarfile_member *m)
{
    int64_t *ends = arg;
    ck_assert_int_lt(ends[0], 2 * ROWS);
    ends[++ends[0]] = m->end;
    return true;
}

/* Swaps the first two samples, of two members each. */
static void swap_samples(const char *name)
{
    int64_t ends[2 * ROWS + 1] = {0};
    int fd = openat(scratch_dir, name, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(tarfile_scan(fd, note_end, ends), 0);
    close(fd);
    ck_assert_int_ge(ends[0], 4);
    int64_t size = scratch_size(name);
    char *was = scratch_read(name), *is = mem_new((size_t)size);
    char *at = mempcpy(is, was + ends[2], (size_t)(ends[4] - ends[2]));
    at = mempcpy(at, was, (size_t)ends[2]);
    memcpy(at, was + ends[4], (size_t)(size - ends[4]));
    scratch_write(name, is, (size_t)size);
    free(was);
    free(is);
}

START_TEST(samples_in_another_order_than_their_rows_are_put_in_order)
{
    make_whole(false);
    ck_assert_uint_eq(go_on(39, 6, false), 6);
    swap_samples("00000.tar.part");
    ck_assert_uint_eq(go_on(3, ROWS, false), ROWS - 6); /* they are found even so */
    expect_whole();
}
END_TEST

START_TEST(a_file_that_is_no_tar_of_ours_is_taken_for_none)
{
    static const char *const names[] = {"00000.tar.part", "00000.spool", "00000.tar"};
    make_whole(true);
    for (int i = 0; i < 3; i++) {
        scratch_write(names[i], "no tar", 6);
        ck_assert_uint_eq(go_on(3, ROWS, true), ROWS);
        expect_whole();
        remove_all();
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_shard_done_in_pieces_is_as_if_it_had_never_stopped);
    tcase_add_test(t, wherever_the_files_end_the_same_tar_comes_out);
    tcase_add_test(t, a_hole_at_the_end_of_a_file_is_cut_off);
    tcase_add_test(t, what_has_no_row_is_done_again_and_not_twice_in_the_tar);
    tcase_add_test(t, a_whole_tar_without_statistics_has_nothing_fetched_again);
    tcase_add_test(t, rows_done_again_go_to_their_position_in_the_tar);
    tcase_add_test(t, the_sample_of_a_row_that_fails_when_it_is_done_again_is_taken_out);
    tcase_add_test(t, samples_in_another_order_than_their_rows_are_put_in_order);
    tcase_add_test(t, a_file_that_is_no_tar_of_ours_is_taken_for_none);
}

int main(void)
{
    return test_main("store_tar_resume", add);
}
