/* A host of two modules: calls, traps, memory, host functions and their errors, many instances, threads, signals. */
#include "plugin.h"
#include "other.h"
#include "plugin.h" /* Twice is as good as once. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: `%s` does not hold\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

struct host {
    char logged[64];
    int logs;
    int refuse;
};

static int env_log(void *host, plugin_instance *instance, int32_t address, int32_t length)
{
    struct host *state = (struct host *)host;
    memset(state->logged, 0, sizeof state->logged);
    CHECK(length >= 0 && (size_t)length < sizeof state->logged);
    state->logs++;
    if (state->refuse != 0)
        return state->refuse;
    return aot_memory_read(plugin_memory_memory(instance), (uint32_t)address, state->logged, (size_t)length);
}

static int env_add_all(void *host, plugin_instance *instance, int32_t a, int64_t b, float c, double d, double *sum,
                       int32_t *count)
{
    (void)host;
    (void)instance;
    *sum = (double)a + (double)b + (double)c + d;
    *count = 4;
    return 0;
}

/* Calls the guest again until there is nothing left, then makes it trap and goes on. */
static int env_again(void *host, plugin_instance *instance, int32_t left, int32_t *result)
{
    (void)host;
    if (left == 0) {
        aot_trap trap;
        CHECK(plugin_call_unreachable(instance, &trap) == AOT_TRAP_UNREACHABLE);
        *result = 100;
        return 0;
    }
    if (left < 0)
        return left;
    {
        int status = plugin_call_again(instance, left - 1, result, NULL);
        *result += 1;
        return status;
    }
}

static int env_vector(void *host, plugin_instance *instance, const uint8_t vector[16], aot_reference reference,
                      uint8_t result[16])
{
    int lane;
    (void)host;
    (void)instance;
    for (lane = 0; lane < 16; lane++)
        result[lane] = (uint8_t)(vector[15 - lane] + reference);
    return 0;
}

static int other_log(void *host, other_instance *instance, int32_t address, int32_t length)
{
    (void)instance;
    (void)address;
    (void)length;
    return *(int *)host;
}

static const plugin_imports imports = {env_log, env_add_all, env_again, env_vector};

/* Valgrind takes every touch of a guard page for an error: then the modules are compiled with checks instead, and nothing
 * recurses without end. */
static int without_guards;

static plugin_instance *create(struct host *host)
{
    plugin_instance *instance;
    aot_trap trap;
    int status = plugin_create(&imports, host, &instance, &trap);
    if (status != AOT_OK)
        fprintf(stderr, "%s\n", trap.message);
    CHECK(status == AOT_OK && instance != NULL);
    return instance;
}

static void calls(void)
{
    struct host host = {"", 0, 0};
    plugin_instance *instance = create(&host);
    aot_trap trap;
    int32_t sum = 0, count = 0;
    double all = 0;
    uint8_t vector[16], reversed[16];
    int lane;
    CHECK(aot_instance_host((aot_instance *)instance) == &host);
    CHECK(plugin_call_add(instance, 2, 40, &sum, NULL) == AOT_OK && sum == 42);
    CHECK(plugin_call_greet(instance, &trap) == AOT_OK);
    CHECK(strcmp(host.logged, "hello from the guest") == 0);
    CHECK(plugin_call_greet_by_table(instance, &trap) == AOT_OK);
    CHECK(strcmp(host.logged, "hello") == 0 && host.logs == 2);
    CHECK(plugin_call_mixed(instance, -1, INT64_C(1) << 40, 0.5f, 0.25, &all, &count, &trap) == AOT_OK);
    CHECK(all == 1099511627775.75 && count == 4);
    for (lane = 0; lane < 16; lane++)
        vector[lane] = (uint8_t)lane;
    CHECK(plugin_call_vector(instance, vector, 7, reversed, &trap) == AOT_OK);
    for (lane = 0; lane < 16; lane++)
        CHECK(reversed[lane] == 15 - lane + 7);
    CHECK(plugin_call_again(instance, 5, &sum, &trap) == AOT_OK && sum == 105);
    CHECK(*plugin_global_counter(instance) == 40 && *plugin_global_fixed(instance) == 2.5);
    *plugin_global_counter(instance) += 2;
    CHECK(*plugin_global_counter(instance) == 42);
    plugin_destroy(instance);
}

