#ifndef AOT_EMBED_WASI_H
#define AOT_EMBED_WASI_H

#ifdef __cplusplus
extern "C" {
#endif

/* WASI, in the headers of modules compiled with --wasi that import it. An instance has what its host gave it, and nothing
 * else: without a host's word no arguments, no variables, empty input, output that nobody gets, no files. Clocks and random
 * numbers are there for all. Paths are resolved so that none leads out of a granted directory. Instances share nothing.
 * Functions of WASI may wait, as for input, and are not interrupted meanwhile.
 *
 * A guest that calls proc_exit ends its call with AOT_TRAP_EXITED, whatever the code; the process goes on. A guest that is a
 * program is run by a call of `_start`, once; for others, `_initialize` is called first if it is there. */

/* What an instance is to get: nothing, until more is said. Strings and bytes are copied. */
typedef struct aot_wasi aot_wasi;

aot_wasi *aot_wasi_create(void);
/* For one that no instance was given. NULL is none. */
void aot_wasi_destroy(aot_wasi *wasi);
/* One more argument; the first is the program's name. */
void aot_wasi_argument(aot_wasi *wasi, const char *argument);
/* A variable, as in NAME=value. */
void aot_wasi_variable(aot_wasi *wasi, const char *variable);
/* A directory of the host, which the guest calls `guest`. */
void aot_wasi_directory(aot_wasi *wasi, const char *host, const char *guest, int read_only);
/* The stream 0, 1 or 2 is that of the process. */
void aot_wasi_inherit(aot_wasi *wasi, int stream);
/* Standard input is these bytes. */
void aot_wasi_input(aot_wasi *wasi, const void *bytes, size_t length);
/* The stream 1 or 2 is kept, up to so many bytes; then the guest is told that the device is full. */
void aot_wasi_capture(aot_wasi *wasi, int stream, size_t limit);
/* How many descriptors the guest may have at once, all that it was granted included: 128 unless this says otherwise. */
void aot_wasi_descriptors(aot_wasi *wasi, uint32_t maximum);
/* Gives it to an instance that is not running, in place of what that has, and frees it. AOT_ERROR_GRANT when a directory
 * cannot be opened: then the instance has what it had. */
int aot_wasi_give(aot_wasi *wasi, aot_instance *instance, aot_trap *trap);
/* Copies what was kept of a stream, from an offset on; returns how many bytes were kept in all. `to` may be NULL if `length`
 * is 0. */
size_t aot_wasi_output(aot_instance *instance, int stream, size_t offset, void *to, size_t length);

#ifdef __cplusplus
}
#endif

#endif
