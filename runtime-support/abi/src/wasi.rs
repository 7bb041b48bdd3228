//! The WASI functions: import name, signature and symbol, one documented row each, expanded by both sides.
//!
//! The compiler resolves imports from `wasi_snapshot_preview1`, its predecessor `wasi_unstable` (snapshot 0) and `wasi`
//! (the wasi-threads proposal) with [`find`]; the runtime expands the same rows into its `extern "C"` entry points, so
//! that a row without an implementation, or with one of another type, does not compile.
//!
//! Every entry point takes the instance's context first, then the Wasm arguments as `u32` and `u64`. A row whose result
//! is `Errno` returns WASI's error number, 0 for success. Snapshot 0 has the functions of preview 1 except
//! `sock_accept`; where a layout or an encoding differs (`filestat`, `subscription`, `whence`) it has rows of its own.

use crate::types::ValueKind;

/// Import module of preview 1.
pub const PREVIEW_1: &str = "wasi_snapshot_preview1";
/// Import module of snapshot 0.
pub const SNAPSHOT_0: &str = "wasi_unstable";
/// Import module of wasi-threads.
pub const THREADS: &str = "wasi";

/// A WASI function that a module can import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WasiFunction {
    /// Import module.
    pub module: &'static str,
    /// Import name.
    pub name: &'static str,
    /// Wasm parameters; the entry point takes the context before them.
    pub params: &'static [ValueKind],
    /// Wasm result.
    pub result: Option<ValueKind>,
    /// Symbol of the entry point in the runtime.
    pub symbol: &'static str,
}