static void traps(void)
{
    struct host host = {"", 0, 0};
    plugin_instance *instance = create(&host);
    aot_trap trap;
    int32_t value = 7;
    int64_t depth = 0;
    CHECK(plugin_call_load(instance, 65536, &value, &trap) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(trap.status == AOT_TRAP_MEMORY_OUT_OF_BOUNDS && value == 7);
    CHECK(strcmp(trap.message, "out of bounds memory access") == 0);
    CHECK(strstr(trap.backtrace, "at `load` (plugin+0x") != NULL);
    CHECK(plugin_call_load(instance, -4, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(plugin_call_unreachable(instance, &trap) == AOT_TRAP_UNREACHABLE);
    CHECK(plugin_call_divide(instance, 1, 0, &value, &trap) == AOT_TRAP_INTEGER_DIVIDE_BY_ZERO);
    CHECK(plugin_call_divide(instance, INT32_MIN, -1, &value, &trap) == AOT_TRAP_INTEGER_OVERFLOW);
    CHECK(plugin_call_down(instance, 1000, &depth, &trap) == AOT_OK && depth == 1000);
    if (!without_guards)
        CHECK(plugin_call_down(instance, INT64_C(1) << 60, &depth, &trap) == AOT_TRAP_STACK_OVERFLOW && depth == 1000);
    host.refuse = -77;
    CHECK(plugin_call_greet(instance, &trap) == AOT_TRAP_HOST_ERROR && trap.host_error == -77);
    CHECK(plugin_call_again(instance, -5, &value, &trap) == AOT_TRAP_HOST_ERROR && trap.host_error == -5);
    /* The instance is still good. */
    CHECK(plugin_call_divide(instance, 6, 3, &value, &trap) == AOT_OK && value == 2);
    plugin_destroy(instance);
    plugin_destroy(NULL);
}

static void memories(void)
{
    struct host host = {"", 0, 0};
    plugin_instance *instance = create(&host);
    aot_memory *memory = plugin_memory_memory(instance);
    char text[8];
    int32_t value = 0, old = 0;
    CHECK(aot_memory_size(memory) == 65536);
    CHECK(memcmp(aot_memory_data(memory) + 16, "hello", 5) == 0);
    CHECK(aot_memory_write(memory, 65532, "\1\2\3\4", 4) == AOT_OK);
    CHECK(plugin_call_load(instance, 65532, &value, NULL) == AOT_OK && value == 0x04030201);
    CHECK(aot_memory_write(memory, 65533, "\1\2\3\4", 4) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(aot_memory_read(memory, UINT64_MAX, text, 2) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHECK(aot_memory_read(memory, 65536, text, 0) == AOT_OK);
    CHECK(plugin_call_grow(instance, 1, &old, NULL) == AOT_OK && old == 1 && aot_memory_size(memory) == 131072);
    CHECK(aot_memory_add_pages(memory, 2) == 2 && aot_memory_add_pages(memory, 1) == -1);
    CHECK(aot_memory_size(memory) == 262144);
    CHECK(plugin_call_load(instance, 262140, &value, NULL) == AOT_OK && value == 0);
    plugin_destroy(instance);
}

static void two_modules(void)
{
    other_imports functions;
    other_instance *first, *second, *failed = (other_instance *)&functions;
    struct host host = {"", 0, 0};
    plugin_instance *plugin = create(&host);
    plugin_instance *none;
    plugin_imports incomplete = imports;
    int error = 0;
    int32_t result = 0;
    aot_trap trap;
    functions.env_log = other_log;
    CHECK(other_create(&functions, &error, &first, &trap) == AOT_OK);
    CHECK(other_create(&functions, &error, &second, &trap) == AOT_OK);
    CHECK(other_call_add(first, 50, 8, &result, &trap) == AOT_OK && result == 42);
    CHECK(plugin_call_add(plugin, 50, 8, &result, &trap) == AOT_OK && result == 58);
    *other_global_runs(first) = 9;
    CHECK(*other_global_runs(second) == 1);
    error = 3;
    CHECK(other_create(&functions, &error, &failed, &trap) == AOT_TRAP_HOST_ERROR);
    CHECK(failed == NULL && trap.host_error == 3);
    incomplete.env_again = NULL;
    CHECK(plugin_create(&incomplete, &host, &none, &trap) == AOT_ERROR_IMPORTS && none == NULL);
    CHECK(strstr(trap.message, "missing") != NULL);
    other_destroy(first);
    other_destroy(second);
    plugin_destroy(plugin);
}

static void *many(void *unused)
{
    int round;
    for (round = 0; round < 50; round++) {
        struct host host = {"", 0, 0};
        plugin_instance *instance = create(&host);
        int32_t value = 0;
        int64_t depth = 0;
        CHECK(plugin_call_add(instance, round, 1, &value, NULL) == AOT_OK && value == round + 1);
        CHECK(plugin_call_load(instance, 1 << 20, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
        if (round % 10 == 0 && !without_guards)
            CHECK(plugin_call_down(instance, INT64_C(1) << 60, &depth, NULL) == AOT_TRAP_STACK_OVERFLOW);
        plugin_destroy(instance);
    }
    return unused;
}

static void threads(void)
{
    pthread_t running[4];
    int index;
    for (index = 0; index < 4; index++)
        CHECK(pthread_create(&running[index], NULL, many, NULL) == 0);
    for (index = 0; index < 4; index++)
        CHECK(pthread_join(running[index], NULL) == 0);
    many(NULL);
}

static volatile sig_atomic_t seen;

static void on_fault(int number)
{
    static const char text[] = "the host's own handler\n";
    (void)number;
    seen++;
    fwrite(text, 1, sizeof text - 1, stdout);
    fflush(stdout);
    _Exit(0);
}

int main(int count, char **arguments)
{
    int signals = count > 1 && strcmp(arguments[1], "signals") == 0;
    without_guards = count > 1 && strcmp(arguments[1], "without-guards") == 0;
    if (signals)
        CHECK(signal(SIGSEGV, on_fault) != SIG_ERR);
    calls();
    traps();
    memories();
    two_modules();
    threads();
    CHECK(seen == 0);
    puts("all is well");
    fflush(stdout);
    if (signals) {
        /* A fault of the host is none of the guest's. */
        volatile int *nowhere = (volatile int *)(size_t)(count - 2);
        return *nowhere;
    }
    return 0;
}
