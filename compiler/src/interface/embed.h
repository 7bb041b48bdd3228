/* Instances of WebAssembly modules that `aot` compiled. The same in the header of every module; links with the module's
 * archive, which holds this runtime as well, and needs nothing but libc.
 *
 * Status   Functions that can fail return 0 for success. 1 to 99 are traps of the guest, whose AOT_TRAP_ names are below;
 *          100 and above say why there is no instance. Details are in an aot_trap, if one is given; it may be NULL.
 *          After a trap an instance may be called again, and sees whatever the guest left in its memory; most hosts
 *          destroy it.
 * Threads  Instances are independent. Any thread may use any instance, one thread at a time.
 * Stack    The guest, and host functions that it calls, run on a stack of their own, of 1 MiB. Every thread that calls
 *          guests keeps one until it ends; then another thread may have it.
 * Memory   An instance that is destroyed gives all its memory back. Address space, 512 GiB at most, is kept for the next
 *          ones, until aot_trim is called. Initial contents of memories are shared by instances until they are written;
 *          for that, each module with much of them keeps one file descriptor open.
 * Signals  The first instance installs handlers for SIGSEGV, SIGBUS, SIGILL and SIGFPE, which turn faults of guests into
 *          traps and hand all others to the handlers that were there before. A thread that calls a guest and has no
 *          alternate signal stack gets one, until it ends. A handler that the host installs later must hand on what
 *          is not its own, on an alternate stack (SA_ONSTACK); signal masks are never changed.
 * Unload   A shared library with a module in it must not be unloaded: the signal handlers are in it.
 * Strings  A guest's pointer is a number, an address in its memory: C strings and structs are at such addresses, laid out
 *          as the toolchain of the guest says (for clang: little-endian, 4-byte pointers and longs). Structs that are
 *          passed or returned by value are passed by address in the exported function's signature.
 */
#ifndef AOT_EMBED_H
#define AOT_EMBED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A module: what its archive defines. */
typedef struct aot_image aot_image;
/* A live instance of a module. */
typedef struct aot_instance aot_instance;
/* A memory of an instance: lives as long as it does. */
typedef struct aot_memory aot_memory;
/* A table of an instance: lives as long as it does. */
typedef struct aot_table aot_table;
/* A reference of the guest, to hand back to it. 0 is null. A reference to a function lives as long as its instance, and
 * must not be given to another one; an externref is whatever the host makes of it. */
typedef uint64_t aot_reference;

/* One argument or result. */
typedef union aot_value {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
    aot_reference reference;
    long double alignment; /* Values are 16 bytes, at multiples of 16. */
} aot_value;

/* What went wrong. */
typedef struct aot_trap {
    int32_t status;      /* What the function returned. */
    int32_t host_error;  /* For AOT_TRAP_HOST_ERROR: what the host function returned; for AOT_TRAP_EXITED: the exit code. */
    char message[248];   /* For a person, ends with a null. */
    char backtrace[768]; /* Functions of the guest, innermost first, a line each. */
} aot_trap;

enum {
    AOT_OK = 0,
    AOT_TRAP_UNREACHABLE = 1,
    AOT_TRAP_MEMORY_OUT_OF_BOUNDS = 2,
    AOT_TRAP_TABLE_OUT_OF_BOUNDS = 3,
    AOT_TRAP_UNDEFINED_ELEMENT = 4,
    AOT_TRAP_UNINITIALIZED_ELEMENT = 5,
    AOT_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 6,
    AOT_TRAP_INTEGER_DIVIDE_BY_ZERO = 7,
    AOT_TRAP_INTEGER_OVERFLOW = 8,
    AOT_TRAP_INVALID_CONVERSION_TO_INTEGER = 9,
    AOT_TRAP_STACK_OVERFLOW = 10,
    AOT_TRAP_NULL_REFERENCE = 11,
    AOT_TRAP_NULL_FUNCTION_REFERENCE = 12,
    AOT_TRAP_UNALIGNED_ATOMIC = 13,
    AOT_TRAP_EXPECTED_SHARED_MEMORY = 14,
    AOT_TRAP_INTERRUPTED = 19,
    AOT_TRAP_OUT_OF_FUEL = 20,
    AOT_TRAP_HOST_ERROR = 21,
    AOT_TRAP_UNRESOLVED_IMPORT = 22,
    /* The guest called proc_exit: not an error, unless its exit code, `host_error`, says so. */
    AOT_TRAP_EXITED = 27,
    /* The module and this runtime were made by different versions of aot. */
    AOT_ERROR_VERSION = 100,
    /* A function of the imports is missing, or the header is not that of the module. */
    AOT_ERROR_IMPORTS = 101,
    /* No memory, or no address space. */
    AOT_ERROR_OUT_OF_MEMORY = 102,
    /* There is no such export. */
    AOT_ERROR_EXPORT = 103,
    /* The module was compiled without --interruptible or --fuel. */
    AOT_ERROR_NOT_COMPILED_IN = 104,
    /* A reference is not one of the instance's, or does not have the type. */
    AOT_ERROR_REFERENCE = 105,
    /* Something that was granted by WASI cannot be opened. */
    AOT_ERROR_GRANT = 106
};

