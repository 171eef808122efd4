/* Needs /proc. The secrets are put where a program gets them: on a command line and in an
 * environment, of this program called again. */
#include "exec/forget.h"
#include "base/test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 }; /* their library keeps a copy of the environment */
#else
enum { SANITIZED = 0 };
#endif

enum { SECRET_LEN = 12, PIECE = 1 << 16 };

/* Each is "zq-secret-" and two digits; the program itself contains none of them whole. */
static void make_secret(char out[SECRET_LEN + 1], unsigned number)
{
    snprintf(out, SECRET_LEN + 1, "zq-%s-%02u", "secret", number % 100);
}

static size_t count_in(const char *bytes, size_t len, const char *text)
{
    size_t n = 0, text_len = strlen(text);
    for (const char *at = bytes; (at = memmem(at, len - (size_t)(at - bytes), text, text_len));
         at++)
        n++;
    return n;
}

static size_t count_in_file(const char *path, const char *text)
{
    static char bytes[PIECE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof bytes);
    close(fd);
    return len > 0 ? count_in(bytes, (size_t)len, text) : 0;
}

/* How often the text is in memory that this process can write to. */
static size_t count_in_memory(const char *text)
{
    char line[600];
    size_t n = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    while (f && fgets(line, sizeof line, f)) {
        unsigned long from, to;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' &&
            rights[1] == 'w')
            n += count_in((const char *)from, to - from, text);
    }
    if (f)
        fclose(f);
    return n;
}

static __attribute__((noinline)) void leave_on_stack(unsigned number)
{
    char secrets[100 * 1000];
    for (size_t i = 0; i + SECRET_LEN < sizeof secrets; i += 1000)
        make_secret(secrets + i, number);
    __asm__ volatile("" : : "r"(secrets) : "memory");
}

/* What the called program found, as its exit status: one bit for each place. */
static int look_for_secrets(void)
{
    char secret[SECRET_LEN + 1], on_stack[SECRET_LEN + 1];
    const char *kept = getenv("OPENSSL_CONF");
    make_secret(secret, 1);
    make_secret(on_stack, 2);
    int found = count_in_file("/proc/self/cmdline", secret) ? 1 : 0;
    found |= count_in_file("/proc/self/environ", secret) ? 2 : 0;
    found |= !SANITIZED && count_in_memory(secret) > 1 ? 4 : 0; /* once in `secret` */
    found |= !SANITIZED && count_in_memory(on_stack) > 1 ? 8 : 0;
    found |= getenv("ZQ_TOKEN") ? 16 : 0;
    found |= kept && !strcmp(kept, "/some/file") ? 32 : 0;
    found |= count_in_file("/proc/self/cmdline", "forget_test") == 1 ? 64 : 0;
    return found;
}

static int call_again(const char *what)
{
    char path[4096] = "", argument[40] = "--header=", variable[40] = "ZQ_TOKEN=";
    ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof path - 1), 0);
    make_secret(argument + strlen(argument), 1);
    make_secret(variable + strlen(variable), 1);
    pid_t pid = fork();
    if (pid == 0)
        execve(path, (char *[]){path, (char *)what, argument, NULL},
            (char *[]){variable, (char *)"OPENSSL_CONF=/some/file", variable, NULL});
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(a_process_has_its_command_line_and_environment)
{
    ck_assert_int_eq(call_again("keep"), 1 + 2 + (SANITIZED ? 0 : 4 + 8) + 16 + 32 + 64);
}
END_TEST

START_TEST(one_that_has_forgotten_them_has_only_its_name_and_where_files_are)
{
    ck_assert_int_eq(call_again("forget"), 32 + 64);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_process_has_its_command_line_and_environment);
    tcase_add_test(t, one_that_has_forgotten_them_has_only_its_name_and_where_files_are);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return test_main("forget", add);
    bool forget = !strcmp(argv[1], "forget");
    char secret[SECRET_LEN + 1];
    make_secret(secret, 1);
    setenv("ZQ_TOKEN", secret, 1); /* on the heap; the one that we were called with stays, too */
    explicit_bzero(secret, sizeof secret);
    leave_on_stack(2);
    if (forget)
        forget_inherited();
    return look_for_secrets();
}
