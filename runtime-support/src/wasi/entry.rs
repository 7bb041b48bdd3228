//! The symbols that compiled code calls, one for each row of `aot_abi::wasi`.
//!
//! A row without a function, or with one whose type differs from the row's, does not compile.
#![allow(unsafe_code, reason = "exports symbols that compiled code calls")]

use super::args::{args_get, args_sizes_get};
use super::clock::{clock_res_get, clock_time_get};
use super::dir::fd_readdir;
use super::environ::{environ_get, environ_sizes_get};
use super::fd::{
    fd_advise, fd_allocate, fd_close, fd_datasync, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights,
    fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_pread, fd_prestat_dir_name, fd_prestat_get,
    fd_pwrite, fd_read, fd_renumber, fd_seek, fd_sync, fd_tell, fd_write, unstable_fd_filestat_get, unstable_fd_seek,
};
use super::path::{
    path_create_directory, path_filestat_get, path_filestat_set_times, path_link, path_open, path_readlink,
    path_remove_directory, path_rename, path_symlink, path_unlink_file, unstable_path_filestat_get,
};
use super::poll::{poll_oneoff, unstable_poll_oneoff};
use super::proc::proc_raise;
use super::random::random_get;
use super::sched::sched_yield;
use super::sock::{sock_accept, sock_recv, sock_send, sock_shutdown};
use super::{Errno, host};
use crate::stack::check_late;
use aot_abi::context::InstanceContext;

macro_rules! native {
    (I32) => {
        u32
    };
    (I64) => {
        u64
    };
}

macro_rules! entry {
    // Answers with an error number.
    ($(#[$doc:meta])* $function:ident = $symbol:ident($($parameter:ident: $kind:ident),*) -> Errno) => {
        $(#[$doc])*
        ///
        /// The address of a live instance comes first, as compiled code passes it.
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(context: *mut InstanceContext $(, $parameter: native!($kind))*) -> u32 {
            check_late();
            let (state, memory) = host::current(context);
            let result: Result<(), Errno> = $function(state, &memory $(, $parameter)*);
            result.map_or_else(|error| error as u32, |()| 0)
        }
    };
    // Answers with a thread's id.
    ($(#[$doc:meta])* thread_spawn = $symbol:ident(argument: I32) -> Thread) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(context: *mut InstanceContext, argument: u32) -> i32 {
            check_late();
            host::spawn(context, argument)
        }
    };
    // Does not answer.
    ($(#[$doc:meta])* proc_exit = $symbol:ident(code: I32) -> Never) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(context: *mut InstanceContext, code: u32) {
            host::exit(context, code)
        }
    };
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:literal $function:ident = $symbol:ident $parameters:tt -> $result:ident in $modules:tt;)*) => {
        $(entry! { $(#[$doc])* $function = $symbol $parameters -> $result })*
    };
}
aot_abi::for_each_wasi_function!(entries);

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
