/* The helper that starts programs: here it starts shells, whose scripts the numbers choose. */
#include "exec/launcher.h"

#include "base/mem.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const *scripts; /* ends with NULL */
static struct launcher_conf conf;
static struct launcher *launcher;
static struct launcher_message heard;

/* In the helper, which has none of Check's descriptors. */
static char **make_words(void *arg, const uint32_t numbers[2])
{
    unsigned n = 0;
    while (scripts[n])
        n++;
    if (arg != &conf || numbers[0] >= n)
        return NULL;
    char **words = mem_array(5, sizeof *words);
    words[0] = mem_dup("-c");
    words[1] = mem_dup(scripts[numbers[0]]);
    words[2] = mem_dup("name");
    words[3] = mem_dup(numbers[1] ? "one" : "none");
    return words;
}

static void set_up(void)
{
    conf = (struct launcher_conf){"/bin/sh", 2, 600, make_words, &conf};
}

static void tear_down(void)
{
    launcher_free(launcher);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})
static void start(const char *const *texts)
{
    int err;
    scripts = texts;
    launcher = launcher_start(&conf, &err);
    ck_assert_ptr_nonnull(launcher);
}

static void ask(uint32_t script)
{
    ck_assert(launcher_ask(launcher, (uint32_t[]){script, 1}));
}

static enum launcher_says hear(void)
{
    enum launcher_says says;
    struct pollfd more = {launcher_descriptor(launcher), POLLIN, 0};
    while ((says = launcher_hear(launcher, &heard)) == LAUNCHER_NOTHING)
        poll(&more, 1, -1);
    return says;
}

static void expect_line(const char *text)
{
    ck_assert_int_eq(hear(), LAUNCHER_LINE);
    ck_assert_str_eq(heard.text, text);
}

static void expect_exit(uint32_t script, int code)
{
    ck_assert_int_eq(hear(), LAUNCHER_ENDED);
    ck_assert_uint_eq(heard.numbers[0], script);
    ck_assert_uint_eq(heard.numbers[1], 1);
    ck_assert(WIFEXITED(heard.status));
    ck_assert_int_eq(WEXITSTATUS(heard.status), code);
    ck_assert(!heard.is_late);
}

static void expect_killed(uint32_t script)
{
    ck_assert_int_eq(hear(), LAUNCHER_ENDED);
    ck_assert_uint_eq(heard.numbers[0], script);
    ck_assert(WIFSIGNALED(heard.status));
    ck_assert_int_eq(WTERMSIG(heard.status), SIGKILL);
}

/* A number that the program prints. */
static pid_t hear_pid(void)
{
    ck_assert_int_eq(hear(), LAUNCHER_LINE);
    return (pid_t)atoi(heard.text);
}

/* Waits for processes whose parent died: they become children of this one. */
static void adopt_orphans(void)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
}

static void expect_gone(pid_t pid)
{
    ck_assert_int_gt(pid, 0);
    while (kill(pid, 0) == 0) {
        waitpid(pid, NULL, WNOHANG);
        usleep(1000);
    }
    ck_assert_int_eq(errno, ESRCH);
}

/* ---- starting ---- */

START_TEST(a_program_gets_its_words_and_what_it_prints_is_heard)
{
    START("echo \"$0 $1\"; echo and this >&2; exit 3");
    ask(0);
    expect_line("name one");
    expect_line("and this");
    expect_exit(0, 3);
    ask(0);
    expect_line("name one");
    expect_line("and this");
    expect_exit(0, 3);
}
END_TEST

START_TEST(numbers_that_mean_nothing_start_nothing)
{
    START("exit 0");
    ask(1);
    ck_assert_int_eq(hear(), LAUNCHER_FAILED);
    ck_assert_uint_eq(heard.numbers[0], 1);
    ck_assert_int_eq(heard.status, EINVAL);
}
END_TEST

START_TEST(a_program_that_is_not_there_says_so)
{
    conf.program = "/nonexistent/program";
    START("");
    ask(0);
    expect_line("/nonexistent/program: No such file or directory");
    expect_exit(0, 127);
}
END_TEST

START_TEST(no_more_programs_run_at_once_than_are_allowed)
{
    START("read line; sleep 1000", "exit 0");
    ask(0);
    ask(0);
    ask(1);
    ck_assert_int_eq(hear(), LAUNCHER_FAILED);
    ck_assert_uint_eq(heard.numbers[0], 1);
    ck_assert_int_eq(heard.status, EAGAIN);
    launcher_kill(launcher);
    expect_killed(0);
    expect_killed(0);
    ask(1);
    expect_exit(1, 0);
}
END_TEST

START_TEST(a_program_has_default_signals_and_no_descriptor_of_ours)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    ck_assert_int_ge(dup(open("/dev/null", O_RDONLY | O_CLOEXEC)), 0);
    START("cat; ls /proc/$$/fd", "exec grep -E '^Sig(Blk|Ign)' /proc/self/status");
    ask(0);
    expect_line("0");
    expect_line("1");
    expect_line("2");
    expect_exit(0, 0);
    ask(1);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(hear(), LAUNCHER_LINE);
        /* posix_spawn(3), by which make may have started us, ignores two signals of the C library,
         * which it lets nobody change. */
        ck_assert_uint_eq(strtoull(strchr(heard.text, '\t'), NULL, 16) & ~0x180000000ull, 0);
    }
    expect_exit(1, 0);
}
END_TEST

