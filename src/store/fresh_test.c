#include "store/test_fresh.h"

#include <dlfcn.h>
#include <sys/syscall.h>

static const char *stubborn;   /* a path that cannot be removed; NULL: none */
static const char *unreadable; /* a file or a folder that fails while it is read, likewise */

/* True if the descriptor, or the name in that folder, is of this path in the scratch directory. */
static bool is_path(int fd, const char *name, const char *path)
{
    char link[40], full[600], expected[600];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, full, sizeof full - 1);
    ck_assert_int_gt(len, 0);
    snprintf(full + len, sizeof full - (size_t)len, "%s%s", name ? "/" : "", name ? name : "");
    snprintf(expected, sizeof expected, "%s/%s", scratch_path, path);
    return !strcmp(full, expected);
}

/* Replaces libc's function, like the next two. */
int unlinkat(int dir, const char *path, int flags)
{
    if (!stubborn || !is_path(dir, path, stubborn))
        return (int)syscall(SYS_unlinkat, dir, path, flags);
    errno = EPERM;
    return -1;
}

/* Reads half of an unreadable file. */
ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
    bool is_bad = unreadable && is_path(fd, NULL, unreadable);
    if (!is_bad || !offset)
        return syscall(SYS_pread64, fd, bytes, is_bad ? len / 2 : len, offset);
    errno = EIO;
    return -1;
}

struct dirent *readdir(DIR *folder)
{
    struct dirent *(*next)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
    if (!unreadable || !is_path(dirfd(folder), NULL, unreadable))
        return next(folder);
    errno = EIO;
    return NULL;
}

#define METADATA(shard) "{\"file_name\":\"" shard "0000.jpg\",\"key\":\"" shard "0000\",\"i"

static void remove_all(void)
{
    int err = fresh_remove(scratch_dir, what);
    ck_assert_msg(!err, "%s: %s", what, strerror(-err));
}

