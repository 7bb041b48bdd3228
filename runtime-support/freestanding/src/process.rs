//! Process entry: the kernel's stack → arguments, environment, auxiliary vector → `aot_main` → exit.
//!
//! # Safety
//!
//! `_start` is called by the kernel only, with the stack laid out as the System V ABI says: argument count, arguments,
//! null, environment, null, auxiliary vector. All of it lives as long as the process.
#![allow(unsafe_code, reason = "reads what the kernel left on the stack")]

use aot_runtime::os;
use core::arch::naked_asm;
use core::ffi::CStr;

const AT_NULL: usize = 0;
const AT_PAGESZ: usize = 6;

/// What the kernel told the process.
#[derive(Debug)]
#[repr(transparent)]
pub struct Process {
    stack: *const usize,
}

impl Process {
    /// The arguments, program name first.
    pub fn arguments(&self) -> impl Iterator<Item = &'static CStr> + use<> {
        // SAFETY: the argument vector starts behind its count.
        strings(unsafe { self.stack.add(1) })
    }

    /// The environment, `NAME=value` each.
    pub fn environment(&self) -> impl Iterator<Item = &'static CStr> + use<> {
        strings(self.environment_vector())
    }

    fn environment_vector(&self) -> *const usize {
        // SAFETY: the count, that many arguments and a null come before it.
        unsafe { self.stack.add(1 + *self.stack + 1) }
    }

    /// An entry of the auxiliary vector.
    #[must_use]
    pub fn auxiliary(&self, key: usize) -> Option<usize> {
        let mut at = self.environment_vector();
        // SAFETY: the environment ends with a null, the auxiliary vector behind it with AT_NULL.
        unsafe {
            while *at != 0 {
                at = at.add(1);
            }
            at = at.add(1);
            loop {
                match *at {
                    AT_NULL => return None,
                    found if found == key => return Some(*at.add(1)),
                    _ => at = at.add(2),
                }
            }
        }
    }
}

fn strings(mut at: *const usize) -> impl Iterator<Item = &'static CStr> {
    core::iter::from_fn(move || {
        // SAFETY: `at` stays within a vector that ends with a null; its entries are C strings of the kernel.
        unsafe {
            let string = *at as *const core::ffi::c_char;
            if string.is_null() {
                return None;
            }
            at = at.add(1);
            Some(CStr::from_ptr(string))
        }
    })
}

unsafe extern "C" {
    /// The program.
    safe fn aot_main(process: &Process) -> i32;
}

/// Where the kernel starts the process.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",  // The outermost frame.
        "mov rdi, rsp",  // What the kernel left.
        "and rsp, -16",
        "call {begin}",
        "ud2",           // It does not return.
        begin = sym begin,
    )
}

/// Where the kernel starts the process.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mov x29, #0",   // The outermost frame.
        "mov x30, #0",
        "mov x0, sp",    // What the kernel left; aligned already.
        "bl {begin}",
        "udf #0",        // It does not return.
        begin = sym begin,
    )
}

extern "C" fn begin(stack: *const usize) -> ! {
    let process = Process { stack };
    if let Some(bytes) = process.auxiliary(AT_PAGESZ) {
        os::set_page_size(bytes);
    }
    os::exit(aot_main(&process))
}
