/*
 * without_seccomp PROGRAM [ARGUMENT]...
 *
 * Runs a program as on a kernel that was built without seccomp: for it and all its children every
 * way to install a filter of system calls fails with EINVAL. (The means is such a filter.)
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define UNLESS_EQUAL(k, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip)

int main(int argc, char **argv)
{
    struct sock_filter code[] = {
        LOAD(nr),
        UNLESS_EQUAL(SYS_seccomp, 1),
        RETURN(SECCOMP_RET_ERRNO | EINVAL),
        UNLESS_EQUAL(SYS_prctl, 3),
        LOAD(args[0]),
        UNLESS_EQUAL(PR_SET_SECCOMP, 1),
        RETURN(SECCOMP_RET_ERRNO | EINVAL),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (argc < 2) {
        fprintf(stderr, "usage: without_seccomp PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("without_seccomp");
        return 2;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 2;
}
