/* A host that stops guests: by fuel, whose use it prints, and by epochs, from other threads and a signal handler. */
#include "guest.h"
#include "start.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: `%s` does not hold\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

static const int64_t PLENTY = INT64_C(1) << 40;

static int64_t left(const guest_instance *guest)
{
    int64_t units = 0;
    CHECK(aot_instance_fuel((const aot_instance *)guest, &units) == AOT_OK);
    return units;
}

static int set(guest_instance *guest, int64_t units)
{
    return aot_instance_set_fuel((aot_instance *)guest, units);
}

/* 0 adds fuel, 1 looks at it and calls the guest again, 2 makes the guest trap in a call of its own. */
static int env_call(void *host, guest_instance *guest, int32_t what, int32_t *result)
{
    *result = 0;
    switch (what) {
    case 0:
        return aot_instance_add_fuel((aot_instance *)guest, 1000);
    case 1: {
        int64_t before = left(guest);
        int status = guest_call_fib(guest, 10, result, NULL);
        *(int64_t *)host = before - left(guest);
        return status;
    }
    default:
        CHECK(guest_call_unreachable(guest, NULL) == AOT_TRAP_UNREACHABLE);
        return 0;
    }
}

static guest_instance *create(void *host)
{
    static const guest_imports imports = {env_call};
    guest_instance *guest = NULL;
    CHECK(guest_create(&imports, host, &guest, NULL) == AOT_OK);
    return guest;
}

/* Prints what a call used, and how it ended. */
#define SHOW(name, call)                                                                       \
    do {                                                                                       \
        int status;                                                                            \
        CHECK(set(guest, PLENTY) == AOT_OK);                                                   \
        status = (call);                                                                       \
        printf("%s: %d, %lld units\n", name, status, (long long)(PLENTY - left(guest)));       \
    } while (0)

static void count(void)
{
    int64_t inner = 0;
    int32_t result = 0;
    guest_instance *guest = create(&inner);
    CHECK(left(guest) == INT64_MAX);
    SHOW("nothing", guest_call_nothing(guest, NULL));
    SHOW("fib 0", guest_call_fib(guest, 0, &result, NULL));
    SHOW("fib 20", guest_call_fib(guest, 20, &result, NULL));
    SHOW("sum 0", guest_call_sum(guest, 0, &result, NULL));
    SHOW("sum 1000", guest_call_sum(guest, 1000, &result, NULL));
    SHOW("collatz 27", guest_call_collatz(guest, 27, &result, NULL));
    CHECK(result == 111);
    SHOW("select 0", guest_call_select(guest, 0, &result, NULL));
    SHOW("select 1", guest_call_select(guest, 1, &result, NULL));
    SHOW("select 9", guest_call_select(guest, 9, &result, NULL));
    SHOW("host 0", guest_call_host(guest, 0, &result, NULL));
    SHOW("host 1", guest_call_host(guest, 1, &result, NULL));
    printf("inside: %lld units\n", (long long)inner);
    SHOW("host 2", guest_call_host(guest, 2, &result, NULL));
    SHOW("indirect 10", guest_call_indirect(guest, 10, &result, NULL));
    SHOW("fill 0", guest_call_fill(guest, 0, NULL));
    SHOW("fill 15", guest_call_fill(guest, 15, NULL));
    SHOW("fill 65536", guest_call_fill(guest, 65536, NULL));
    SHOW("fill -1", guest_call_fill(guest, -1, NULL));
    SHOW("copy 160", guest_call_copy(guest, 160, NULL));
    SHOW("constant fill", guest_call_constant_fill(guest, NULL));
    SHOW("table grow", guest_call_table_grow(guest, 100, &result, NULL));
    CHECK(result == 16);
    SHOW("load 0", guest_call_load(guest, 0, &result, NULL));
    SHOW("load -1", guest_call_load(guest, -1, &result, NULL));
    SHOW("far", guest_call_far(guest, &result, NULL));
    SHOW("divide 0", guest_call_divide(guest, 0, &result, NULL));
    SHOW("unreachable", guest_call_unreachable(guest, NULL));
    SHOW("tree 15", guest_call_tree(guest, 15, NULL));
    guest_destroy(guest);
}

