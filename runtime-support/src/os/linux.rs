//! Linux: process exit, signals, futexes, clocks and the page size.
//!
//! rustix has public functions for most of what the runtime asks of the kernel; signals and exits it keeps to itself,
//! because a libc owns them in ordinary programs. Those are system calls here.
//!
//! # Safety
//!
//! The structures below are the kernel's, not libc's; sizes are asserted. Handlers given to [`signal_action`] must be
//! async-signal-safe, which the callers prove.
#![allow(unsafe_code, reason = "system calls take addresses")]

use crate::arch::{MachineContext, clone_thread, restorer, syscall};
use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use core::time::Duration;
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::SocketType;
use rustix::thread::futex;
use rustix::time::{ClockId, Timespec};

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const RT_SIGACTION: usize = 13;
    pub(super) const RT_SIGPROCMASK: usize = 14;
    pub(super) const RT_SIGPENDING: usize = 127;
    pub(super) const RT_SIGTIMEDWAIT: usize = 128;
    pub(super) const GETSOCKOPT: usize = 55;
    pub(super) const OPENAT: usize = 257;
    pub(super) const GETPID: usize = 39;
    pub(super) const SIGALTSTACK: usize = 131;
    pub(super) const GETTID: usize = 186;
    pub(super) const EXIT: usize = 60;
    pub(super) const EXIT_GROUP: usize = 231;
    pub(super) const TGKILL: usize = 234;
}
#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const EXIT: usize = 93;
    pub(super) const EXIT_GROUP: usize = 94;
    pub(super) const TGKILL: usize = 131;
    pub(super) const SIGALTSTACK: usize = 132;
    pub(super) const RT_SIGACTION: usize = 134;
    pub(super) const RT_SIGPROCMASK: usize = 135;
    pub(super) const RT_SIGPENDING: usize = 136;
    pub(super) const RT_SIGTIMEDWAIT: usize = 137;
    pub(super) const GETPID: usize = 172;
    pub(super) const GETTID: usize = 178;
    pub(super) const GETSOCKOPT: usize = 209;
    pub(super) const OPENAT: usize = 56;
}

/// Illegal instruction: `ud2`, `udf`.
pub const SIGILL: u32 = 4;
/// What `abort` dies of.
pub const SIGABRT: u32 = 6;
/// An access beyond what backs a mapping, or an unaligned one.
pub const SIGBUS: u32 = 7;
/// Division error.
pub const SIGFPE: u32 = 8;
/// A write to a pipe or socket that nobody reads.
pub const SIGPIPE: u32 = 13;
/// An access to what is not mapped or protected.
pub const SIGSEGV: u32 = 11;

const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
const SIG_BLOCK: usize = 0;
const SIG_UNBLOCK: usize = 1;
const SIGNAL_SET_BYTES: usize = 8;
const SS_DISABLE: i32 = 2;

/// Ends the process, all threads.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: takes no address; does not return.
        unsafe { syscall(number::EXIT_GROUP, [status as usize, 0, 0, 0, 0, 0]) };
    }
}

/// Ends this thread, and the process with the last one.
pub fn exit_thread() -> ! {
    loop {
        // SAFETY: takes no address; does not return.
        unsafe { syscall(number::EXIT, [0; 6]) };
    }
}

