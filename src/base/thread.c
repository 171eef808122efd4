#include "base/thread.h"

#include "base/mem.h"

#include <signal.h>
#include <stdlib.h>

struct beginning {
    const char *name;
    void (*run)(void *arg);
    void *arg;
};

static void *begin_thread(void *arg)
{
    struct beginning b = *(struct beginning *)arg;
    free(arg);
    pthread_setname_np(pthread_self(), b.name);
    b.run(b.arg);
    return NULL;
}

int thread_start(pthread_t *ret, const char *name, size_t stack, void (*run)(void *arg), void *arg)
{
    struct beginning *b = mem_new(sizeof *b);
    *b = (struct beginning){name, run, arg};
    pthread_attr_t attr;
    sigset_t all, old;
    pthread_attr_init(&attr);
    int err = stack ? pthread_attr_setstacksize(&attr, stack) : 0;
    sigfillset(&all);
    sigdelset(&all, SIGSYS);                  /* of the thread's own making: exec/trap.h */
    pthread_sigmask(SIG_SETMASK, &all, &old); /* the thread begins with the mask of its maker */
    if (!err)
        err = pthread_create(ret, &attr, begin_thread, b);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (err)
        free(b);
    return -err;
}