/* Each of those that never end does, and can go on. */
static void use_up(void)
{
    aot_trap trap;
    int32_t result = 0;
    int64_t rounds;
    guest_instance *guest = create(NULL);
    CHECK(set(guest, 10000) == AOT_OK);
    CHECK(guest_call_spin(guest, &trap) == AOT_TRAP_OUT_OF_FUEL);
    CHECK(strcmp(trap.message, "out of fuel") == 0 && strstr(trap.backtrace, "spin") != NULL);
    printf("spin: %lld left\n", (long long)left(guest));
    CHECK(guest_call_nothing(guest, NULL) == AOT_TRAP_OUT_OF_FUEL);
    CHECK(set(guest, 0) == AOT_OK);
    CHECK(guest_call_nothing(guest, NULL) == AOT_OK);
    CHECK(set(guest, 10000) == AOT_OK);
    CHECK(guest_call_count(guest, NULL) == AOT_TRAP_OUT_OF_FUEL);
    rounds = *guest_global_rounds(guest);
    printf("count: %lld left, %lld rounds\n", (long long)left(guest), (long long)rounds);
    CHECK(aot_instance_add_fuel((aot_instance *)guest, 10000) == AOT_OK);
    CHECK(guest_call_count(guest, NULL) == AOT_TRAP_OUT_OF_FUEL);
    CHECK(*guest_global_rounds(guest) > rounds);
    CHECK(set(guest, 10000) == AOT_OK);
    CHECK(guest_call_forth(guest, NULL) == AOT_TRAP_OUT_OF_FUEL);
    printf("forth: %lld left\n", (long long)left(guest));
    CHECK(set(guest, 10000) == AOT_OK);
    CHECK(guest_call_down(guest, 0, &result, NULL) == AOT_TRAP_OUT_OF_FUEL);
    printf("down: %lld left\n", (long long)left(guest));
    CHECK(set(guest, 10000) == AOT_OK);
    CHECK(guest_call_fill(guest, 160000, NULL) == AOT_TRAP_OUT_OF_FUEL);
    CHECK(aot_memory_data(guest_memory_memory(guest))[0] == 0);
    CHECK(aot_instance_add_fuel((aot_instance *)guest, INT64_MAX) == AOT_OK);
    CHECK(aot_instance_add_fuel((aot_instance *)guest, INT64_MAX) == AOT_OK);
    CHECK(left(guest) == INT64_MAX);
    guest_destroy(guest);
}

/* What an instance has from the beginning is there for its start function. */
static void start(void)
{
    aot_options options = AOT_OPTIONS_INIT;
    start_instance *instance = NULL;
    aot_trap trap;
    int64_t units = 0;
    options.fuel = 50;
    CHECK(start_create_with(&options, &instance, &trap) == AOT_TRAP_OUT_OF_FUEL && instance == NULL);
    CHECK(trap.status == AOT_TRAP_OUT_OF_FUEL);
    options.fuel = 100;
    CHECK(start_create_with(&options, &instance, &trap) == AOT_OK);
    CHECK(aot_instance_fuel((aot_instance *)instance, &units) == AOT_OK);
    printf("start: %lld left\n", (long long)units);
    CHECK(aot_instance_set_fuel((aot_instance *)instance, 1) == AOT_OK);
    CHECK(aot_instance_reset((aot_instance *)instance, &trap) == AOT_OK);
    CHECK(aot_instance_fuel((aot_instance *)instance, &units) == AOT_OK && units >= 0 && units < 100);
    start_destroy(instance);
}

static aot_epoch epoch = AOT_EPOCH_INIT;

static void start_interrupted(void)
{
    aot_options options = AOT_OPTIONS_INIT;
    start_instance *instance = NULL;
    options.epoch = &epoch;
    CHECK(start_create_with(&options, &instance, NULL) == AOT_TRAP_INTERRUPTED && instance == NULL);
    options.increments = 1;
    CHECK(start_create_with(&options, &instance, NULL) == AOT_OK);
    start_destroy(instance);
}

static void *increment_later(void *unused)
{
    struct timespec some = {0, 20 * 1000 * 1000};
    (void)unused;
    nanosleep(&some, NULL);
    aot_epoch_increment(&epoch);
    return NULL;
}

static void on_alarm(int signal)
{
    (void)signal;
    aot_epoch_increment(&epoch);
}

static void *run_until_stopped(void *unused)
{
    guest_instance *guest = create(NULL);
    CHECK(aot_instance_set_epoch((aot_instance *)guest, &epoch, 1) == AOT_OK);
    CHECK(guest_call_count(guest, NULL) == AOT_TRAP_INTERRUPTED);
    guest_destroy(guest);
    return unused;
}

