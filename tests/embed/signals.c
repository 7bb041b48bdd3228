/* Guests trap by signals in a process whose host has signal handlers of its own, before and after, on any thread. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE 1
#include "plugin.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: `%s` does not hold\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

static sigjmp_buf back;
static volatile sig_atomic_t first_seen, second_seen, repair;
static void *volatile seen_address;
static volatile int seen_code;
static struct sigaction before_second;
static char *page;
static size_t page_bytes;

/* Installed before the first instance. */
static void first(int number, siginfo_t *information, void *context)
{
    sigset_t blocked;
    (void)number;
    (void)context;
    first_seen++;
    seen_address = information->si_addr;
    seen_code = information->si_code;
    /* What it asked for is blocked while it runs. */
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    if (!sigismember(&blocked, SIGUSR1))
        _exit(3);
    if (repair) {
        mprotect(page, page_bytes, PROT_READ | PROT_WRITE);
        return;
    }
    siglongjmp(back, 1);
}

/* Installed after it, and hands on what it finds. */
static void second(int number, siginfo_t *information, void *context)
{
    second_seen++;
    before_second.sa_sigaction(number, information, context);
}

static int env_log(void *host, plugin_instance *instance, int32_t address, int32_t length)
{
    (void)host;
    (void)instance;
    (void)address;
    (void)length;
    /* A fault of the host while a guest waits for it. */
    *(volatile char *)page = 1;
    return 0;
}

static int env_add_all(void *host, plugin_instance *instance, int32_t a, int64_t b, float c, double d, double *sum,
                       int32_t *count)
{
    (void)host;
    (void)instance;
    *sum = (double)a + (double)b + (double)c + d;
    *count = 0;
    return 0;
}

/* A host with stacks of its own, which it changes while a guest waits. */
static ucontext_t main_context, other_context;
static plugin_instance *of_other;

static void other_entry(void)
{
    int32_t sum = 0;
    int64_t depth = 0;
    CHECK(plugin_call_add(of_other, 1, 2, &sum, NULL) == AOT_OK && sum == 3);
    CHECK(plugin_call_down(of_other, INT64_C(1) << 60, &depth, NULL) == AOT_TRAP_STACK_OVERFLOW);
    /* In the middle of a guest as well. */
    CHECK(plugin_call_again(of_other, 2, &sum, NULL) == AOT_OK && sum == 2);
    CHECK(plugin_call_add(of_other, 3, 4, &sum, NULL) == AOT_OK && sum == 7);
}

static int env_again(void *host, plugin_instance *instance, int32_t what, int32_t *result)
{
    (void)host;
    (void)instance;
    if (what == 1)
        CHECK(swapcontext(&main_context, &other_context) == 0);
    else
        CHECK(swapcontext(&other_context, &main_context) == 0);
    *result = what;
    return 0;
}

static int env_vector(void *host, plugin_instance *instance, const uint8_t vector[16], aot_reference reference,
                      uint8_t result[16])
{
    (void)host;
    (void)instance;
    (void)reference;
    memcpy(result, vector, 16);
    return 0;
}

static const plugin_imports imports = {env_log, env_add_all, env_again, env_vector};

static plugin_instance *create(void)
{
    plugin_instance *instance;
    CHECK(plugin_create(&imports, NULL, &instance, NULL) == AOT_OK);
    return instance;
}