START_TEST(all_that_runs_have_made_is_removed)
{
    static const char *const ours[] = {
        "manifest/00000.jsonl.part",
        "manifest/123456.jsonl",
        "00000_stats.json",
        "123456_stats.json",
        "images/00000/000000000.jpg",
        "images/00000/000000001.jpg.part", /* no row names this file and the next */
        "thumbs/256/00000/000000001.jpg",
        "thumbs/256/00000/000000000.jpg",
        "images/00000/host/000000002.jpg", /* --name */
        "images/00000/host/000000002.txt", /* a sidecar */
        "images/00000/metadata.jsonl",
        "thumbs/256/00000/metadata.jsonl.part",
        ".imgfetch/00000.open",
        ".imgfetch/123456.open",
    };
    make_files(ours, N(ours));
    make_file(".imgfetch/lock");
    make_file(".imgfetch/options.json");
    write_text("manifest/00000.jsonl",
        ROW("images/00000/000000000.jpg", "thumbs/256/00000/000000000.jpg")
            ROW("images/00000/host/000000002.jpg", "thumbs/256/00000/000000009.jpg")
                ROW("images/00000/host/000000002.txt", ""));
    write_text("images/00000/metadata.jsonl", METADATA("00000"));
    write_text("thumbs/256/00000/metadata.jsonl.part", METADATA("00000"));
    write_text("manifest/00000.jsonl.part", "{\"key\":\"000000000\"");
    remove_all();
    ck_assert(scratch_has(".imgfetch/lock"));
    ck_assert(scratch_has(".imgfetch/options.json"));
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(files_of_the_flat_layout_are_removed_by_their_rows_and_notes)
{
    static const char *const ours[] = {"cat.jpg", "thumbs/256/cat.jpg", "left.jpg",
        "thumbs/256/left.jpg", ".imgfetch/00000.files", ".imgfetch/00000.open"};
    static const char *const theirs[] = {"dog.jpg", "left.png", "thumbs/256/dog.jpg", "taken.jpg"};
    make_files(ours, N(ours));
    make_files(theirs, N(theirs));
    make_file("manifest/00000.jsonl");
    write_text("manifest/00000.jsonl", ROW("cat.jpg", "thumbs/256/cat.jpg"));
    write_text(".imgfetch/00000.files", "0 cat.jpg\n1 left.jpg\n1 thumbs/256/left.jpg\n2 gone.jpg\n"
                                        "3 taken.jpg\n-3 taken.jpg\n");
    remove_all();
    expect_there(ours, N(ours), false);
    expect_there(theirs, N(theirs), true);
    ck_assert(!scratch_has("manifest"));
}
END_TEST

START_TEST(shards_of_tars_are_removed_with_all_they_are_made_of)
{
    static const char *const ours[] = {
        "00000.tar", "00000.tar.part", "00000.spool", "00000_stats.json", "00001.tar"};
    make_files(ours, N(ours));
    write_text("00000.jsonl", ROW("00000.tar/000000000.jpg", "00000.tar/000000000.jpg"));
    write_text("00001.jsonl", "{\"key\":\"000010000\"}\n");
    remove_all();
    ck_assert_uint_eq(scratch_count(), 0);
}
END_TEST

START_TEST(what_is_not_ours_stays)
{
    static const char *const theirs[] = {
        "notes.txt",
        "00000.txt",
        "0000.jsonl",
        "00007.tar",        /* has no manifest */
        "00008_stats.json", /* likewise */
        "00002.jsonl",      /* has lines that are not rows */
        "00002.tar",
        "00002_stats.json",
        "00003.jsonl",          /* is empty, and the shard has no lock file */
        "manifest/00004.jsonl", /* has rows of another shard */
        "manifest/00000.json",
        "manifest/README",
        "images/cat.jpg",
        "images/00000/cat.jpg",
        "images/00000/0000000.jpg",   /* too few digits */
        "images/00000/000010000.jpg", /* in another shard's folder */
        "images/00000/000000000jpg",
        "images/000/000000000.jpg",
        "images/holidays/000000000.jpg",
        "images/00000x/000000000.jpg",
        "images/00000/metadata.jsonl", /* of other programs, and of another shard */
        "images/00001/metadata.jsonl",
        "thumbs/256/cat.jpg",
        "thumbs/256/00000/cat.jpg",
        "thumbs/000000000.jpg",
        "other/00000/000000000.jpg",
        ".imgfetch/.nfs0001",
    };
    make_files(theirs, N(theirs));
    make_file("images/00001x/0"); /* not the folder of a shard, even if it is empty */
    ck_assert_int_eq(unlinkat(scratch_dir, "images/00001x/0", 0), 0);
    write_text("images/00000/metadata.jsonl", "{\"file_name\":\"a.jpg\",\"text\":\"a\"}\n");
    write_text("images/00001/metadata.jsonl", METADATA("00000"));
    write_text("00002.jsonl", "{\"name\":\"cat\"}\n");
    write_text("manifest/00004.jsonl", ROW("images/cat.jpg", "thumbs/256/cat.jpg"));
    remove_all();
    expect_there(theirs, N(theirs), true);
    ck_assert(scratch_has("images/00001x"));
}
END_TEST

START_TEST(an_empty_manifest_is_ours_if_its_shard_has_a_lock_file)
{
    make_file("manifest/00003.jsonl");
    make_file("00003_stats.json");
    make_file(".imgfetch/00003.open");
    remove_all();
    ck_assert(!scratch_has("manifest"));
    ck_assert(!scratch_has("00003_stats.json"));
}
END_TEST

START_TEST(what_a_row_names_elsewhere_stays)
{
    static const char *const theirs[] = {"mine.jpg", "other/mine.jpg", "images/mine.jpg"};
    make_files(theirs, N(theirs));
    make_file("manifest/00000.jsonl");
    write_text("manifest/00000.jsonl",
        ROW("images/../mine.jpg", "other/mine.jpg")
            ROW("/etc/hostname", "images/./mine.jpg") "no row\n"
                                                      "{\"key\":\"000000001\",\"path\":\"images/"
                                                      "mine.jpg\"}\n"); /* no thumbs */
    remove_all();
    expect_there(theirs, N(theirs), true);
    ck_assert(!scratch_has("manifest"));
}
END_TEST

START_TEST(a_link_among_the_folders_stops_it)
{
    static const char *const theirs[] = {"my/00000.jsonl", "my/00000/000000000.jpg",
        "my/256/00000/000000000.jpg", "my/options.json", "row"};
    make_files(theirs, N(theirs));
    write_text("my/00000.jsonl", ROW("images/00000/x.jpg", "thumbs/256/00000/x.jpg"));
    write_text("row", ROW("images/00000/x.jpg", "thumbs/256/00000/x.jpg"));
    static const char *const folders[] = {"manifest", "images", "thumbs", ".imgfetch"};
    for (size_t i = 0; i < N(folders); i++)
        ck_assert_int_eq(symlinkat("my", scratch_dir, folders[i]), 0);
    ck_assert_int_eq(symlinkat("row", scratch_dir, "00000.jsonl"), 0);
    ck_assert_int_eq(fresh_remove(scratch_dir, what), -ELOOP);
    ck_assert_str_eq(what, folders[0]);
    expect_there(theirs, N(theirs), true);
    expect_there(folders, N(folders), true);
    ck_assert(scratch_has("00000.jsonl"));
}
END_TEST

START_TEST(folders_that_a_name_has_made_go_only_if_they_are_empty)
{
    make_file("images/00000/a/b/1.jpg");
    make_file("images/00000/a/c/2.jpg");
    make_file("images/00000/a/c/mine.jpg");
    make_file("manifest/00000.jsonl");
    make_file("images/00000/d/e/f/3.jpg");
    write_text("manifest/00000.jsonl",
        ROW("images/00000/a/b/1.jpg", "images/00000/a/c/2.jpg")
            ROW("images/00000/d/e/f/3.jpg", "thumbs/256/00000/none.jpg"));
    remove_all();
    ck_assert(!scratch_has("images/00000/d"));
    ck_assert(!scratch_has("images/00000/a/b"));
    ck_assert(!scratch_has("images/00000/a/c/2.jpg"));
    ck_assert(scratch_has("images/00000/a/c/mine.jpg"));
}
END_TEST

/* Whichever file cannot be removed: the stats file goes first and the manifest last, so that the
 * next run finds the rest. */
START_TEST(an_interrupted_removal_can_be_continued)
{
    static const char *const paths[] = {"00000_stats.json", "images/00000/a-0.jpg",
        "thumbs/256/00000/000000000.jpg", "manifest/00000.jsonl"};
    make_files(paths, N(paths));
    write_text(paths[3], ROW("images/00000/a-0.jpg", "thumbs/256/00000/000000000.jpg"));
    for (size_t i = 0; i < N(paths); i++) {
        stubborn = paths[i];
        ck_assert_int_eq(fresh_remove(scratch_dir, what), -EPERM);
        ck_assert_str_eq(what, paths[i]);
        expect_there(paths, i, false);
        expect_there(paths + i, N(paths) - i, true);
    }
    stubborn = NULL;
    remove_all();
    ck_assert_uint_eq(scratch_count(), 0);
}
END_TEST

START_TEST(a_tar_that_cannot_be_removed_keeps_its_manifest)
{
    static const char *const paths[] = {
        "00000_stats.json", "00000.tar", "00000.tar.part", "00000.spool", "00000.jsonl"};
    make_files(paths, N(paths));
    write_text("00000.jsonl", ROW("00000.tar/000000000.jpg", "00000.tar/000000000.jpg"));
    for (size_t i = 0; i < N(paths); i++) {
        stubborn = paths[i];
        ck_assert_int_eq(fresh_remove(scratch_dir, what), -EPERM);
        ck_assert_str_eq(what, paths[i]);
        expect_there(paths, i, false);
        expect_there(paths + i, N(paths) - i, true);
    }
}
END_TEST

START_TEST(other_things_that_cannot_be_removed_are_told)
{
    static const char *const paths[] = {
        "images/00000/000000007.jpg", "thumbs/256/00000/000000007.jpg", ".imgfetch/00000.open"};
    make_files(paths, N(paths));
    for (size_t i = 0; i < N(paths); i++) {
        stubborn = paths[i];
        ck_assert_int_eq(fresh_remove(scratch_dir, what), -EPERM);
        ck_assert_str_eq(what, paths[i]);
    }
}
END_TEST

START_TEST(an_empty_directory_stays_as_it_is)
{
    remove_all();
    ck_assert_uint_eq(scratch_count(), 0);
}
END_TEST

/* Two shards of each layout. */
static const char *const two[] = {"00000_stats.json", "00001_stats.json",
    "images/00000/000000000.jpg", "images/00000/a/000000001.jpg", "images/00001/000010000.jpg",
    "thumbs/256/00000/000000000.jpg", "thumbs/256/00001/000010000.jpg", "manifest/00000.jsonl",
    "manifest/00001.jsonl", ".imgfetch/00000.open", "00002.tar", "00003.tar", "00002.jsonl",
    "00003.jsonl"};

static void make_two(void)
{
    make_files(two, N(two));
    write_text("manifest/00000.jsonl",
        ROW("images/00000/a/000000001.jpg", "thumbs/256/00000/000000000.jpg"));
    write_text("manifest/00001.jsonl", "{\"key\":\"000010000\"}\n");
    write_text("00002.jsonl", "{\"key\":\"000020000\"}\n");
    write_text("00003.jsonl", "{\"key\":\"000030000\"}\n");
}

static void expect_nothing_removed(const char *path, int err)
{
    ck_assert_int_eq(fresh_remove(scratch_dir, what), err);
    ck_assert_str_eq(what, path);
    expect_there(two, N(two), true);
}

/* A disk that fails in the middle of a file or of a folder. */
START_TEST(nothing_is_removed_if_one_thing_cannot_be_read)
{
    static const char *const paths[] = {"manifest/00000.jsonl", "manifest/00001.jsonl",
        "00003.jsonl", "manifest", ".imgfetch", "images", "images/00000", "images/00001", "thumbs",
        "thumbs/256", "thumbs/256/00001"};
    make_two();
    for (size_t i = 0; i < N(paths); i++) {
        unreadable = paths[i];
        expect_nothing_removed(paths[i], -EIO);
    }
    unreadable = NULL;
    remove_all();
    ck_assert_uint_eq(scratch_count(), 1); /* .imgfetch */
}
END_TEST

START_TEST(nothing_is_removed_if_a_manifest_is_no_file)
{
    static const char *const manifests[] = {"manifest/00001.jsonl", "00003.jsonl"};
    make_two();
    for (size_t i = 0; i < N(manifests); i++) {
        const char *path = manifests[i];
        ck_assert_int_eq(renameat(scratch_dir, path, scratch_dir, "away"), 0);
        ck_assert_int_eq(symlinkat("../away", scratch_dir, path), 0);
        expect_nothing_removed(path, -ELOOP);
        ck_assert_int_eq(unlinkat(scratch_dir, path, 0), 0);
        ck_assert_int_eq(mkfifoat(scratch_dir, path, 0600), 0);
        expect_nothing_removed(path, -ENXIO);
        ck_assert_int_eq(unlinkat(scratch_dir, path, 0), 0);
        ck_assert_int_eq(mkdirat(scratch_dir, path, 0700), 0);
        expect_nothing_removed(path, -EISDIR);
        ck_assert_int_eq(unlinkat(scratch_dir, path, AT_REMOVEDIR), 0);
        ck_assert_int_eq(renameat(scratch_dir, "away", scratch_dir, path), 0);
    }
}
END_TEST

START_TEST(nothing_is_removed_if_a_folder_with_images_is_a_link)
{
    static const char *const folders[] = {
        "images", "images/00000", "images/00000/a", "thumbs", "thumbs/256", "thumbs/256/00001"};
    make_two();
    for (size_t i = 0; i < N(folders); i++) {
        char there[200];
        snprintf(there, sizeof there, "%s/away", scratch_path);
        ck_assert_int_eq(renameat(scratch_dir, folders[i], scratch_dir, "away"), 0);
        ck_assert_int_eq(symlinkat(there, scratch_dir, folders[i]), 0);
        ck_assert_int_eq(fresh_remove(scratch_dir, what), -ELOOP);
        ck_assert_msg(!strncmp(what, folders[i], strlen(folders[i])), "%s", what);
        expect_there(two, N(two), true);
        ck_assert_int_eq(unlinkat(scratch_dir, folders[i], 0), 0);
        ck_assert_int_eq(renameat(scratch_dir, "away", scratch_dir, folders[i]), 0);
    }
}
END_TEST

START_TEST(nothing_is_removed_if_a_manifest_may_not_be_read)
{
    make_two();
    ck_assert_int_eq(fchmodat(scratch_dir, "manifest/00001.jsonl", 0, 0), 0);
    ck_assert_int_eq(fchmod(scratch_dir, 0755), 0);
    bool was_root = geteuid() == 0 && seteuid(65534) == 0;
    int err = fresh_remove(scratch_dir, what);
    if (was_root)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(err, -EACCES);
    ck_assert_str_eq(what, "manifest/00001.jsonl");
    expect_there(two, N(two), true);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, all_that_runs_have_made_is_removed);
    tcase_add_test(t, files_of_the_flat_layout_are_removed_by_their_rows_and_notes);
    tcase_add_test(t, shards_of_tars_are_removed_with_all_they_are_made_of);
    tcase_add_test(t, what_is_not_ours_stays);
    tcase_add_test(t, an_empty_manifest_is_ours_if_its_shard_has_a_lock_file);
    tcase_add_test(t, what_a_row_names_elsewhere_stays);
    tcase_add_test(t, a_link_among_the_folders_stops_it);
    tcase_add_test(t, folders_that_a_name_has_made_go_only_if_they_are_empty);
    tcase_add_test(t, an_interrupted_removal_can_be_continued);
    tcase_add_test(t, a_tar_that_cannot_be_removed_keeps_its_manifest);
    tcase_add_test(t, other_things_that_cannot_be_removed_are_told);
    tcase_add_test(t, an_empty_directory_stays_as_it_is);
    tcase_add_test(t, nothing_is_removed_if_one_thing_cannot_be_read);
    tcase_add_test(t, nothing_is_removed_if_a_manifest_is_no_file);
    tcase_add_test(t, nothing_is_removed_if_a_folder_with_images_is_a_link);
    tcase_add_test(t, nothing_is_removed_if_a_manifest_may_not_be_read);
}

int main(void)
{
    return test_main("fresh", add_tests);
}
