#include "base/cgroup.h"
#include "base/test.h"
#include "base/test_scratch.h"

static struct cgroup limits;

static void put(const char *path, const char *text)
{
    char folder[200];
    snprintf(folder, sizeof folder, "%s/", scratch_path);
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        snprintf(folder, sizeof folder, "%s/%.*s", scratch_path, (int)(slash - path), path);
        ck_assert(mkdir(folder, 0777) == 0 || errno == EEXIST);
    }
    scratch_write(path, text, strlen(text));
}

/* As Docker does it with version 2: the container sees its own group as the topmost. */
START_TEST(version_2_in_a_namespace)
{
    put("proc/self/cgroup", "0::/\n");
    put("proc/self/mountinfo", "1 2 0:3 / / rw - overlay overlay rw\n"
                               "31 23 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
    put("sys/fs/cgroup/memory.max", "1073741824\n");
    put("sys/fs/cgroup/cpu.max", "50000 100000\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 1 << 30);
    ck_assert(limits.cpus > 0.49 && limits.cpus < 0.51);
    put("sys/fs/cgroup/memory.max", "max\n");
    put("sys/fs/cgroup/cpu.max", "max 100000\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 0);
    ck_assert(limits.cpus < 0.1);
}
END_TEST

/* A slice above the group may allow less; what is above the mount point is not ours to see. */
START_TEST(the_smallest_limit_on_the_way_up_counts)
{
    put("proc/self/cgroup", "0::/a.slice/b.service\n");
    put("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/memory.max", "300000\n");
    put("sys/fs/cgroup/a.slice/memory.max", "200000\n");
    put("sys/fs/cgroup/a.slice/cpu.max", "250000 100000\n");
    put("sys/fs/cgroup/a.slice/b.service/memory.max", "max\n");
    put("sys/fs/cgroup/a.slice/b.service/cpu.max", "400000 100000\n");
    put("sys/fs/memory.max", "1\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 200000);
    ck_assert(limits.cpus > 2.49 && limits.cpus < 2.51);
}
END_TEST

START_TEST(version_1_has_a_tree_for_each_controller)
{
    put("proc/self/cgroup", "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n");
    put("proc/self/mountinfo",
        "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
        "33 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    put("sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 500000);
    ck_assert(limits.cpus > 1.49 && limits.cpus < 1.51);
    int fd = cgroup_open_kills(scratch_path);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(cgroup_kills(fd), 7);
    close(fd);
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 0);
    ck_assert(limits.cpus < 0.1);
}
END_TEST

/* The mount shows another part of the tree than that with our group. */
START_TEST(a_group_that_is_not_below_the_mount_has_the_mounts_limits)
{
    put("proc/self/cgroup", "0::/../../other\n");
    put("proc/self/mountinfo", "31 23 0:28 /ours /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/memory.max", "300000\n");
    put("sys/fs/cgroup/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
    cgroup_read(scratch_path, &limits);
    ck_assert_uint_eq(limits.memory, 300000);
    int fd = cgroup_open_kills(scratch_path);
    ck_assert_uint_eq(cgroup_kills(fd), 2);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_is_no_limit)
{
    cgroup_read(scratch_path, &limits);
    ck_assert(!limits.memory && limits.cpus < 0.1);
    put("proc/self/cgroup", "nonsense\n0:\n0::\n:::\n");
    put("proc/self/mountinfo", "1\n - \n31 23 0:28 / /none rw - cgroup2 cgroup2 rw\n");
    cgroup_read(scratch_path, &limits);
    ck_assert(!limits.memory && limits.cpus < 0.1);
    ck_assert_int_eq(cgroup_open_kills(scratch_path), -1);
    ck_assert_uint_eq(cgroup_kills(-1), 0);
    ck_assert_uint_ge(cgroup_processors(), 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, version_2_in_a_namespace);
    tcase_add_test(t, the_smallest_limit_on_the_way_up_counts);
    tcase_add_test(t, version_1_has_a_tree_for_each_controller);
    tcase_add_test(t, a_group_that_is_not_below_the_mount_has_the_mounts_limits);
    tcase_add_test(t, what_cannot_be_read_is_no_limit);
}

int main(void)
{
    return test_main("cgroup", add);
}
