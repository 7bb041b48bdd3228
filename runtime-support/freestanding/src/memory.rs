//! memcpy, memmove, memset, memcmp, bcmp, strlen: what the compiler calls by name, and what carries `memory.copy` and
//! `memory.fill`.
//!
//! Short blocks are a handful of overlapping loads and stores without a loop; medium ones a vector loop; long ones the
//! string instructions on x86_64, which modern processors run at the width of a cache line, and the same vector loop on
//! aarch64. The loops are assembly, because LLVM would recognise a loop that copies and replace it by a call of the very
//! function it stands in.
//!
//! # Safety
//!
//! These are C's functions with C's contracts: ranges are valid, and `memcpy`'s do not overlap (here they may).
#![allow(unsafe_code, reason = "C's memory functions take raw pointers")]

use core::arch::asm;

/// From here on, `rep movsb` and `rep stosb` win.
#[cfg(target_arch = "x86_64")]
const STRING_INSTRUCTION_BYTES: usize = 1024;

type Block16 = u128;
type Block32 = [u128; 2];

unsafe fn load<T>(from: *const u8) -> T {
    // SAFETY: the caller's promise that the bytes are there.
    unsafe { from.cast::<T>().read_unaligned() }
}

unsafe fn store<T>(to: *mut u8, value: T) {
    // SAFETY: the caller's promise that the bytes are there.
    unsafe { to.cast::<T>().write_unaligned(value) }
}

/// Copies up to 64 bytes: everything is loaded before anything is stored, so overlap does not matter.
#[inline(always)]
unsafe fn copy_short(to: *mut u8, from: *const u8, bytes: usize) {
    // The first and the last so many bytes, which overlap or meet in the middle.
    macro_rules! ends {
        ($ty:ty) => {{
            let last = bytes - size_of::<$ty>();
            let (head, tail): ($ty, $ty) = (load(from), load(from.add(last)));
            store(to, head);
            store(to.add(last), tail);
        }};
    }
    // SAFETY: each arm stays inside `bytes`.
    unsafe {
        match bytes {
            // Four names: an array of two goes by way of the stack.
            33.. => {
                let last = bytes - 32;
                let (a, b): (Block16, Block16) = (load(from), load(from.add(16)));
                let (c, d): (Block16, Block16) = (load(from.add(last)), load(from.add(last + 16)));
                store(to, a);
                store(to.add(16), b);
                store(to.add(last), c);
                store(to.add(last + 16), d);
            }
            17..=32 => ends!(Block16),
            9..=16 => ends!(u64),
            4..=8 => ends!(u32),
            2..=3 => ends!(u16),
            1 => store::<u8>(to, load(from)),
            0 => {}
        }
    }
}

/// Copies upwards: right when `to` is below `from`, or they do not overlap. More than 64 bytes.
#[inline(always)]
unsafe fn copy_up(to: *mut u8, from: *const u8, bytes: usize) {
    // SAFETY: the last 64 bytes are loaded first and stored last, so the loop may stop short of them; it never reads
    // or writes beyond the range.
    unsafe {
        let last = bytes - 64;
        let (e, f): (Block16, Block16) = (load(from.add(last)), load(from.add(last + 16)));
        let (g, h): (Block16, Block16) = (load(from.add(last + 32)), load(from.add(last + 48)));
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "movdqu {a}, [{from}]",
            "movdqu {b}, [{from} + 16]",
            "movdqu {c}, [{from} + 32]",
            "movdqu {d}, [{from} + 48]",
            "movdqu [{to}], {a}",
            "movdqu [{to} + 16], {b}",
            "movdqu [{to} + 32], {c}",
            "movdqu [{to} + 48], {d}",
            "add {from}, 64",
            "add {to}, 64",
            "cmp {to}, {end}",
            "jb 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            end = in(reg) to.add(last),
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "ldp {a:q}, {b:q}, [{from}]",
            "ldp {c:q}, {d:q}, [{from}, #32]",
            "add {from}, {from}, #64",
            "stp {a:q}, {b:q}, [{to}]",
            "stp {c:q}, {d:q}, [{to}, #32]",
            "add {to}, {to}, #64",
            "cmp {to}, {end}",
            "b.lo 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            end = in(reg) to.add(last),
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
            options(nostack),
        );
        store(to.add(last), e);
        store(to.add(last + 16), f);
        store(to.add(last + 32), g);
        store(to.add(last + 48), h);
    }
}