/* A counter that instances stop by: see "Stopping a guest". Initialise it with AOT_EPOCH_INIT, and leave its member alone. It has to live longer than its instances. */
typedef struct aot_epoch {
    uint64_t now;
} aot_epoch;
/* clang-format off */
#define AOT_EPOCH_INIT { 0 }
/* clang-format on */

struct aot_wasi;

/* What an instance may have. Initialise it with AOT_OPTIONS_INIT: then later versions of this header can add members, and
 * everything has its default. */
typedef struct aot_options {
    size_t size;             /* sizeof(aot_options) */
    uint64_t memory_bytes;   /* Of all its memories together; 0 for no limit. Growth beyond it gives -1. */
    uint64_t table_elements; /* Of each of its tables; 0 for no limit. Growth beyond it gives -1. */
    uint64_t stack_bytes;    /* That a call may use, 16 KiB at least; 0 for what the thread's stack has. */
    int64_t fuel;            /* To begin with, for modules that use some; 0 for no limit. */
    const aot_epoch *epoch;  /* What it is stopped by, for modules that can be, or NULL: */
    uint64_t increments;     /* when it has been incremented so often from now on. */
    struct aot_wasi *wasi;   /* What it gets of WASI, which is freed whatever comes of it; or NULL for nothing. */
} aot_options;
/* clang-format off */
#define AOT_OPTIONS_INIT { sizeof(aot_options), 0, 0, 0, 0, NULL, 0, NULL }
/* clang-format on */

/* What an imported memory (in pages) or table (in elements) is to be: the instance gets one of its own. Zeros are what the
 * module declares. */
typedef struct aot_size {
    uint64_t minimum;
    uint64_t maximum;
} aot_size;

/* What follows is for the module's own part of the header, and for hosts that do without it. */

typedef void aot_any_function(void);

/* A function of the host: `call` gets the instance, the `host` that it was created with, and `function`; it takes the
 * arguments from `values` and puts the results there. Anything but 0 ends the guest with AOT_TRAP_HOST_ERROR. It must
 * return: neither longjmp nor a C++ exception may cross the guest. It may call the instance. */
typedef struct aot_host_function {
    int (*call)(aot_instance *instance, void *host, aot_any_function *function, aot_value *values);
    aot_any_function *function;
} aot_host_function;

/* For an import that is not a function: the size of a memory or table, or the value of a global. */
typedef struct aot_provided {
    aot_size size;
    aot_value value;
} aot_provided;

/* Makes an instance and runs its start function. The functions are those of the imports, in the module's order, and so are
 * the other things. `options` may be NULL. After a failure there is no instance, and nothing to free. */
int aot_instance_create(const aot_image *image, const aot_host_function *functions, size_t function_count,
                        const aot_provided *others, size_t other_count, const aot_options *options, void *host,
                        aot_instance **instance, aot_trap *trap);
/* Makes it as if it had just been created, start function included. It must not be running. What the host knows of its
 * memories, tables and globals has to be asked again; its deadline stays, and its fuel unless the options gave it some, and
 * of WASI it has nothing. After a failure it can be destroyed, or reset once more, and calls of it fail. */
int aot_instance_reset(aot_instance *instance, aot_trap *trap);
/* Frees it and its memories. It must not be running. NULL is none. */
void aot_instance_destroy(aot_instance *instance);
/* Gives back the address space that is kept for later instances. */
void aot_trim(void);
/* What it was created with. */
void *aot_instance_host(const aot_instance *instance);
/* Calls an export, by its position. `values` has room for the larger of the numbers of arguments and results. */
int aot_call(aot_instance *instance, uint32_t exported, aot_value *values, aot_trap *trap);
/* What typed functions are made of: calls the function whose reference is at this place of the instance, and returns 0, or
 * what aot_take_trap turns into a status; nothing may be called in between. */