START_TEST(a_program_has_the_environment_and_the_folder_of_the_helpers_birth)
{
    char here[200];
    ck_assert_int_eq(setenv("LAUNCHER_TEST", "a secret", 1), 0);
    ck_assert_int_eq(chdir("/tmp"), 0);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    START("echo $LAUNCHER_TEST; pwd");
    ck_assert_int_eq(setenv("LAUNCHER_TEST", "another", 1), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ask(0);
    expect_line("a secret");
    expect_line(here);
    expect_exit(0, 0);
}
END_TEST

/* ---- what it prints ---- */

START_TEST(lines_of_any_length_and_any_bytes_are_heard)
{
    START("printf '%01500d' 7; printf '\\n\\0a\\n\\nlast'");
    ask(0);
    ck_assert_int_eq(hear(), LAUNCHER_LINE);
    ck_assert_uint_eq(strlen(heard.text), LAUNCHER_LINE_SIZE - 1);
    ck_assert_int_eq(hear(), LAUNCHER_LINE);
    ck_assert_uint_eq(strlen(heard.text), 1500 - (LAUNCHER_LINE_SIZE - 1));
    expect_line("?a");
    expect_line("");
    expect_line("last");
    expect_exit(0, 0);
}
END_TEST

START_TEST(a_program_that_prints_much_waits_for_who_hears_it)
{
    START("i=0; while [ $i -lt 30000 ]; do echo line; i=$((i + 1)); done");
    ask(0);
    for (int i = 0; i < 30000; i++)
        expect_line("line");
    expect_exit(0, 0);
}
END_TEST

/* ---- ending ---- */

START_TEST(what_a_program_leaves_behind_is_killed)
{
    adopt_orphans();
    START("sleep 1000 >/dev/null 2>&1 & echo $!");
    ask(0);
    pid_t pid = hear_pid();
    expect_exit(0, 0);
    expect_gone(pid);
}
END_TEST

START_TEST(a_program_whose_time_is_over_is_killed_with_its_group)
{
    adopt_orphans();
    conf.timeout_s = 1;
    START("sleep 1000 & echo $!; wait");
    ask(0);
    pid_t pid = hear_pid();
    expect_killed(0);
    ck_assert(heard.is_late);
    expect_gone(pid);
}
END_TEST

START_TEST(the_end_of_the_launcher_ends_the_programs)
{
    adopt_orphans();
    START("sleep 1000 & echo $!; wait");
    ask(0);
    pid_t pid = hear_pid();
    launcher_free(launcher);
    launcher = NULL;
    expect_gone(pid);
}
END_TEST

/* In a child that is killed, so the helper has only the end of its socket to know it by. */
START_TEST(the_death_of_the_asking_process_ends_the_programs)
{
    int ends[2];
    pid_t pid;
    adopt_orphans();
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        START("sleep 1000 & echo $!; wait");
        ask(0);
        pid = hear_pid();
        ck_assert_int_eq(write(ends[1], &pid, sizeof pid), sizeof pid);
        pause();
    }
    ck_assert_int_eq(read(ends[0], &pid, sizeof pid), sizeof pid);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect_gone(pid);
}
END_TEST

START_TEST(the_death_of_the_helper_ends_the_program_and_is_told)
{
    adopt_orphans();
    START("echo $PPID; echo $$; exec sleep 1000");
    ask(0);
    pid_t helper = hear_pid(), program = hear_pid();
    kill(helper, SIGKILL);
    ck_assert_int_eq(hear(), LAUNCHER_GONE);
    expect_gone(program);
    ck_assert(!launcher_ask(launcher, (uint32_t[]){0, 1}));
}
END_TEST

START_TEST(signals_of_a_terminal_do_not_end_the_helper)
{
    START("echo $PPID", "exit 0");
    ask(0);
    pid_t helper = hear_pid();
    expect_exit(0, 0);
    kill(helper, SIGINT);
    kill(helper, SIGTERM);
    kill(helper, SIGHUP);
    ck_assert_int_eq(getpgid(helper), helper);
    ask(1);
    expect_exit(1, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_program_gets_its_words_and_what_it_prints_is_heard);
    tcase_add_test(tc, numbers_that_mean_nothing_start_nothing);
    tcase_add_test(tc, a_program_that_is_not_there_says_so);
    tcase_add_test(tc, no_more_programs_run_at_once_than_are_allowed);
    tcase_add_test(tc, a_program_has_default_signals_and_no_descriptor_of_ours);
    tcase_add_test(tc, a_program_has_the_environment_and_the_folder_of_the_helpers_birth);
    tcase_add_test(tc, lines_of_any_length_and_any_bytes_are_heard);
    tcase_add_test(tc, a_program_that_prints_much_waits_for_who_hears_it);
    tcase_add_test(tc, what_a_program_leaves_behind_is_killed);
    tcase_add_test(tc, a_program_whose_time_is_over_is_killed_with_its_group);
    tcase_add_test(tc, the_end_of_the_launcher_ends_the_programs);
    tcase_add_test(tc, the_death_of_the_asking_process_ends_the_programs);
    tcase_add_test(tc, the_death_of_the_helper_ends_the_program_and_is_told);
    tcase_add_test(tc, signals_of_a_terminal_do_not_end_the_helper);
}

int main(void)
{
    return test_main("launcher", add);
}