/// Starts a thread that runs `function(argument)` on the stack that ends at `stack_top`. When the thread is gone, the
/// kernel sets `alive` to zero. False when the kernel refuses.
///
/// # Safety
/// The stack is 16-aligned, mapped and unused for as long as `alive` is not zero, and `argument` is what `function` wants.
pub unsafe fn start_thread(
    stack_top: *mut u8,
    alive: &'static AtomicU32,
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> bool {
    // Memory, file system state, descriptors, signal handlers, thread group and semaphores are shared; the kernel clears
    // `alive` at the end.
    const FLAGS: usize = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000 | 0x20_0000;
    // SAFETY: the caller's promise.
    unsafe { clone_thread(FLAGS, stack_top, alive.as_ptr(), function, argument) > 0 }
}

/// Ends the process as `abort` does: by SIGABRT, whatever handlers and masks say.
pub fn abort() -> ! {
    raise_default(SIGABRT);
    exit(134)
}

/// Restores the default action of `signal`.
pub fn restore_default(signal: u32) {
    let default = KernelAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: the structure lives across the call and has the mask size that the kernel is told.
    unsafe {
        syscall(number::RT_SIGACTION, [signal as usize, &raw const default as usize, 0, SIGNAL_SET_BYTES, 0, 0]);
    }
}

/// Restores the default action of `signal`, unblocks it, and sends it to this thread. Returns only when the default
/// action is to ignore it.
pub fn raise_default(signal: u32) {
    restore_default(signal);
    let mask: u64 = 1 << (signal - 1);
    // SAFETY: the mask lives across the call and has the size that the kernel is told; the rest are numbers.
    unsafe {
        syscall(number::RT_SIGPROCMASK, [SIG_UNBLOCK, &raw const mask as usize, 0, SIGNAL_SET_BYTES, 0, 0]);
        let process = syscall(number::GETPID, [0; 6]) as usize;
        let thread = syscall(number::GETTID, [0; 6]) as usize;
        syscall(number::TGKILL, [process, thread, signal as usize, 0, 0, 0]);
    }
}

/// The kernel's `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy)]
struct KernelAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// The start of the kernel's `siginfo_t`, as synchronous faults fill it.
#[repr(C)]
pub struct SignalInformation {
    /// Which signal.
    pub signal: i32,
    errno: i32,
    /// Why: positive when the kernel saw a fault, zero or negative when somebody sent it.
    pub code: i32,
    padding: i32,
    /// The address that faulted.
    pub address: usize,
}

/// A signal handler.
pub type SignalHandler = unsafe extern "C" fn(u32, *const SignalInformation, *mut MachineContext);

/// What happened on a signal before we asked for it.
#[derive(Clone, Copy)]
pub struct SignalAction(KernelAction);

impl SignalAction {
    /// Nothing installed.
    pub const DEFAULT: SignalAction = SignalAction(KernelAction { handler: 0, flags: 0, restorer: 0, mask: 0 });

    /// Calls the handler that was installed, or returns false when there was none: default action, or ignored.
    ///
    /// # Safety
    /// To be called from a handler for `signal`, with its own arguments.
    pub unsafe fn call(
        &self,
        signal: u32,
        information: *const SignalInformation,
        machine: *mut MachineContext,
    ) -> bool {
        if self.0.handler <= 1 {
            return false;
        }
        // What the handler wants blocked while it runs; the kernel restores the mask when ours returns.
        // SAFETY: the mask lives across the call and has the size that the kernel is told.
        unsafe {
            let mask = &raw const self.0.mask as usize;
            syscall(number::RT_SIGPROCMASK, [SIG_BLOCK, mask, 0, SIGNAL_SET_BYTES, 0, 0]);
        }
        if self.0.flags & SA_SIGINFO != 0 {
            // SAFETY: somebody installed this function as a handler with SA_SIGINFO, so this is its type.
            let handler: SignalHandler = unsafe { core::mem::transmute(self.0.handler) };
            // SAFETY: these are the arguments the kernel made.
            unsafe { handler(signal, information, machine) };
        } else {
            // SAFETY: somebody installed this function as a handler without SA_SIGINFO, so this is its type.
            let handler: extern "C" fn(u32) = unsafe { core::mem::transmute(self.0.handler) };
            handler(signal);
        }
        true
    }
}

/// What to do on a signal from now on.
pub enum NewAction {
    /// Run this on the alternate stack.
    Handle(SignalHandler),
    /// Ignore it.
    Ignore,
}

/// Installs an action and returns the one before it.
///
/// # Safety
/// A handler must be fit to run whenever `signal` can arrive.
pub unsafe fn signal_action(signal: u32, action: NewAction) -> SignalAction {
    let handler = match action {
        NewAction::Handle(handler) => handler as usize,
        NewAction::Ignore => 1,
    };
    let mut new = KernelAction { handler, flags: SA_SIGINFO | SA_ONSTACK, restorer: 0, mask: 0 };
    if let Some(restorer) = restorer() {
        new.flags |= SA_RESTORER;
        new.restorer = restorer;
    }
    let mut old = SignalAction::DEFAULT;
    // SAFETY: both structures live across the call and have the layout and mask size that the kernel is told.
    unsafe {
        syscall(
            number::RT_SIGACTION,
            [signal as usize, &raw const new as usize, &raw mut old.0 as usize, SIGNAL_SET_BYTES, 0, 0],
        );
    }
    old
}

/// The kernel's `stack_t`.
#[repr(C)]
struct AlternateStack {
    start: *mut c_void,
    flags: i32,
    size: usize,
}

/// Does something that may raise SIGPIPE for this thread, which nobody gets to know of: the error of the call says the same.
pub fn without_sigpipe<T>(action: impl FnOnce() -> T) -> T {
    const BLOCK: usize = 0;
    const SET_MASK: usize = 2;
    const SET_BYTES: usize = 8;
    let sigpipe: u64 = 1 << (SIGPIPE - 1);
    let (mut before, mut pending, now) = (0u64, 0u64, [0u64; 2]);
    // SAFETY: signal sets and times are the kernel's, 8 and 16 bytes, and live until the calls return; the mask is put back.
    unsafe {
        syscall(
            number::RT_SIGPROCMASK,
            [BLOCK, &raw const sigpipe as usize, &raw mut before as usize, SET_BYTES, 0, 0],
        );
        syscall(number::RT_SIGPENDING, [&raw mut pending as usize, SET_BYTES, 0, 0, 0, 0]);
        let result = action();
        if pending & sigpipe == 0 {
            syscall(
                number::RT_SIGTIMEDWAIT,
                [&raw const sigpipe as usize, 0, &raw const now as usize, SET_BYTES, 0, 0],
            );
        }
        syscall(number::RT_SIGPROCMASK, [SET_MASK, &raw const before as usize, 0, SET_BYTES, 0, 0]);
        result
    }
}

/// This thread's alternate signal stack: start and size, if it has one.
#[must_use]
pub fn alternate_stack() -> Option<(*mut u8, usize)> {
    let mut old = AlternateStack { start: core::ptr::null_mut(), flags: SS_DISABLE, size: 0 };
    // SAFETY: the structure lives across the call.
    unsafe { syscall(number::SIGALTSTACK, [0, &raw mut old as usize, 0, 0, 0, 0]) };
    (old.flags & SS_DISABLE == 0).then_some((old.start.cast(), old.size))
}

/// Makes this memory the thread's alternate signal stack.
///
/// # Safety
/// The memory stays mapped and unused for as long as the thread lives.
pub unsafe fn use_alternate_stack(start: *mut u8, size: usize) {
    let new = AlternateStack { start: start.cast(), flags: 0, size };
    // SAFETY: the structure lives across the call; its contents are the caller's promise.
    unsafe { syscall(number::SIGALTSTACK, [&raw const new as usize, 0, 0, 0, 0, 0]) };
}

/// Leaves the thread without an alternate signal stack.
pub fn disable_alternate_stack() {
    let new = AlternateStack { start: core::ptr::null_mut(), flags: SS_DISABLE, size: 0 };
    // SAFETY: the structure lives across the call; nobody runs on the stack that is taken away, or the kernel refuses.
    unsafe { syscall(number::SIGALTSTACK, [&raw const new as usize, 0, 0, 0, 0, 0]) };
}

/// Opens what exists. rustix has a function for this that links the formatting machinery, for a check of its own; every
/// program would have it for its standard streams.
pub fn open_at(directory: BorrowedFd<'_>, path: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: the path lives across the call.
    let result = unsafe {
        let (directory, path) = (directory.as_raw_fd() as usize, path.as_ptr() as usize);
        syscall(number::OPENAT, [directory, path, flags.bits() as usize, 0, 0, 0])
    };
    match i32::try_from(result) {
        // SAFETY: the kernel just made it, for us alone.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        Ok(error) => Err(Errno::from_raw_os_error(-error)),
        Err(_) => Err(Errno::INVAL),
    }
}

/// The type of a socket. As for [`open_at`].
pub fn socket_type(socket: BorrowedFd<'_>) -> Result<SocketType, Errno> {
    const SOL_SOCKET: usize = 1;
    const SO_TYPE: usize = 3;
    let mut value = 0u32;
    let mut length = size_of::<u32>() as u32;
    // SAFETY: both words live across the call; the kernel writes at most `length` bytes of the first, and the second.
    let result = unsafe {
        let (value, length) = (&raw mut value as usize, &raw mut length as usize);
        syscall(number::GETSOCKOPT, [socket.as_raw_fd() as usize, SOL_SOCKET, SO_TYPE, value, length, 0])
    };
    match i32::try_from(result) {
        Ok(0) => Ok(SocketType::from_raw(value)),
        Ok(error) => Err(Errno::from_raw_os_error(-error)),
        Err(_) => Err(Errno::INVAL),
    }
}

static PAGE_SIZE: AtomicUsize = AtomicUsize::new(0);

/// Tells what the auxiliary vector said, so that nobody has to look for it.
pub fn set_page_size(bytes: usize) {
    PAGE_SIZE.store(bytes, Ordering::Relaxed);
}

/// Size of a page of this machine: 4 KiB, on aarch64 also 16 or 64 KiB.
#[must_use]
pub fn page_size() -> usize {
    if cfg!(target_arch = "x86_64") {
        return 4096;
    }
    match PAGE_SIZE.load(Ordering::Relaxed) {
        0 => {
            let bytes = rustix::param::page_size();
            set_page_size(bytes);
            bytes
        }
        bytes => bytes,
    }
}

/// A clock's time.
#[cfg(not(feature = "hosted"))]
#[must_use]
pub fn clock_time(clock: ClockId) -> Timespec {
    rustix::time::clock_gettime(clock)
}

/// A clock's time. A host's libc knows how to ask the kernel without a call, under valgrind as well, which hides what rustix
/// would look for.
#[cfg(feature = "hosted")]
#[must_use]
pub fn clock_time(clock: ClockId) -> Timespec {
    unsafe extern "C" {
        fn clock_gettime(clock: core::ffi::c_int, time: *mut Timespec) -> core::ffi::c_int;
    }
    let mut time = Timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: 64-bit Linux has one layout of times, and the address is one of ours. The clocks of WASI exist.
    unsafe { clock_gettime(clock as core::ffi::c_int, &raw mut time) };
    time
}

/// Time since some fixed point, never going back.
#[must_use]
pub fn monotonic_nanoseconds() -> u64 {
    let now = clock_time(ClockId::Monotonic);
    (now.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as u64)
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FutexWait {
    /// Woken, interrupted, or the word had changed already: look again.
    LookAgain,
    /// The deadline has passed.
    TimedOut,
}

/// Sleeps while `word` holds `expected`, at most until the monotonic clock says `deadline`.
pub fn futex_wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> FutexWait {
    let deadline = deadline.map(|nanoseconds| futex::Timespec {
        tv_sec: (nanoseconds / 1_000_000_000) as i64,
        tv_nsec: (nanoseconds % 1_000_000_000) as _,
    });
    let any = core::num::NonZeroU32::MAX;
    match futex::wait_bitset(word, futex::Flags::PRIVATE, expected, deadline.as_ref(), any) {
        Err(rustix::io::Errno::TIMEDOUT) => FutexWait::TimedOut,
        _ => FutexWait::LookAgain,
    }
}

/// Wakes up to `count` threads that sleep on `word`.
pub fn futex_wake(word: &AtomicU32, count: u32) {
    // A failure would mean that the address is not mapped, and it is a reference.
    let _ = futex::wake(word, futex::Flags::PRIVATE, count);
}

/// Writes to standard error as much as it takes; there is nobody to tell about a failure.
pub fn write_stderr(bytes: &[u8]) {
    // SAFETY: descriptor 2 is never closed by the runtime; when a parent closed it, the write fails.
    #[allow(unused_unsafe, reason = "safe in rustix where another crate of the build turned on its `std` feature")]
    let stderr = unsafe { rustix::stdio::stderr() };
    let _ = write_all(stderr, bytes);
}

/// Writes to standard output; false when it does not take everything.
#[must_use]
pub fn write_stdout(bytes: &[u8]) -> bool {
    // SAFETY: as for standard error.
    #[allow(unused_unsafe, reason = "as for standard error")]
    let stdout = unsafe { rustix::stdio::stdout() };
    write_all(stdout, bytes)
}

fn write_all(to: rustix::fd::BorrowedFd<'_>, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(0) => return false,
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                // Somebody made the stream non-blocking; the text is short, so wait for room.
                let _ =
                    rustix::event::poll(&mut [rustix::event::PollFd::new(&to, rustix::event::PollFlags::OUT)], None);
            }
            Err(_) => return false,
        }
    }
    true
}

/// A budget as a deadline of the monotonic clock; `None` is beyond what the clock can say.
#[must_use]
pub fn deadline_after(duration: Duration) -> Option<u64> {
    monotonic_nanoseconds().checked_add(u64::try_from(duration.as_nanos()).ok()?)
}
