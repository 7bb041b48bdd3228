/* The WASI that the programs of the table need, for wasm2c's output: arguments, standard output, clocks, the end. Its
   runtime has none. The header of the module comes first on the command line (`-include`). Pointers of the guest are
   checked here, as its own accesses are by guard pages. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct Z_wasi_snapshot_preview1_instance_t {
    wasm_rt_memory_t *memory;
    int argc;
    char **argv;
};
typedef struct Z_wasi_snapshot_preview1_instance_t wasi;

enum { SUCCESS = 0, BADF = 8, FAULT = 21, INVAL = 28, NOSYS = 52, SPIPE = 70 };

static void *at(wasi *w, u32 address, u64 length) {
    if (address + length > w->memory->size) wasm_rt_trap(WASM_RT_TRAP_OOB);
    return w->memory->data + address;
}
static void put32(wasi *w, u32 address, u32 value) { memcpy(at(w, address, 4), &value, 4); }
static void put64(wasi *w, u32 address, u64 value) { memcpy(at(w, address, 8), &value, 8); }
static u32 get32(wasi *w, u32 address) {
    u32 value;
    memcpy(&value, at(w, address, 4), 4);
    return value;
}
static u64 get64(wasi *w, u32 address) {
    u64 value;
    memcpy(&value, at(w, address, 8), 8);
    return value;
}

u32 Z_wasi_snapshot_preview1Z_args_sizes_get(wasi *w, u32 count, u32 bytes) {
    u32 length = 0;
    for (int i = 0; i < w->argc; i++) length += (u32)strlen(w->argv[i]) + 1;
    put32(w, count, (u32)w->argc);
    put32(w, bytes, length);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_args_get(wasi *w, u32 pointers, u32 bytes) {
    for (int i = 0; i < w->argc; i++) {
        u32 length = (u32)strlen(w->argv[i]) + 1;
        put32(w, pointers + (u32)i * 4, bytes);
        memcpy(at(w, bytes, length), w->argv[i], length);
        bytes += length;
    }
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_environ_sizes_get(wasi *w, u32 count, u32 bytes) {
    put32(w, count, 0);
    put32(w, bytes, 0);
    return SUCCESS;
}
u32 Z_wasi_snapshot_preview1Z_environ_get(wasi *w, u32 pointers, u32 bytes) { return SUCCESS; }

u32 Z_wasi_snapshot_preview1Z_fd_write(wasi *w, u32 fd, u32 pieces, u32 count, u32 written) {
    u32 total = 0;
    if (fd != 1 && fd != 2) return BADF;
    for (u32 i = 0; i < count; i++) {
        u32 length = get32(w, pieces + i * 8 + 4);
        const char *bytes = at(w, get32(w, pieces + i * 8), length);
        for (u32 done = 0; done < length;) {
            ssize_t now = write((int)fd, bytes + done, length - done);
            if (now < 0) return INVAL;
            done += (u32)now;
        }
        total += length;
    }
    put32(w, written, total);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_close(wasi *w, u32 fd) { return fd < 3 ? SUCCESS : BADF; }
u32 Z_wasi_snapshot_preview1Z_fd_seek(wasi *w, u32 fd, u64 by, u32 whence, u32 out) { return fd < 3 ? SPIPE : BADF; }
u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(wasi *w, u32 fd, u32 out) {
    if (fd > 2) return BADF;
    memset(at(w, out, 24), 0, 24);
    /* A character device with all rights. */
    *(u8 *)at(w, out, 1) = 2;
    put64(w, out + 8, ~0ull);
    return SUCCESS;
}
u32 Z_wasi_snapshot_preview1Z_fd_fdstat_set_flags(wasi *w, u32 fd, u32 flags) { return fd < 3 ? SUCCESS : BADF; }
u32 Z_wasi_snapshot_preview1Z_fd_prestat_get(wasi *w, u32 fd, u32 out) { return BADF; }
u32 Z_wasi_snapshot_preview1Z_fd_prestat_dir_name(wasi *w, u32 fd, u32 path, u32 length) { return BADF; }

/* There are no files, and nothing to read. */
u32 Z_wasi_snapshot_preview1Z_fd_read(wasi *w, u32 fd, u32 pieces, u32 count, u32 read) { return BADF; }
u32 Z_wasi_snapshot_preview1Z_fd_renumber(wasi *w, u32 from, u32 to) { return BADF; }
u32 Z_wasi_snapshot_preview1Z_path_open(wasi *w, u32 fd, u32 flags, u32 path, u32 length, u32 how, u64 rights, u64 more,
                                        u32 fd_flags, u32 out) {
    return BADF;
}

u32 Z_wasi_snapshot_preview1Z_clock_time_get(wasi *w, u32 clock, u64 precision, u32 out) {
    struct timespec now;
    clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    put64(w, out, (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec);
    return SUCCESS;
}
u32 Z_wasi_snapshot_preview1Z_random_get(wasi *w, u32 out, u32 length) {
    return getrandom(at(w, out, length), length, 0) == (ssize_t)length ? SUCCESS : INVAL;
}
u32 Z_wasi_snapshot_preview1Z_sched_yield(wasi *w) { return SUCCESS; }

/* Waits for the first subscription if that is a clock, which is all that Go's scheduler asks for here. */
u32 Z_wasi_snapshot_preview1Z_poll_oneoff(wasi *w, u32 in, u32 out, u32 count, u32 events) {
    if (count == 0 || *(u8 *)at(w, in + 8, 1) != 0) return NOSYS;
    if (*(u8 *)at(w, in + 40, 1) & 1) return NOSYS;
    u64 timeout = get64(w, in + 24);
    struct timespec wait = {(time_t)(timeout / 1000000000), (long)(timeout % 1000000000)};
    nanosleep(&wait, 0);
    memset(at(w, out, 32), 0, 32);
    put64(w, out, get64(w, in));
    put32(w, events, 1);
    return SUCCESS;
}

void Z_wasi_snapshot_preview1Z_proc_exit(wasi *w, u32 status) {
    fflush(0);
    _exit((int)status);
}

int main(int argc, char **argv) {
    static Z_guest_instance_t guest;
    static wasi instance;
    wasm_rt_init();
    Z_guest_init_module();
    instance.argc = argc;
    instance.argv = argv;
    Z_guest_instantiate(&guest, &instance);
    instance.memory = Z_guestZ_memory(&guest);
    Z_guestZ__start(&guest);
    return 0;
}
