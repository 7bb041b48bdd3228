//! The system calls that aim at guest memory: made by hand, because a library would want a Rust slice of it.
//!
//! Vectors of a guest may overlap and other threads may write what they name, so neither `&mut [u8]` nor `&[u8]` may be
//! formed; the kernel copies like any other thread would. Everything else goes through rustix.
#![allow(unsafe_code, reason = "system calls with raw addresses")]

use super::guest::GuestSlice;
use super::types::Errno;
use core::arch::asm;
use core::marker::PhantomData;
use core::ptr::{null, null_mut};
use rustix::fd::{AsRawFd, BorrowedFd};

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const READV: usize = 19;
    pub(super) const WRITEV: usize = 20;
    pub(super) const SENDMSG: usize = 46;
    pub(super) const RECVMSG: usize = 47;
    pub(super) const PREADV: usize = 295;
    pub(super) const PWRITEV: usize = 296;
    pub(super) const GETRANDOM: usize = 318;
    pub(super) const PWRITEV2: usize = 328;
}

#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
mod number {
    pub(super) const READV: usize = 65;
    pub(super) const WRITEV: usize = 66;
    pub(super) const PREADV: usize = 69;
    pub(super) const PWRITEV: usize = 70;
    pub(super) const SENDMSG: usize = 211;
    pub(super) const RECVMSG: usize = 212;
    pub(super) const GETRANDOM: usize = 278;
    pub(super) const PWRITEV2: usize = 287;
}

/// The kernel's `struct iovec`, holding a checked piece of guest memory.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Vector<'m> {
    start: *mut u8,
    byte_length: usize,
    memory: PhantomData<GuestSlice<'m>>,
}

impl<'m> Vector<'m> {
    /// Nothing.
    pub(crate) const EMPTY: Vector<'m> = Vector { start: null_mut(), byte_length: 0, memory: PhantomData };

    /// A piece of guest memory.
    pub(crate) fn new(slice: GuestSlice<'m>) -> Vector<'m> {
        Vector { start: slice.native(), byte_length: slice.byte_length(), memory: PhantomData }
    }

    /// Its length.
    pub(crate) fn byte_length(&self) -> usize {
        self.byte_length
    }
}

/// The kernel's `struct msghdr`.
#[repr(C)]
struct Message {
    name: *mut u8,
    name_length: u32,
    vectors: *const Vector<'static>,
    vector_count: usize,
    control: *mut u8,
    control_length: usize,
    flags: u32,
}

/// `sendmsg` and `recvmsg`: report a lost reader as an error instead of by SIGPIPE.
pub(crate) const MSG_NOSIGNAL: u32 = 0x4000;
/// `recvmsg`: leave what was read in the queue.
pub(crate) const MSG_PEEK: u32 = 2;
/// `recvmsg`: wait until the buffers are full.
pub(crate) const MSG_WAITALL: u32 = 0x100;
/// `recvmsg`: in the answer, that the message was longer than the buffers.
pub(crate) const MSG_TRUNC: u32 = 0x20;

/// `readv`.
pub(crate) fn read(fd: BorrowedFd<'_>, vectors: &[Vector<'_>]) -> Result<usize, Errno> {
    // SAFETY: the vectors name memory that was checked to be the guest's and mapped, see `Vector`.
    unsafe { call(number::READV, [descriptor(fd), vectors.as_ptr() as usize, vectors.len(), 0, 0, 0]) }
}

/// `writev`.
pub(crate) fn write(fd: BorrowedFd<'_>, vectors: &[Vector<'_>]) -> Result<usize, Errno> {
    // SAFETY: the kernel only reads, and only the guest's memory.
    unsafe { call(number::WRITEV, [descriptor(fd), vectors.as_ptr() as usize, vectors.len(), 0, 0, 0]) }
}

/// `preadv`.
#[allow(clippy::cast_possible_truncation, reason = "`usize` is 64 bits, as lib.rs of aot-abi asserts")]
pub(crate) fn read_at(fd: BorrowedFd<'_>, vectors: &[Vector<'_>], offset: u64) -> Result<usize, Errno> {
    // SAFETY: as in `read`.
    unsafe { call(number::PREADV, [descriptor(fd), vectors.as_ptr() as usize, vectors.len(), offset as usize, 0, 0]) }
}

/// `pwritev`.
#[allow(clippy::cast_possible_truncation, reason = "`usize` is 64 bits, as lib.rs of aot-abi asserts")]
pub(crate) fn write_at(fd: BorrowedFd<'_>, vectors: &[Vector<'_>], offset: u64) -> Result<usize, Errno> {
    // SAFETY: as in `write`.
    unsafe { call(number::PWRITEV, [descriptor(fd), vectors.as_ptr() as usize, vectors.len(), offset as usize, 0, 0]) }
}