static void interrupt(void)
{
    aot_trap trap;
    pthread_t thread, threads[4];
    struct sigaction action;
    struct itimerval soon = {{0, 0}, {0, 20 * 1000}};
    size_t index;
    int32_t result = 0;
    guest_instance *guest = create(NULL), *other = create(NULL);
    aot_instance *instance = (aot_instance *)guest;

    /* Another thread. */
    CHECK(aot_instance_set_epoch(instance, &epoch, 1) == AOT_OK);
    CHECK(pthread_create(&thread, NULL, increment_later, NULL) == 0);
    CHECK(guest_call_spin(guest, &trap) == AOT_TRAP_INTERRUPTED);
    CHECK(strcmp(trap.message, "interrupted") == 0 && strstr(trap.backtrace, "spin") != NULL);
    CHECK(pthread_join(thread, NULL) == 0);
    /* It stays so until there is another deadline. */
    CHECK(guest_call_nothing(guest, NULL) == AOT_TRAP_INTERRUPTED);
    CHECK(aot_instance_set_deadline(instance, 2) == AOT_OK);
    CHECK(guest_call_fib(guest, 10, &result, NULL) == AOT_OK && result == 55);
    /* A signal handler. */
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(aot_instance_set_deadline(instance, 1) == AOT_OK);
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    CHECK(guest_call_forth(guest, NULL) == AOT_TRAP_INTERRUPTED);
    CHECK(aot_instance_set_deadline(instance, 1) == AOT_OK);
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    CHECK(guest_call_tree(guest, 60, NULL) == AOT_TRAP_INTERRUPTED);
    /* Even while it waits. */
    CHECK(aot_instance_set_deadline(instance, 1) == AOT_OK);
    CHECK(pthread_create(&thread, NULL, increment_later, NULL) == 0);
    CHECK(guest_call_wait(guest, &result, NULL) == AOT_TRAP_INTERRUPTED);
    CHECK(pthread_join(thread, NULL) == 0);
    /* One that has no deadline of that counter, or none at all. */
    CHECK(aot_instance_set_epoch((aot_instance *)other, &epoch, UINT64_MAX) == AOT_OK);
    CHECK(guest_call_fib(other, 10, &result, NULL) == AOT_OK);
    /* Several at once. */
    for (index = 0; index < 4; index++)
        CHECK(pthread_create(&threads[index], NULL, run_until_stopped, NULL) == 0);
    for (index = 0; index < 100; index++) {
        CHECK(pthread_create(&thread, NULL, increment_later, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        if (index == 4)
            break;
    }
    for (index = 0; index < 4; index++)
        CHECK(pthread_join(threads[index], NULL) == 0);
    guest_destroy(guest);
    guest_destroy(other);
}

static void refuse(void)
{
    int64_t units;
    aot_options options = AOT_OPTIONS_INIT;
    start_instance *other = NULL;
    guest_instance *guest = create(NULL);
    aot_instance *instance = (aot_instance *)guest;
    CHECK(aot_instance_fuel(instance, &units) == AOT_ERROR_NOT_COMPILED_IN);
    CHECK(aot_instance_set_fuel(instance, 1) == AOT_ERROR_NOT_COMPILED_IN);
    CHECK(aot_instance_add_fuel(instance, 1) == AOT_ERROR_NOT_COMPILED_IN);
    CHECK(aot_instance_set_epoch(instance, &epoch, 1) == AOT_ERROR_NOT_COMPILED_IN);
    CHECK(aot_instance_set_deadline(instance, 1) == AOT_ERROR_NOT_COMPILED_IN);
    options.fuel = 1;
    CHECK(start_create_with(&options, &other, NULL) == AOT_ERROR_NOT_COMPILED_IN && other == NULL);
    options.fuel = 0;
    options.epoch = &epoch;
    CHECK(start_create_with(&options, &other, NULL) == AOT_ERROR_NOT_COMPILED_IN && other == NULL);
    guest_destroy(guest);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strstr(argv[1], "refuse") != NULL)
        refuse();
    if (strstr(argv[1], "fuel") != NULL) {
        count();
        use_up();
        start();
    }
    if (strstr(argv[1], "epoch") != NULL) {
        interrupt();
        start_interrupted();
    }
    printf("all is well\n");
    return 0;
}