/// Calls `$mac!` with every row: `"import name" function = symbol(parameter: Type, …) -> Result in (modules);`.
///
/// `function` is the implementation's name in the runtime. `Result` is `Errno`; or `Thread`, the result of
/// `thread-spawn`; or `Never`, for what does not return and has no Wasm result.
#[macro_export]
macro_rules! for_each_wasi_function {
    ($mac:ident) => {
        $mac! {
            /// Writes the arguments' addresses to `pointers` and their NUL-terminated bytes to `bytes`.
            "args_get" args_get = aot_wasi_args_get(pointers: I32, bytes: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes the number of arguments and the length of all their bytes.
            "args_sizes_get" args_sizes_get = aot_wasi_args_sizes_get(count: I32, byte_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes the environment variables' addresses to `pointers` and their NUL-terminated bytes to `bytes`.
            "environ_get" environ_get = aot_wasi_environ_get(pointers: I32, bytes: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes the number of environment variables and the length of all their bytes.
            "environ_sizes_get" environ_sizes_get = aot_wasi_environ_sizes_get(count: I32, byte_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes a clock's resolution in nanoseconds.
            "clock_res_get" clock_res_get = aot_wasi_clock_res_get(clock: I32, resolution: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes a clock's time in nanoseconds; `precision` is a hint.
            "clock_time_get" clock_time_get = aot_wasi_clock_time_get(clock: I32, precision: I64, time: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `posix_fadvise`.
            "fd_advise" fd_advise = aot_wasi_fd_advise(fd: I32, offset: I64, length: I64, advice: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `posix_fallocate`.
            "fd_allocate" fd_allocate = aot_wasi_fd_allocate(fd: I32, offset: I64, length: I64) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Closes a descriptor.
            "fd_close" fd_close = aot_wasi_fd_close(fd: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `fdatasync`.
            "fd_datasync" fd_datasync = aot_wasi_fd_datasync(fd: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes a descriptor's type, flags and rights.
            "fd_fdstat_get" fd_fdstat_get = aot_wasi_fd_fdstat_get(fd: I32, fdstat: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Sets a descriptor's flags.
            "fd_fdstat_set_flags" fd_fdstat_set_flags = aot_wasi_fd_fdstat_set_flags(fd: I32, flags: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Narrows a descriptor's rights.
            "fd_fdstat_set_rights" fd_fdstat_set_rights = aot_wasi_fd_fdstat_set_rights(fd: I32, base: I64, inheriting: I64) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes a descriptor's `filestat`.
            "fd_filestat_get" fd_filestat_get = aot_wasi_fd_filestat_get(fd: I32, filestat: I32) -> Errno in (PREVIEW_1);
            /// Writes a descriptor's `filestat`, in the layout of snapshot 0.
            "fd_filestat_get" unstable_fd_filestat_get = aot_wasi_unstable_fd_filestat_get(fd: I32, filestat: I32) -> Errno in (SNAPSHOT_0);
            /// `ftruncate`.
            "fd_filestat_set_size" fd_filestat_set_size = aot_wasi_fd_filestat_set_size(fd: I32, size: I64) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `futimens`.
            "fd_filestat_set_times" fd_filestat_set_times = aot_wasi_fd_filestat_set_times(fd: I32, accessed: I64, modified: I64, flags: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `preadv`.
            "fd_pread" fd_pread = aot_wasi_fd_pread(fd: I32, iovs: I32, iovs_count: I32, offset: I64, read: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes what kind of grant a descriptor is, and the length of its name.
            "fd_prestat_get" fd_prestat_get = aot_wasi_fd_prestat_get(fd: I32, prestat: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes the guest path of a granted directory.
            "fd_prestat_dir_name" fd_prestat_dir_name = aot_wasi_fd_prestat_dir_name(fd: I32, path: I32, path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `pwritev`.
            "fd_pwrite" fd_pwrite = aot_wasi_fd_pwrite(fd: I32, iovs: I32, iovs_count: I32, offset: I64, written: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `readv`.
            "fd_read" fd_read = aot_wasi_fd_read(fd: I32, iovs: I32, iovs_count: I32, read: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes directory entries from `cookie` on.
            "fd_readdir" fd_readdir = aot_wasi_fd_readdir(fd: I32, buffer: I32, buffer_length: I32, cookie: I64, used: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Moves a descriptor to the number of another, which it closes.
            "fd_renumber" fd_renumber = aot_wasi_fd_renumber(from: I32, to: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `lseek`.
            "fd_seek" fd_seek = aot_wasi_fd_seek(fd: I32, offset: I64, whence: I32, position: I32) -> Errno in (PREVIEW_1);
            /// `lseek`, with `whence` as snapshot 0 numbers it.
            "fd_seek" unstable_fd_seek = aot_wasi_unstable_fd_seek(fd: I32, offset: I64, whence: I32, position: I32) -> Errno in (SNAPSHOT_0);
            /// `fsync`.
            "fd_sync" fd_sync = aot_wasi_fd_sync(fd: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Writes the current position.
            "fd_tell" fd_tell = aot_wasi_fd_tell(fd: I32, position: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `writev`.
            "fd_write" fd_write = aot_wasi_fd_write(fd: I32, iovs: I32, iovs_count: I32, written: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `mkdirat`.
            "path_create_directory" path_create_directory = aot_wasi_path_create_directory(fd: I32, path: I32, path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `fstatat`.
            "path_filestat_get" path_filestat_get = aot_wasi_path_filestat_get(fd: I32, lookup: I32, path: I32, path_length: I32, filestat: I32) -> Errno in (PREVIEW_1);
            /// `fstatat`, in the layout of snapshot 0.
            "path_filestat_get" unstable_path_filestat_get = aot_wasi_unstable_path_filestat_get(fd: I32, lookup: I32, path: I32, path_length: I32, filestat: I32) -> Errno in (SNAPSHOT_0);
            /// `utimensat`.
            "path_filestat_set_times" path_filestat_set_times = aot_wasi_path_filestat_set_times(fd: I32, lookup: I32, path: I32, path_length: I32, accessed: I64, modified: I64, flags: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `linkat`.
            "path_link" path_link = aot_wasi_path_link(old_fd: I32, old_lookup: I32, old_path: I32, old_path_length: I32, new_fd: I32, new_path: I32, new_path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `openat`.
            "path_open" path_open = aot_wasi_path_open(fd: I32, lookup: I32, path: I32, path_length: I32, open_flags: I32, base: I64, inheriting: I64, flags: I32, opened: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `readlinkat`.
            "path_readlink" path_readlink = aot_wasi_path_readlink(fd: I32, path: I32, path_length: I32, buffer: I32, buffer_length: I32, used: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `unlinkat(AT_REMOVEDIR)`.
            "path_remove_directory" path_remove_directory = aot_wasi_path_remove_directory(fd: I32, path: I32, path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `renameat`.
            "path_rename" path_rename = aot_wasi_path_rename(old_fd: I32, old_path: I32, old_path_length: I32, new_fd: I32, new_path: I32, new_path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `symlinkat`.
            "path_symlink" path_symlink = aot_wasi_path_symlink(target: I32, target_length: I32, fd: I32, path: I32, path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// `unlinkat`.
            "path_unlink_file" path_unlink_file = aot_wasi_path_unlink_file(fd: I32, path: I32, path_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Waits for the first of many events.
            "poll_oneoff" poll_oneoff = aot_wasi_poll_oneoff(subscriptions: I32, events: I32, count: I32, stored: I32) -> Errno in (PREVIEW_1);
            /// Waits for the first of many events, in the layout of snapshot 0.
            "poll_oneoff" unstable_poll_oneoff = aot_wasi_unstable_poll_oneoff(subscriptions: I32, events: I32, count: I32, stored: I32) -> Errno in (SNAPSHOT_0);
            /// Ends the process.
            "proc_exit" proc_exit = aot_wasi_proc_exit(code: I32) -> Never in (PREVIEW_1 SNAPSHOT_0);
            /// Sends a signal to the process itself.
            "proc_raise" proc_raise = aot_wasi_proc_raise(signal: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Fills a buffer from the system's random source.
            "random_get" random_get = aot_wasi_random_get(buffer: I32, buffer_length: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Lets other threads run.
            "sched_yield" sched_yield = aot_wasi_sched_yield() -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Takes a connection from a listening socket.
            "sock_accept" sock_accept = aot_wasi_sock_accept(fd: I32, flags: I32, accepted: I32) -> Errno in (PREVIEW_1);
            /// Receives from a socket.
            "sock_recv" sock_recv = aot_wasi_sock_recv(fd: I32, iovs: I32, iovs_count: I32, flags: I32, received: I32, out_flags: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Sends to a socket.
            "sock_send" sock_send = aot_wasi_sock_send(fd: I32, iovs: I32, iovs_count: I32, flags: I32, sent: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Ends one or both directions of a connection.
            "sock_shutdown" sock_shutdown = aot_wasi_sock_shutdown(fd: I32, how: I32) -> Errno in (PREVIEW_1 SNAPSHOT_0);
            /// Starts a thread on the same memory; returns its positive id, or a negative number.
            "thread-spawn" thread_spawn = aot_wasi_thread_spawn(argument: I32) -> Thread in (THREADS);
        }
    };
}

/// `(a: I32, b: I64)` → the kinds; a separate macro so that a row's list can be repeated for each of its modules.
macro_rules! kinds {
    (($($parameter:ident: $kind:ident),*)) => { &[$(ValueKind::$kind),*] };
}

macro_rules! result {
    (Errno) => {
        Some(ValueKind::I32)
    };
    (Thread) => {
        Some(ValueKind::I32)
    };
    (Never) => {
        None
    };
}

macro_rules! declare {
    ($($(#[$doc:meta])* $name:literal $function:ident = $symbol:ident $parameters:tt -> $result:ident in ($($module:ident)*);)*) => {
        /// Every function of every module.
        pub const WASI_FUNCTIONS: &[WasiFunction] = &[$($(WasiFunction {
            module: $module,
            name: $name,
            params: kinds!($parameters),
            result: result!($result),
            symbol: stringify!($symbol),
        },)*)*];
    };
}
for_each_wasi_function!(declare);

/// The function that an import from `module` of `name` means, if that is WASI at all.
#[must_use]
pub fn find(module: &str, name: &str) -> Option<&'static WasiFunction> {
    WASI_FUNCTIONS.iter().find(|function| function.module == module && function.name == name)
}

/// Whether `module` is one of WASI's: an unknown name in it is a misspelt or newer WASI function, not a host import.
#[must_use]
pub fn is_wasi_module(module: &str) -> bool {
    WASI_FUNCTIONS.iter().any(|function| function.module == module)
}

#[cfg(test)]
mod tests {
    use super::{PREVIEW_1, SNAPSHOT_0, THREADS, WASI_FUNCTIONS, find, is_wasi_module};
    use crate::types::ValueKind::{I32, I64};

    #[test]
    fn preview_1_has_its_46_functions_and_snapshot_0_all_but_one() {
        let count = |module| WASI_FUNCTIONS.iter().filter(|function| function.module == module).count();
        assert_eq!(count(PREVIEW_1), 46);
        assert_eq!(count(SNAPSHOT_0), 45);
        assert_eq!(count(THREADS), 1);
    }

    #[test]
    fn names_are_unique_in_a_module() {
        for (index, function) in WASI_FUNCTIONS.iter().enumerate() {
            assert_eq!(
                WASI_FUNCTIONS.iter().position(|other| (other.module, other.name) == (function.module, function.name)),
                Some(index)
            );
        }
    }

    #[test]
    fn find_tells_the_snapshots_apart() {
        let new = find(PREVIEW_1, "path_open").expect("preview 1 has it");
        assert_eq!(new.params, [I32, I32, I32, I32, I32, I64, I64, I32, I32]);
        assert_eq!(find(SNAPSHOT_0, "path_open").expect("snapshot 0 has it").symbol, new.symbol);
        assert_ne!(
            find(SNAPSHOT_0, "fd_seek").expect("it has").symbol,
            find(PREVIEW_1, "fd_seek").expect("it has").symbol
        );
        assert_eq!(find(SNAPSHOT_0, "sock_accept"), None);
        assert_eq!(find(THREADS, "thread-spawn").expect("wasi-threads has it").result, Some(I32));
        assert!(is_wasi_module("wasi") && !is_wasi_module("env"));
    }
}