/// `pwritev` on a descriptor that appends, to where the caller says nonetheless, as POSIX wants it. Linux can since 6.9.
#[allow(clippy::cast_possible_truncation, reason = "`usize` is 64 bits, as lib.rs of aot-abi asserts")]
pub(crate) fn write_at_without_append(fd: BorrowedFd<'_>, vectors: &[Vector<'_>], offset: u64) -> Result<usize, Errno> {
    const RWF_NOAPPEND: usize = 0x20;
    let arguments = [descriptor(fd), vectors.as_ptr() as usize, vectors.len(), offset as usize, 0, RWF_NOAPPEND];
    // SAFETY: as in `write`.
    unsafe { call(number::PWRITEV2, arguments) }
}

/// `sendmsg` on a connected socket.
pub(crate) fn send(fd: BorrowedFd<'_>, vectors: &[Vector<'_>], flags: u32) -> Result<usize, Errno> {
    let message = Message::new(vectors);
    // SAFETY: the kernel reads the header, which lives until the call returns, and the guest's memory.
    unsafe { call(number::SENDMSG, [descriptor(fd), (&raw const message) as usize, flags as usize, 0, 0, 0]) }
}

/// `recvmsg` on a connected socket: the number of bytes and the answer's flags.
pub(crate) fn receive(fd: BorrowedFd<'_>, vectors: &[Vector<'_>], flags: u32) -> Result<(usize, u32), Errno> {
    let mut message = Message::new(vectors);
    // SAFETY: the kernel writes the guest's memory and the header, which lives until the call returns; no name and no control
    // data are asked for.
    let count =
        unsafe { call(number::RECVMSG, [descriptor(fd), (&raw mut message) as usize, flags as usize, 0, 0, 0]) }?;
    Ok((count, message.flags))
}

/// `getrandom`: how many bytes were filled; a signal can cut it short.
pub(crate) fn random(to: GuestSlice<'_>) -> Result<usize, Errno> {
    // SAFETY: `GuestSlice` is memory of the guest, checked to be mapped.
    unsafe { call(number::GETRANDOM, [to.native() as usize, to.byte_length(), 0, 0, 0, 0]) }
}

impl Message {
    fn new(vectors: &[Vector<'_>]) -> Message {
        Message {
            name: null_mut(),
            name_length: 0,
            vectors: if vectors.is_empty() { null() } else { vectors.as_ptr().cast() },
            vector_count: vectors.len(),
            control: null_mut(),
            control_length: 0,
            flags: 0,
        }
    }
}

fn descriptor(fd: BorrowedFd<'_>) -> usize {
    // Descriptors in use are never negative.
    usize::try_from(fd.as_raw_fd()).unwrap_or(usize::MAX)
}

/// Calls the kernel; repeats when a signal interrupted it before it did anything.
///
/// # Safety
/// Whatever the call makes the kernel read or write must be the caller's to give.
unsafe fn call(number: usize, arguments: [usize; 6]) -> Result<usize, Errno> {
    loop {
        // SAFETY: the caller's promise.
        let result = unsafe { call_once(number, arguments) };
        match usize::try_from(result) {
            Ok(count) => return Ok(count),
            Err(_) => {
                // The kernel's errors are -4095 to -1.
                let host = rustix::io::Errno::from_raw_os_error(i32::try_from(-result).unwrap_or(i32::MAX));
                if host != rustix::io::Errno::INTR {
                    return Err(host.into());
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn call_once(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let result;
    // SAFETY: the caller's promise; `syscall` changes rax, rcx and r11, and keeps the red zone and the direction flag.
    unsafe {
        asm!(
            "syscall", // number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; result in rax
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags),
        );
    }
    result
}

#[cfg(target_arch = "aarch64")]
unsafe fn call_once(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let result;
    // SAFETY: the caller's promise; `svc` changes x0 only.
    unsafe {
        asm!(
            "svc 0", // number in x8, arguments in x0 to x5; result in x0
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack, preserves_flags),
        );
    }
    result
}

#[cfg(target_arch = "riscv64")]
unsafe fn call_once(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let result;
    // SAFETY: the caller's promise; `ecall` changes a0 only.
    unsafe {
        asm!(
            "ecall", // number in a7, arguments in a0 to a5; result in a0
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b, in("a2") c, in("a3") d, in("a4") e, in("a5") f,
            options(nostack, preserves_flags),
        );
    }
    result
}