/// Copies downwards: right when `to` is above `from`. More than 64 bytes.
unsafe fn copy_down(to: *mut u8, from: *const u8, bytes: usize) {
    // SAFETY: as in `copy_up`, mirrored: the first 64 bytes are loaded first and stored last.
    unsafe {
        let (e, f): (Block16, Block16) = (load(from), load(from.add(16)));
        let (g, h): (Block16, Block16) = (load(from.add(32)), load(from.add(48)));
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "movdqu {a}, [{from} - 16]",
            "movdqu {b}, [{from} - 32]",
            "movdqu {c}, [{from} - 48]",
            "movdqu {d}, [{from} - 64]",
            "movdqu [{to} - 16], {a}",
            "movdqu [{to} - 32], {b}",
            "movdqu [{to} - 48], {c}",
            "movdqu [{to} - 64], {d}",
            "sub {from}, 64",
            "sub {to}, 64",
            "cmp {to}, {end}",
            "ja 2b",
            from = inout(reg) from.add(bytes) => _,
            to = inout(reg) to.add(bytes) => _,
            end = in(reg) to.add(64),
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "ldp {a:q}, {b:q}, [{from}, #-32]",
            "ldp {c:q}, {d:q}, [{from}, #-64]",
            "sub {from}, {from}, #64",
            "stp {a:q}, {b:q}, [{to}, #-32]",
            "stp {c:q}, {d:q}, [{to}, #-64]",
            "sub {to}, {to}, #64",
            "cmp {to}, {end}",
            "b.hi 2b",
            from = inout(reg) from.add(bytes) => _,
            to = inout(reg) to.add(bytes) => _,
            end = in(reg) to.add(64),
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
            options(nostack),
        );
        store(to, e);
        store(to.add(16), f);
        store(to.add(32), g);
        store(to.add(48), h);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
    // SAFETY: C's contract.
    unsafe {
        if bytes <= 64 {
            copy_short(to, from, bytes);
            return to;
        }
        #[cfg(target_arch = "x86_64")]
        if bytes >= STRING_INSTRUCTION_BYTES {
            // The first bytes by hand, so that the stores of the string instruction are aligned.
            let (e, f): (Block16, Block16) = (load(from), load(from.add(16)));
            let (g, h): (Block16, Block16) = (load(from.add(32)), load(from.add(48)));
            let skip = 64 - (to as usize & 63);
            asm!(
                "rep movsb",
                inout("rcx") bytes - skip => _,
                inout("rdi") to.add(skip) => _,
                inout("rsi") from.add(skip) => _,
                options(nostack, preserves_flags),
            );
            store(to, e);
            store(to.add(16), f);
            store(to.add(32), g);
            store(to.add(48), h);
            return to;
        }
        copy_up(to, from, bytes);
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
    // SAFETY: C's contract.
    unsafe {
        if bytes <= 64 {
            copy_short(to, from, bytes);
        } else if (to as usize).wrapping_sub(from as usize) < bytes {
            copy_down(to, from, bytes);
        } else if (from as usize).wrapping_sub(to as usize) < bytes {
            // String instructions are slow on ranges that overlap closely.
            copy_up(to, from, bytes);
        } else {
            memcpy(to, from, bytes);
        }
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, value: i32, bytes: usize) -> *mut u8 {
    let byte = value as u8;
    macro_rules! ends {
        ($ty:ty, $value:expr) => {{
            let value: $ty = $value;
            store(to, value);
            store(to.add(bytes - size_of::<$ty>()), value);
        }};
    }
    let word = u64::from(byte) * 0x0101_0101_0101_0101;
    let block = u128::from(word) << 64 | u128::from(word);
    // SAFETY: C's contract; each arm stays inside `bytes`.
    unsafe {
        match bytes {
            65.. => {}
            33..=64 => {
                ends!(Block32, [block, block]);
                return to;
            }
            17..=32 => {
                ends!(Block16, block);
                return to;
            }
            9..=16 => {
                ends!(u64, word);
                return to;
            }
            4..=8 => {
                ends!(u32, word as u32);
                return to;
            }
            2..=3 => {
                ends!(u16, word as u16);
                return to;
            }
            1 => {
                store(to, byte);
                return to;
            }
            0 => return to,
        }
        #[cfg(target_arch = "x86_64")]
        {
            use core::arch::x86_64::{_mm_set1_epi8, _mm_storeu_si128};
            let vector = _mm_set1_epi8(byte as i8);
            let store_16 = |at: *mut u8| _mm_storeu_si128(at.cast(), vector);
            if bytes >= STRING_INSTRUCTION_BYTES {
                for offset in [0, 16, 32, 48] {
                    store_16(to.add(offset));
                }
                let skip = 64 - (to as usize & 63);
                asm!(
                    "rep stosb",
                    inout("rcx") bytes - skip => _,
                    inout("rdi") to.add(skip) => _,
                    in("al") byte,
                    options(nostack, preserves_flags),
                );
                return to;
            }
            asm!(
                "2:",
                "movdqu [{to}], {v}",
                "movdqu [{to} + 16], {v}",
                "movdqu [{to} + 32], {v}",
                "movdqu [{to} + 48], {v}",
                "add {to}, 64",
                "cmp {to}, {end}",
                "jb 2b",
                to = inout(reg) to => _,
                end = in(reg) to.add(bytes - 64),
                v = in(xmm_reg) vector,
                options(nostack),
            );
            for offset in [64, 48, 32, 16] {
                store_16(to.add(bytes - offset));
            }
        }
        #[cfg(target_arch = "aarch64")]
        asm!(
            "dup {v}.16b, {byte:w}",
            "2:",
            "stp {v:q}, {v:q}, [{to}]",
            "stp {v:q}, {v:q}, [{to}, #32]",
            "add {to}, {to}, #64",
            "cmp {to}, {end}",
            "b.lo 2b",
            "stp {v:q}, {v:q}, [{end}]",
            "stp {v:q}, {v:q}, [{end}, #32]",
            to = inout(reg) to => _,
            end = in(reg) to.add(bytes - 64),
            byte = in(reg) u32::from(byte),
            v = out(vreg) _,
            options(nostack),
        );
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, bytes: usize) -> i32 {
    let mut at = 0;
    // SAFETY: C's contract; every load stays below `bytes`.
    unsafe {
        while at + 8 <= bytes {
            let (a, b): (u64, u64) = (load(left.add(at)), load(right.add(at)));
            if a != b {
                // The first byte in memory decides, so compare as big-endian numbers.
                return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
            }
            at += 8;
        }
        while at < bytes {
            let (a, b) = (*left.add(at), *right.add(at));
            if a != b {
                return i32::from(a) - i32::from(b);
            }
            at += 1;
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, bytes: usize) -> i32 {
    // SAFETY: C's contract.
    unsafe { memcmp(left, right, bytes) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(string: *const core::ffi::c_char) -> usize {
    let mut length = 0;
    // SAFETY: C's contract: there is a null. Volatile, lest LLVM recognise the loop and call this very function.
    unsafe {
        while string.add(length).read_volatile() != 0 {
            length += 1;
        }
    }
    length
}
