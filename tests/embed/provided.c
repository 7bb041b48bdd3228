/* What a host provides and allows, references and tables, reset, and that no instance sees what another one left. */
#include "provided.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: `%s` does not hold\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

#define PAGE 65536

static int without_guards;

static int tick(void *host, provided_instance *instance, int32_t *result)
{
    int *ticks = (int *)host;
    (void)instance;
    if (*ticks < 0)
        return 5;
    *result = ++*ticks;
    return 0;
}

static provided_imports imports(void)
{
    provided_imports all;
    memset(&all, 0, sizeof all);
    all.env_tick = tick;
    all.env_memory.maximum = 6;
    all.env_start = 40;
    all.env_scale = 2.5;
    all.env_handle = 77;
    return all;
}

static provided_instance *create(const provided_imports *all, int *ticks, const aot_options *options)
{
    provided_instance *instance;
    aot_trap trap;
    int status = provided_create_with(all, ticks, options, &instance, &trap);
    if (status != AOT_OK)
        fprintf(stderr, "%s\n", trap.message);
    CHECK(status == AOT_OK && instance != NULL);
    return instance;
}

static void imported_things(void)
{
    provided_imports all = imports();
    provided_instance *first, *second, *none;
    aot_trap trap;
    int ticks = 0;
    int32_t value = 0;
    double scale = 0;
    aot_reference handle = 0, function = 0;
    first = create(&all, &ticks, NULL);
    second = create(&all, &ticks, NULL);
    CHECK(provided_call_count(first, &value, NULL) == AOT_OK && value == 41);
    CHECK(provided_call_count(second, &value, NULL) == AOT_OK && value == 42);
    CHECK(*provided_global_start(first) == 41 && *provided_global_runs(first) == 1);
    CHECK(provided_call_scale(first, &scale, NULL) == AOT_OK && scale == 2.5);
    CHECK(provided_call_handle(first, &handle, NULL) == AOT_OK && handle == 77);
    /* Each instance has its own. */
    CHECK(provided_call_store_given(first, 9, 1, NULL) == AOT_OK);
    CHECK(provided_call_load_given(second, 9, &value, NULL) == AOT_OK && value == 0);
    CHECK(provided_call_grow_given(first, 5, &value, NULL) == AOT_OK && value == 1);
    CHECK(provided_call_grow_given(first, 1, &value, NULL) == AOT_OK && value == -1);
    CHECK(aot_memory_size(provided_memory_given(first)) == 6 * PAGE);
    CHECK(aot_memory_size(provided_memory_given(second)) == PAGE);
    CHECK(aot_table_size(provided_table_given_table(first)) == 2);
    CHECK(provided_call_reference(first, 0, &function, NULL) == AOT_OK);
    CHECK(provided_call_give(first, 1, function, NULL) == AOT_OK);
    CHECK(aot_table_get(provided_table_given_table(first), 1, &handle) == AOT_OK && handle == function);
    CHECK(aot_table_get(provided_table_given_table(second), 1, &handle) == AOT_OK && handle == 0);
    provided_destroy(first);
    provided_destroy(second);
    /* More than the module allows, or less than it wants. */
    all.env_memory.maximum = 9;
    CHECK(provided_create(&all, &ticks, &none, &trap) == AOT_ERROR_IMPORTS && none == NULL);
    CHECK(strstr(trap.message, "`env.memory`") != NULL);
    all.env_memory.maximum = 6;
    all.env_table.minimum = 1;
    CHECK(provided_create(&all, &ticks, &none, &trap) == AOT_ERROR_IMPORTS && none == NULL);
    all.env_table.minimum = 5;
    first = create(&all, &ticks, NULL);
    CHECK(aot_table_size(provided_table_given_table(first)) == 5);
    provided_destroy(first);
}