static void guest_traps(plugin_instance *instance)
{
    int32_t value;
    int64_t depth;
    sigset_t before, after;
    int number;
    sigprocmask(SIG_BLOCK, NULL, &before);
    CHECK(plugin_call_load(instance, 65536 * 4, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(plugin_call_unreachable(instance, NULL) == AOT_TRAP_UNREACHABLE);
    CHECK(plugin_call_divide(instance, 1, 0, &value, NULL) == AOT_TRAP_INTEGER_DIVIDE_BY_ZERO);
    CHECK(plugin_call_down(instance, INT64_C(1) << 60, &depth, NULL) == AOT_TRAP_STACK_OVERFLOW);
    sigprocmask(SIG_BLOCK, NULL, &after);
    for (number = 1; number < 32; number++)
        CHECK(sigismember(&before, number) == sigismember(&after, number));
}

static void host_faults(int expected_second)
{
    int firsts = first_seen, seconds = second_seen;
    if (sigsetjmp(back, 1) == 0) {
        *(volatile char *)(page + 5) = 1;
        CHECK(0);
    }
    CHECK(first_seen == firsts + 1 && second_seen == seconds + expected_second);
    CHECK(seen_address == (void *)(page + 5) && seen_code == SEGV_ACCERR);
    /* One that somebody sent. */
    if (sigsetjmp(back, 1) == 0) {
        raise(SIGSEGV);
        CHECK(0);
    }
    CHECK(first_seen == firsts + 2 && seen_code <= 0);
}

static void fault_in_host_function(plugin_instance *instance)
{
    int firsts = first_seen;
    repair = 1;
    CHECK(mprotect(page, page_bytes, PROT_NONE) == 0);
    CHECK(plugin_call_greet(instance, NULL) == AOT_OK && first_seen == firsts + 1);
    repair = 0;
    CHECK(mprotect(page, page_bytes, PROT_NONE) == 0);
}

static void other_stacks(plugin_instance *instance)
{
    static char stack[256 << 10];
    int32_t sum = 0;
    of_other = create();
    CHECK(getcontext(&other_context) == 0);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = sizeof stack;
    other_context.uc_link = &main_context;
    makecontext(&other_context, other_entry, 0);
    /* The guest waits for its host, which goes to the other stack and comes back from within another guest. */
    CHECK(plugin_call_again(instance, 1, &sum, NULL) == AOT_OK && sum == 1);
    guest_traps(instance);
    CHECK(swapcontext(&main_context, &other_context) == 0);
    guest_traps(instance);
    plugin_destroy(of_other);
}

/* A thread keeps its alternate stack, and its mask. */
static void *with_stack(void *own)
{
    char *memory = own == NULL ? NULL : (char *)malloc(1 << 16);
    stack_t mine, now;
    sigset_t mask;
    plugin_instance *instance;
    int round;
    CHECK(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0);
    if (own != NULL) {
        memset(&mine, 0, sizeof mine);
        mine.ss_sp = memory;
        mine.ss_size = 1 << 16;
        CHECK(sigaltstack(&mine, NULL) == 0);
    }
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    CHECK(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    instance = create();
    for (round = 0; round < 20; round++) {
        guest_traps(instance);
        CHECK(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0);
        CHECK(own == NULL || now.ss_sp == memory);
    }
    plugin_destroy(instance);
    if (own != NULL) {
        mine.ss_flags = SS_DISABLE;
        CHECK(sigaltstack(&mine, NULL) == 0);
        free(memory);
    }
    return NULL;
}

int main(void)
{
    struct sigaction action;
    plugin_instance *instance;
    pthread_t threads[6];
    int index, round;
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    page = (char *)mmap(NULL, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != (char *)MAP_FAILED);
    memset(&action, 0, sizeof action);
    action.sa_sigaction = first;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR1);
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    instance = create();
    guest_traps(instance);
    CHECK(first_seen == 0);
    host_faults(0);
    fault_in_host_function(instance);
    guest_traps(instance);
    action.sa_sigaction = second;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    CHECK(sigaction(SIGSEGV, &action, &before_second) == 0);
    guest_traps(instance);
    CHECK(second_seen == 2);
    host_faults(1);
    fault_in_host_function(instance);
    other_stacks(instance);
    /* Threads come and go, and use the stacks of those before them. */
    for (round = 0; round < 5; round++) {
        for (index = 0; index < 6; index++)
            CHECK(pthread_create(&threads[index], NULL, with_stack, index % 2 == 0 ? NULL : page) == 0);
        for (index = 0; index < 6; index++)
            CHECK(pthread_join(threads[index], NULL) == 0);
    }
    guest_traps(instance);
    plugin_destroy(instance);
    puts("all is well");
    return 0;
}
