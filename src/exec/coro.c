#include "exec/coro.h"

#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

struct coro {
    void *sp;     /* of the coroutine while it does not run, of its resumer while it does */
    char *memory; /* guard page, then the stack */
    size_t size;
    void (*body)(void *);
    void *arg;
    bool ended;
#if defined(__SANITIZE_ADDRESS__)
    const void *resumer_stack; /* for AddressSanitizer, which must know the current stack */
    size_t resumer_size;
    void *fake_stack;
#endif
#if defined(__SANITIZE_THREAD__)
    void *fiber, *resumer_fiber;
#endif
};

static _Thread_local struct coro *running;

/* Saves the registers that a call preserves on the stack, stores the stack pointer in *save and
 * switches to the stack at `sp`, where an earlier call has saved the same. */
void coro_switch(void **save, void *sp);

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl coro_switch\n"
        ".hidden coro_switch\n"
        ".type coro_switch, @function\n"
        "coro_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size coro_switch, .-coro_switch\n");
enum { SAVED_WORDS = 6 };
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl coro_switch\n"
        ".hidden coro_switch\n"
        ".type coro_switch, %function\n"
        "coro_switch:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size coro_switch, .-coro_switch\n");
enum { SAVED_WORDS = 20, RETURN_WORD = 11 };
#else
#error "exec/coro.c: no context switch for this processor yet"
#endif

/* ---- calls of the sanitizers around a switch ---- */

static void enter(struct coro *c)
{
    (void)c;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&c->fake_stack, c->memory, c->size);
#endif
#if defined(__SANITIZE_THREAD__)
    c->resumer_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(c->fiber, 0);
#endif
}

static void entered(struct coro *c, void *fake_stack)
{
    (void)c, (void)fake_stack;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, &c->resumer_stack, &c->resumer_size);
#endif
}

static void *leave(struct coro *c)
{
    void *fake_stack = NULL;
    (void)c;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(
        c->ended ? NULL : &fake_stack, c->resumer_stack, c->resumer_size);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(c->resumer_fiber, 0);
#endif
    return fake_stack;
}

static void left(struct coro *c)
{
    (void)c;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(c->fake_stack, NULL, NULL);
#endif
}

/* ---- the coroutine ---- */

/* The first function on a new stack. Never returns: it has no caller. */
static void begin_coro(void)
{
    struct coro *c = running;
    entered(c, NULL);
    c->body(c->arg);
    c->ended = true;
    leave(c);
    coro_switch(&c->sp, c->sp);
    abort();
}

/* Lays out the stack as coro_switch() would have left it, to return into begin_coro(). */
static void *first_frame(char *top)
{
    uintptr_t *sp = (uintptr_t *)top;
#if defined(__x86_64__)
    *--sp = 0;                     /* begin_coro() has no caller; it also keeps the stack aligned */
    *--sp = (uintptr_t)begin_coro; /* what `ret` takes */
    sp -= SAVED_WORDS;
#else
    sp -= SAVED_WORDS;
    sp[RETURN_WORD] = (uintptr_t)begin_coro;
#endif
    return sp;
}

struct coro *coro_new(void (*body)(void *arg), void *arg)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = CORO_STACK_SIZE + page;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (mprotect(memory, page, PROT_NONE)) {
        munmap(memory, size);
        return NULL;
    }
    struct coro *c = mem_new(sizeof *c);
    c->memory = memory;
    c->size = size;
    c->body = body;
    c->arg = arg;
    c->sp = first_frame(memory + size);
#if defined(__SANITIZE_THREAD__)
    c->fiber = __tsan_create_fiber(0);
#endif
    return c;
}

void coro_resume(struct coro *c)
{
    assert(!running && !c->ended);
    void *sp = c->sp;
    running = c;
    enter(c);
    coro_switch(&c->sp, sp);
    left(c);
    running = NULL;
}

void coro_yield(void)
{
    struct coro *c = running;
    void *sp = c->sp;
    void *fake_stack = leave(c);
    coro_switch(&c->sp, sp);
    entered(c, fake_stack);
}

bool coro_has_ended(const struct coro *c)
{
    return c->ended;
}

void coro_free(struct coro *c)
{
    if (!c)
        return;
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(c->fiber);
#endif
    munmap(c->memory, c->size);
    free(c);
}