static void references(void)
{
    provided_imports all = imports();
    int ticks = 0;
    provided_instance *instance = create(&all, &ticks, NULL), *other = create(&all, &ticks, NULL);
    aot_instance *plain = (aot_instance *)instance;
    aot_table *table = provided_table_functions(instance), *handles = provided_table_handles(instance);
    aot_reference add = 0, sub = 0, foreign = 0, found = 0;
    aot_value values[2];
    aot_trap trap;
    int32_t value = 0;
    CHECK(aot_table_size(table) == 3 && aot_table_get(table, 0, &add) == AOT_OK && aot_table_get(table, 1, &sub) == AOT_OK);
    CHECK(aot_table_get(table, 3, &found) == AOT_TRAP_TABLE_OUT_OF_BOUNDS);
    values[0].i32 = 50;
    values[1].i32 = 8;
    CHECK(aot_call_reference(plain, sub, "ii:i", values, &trap) == AOT_OK && values[0].i32 == 42);
    CHECK(aot_call_reference(plain, sub, "ii:l", values, &trap) == AOT_ERROR_REFERENCE);
    CHECK(strstr(trap.message, "another type") != NULL);
    CHECK(aot_call_reference(plain, sub, "i:i", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_call_reference(plain, sub, "ii", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_call_reference(plain, 0, "ii:i", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_call_reference(plain, sub + 8, "ii:i", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_call_reference(plain, (aot_reference)(size_t)&values, "ii:i", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_table_get(provided_table_functions(other), 0, &foreign) == AOT_OK && foreign != add);
    CHECK(aot_call_reference(plain, foreign, "ii:i", values, NULL) == AOT_ERROR_REFERENCE);
    CHECK(aot_table_set(plain, table, 2, foreign) == AOT_ERROR_REFERENCE);
    CHECK(aot_table_set(plain, table, 2, 77) == AOT_ERROR_REFERENCE);
    CHECK(aot_table_set(plain, table, 3, add) == AOT_TRAP_TABLE_OUT_OF_BOUNDS);
    if (!without_guards)
        CHECK(provided_call_apply(instance, 2, 1, 2, &value, NULL) == AOT_TRAP_UNINITIALIZED_ELEMENT);
    CHECK(aot_table_set(plain, table, 2, add) == AOT_OK);
    CHECK(provided_call_apply(instance, 2, 1, 2, &value, NULL) == AOT_OK && value == 3);
    CHECK(aot_table_set(plain, table, 2, 0) == AOT_OK);
    CHECK(aot_table_add_elements(plain, table, 2, sub) == 3 && aot_table_add_elements(plain, table, 4, 0) == -1);
    CHECK(aot_table_add_elements(plain, table, 1, foreign) == -1 && aot_table_size(table) == 5);
    CHECK(provided_call_apply(instance, 4, 44, 2, &value, NULL) == AOT_OK && value == 42);
    CHECK(aot_table_set(plain, handles, 0, 1234) == AOT_OK);
    CHECK(aot_table_get(handles, 0, &found) == AOT_OK && found == 1234);
    provided_destroy(instance);
    provided_destroy(other);
}

static void limits(void)
{
    provided_imports all = imports();
    aot_options options = AOT_OPTIONS_INIT;
    provided_instance *instance, *none;
    aot_trap trap;
    int ticks = 0;
    int32_t value = 0;
    options.memory_bytes = 5 * PAGE;
    options.table_elements = 4;
    instance = create(&all, &ticks, &options);
    CHECK(provided_call_grow(instance, 3, &value, NULL) == AOT_OK && value == -1);
    CHECK(provided_call_grow(instance, 1, &value, NULL) == AOT_OK && value == 2);
    CHECK(aot_memory_add_pages(provided_memory_given(instance), 2) == -1);
    CHECK(aot_memory_add_pages(provided_memory_given(instance), 1) == 1);
    CHECK(provided_call_grow(instance, 1, &value, NULL) == AOT_OK && value == -1);
    CHECK(provided_call_grow(instance, 0, &value, NULL) == AOT_OK && value == 3);
    CHECK(provided_call_grow_table(instance, 2, &value, NULL) == AOT_OK && value == -1);
    CHECK(provided_call_grow_table(instance, 1, &value, NULL) == AOT_OK && value == 3);
    CHECK(aot_table_add_elements((aot_instance *)instance, provided_table_functions(instance), 1, 0) == -1);
    /* What was used counts no more after a reset. */
    CHECK(provided_reset(instance, &trap) == AOT_OK);
    CHECK(provided_call_grow(instance, 2, &value, NULL) == AOT_OK && value == 2);
    provided_destroy(instance);
    options.memory_bytes = 3 * PAGE - 1;
    CHECK(provided_create_with(&all, &ticks, &options, &none, &trap) == AOT_ERROR_OUT_OF_MEMORY && none == NULL);
    CHECK(strstr(trap.message, "more than the instance may have") != NULL);
    options.memory_bytes = 3 * PAGE;
    options.table_elements = 2;
    CHECK(provided_create_with(&all, &ticks, &options, &none, &trap) == AOT_ERROR_OUT_OF_MEMORY && none == NULL);
    options.table_elements = 3;
    provided_destroy(create(&all, &ticks, &options));
    /* Options of an older header, which ended earlier. */
    options.size = offsetof(aot_options, table_elements);
    options.table_elements = 1;
    provided_destroy(create(&all, &ticks, &options));
}

/* How deep a guest can go. */
static int32_t depth(provided_instance *instance)
{
    int32_t low = 1, high = 10000000, value;
    while (low + 1 < high) {
        int32_t middle = low + (high - low) / 2;
        int status = provided_call_down(instance, middle, &value, NULL);
        CHECK(status == AOT_OK || status == AOT_TRAP_STACK_OVERFLOW);
        if (status == AOT_OK)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void stacks(void)
{
    provided_imports all = imports();
    aot_options options = AOT_OPTIONS_INIT;
    provided_instance *instance;
    int ticks = 0;
    int32_t usual, small, large;
    instance = create(&all, &ticks, NULL);
    usual = depth(instance);
    provided_destroy(instance);
    options.stack_bytes = 64 << 10;
    instance = create(&all, &ticks, &options);
    small = depth(instance);
    provided_destroy(instance);
    options.stack_bytes = 4 << 20;
    instance = create(&all, &ticks, &options);
    large = depth(instance);
    provided_destroy(instance);
    CHECK(usual > 12 * small && usual < 20 * small);
    CHECK(large > 3 * usual && large < 5 * usual);
}

static void resets(void)
{
    provided_imports all = imports();
    int ticks = 0, round;
    provided_instance *instance = create(&all, &ticks, NULL);
    aot_trap trap;
    int32_t value = 0;
    for (round = 1; round < 5; round++) {
        CHECK(provided_call_count(instance, &value, NULL) == AOT_OK && value == 40 + round);
        CHECK(*provided_global_runs(instance) == 1 && aot_table_size(provided_table_functions(instance)) == 3);
        CHECK(memcmp(aot_memory_data(provided_memory_own(instance)), "contents", 8) == 0);
        CHECK(provided_call_load_given(instance, 3, &value, NULL) == AOT_OK && value == 0);
        CHECK(provided_call_store_given(instance, 3, 1, NULL) == AOT_OK);
        CHECK(provided_call_grow(instance, 7, &value, NULL) == AOT_OK && value == 2);
        CHECK(provided_call_fill(instance, 0, 0xee, 9 * PAGE, NULL) == AOT_OK);
        CHECK(provided_call_grow_table(instance, 1, &value, NULL) == AOT_OK && value == 3);
        CHECK(provided_reset(instance, &trap) == AOT_OK);
    }
    ticks = -1;
    CHECK(provided_reset(instance, &trap) == AOT_TRAP_HOST_ERROR && trap.host_error == 5);
    CHECK(provided_call_count(instance, &value, &trap) != AOT_OK && strcmp(trap.message, "allocation failed") == 0);
    ticks = 9;
    CHECK(provided_reset(instance, &trap) == AOT_OK);
    CHECK(provided_call_count(instance, &value, NULL) == AOT_OK && value == 50);
    provided_destroy(instance);
}

/* The memory is as the module says, up to its last byte, and there is nothing behind it. */
static void fresh(provided_instance *instance)
{
    aot_memory *memory = provided_memory_own(instance);
    const uint8_t *data = aot_memory_data(memory);
    int32_t value = 0;
    size_t at;
    CHECK(aot_memory_size(memory) == 2 * PAGE);
    CHECK(memcmp(data, "contents of the module", 22) == 0 && memcmp(data + PAGE, "far", 3) == 0);
    for (at = 22; at < PAGE; at++)
        CHECK(data[at] == 0);
    for (at = PAGE + 3; at < 2 * PAGE; at++)
        CHECK(data[at] == 0);
    CHECK(provided_call_load(instance, 2 * PAGE - 1, &value, NULL) == AOT_OK && value == 0);
    if (!without_guards) {
        CHECK(provided_call_load(instance, 2 * PAGE, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
        CHECK(provided_call_load(instance, 5 * PAGE, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
        CHECK(provided_call_load(instance, -1, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
        CHECK(provided_call_load_given(instance, PAGE, &value, NULL) == AOT_TRAP_MEMORY_OUT_OF_BOUNDS);
    }
    CHECK(provided_call_load_given(instance, PAGE - 1, &value, NULL) == AOT_OK && value == 0);
}

static void *many(void *unused)
{
    provided_imports all = imports();
    int round, ticks = 0;
    for (round = 0; round < 60; round++) {
        provided_instance *instance = create(&all, &ticks, NULL), *second = NULL;
        int32_t value = 0;
        fresh(instance);
        if (round % 3 == 0)
            fresh(second = create(&all, &ticks, NULL));
        CHECK(provided_call_grow(instance, round % 7, &value, NULL) == AOT_OK && value == 2);
        CHECK(provided_call_fill(instance, 0, 0xee, (2 + round % 7) * PAGE, NULL) == AOT_OK);
        CHECK(provided_call_grow_given(instance, 2, &value, NULL) == AOT_OK);
        CHECK(provided_call_store_given(instance, 3 * PAGE - 1, 7, NULL) == AOT_OK);
        if (second != NULL) {
            fresh(second);
            provided_destroy(second);
        }
        provided_destroy(instance);
        if (round % 20 == 19)
            aot_trim();
    }
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t running[4];
    int index;
    without_guards = count > 1 && strcmp(arguments[1], "without-guards") == 0;
    imported_things();
    references();
    limits();
    resets();
    if (!without_guards)
        stacks();
    for (index = 0; index < 4; index++)
        CHECK(pthread_create(&running[index], NULL, many, NULL) == 0);
    for (index = 0; index < 4; index++)
        CHECK(pthread_join(running[index], NULL) == 0);
    many(NULL);
    aot_trim();
    puts("all is well");
    return 0;
}