uint64_t aot_enter(const void *reference, aot_value *values);
int aot_take_trap(uint64_t outcome, aot_trap *trap);
/* An exported memory, by its position; NULL when it is none. */
aot_memory *aot_exported_memory(aot_instance *instance, uint32_t exported);
/* The value of an exported global, by its position; NULL when it is none. */
aot_value *aot_exported_global(aot_instance *instance, uint32_t exported);

/* An exported table, by its position; NULL when it is none. */
aot_table *aot_exported_table(aot_instance *instance, uint32_t exported);

/* Calls a function of the instance by its reference. `type` says what the host takes it for: a letter for each parameter,
 * a colon, a letter for each result; i is an i32, l an i64, f and d are floats, v is a v128, r any reference. Where that
 * is not the function's type, or the reference is null or not one of this instance: AOT_ERROR_REFERENCE. */
int aot_call_reference(aot_instance *instance, aot_reference function, const char *type, aot_value *values,
                       aot_trap *trap);

/* Tables. */

/* Current number of elements. */
uint64_t aot_table_size(const aot_table *table);
/* An element; AOT_TRAP_TABLE_OUT_OF_BOUNDS where there is none. */
int aot_table_get(const aot_table *table, uint64_t index, aot_reference *element);
/* Changes an element; AOT_ERROR_REFERENCE for what is not of the table's type, or not a function of its instance. */
int aot_table_set(aot_instance *instance, aot_table *table, uint64_t index, aot_reference element);
/* Adds so many elements with this value, which has to be of the table's type; the old number of elements, or -1. */
int64_t aot_table_add_elements(aot_instance *instance, aot_table *table, uint64_t count, aot_reference element);

/* Memories. Growth, by the guest or the host, may change where the data is: do not keep its address over a call. */

/* Current length in bytes. */
uint64_t aot_memory_size(const aot_memory *memory);
/* Where address 0 of the guest is. */
uint8_t *aot_memory_data(const aot_memory *memory);
/* Copies from the guest's memory; AOT_TRAP_MEMORY_OUT_OF_BOUNDS, and nothing copied, where the range is not inside. */
int aot_memory_read(const aot_memory *memory, uint64_t address, void *to, size_t length);
/* Copies to the guest's memory; likewise. */
int aot_memory_write(aot_memory *memory, uint64_t address, const void *from, size_t length);
/* Grows by so many pages; the old number of pages, or -1. */
int64_t aot_memory_add_pages(aot_memory *memory, uint64_t pages);

/* Stopping a guest, in two ways. Modules have to be compiled for either, and both may be used; for others the functions
 * return AOT_ERROR_NOT_COMPILED_IN. They take an instance whose guest does not run; host functions may call them, but for
 * aot_instance_set_epoch. A guest that was stopped can be destroyed, or called again when it has another deadline or more
 * fuel; its memory is as it was when it was stopped. Host functions, and single operations on a whole memory or table, are
 * not interrupted.
 *
 * Epochs   aot compile --interruptible. A counter of the host's, which any number of instances share. Any thread may
 *          increment it, a signal handler as well. A guest stops with AOT_TRAP_INTERRUPTED when its deadline is reached:
 *          at the next call of a function or iteration of a loop, or within milliseconds where it waits for another thread.
 * Fuel     aot compile --fuel. Every operator takes a unit, except for block, loop, else, end and nop; memory.copy,
 *          memory.fill and memory.init one more for every 16 bytes, table.copy, table.fill, table.init and table.grow one
 *          for every element. A run of operators, up to a branch, a call, or where branches lead to, is charged as a whole
 *          when it begins. A guest stops with AOT_TRAP_OUT_OF_FUEL when it calls a function, repeats a loop or does one of
 *          those operations with less than nothing left. The same calls use the same fuel on every machine, with every
 *          option of aot. */

/* Increments the counter: one atomic instruction. */
void aot_epoch_increment(aot_epoch *epoch);
/* The instance stops when the counter has been incremented so often from now on; UINT64_MAX is never. */
int aot_instance_set_epoch(aot_instance *instance, const aot_epoch *epoch, uint64_t increments);
/* Another deadline for the same counter, from now on. */
int aot_instance_set_deadline(aot_instance *instance, uint64_t increments);
/* What is left; less than nothing when it is used up. Without a limit, as after creation, it is more than enough. */
int aot_instance_fuel(const aot_instance *instance, int64_t *units);
/* Gives the guest so much instead of what is left. */
int aot_instance_set_fuel(aot_instance *instance, int64_t units);
/* Gives it so much more. */
int aot_instance_add_fuel(aot_instance *instance, int64_t units);

#ifdef __cplusplus
}
#endif

#endif
