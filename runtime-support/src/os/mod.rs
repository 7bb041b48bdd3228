//! What an operating system must provide: the only system calls outside WASI. Linux provides it.

mod linux;

pub use linux::{
    FutexWait, NewAction, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGSEGV, SignalAction, SignalHandler,
    SignalInformation, abort, alternate_stack, clock_time, deadline_after, disable_alternate_stack, exit, exit_thread,
    futex_wait, futex_wake, monotonic_nanoseconds, open_at, page_size, raise_default, restore_default, set_page_size,
    signal_action, socket_type, start_thread, use_alternate_stack, without_sigpipe, write_stderr, write_stdout,
};
