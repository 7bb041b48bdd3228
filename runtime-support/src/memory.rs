//! Linear memory: reserve, commit, grow, guard.
//!
//! How a memory lies in the address space is the compiler's choice, spelled in its descriptor, because compiled code
//! relies on it:
//!
//! | Descriptor | Layout | Growth |
//! |---|---|---|
//! | `reserve_bytes` > 0 | all of it is reserved, inaccessible; the used part is made accessible | `mprotect` |
//! | none, fixed base | only the used part is mapped, at its address | a new guard right behind, and `mprotect` |
//! | none, may move | only the used part is mapped, anywhere | a new place, and `mremap` into it |
//!
//! In front of the base, and behind what is reserved or used, are guards: mapped, never accessible, and ours, so that a
//! fault there is the guest's. Memories of pages smaller than 64 KiB have none.
//!
//! Accessible memory always ends at a page of the *host*, which may be up to 64 KiB; a Wasm page may be a single byte.
//! Where the MMU does the bounds checks, the compiler made sure that Wasm pages are multiples of host pages.
//!
//! # Safety
//!
//! Every function takes a `LinearMemory` that [`create`] filled in and that lives as long as its instance. Compiled code
//! loads `base` and `byte_length`; nothing else writes them. A shared memory never moves, and its length only grows.
#![allow(unsafe_code, reason = "maps address space and copies to and from guest memory")]

use crate::mapping::{InPlace, around, make_usable, map, map_around, round_up, unmap};
use crate::ranges::RangeList;
use crate::text::{Describe, Text, describe_for_hosts};
use aot_abi::context::{LinearMemory, MEMORY_64, MEMORY_MAY_MOVE, MEMORY_NEEDS_GUARD, MEMORY_SHARED};
use aot_abi::image::{ExternType, MemoryDescriptor, Slice};
use aot_abi::trap::Trap;
use aot_abi::{BOUNDS_GUARD_BYTES, GUARD_BEFORE_BYTES, GUARD_BYTES, GUARD_RESERVATION_BYTES, WASM_PAGE_LOG2};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use rustix::io::Errno;
use rustix::mm::{MremapFlags, mremap_fixed};

/// What a 32-bit memory can address.
const BYTES_MAX_32: u64 = 1 << 32;
/// What a 64-bit memory may declare: 2^48 pages of 64 KiB would already be the whole address space, so the kernel
/// decides long before this.
const BYTES_MAX_64: u64 = 1 << 63;

/// Address space of memories with guards.
static GUARDED: RangeList = RangeList::new();

/// Is this inside a memory's address space, or its guards?
#[must_use]
pub fn owns(address: usize) -> bool {
    GUARDED.find(address).is_some()
}

/// Why a memory could not be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryError {
    /// The module asks for more than its kind of memory can have.
    TooLarge {
        /// Pages asked for.
        pages: u64,
    },
    /// The kernel gave no address space for the reservation.
    Reservation {
        /// Bytes asked for, guard included.
        bytes: u64,
        /// The kernel's reason.
        errno: Errno,
    },
    /// The instance may not have that much.
    Limit {
        /// Bytes asked for, by all memories of the instance up to this one.
        bytes: u64,
    },
    /// The kernel gave no memory.
    Commit {
        /// Bytes asked for.
        bytes: u64,
        /// The kernel's reason.
        errno: Errno,
    },
}

impl Describe for MemoryError {
    fn describe(&self, text: &mut Text) {
        let number = |errno: &Errno| u64::from(errno.raw_os_error().unsigned_abs());
        match self {
            MemoryError::TooLarge { pages } => {
                text.words("a linear memory of ").number(*pages).words(" pages is more than is allowed")
            }
            MemoryError::Reservation { bytes, errno } => text
                .words("cannot reserve ")
                .number(bytes >> 20)
                .words(" MiB of address space for the linear memory (errno ")
                .number(number(errno))
                .words("); a program compiled with `--memory bounds` needs no reservation"),
            MemoryError::Limit { bytes } => text
                .words("the linear memory needs ")
                .number(*bytes)
                .words(" bytes, which is more than the instance may have"),
            MemoryError::Commit { bytes, errno } => text
                .words("cannot get ")
                .number(*bytes)
                .words(" bytes for the linear memory (errno ")
                .number(number(errno))
                .words(")"),
        };
    }
}

describe_for_hosts!(MemoryError);

/// Creates a memory with its initial contents.
///
/// # Safety
/// The descriptor belongs to an image, whose slices are true; a fixed base belongs to this memory alone.
pub unsafe fn create(descriptor: &MemoryDescriptor) -> Result<LinearMemory, MemoryError> {
    let mut memory = unmapped(descriptor)?;
    let in_place = InPlace::of(descriptor);
    // SAFETY: the caller's promise: a fixed base is ours alone, and what lies in place is ours already.
    unsafe { map_pages(&mut memory, descriptor, in_place)? };
    if in_place.is_none() {
        // SAFETY: the minimum was just made writable; the rest is the caller's promise.
        unsafe { copy_contents(&memory, descriptor) };
    }
    Ok(memory)
}

/// A memory as its descriptor says, without address space yet.
pub(crate) fn unmapped(descriptor: &MemoryDescriptor) -> Result<LinearMemory, MemoryError> {
    let too_large = MemoryError::TooLarge { pages: descriptor.minimum };
    let minimum_bytes = bytes_of(descriptor.minimum, descriptor.page_log2).ok_or(too_large)?;
    let mut maximum_bytes = maximum_bytes(descriptor);
    if minimum_bytes > maximum_bytes {
        return Err(too_large);
    }
    let mut guard_before_bytes = round_up(descriptor.guard_before_bytes);
    if descriptor.flags & MEMORY_64 == 0 && guard_before_bytes > 0 {
        let most = BYTES_MAX_32.saturating_sub(guard_before_bytes);
        if minimum_bytes > most {
            guard_before_bytes = 0;
        } else {
            maximum_bytes = maximum_bytes.min(most);
        }
    }
    let reserved_bytes = match descriptor.reserve_bytes {
        0 => round_up(minimum_bytes),
        reserve => round_up(reserve),
    };
    if descriptor.reserve_bytes > 0 {
        maximum_bytes = maximum_bytes.min(reserved_bytes);
    }
    Ok(LinearMemory {
        base: null_mut(),
        byte_length: minimum_bytes,
        maximum_bytes,
        reserved_bytes,
        guard_bytes: round_up(descriptor.guard_bytes),
        guard_before_bytes,
        declared_maximum: descriptor.maximum,
        page_log2: descriptor.page_log2,
        flags: descriptor.flags,
        reserved: [0; 6],
        slot: null_mut(),
        budget: null_mut(),
    })
}

/// Writes the initial contents.
///
/// # Safety
/// The memory was made from the descriptor, whose slice is true, and its minimum is writable.
pub(crate) unsafe fn copy_contents(memory: &LinearMemory, descriptor: &MemoryDescriptor) {
    // SAFETY: the caller's promise.
    let contents = unsafe { crate::instance::slice(&descriptor.contents) };
    if contents.is_empty() {
        return;
    }
    let end = descriptor.contents_offset.checked_add(contents.len() as u64);
    assert!(end.is_some_and(|end| end <= memory.byte_length), "the compiler keeps initial contents within the minimum");
    let start = memory.base.wrapping_add(descriptor.contents_offset as usize);
    // SAFETY: `byte_length` bytes from the base are writable, and the image lies elsewhere.
    unsafe { core::ptr::copy_nonoverlapping(contents.as_ptr(), start, contents.len()) };
}

/// Remembers address space whose faults are a guest's: that of a memory with guards.
pub(crate) fn guard(base: *mut u8, before: u64, owned: u64, behind: u64) {
    if before + behind > 0 {
        let base = base as usize;
        GUARDED.insert(base - before as usize, base + (owned + behind) as usize, 0);
    }
}

/// Forgets it, if it was one.
pub(crate) fn unguard(base: *mut u8) {
    if let Some(range) = GUARDED.find(base as usize) {
        range.remove();
    }
}

/// What several memories may have together.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Budget {
        Budget { limit, used: AtomicU64::new(0) }
    }

    /// Takes so many bytes of it, or none.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        let more = |used: u64| used.checked_add(bytes).filter(|total| *total <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Gives bytes back that could not be used.
    fn give(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A memory that satisfies an import of this type, and no more.
pub(crate) fn descriptor_of(ty: &ExternType) -> MemoryDescriptor {
    let guarded = ty.flags & u32::from(MEMORY_NEEDS_GUARD) != 0;
    let mut flags = ty.flags as u8 & (MEMORY_64 | MEMORY_SHARED);
    let reserve_bytes = if guarded {
        GUARD_RESERVATION_BYTES
    } else if flags & MEMORY_SHARED != 0 {
        // Shared memories never move; validation makes them declare a maximum.
        ty.maximum.saturating_mul(1 << ty.page_log2)
    } else {
        flags |= MEMORY_MAY_MOVE;
        0
    };
    // Smaller pages end where no guard can begin.
    let whole_pages = ty.page_log2 >= u64::from(WASM_PAGE_LOG2);
    let small_guard = |bytes| if whole_pages { bytes } else { 0 };
    MemoryDescriptor {
        minimum: ty.minimum,
        maximum: ty.maximum,
        reserve_bytes,
        guard_bytes: if guarded { GUARD_BYTES } else { small_guard(BOUNDS_GUARD_BYTES) },
        guard_before_bytes: small_guard(GUARD_BEFORE_BYTES),
        fixed_base: 0,
        contents: Slice { data: core::ptr::null(), length: 0 },
        contents_offset: 0,
        page_log2: ty.page_log2 as u8,
        flags,
        placement: 0,
        reserved: [0; 5],
    }
}

/// Gives the address space back.
///
/// # Safety
/// No instance that uses the memory runs again.
pub unsafe fn destroy(memory: &mut LinearMemory) {
    if memory.slot.is_null() {
        if !memory.base.is_null() {
            unguard(memory.base);
            let before = memory.guard_before_bytes;
            let start = memory.base.wrapping_sub(before as usize);
            // SAFETY: this is exactly what `create` and `grow` mapped.
            unsafe { unmap(start, before + memory.reserved_bytes + memory.guard_bytes) };
        }
    } else {
        // SAFETY: a slot begins with the function that takes it back, and the rest is the caller's promise.
        unsafe {
            let release = *memory.slot.cast::<unsafe fn(&mut LinearMemory)>();
            release(memory);
        }
    }
    memory.base = null_mut();
    memory.slot = null_mut();
    memory.byte_length = 0;
}

/// Owns address space for all that the memory can become, or for what it is, with its guards; the minimum is made usable.
unsafe fn map_pages(
    memory: &mut LinearMemory,
    descriptor: &MemoryDescriptor,
    in_place: Option<InPlace>,
) -> Result<(), MemoryError> {
    let bytes = memory.byte_length;
    let owned = memory.reserved_bytes.saturating_add(memory.guard_bytes);
    let failed = |errno| match descriptor.reserve_bytes {
        0 => MemoryError::Commit { bytes, errno },
        _ => MemoryError::Reservation { bytes: owned.saturating_add(memory.guard_before_bytes), errno },
    };
    // SAFETY: the caller's promise about fixed bases; elsewhere the kernel chooses.
    memory.base =
        unsafe { map_around(descriptor.fixed_base, in_place, memory.guard_before_bytes, owned) }.map_err(failed)?;
    for (start, end) in around(in_place, 0, round_up(bytes)) {
        // SAFETY: inside what was just mapped, which covers the minimum.
        unsafe { make_usable(memory.base.wrapping_add(start as usize), end - start) }
            .map_err(|errno| MemoryError::Commit { bytes, errno })?;
    }
    guard(memory.base, memory.guard_before_bytes, memory.reserved_bytes, memory.guard_bytes);
    Ok(())
}

/// `memory.grow`: the old number of pages, or -1.
///
/// # Safety
/// See the module documentation. Unless the memory is shared, no other thread uses it now.
pub unsafe fn grow(memory: *mut LinearMemory, delta_pages: u64) -> i64 {
    // SAFETY: the flags never change after creation.
    let shared = unsafe { (*memory).flags } & MEMORY_SHARED != 0;
    let _lock = shared.then(GrowLock::take);
    // SAFETY: under the lock, or alone, this thread is the only one that changes the memory. Others may read
    // `byte_length` meanwhile, which is why that field is only touched through an atomic.
    unsafe {
        let length = AtomicU64::from_ptr(&raw mut (*memory).byte_length);
        let old = length.load(Ordering::Relaxed);
        let page_log2 = (*memory).page_log2;
        let old_pages = (old >> page_log2) as i64;
        let Some(new) = bytes_of(delta_pages, page_log2).and_then(|delta| old.checked_add(delta)) else { return -1 };
        if new > (*memory).maximum_bytes {
            return -1;
        }
        let budget = (*memory).budget.cast::<Budget>().as_ref();
        if budget.is_some_and(|budget| !budget.take(new - old)) {
            return -1;
        }
        let (committed, wanted) = (round_up(old), round_up(new));
        if wanted > committed && extend(memory, committed, wanted).is_err() {
            if let Some(budget) = budget {
                budget.give(new - old);
            }
            return -1;
        }
        // Sequentially consistent, as the specification asks of `memory.grow` on shared memories.
        length.store(new, Ordering::SeqCst);
        old_pages
    }
}

/// Makes `committed..wanted` usable, moving the memory if it may move.
unsafe fn extend(memory: *mut LinearMemory, committed: u64, wanted: u64) -> Result<(), Errno> {
    // SAFETY: `grow` is the only one to change these fields, and only here.
    let memory = unsafe { &mut *(memory.cast::<GrowableFields>()) };
    if memory.flags & MEMORY_MAY_MOVE == 0 && memory.reserved_bytes >= wanted {
        // SAFETY: inside the reservation.
        return unsafe { make_usable(memory.base.wrapping_add(committed as usize), wanted - committed) };
    }
    if memory.flags & MEMORY_MAY_MOVE == 0 {
        // A fixed base without a reservation: whatever is behind the guard must still be free, and becomes the guard.
        let (behind, more) = (memory.base as u64 + committed + memory.guard_bytes, wanted - committed);
        // SAFETY: nothing is replaced, and what becomes usable is the guard so far and, behind it, what was just mapped.
        unsafe {
            let new = map(behind, more)?;
            make_usable(memory.base.wrapping_add(committed as usize), more).inspect_err(|_| unmap(new, more))?;
        }
        memory.move_to(memory.base, wanted);
        return Ok(());
    }
    let (before, guard) = (memory.guard_before_bytes, memory.guard_bytes);
    let total = before.saturating_add(wanted).saturating_add(guard);
    // SAFETY: a new mapping of the kernel's choice.
    let new = unsafe { map(0, total)? };
    let (old, base) = (memory.base, new.wrapping_add(before as usize));
    // SAFETY: the old range is exactly this memory's one mapping of usable pages, and whoever holds its old base reloads it:
    // the memory may move, and compiled code knows. It replaces the middle of the new mapping, and grows into all of it, so
    // that it is one mapping again. Where that fails, the middle may be somebody else's already, and is not touched.
    unsafe {
        if committed == 0 {
            make_usable(base, wanted).inspect_err(|_| unmap(new, total))?;
        } else {
            let (from, to) = (usize::try_from(committed), usize::try_from(wanted));
            let (from, to) = (from.map_err(|_| Errno::NOMEM)?, to.map_err(|_| Errno::NOMEM)?);
            mremap_fixed(old.cast(), from, to, MremapFlags::MAYMOVE, base.cast()).inspect_err(|_| {
                unmap(new, before);
                unmap(base.wrapping_add(to), guard);
            })?;
            // It is usable already. Valgrind, which follows system calls, needs to be told.
            let _ = make_usable(base.wrapping_add(from), (to - from) as u64);
        }
    }
    memory.move_to(base, wanted);
    // SAFETY: what is left of the old place are its guards, which nobody touches but by mistake.
    unsafe {
        unmap(old.wrapping_sub(before as usize), before);
        unmap(old.wrapping_add(committed as usize), guard);
    }
    Ok(())
}

/// [`LinearMemory`] as its owner sees it while other threads may read its length: the same layout, with an atomic.
#[repr(C)]
struct GrowableFields {
    base: *mut u8,
    byte_length: AtomicU64,
    maximum_bytes: u64,
    reserved_bytes: u64,
    guard_bytes: u64,
    guard_before_bytes: u64,
    declared_maximum: u64,
    page_log2: u8,
    flags: u8,
    reserved: [u8; 6],
    slot: *mut u8,
    budget: *mut u8,
}

impl GrowableFields {
    /// The memory is there now, and this long.
    fn move_to(&mut self, base: *mut u8, owned: u64) {
        unguard(self.base);
        (self.base, self.reserved_bytes) = (base, owned);
        guard(base, self.guard_before_bytes, owned, self.guard_bytes);
    }
}

const _: () = assert!(size_of::<GrowableFields>() == size_of::<LinearMemory>());
const _: () = assert!(
    core::mem::offset_of!(GrowableFields, reserved_bytes) == core::mem::offset_of!(LinearMemory, reserved_bytes)
        && core::mem::offset_of!(GrowableFields, flags) == core::mem::offset_of!(LinearMemory, flags)
);

/// Current length in bytes.
///
/// # Safety
/// See the module documentation.
#[must_use]
pub unsafe fn byte_length(memory: *mut LinearMemory) -> u64 {
    // SAFETY: the field is aligned, lives with the memory, and is only ever written atomically after creation.
    unsafe { AtomicU64::from_ptr(&raw mut (*memory).byte_length).load(Ordering::SeqCst) }
}

/// The native address of `start`, when `start + length` is inside the memory.
///
/// # Safety
/// See the module documentation. The address is good until the memory grows, for good when it cannot move.
pub unsafe fn address(memory: *mut LinearMemory, start: u64, length: u64) -> Result<*mut u8, Trap> {
    // SAFETY: the caller's promise.
    let byte_length = unsafe { byte_length(memory) };
    match start.checked_add(length) {
        // SAFETY: only growth writes the base, and not meanwhile.
        Some(end) if end <= byte_length => Ok(unsafe { (*memory).base }.wrapping_add(start as usize)),
        _ => Err(Trap::MemoryOutOfBounds),
    }
}

/// `memory.fill`.
///
/// # Safety
/// See the module documentation.
pub unsafe fn fill(memory: *mut LinearMemory, start: u64, value: u8, length: u64) -> Result<(), Trap> {
    // SAFETY: the range was just checked.
    unsafe { core::ptr::write_bytes(address(memory, start, length)?, value, length as usize) };
    Ok(())
}

/// `memory.copy`; the ranges may overlap.
///
/// # Safety
/// See the module documentation.
pub unsafe fn copy(
    to_memory: *mut LinearMemory,
    from_memory: *mut LinearMemory,
    to: u64,
    from: u64,
    length: u64,
) -> Result<(), Trap> {
    // SAFETY: both ranges were just checked.
    unsafe {
        let source = address(from_memory, from, length)?;
        core::ptr::copy(source, address(to_memory, to, length)?, length as usize);
    }
    Ok(())
}

/// `memory.init` from what is left of a segment.
///
/// # Safety
/// See the module documentation.
pub unsafe fn initialize(
    memory: *mut LinearMemory,
    segment: &[u8],
    to: u64,
    from: u64,
    length: u64,
) -> Result<(), Trap> {
    let end = from.checked_add(length).filter(|end| *end <= segment.len() as u64).ok_or(Trap::MemoryOutOfBounds)?;
    // SAFETY: the range was just checked, and segments lie in the image, never in a linear memory.
    unsafe {
        let target = address(memory, to, length)?;
        let source = &segment[from as usize..end as usize];
        core::ptr::copy_nonoverlapping(source.as_ptr(), target, source.len());
    }
    Ok(())
}

fn bytes_of(pages: u64, page_log2: u8) -> Option<u64> {
    pages.checked_mul(1u64.checked_shl(u32::from(page_log2))?)
}

/// What growth may reach, by declaration and by kind.
fn maximum_bytes(descriptor: &MemoryDescriptor) -> u64 {
    let declared = bytes_of(descriptor.maximum, descriptor.page_log2).unwrap_or(u64::MAX);
    let by_kind = if descriptor.flags & MEMORY_64 != 0 {
        BYTES_MAX_64
    } else {
        // `memory.size` is 32 bits, so single-byte pages end one short of 4 GiB.
        bytes_of(u64::from(u32::MAX), descriptor.page_log2).unwrap_or(u64::MAX).min(BYTES_MAX_32)
    };
    declared.min(by_kind)
}

/// Growth of shared memories is serialised over the whole process: it is rare, and short.
struct GrowLock;

static GROWING: AtomicBool = AtomicBool::new(false);

impl GrowLock {
    fn take() -> GrowLock {
        while GROWING.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            rustix::thread::sched_yield();
        }
        GrowLock
    }
}

impl Drop for GrowLock {
    fn drop(&mut self) {
        GROWING.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::image::{CONTENTS_IN_PLACE, IN_PLACE_ALIGNMENT};

    const PAGE: u64 = 1 << 16;

    fn descriptor(minimum: u64, maximum: u64) -> MemoryDescriptor {
        MemoryDescriptor {
            minimum,
            maximum,
            reserve_bytes: 0,
            guard_bytes: 0,
            guard_before_bytes: 0,
            fixed_base: 0,
            contents: Slice { data: core::ptr::null(), length: 0 },
            contents_offset: 0,
            page_log2: 16,
            flags: 0,
            placement: 0,
            reserved: [0; 5],
        }
    }

    /// Creates, hands over, destroys.
    fn with(descriptor: &MemoryDescriptor, test: impl FnOnce(*mut LinearMemory)) {
        // SAFETY: the descriptors of these tests are true, and nobody else has the memory.
        unsafe {
            let mut memory = create(descriptor).expect("address space for a small memory");
            test(&raw mut memory);
            destroy(&mut memory);
        }
    }

    fn write(memory: *mut LinearMemory, at: u64, value: u8) {
        // SAFETY: `address` checks.
        unsafe { *address(memory, at, 1).expect("in bounds") = value };
    }

    fn read(memory: *mut LinearMemory, at: u64) -> u8 {
        // SAFETY: `address` checks.
        unsafe { *address(memory, at, 1).expect("in bounds") }
    }

    /// Whether the kernel may not read there either.
    fn faults(address: usize) -> bool {
        let (_read, write) = rustix::pipe::pipe().expect("descriptors");
        // SAFETY: only the kernel looks at the byte, and says so when it cannot.
        let byte = unsafe { core::slice::from_raw_parts(address as *const u8, 1) };
        rustix::io::write(&write, byte) == Err(Errno::FAULT)
    }

    /// What is next to the accessible part is ours and faults, as far as the descriptor says.
    fn is_surrounded(memory: *mut LinearMemory) {
        // SAFETY: the memory is this test's.
        let memory = unsafe { &*memory };
        let (base, end) = (memory.base as usize, memory.base as usize + memory.byte_length as usize);
        let (before, behind) = (memory.guard_before_bytes as usize, memory.guard_bytes as usize);
        if before > 0 {
            assert!([base - 1, base - before].into_iter().all(|at| owns(at) && faults(at)));
        }
        if behind > 0 {
            assert!([end, end + behind - 1].into_iter().all(|at| owns(at) && faults(at)));
        }
    }

    /// Grows by one page and by two, checks contents, limits and the last byte.
    fn grows(descriptor: &MemoryDescriptor) {
        with(descriptor, |memory| {
            write(memory, PAGE - 1, 7);
            // SAFETY: the memory is ours alone.
            unsafe {
                is_surrounded(memory);
                assert_eq!(grow(memory, 0), 1);
                assert_eq!(grow(memory, 1), 1);
                is_surrounded(memory);
                assert_eq!(grow(memory, 2), 2);
                is_surrounded(memory);
                assert_eq!(grow(memory, 2), -1);
                assert_eq!(grow(memory, u64::MAX), -1);
                assert_eq!(byte_length(memory), 4 * PAGE);
            }
            assert_eq!((read(memory, PAGE - 1), read(memory, 4 * PAGE - 1)), (7, 0));
            write(memory, 4 * PAGE - 1, 8);
            // SAFETY: as above.
            unsafe {
                assert_eq!(address(memory, 4 * PAGE, 1), Err(Trap::MemoryOutOfBounds));
                assert!(address(memory, 4 * PAGE, 0).is_ok());
                assert_eq!(address(memory, 1, u64::MAX), Err(Trap::MemoryOutOfBounds));
            }
        });
    }

    #[test]
    fn every_strategy_grows_to_its_maximum() {
        let guarded = MemoryDescriptor { reserve_bytes: 4 << 30, guard_bytes: 2 << 30, ..descriptor(1, 5) };
        grows(&guarded);
        grows(&MemoryDescriptor { flags: MEMORY_SHARED, ..guarded });
        grows(&MemoryDescriptor { reserve_bytes: 5 * PAGE, ..descriptor(1, 5) });
        grows(&MemoryDescriptor { flags: MEMORY_MAY_MOVE, ..descriptor(1, 5) });
        grows(&MemoryDescriptor { flags: MEMORY_MAY_MOVE | MEMORY_64, ..descriptor(1, 5) });
        grows(&MemoryDescriptor { fixed_base: 0x2f00_0000_0000, ..descriptor(1, 5) });
        grows(&MemoryDescriptor {
            fixed_base: 0x2e00_0000_0000,
            reserve_bytes: 4 << 30,
            guard_bytes: 2 << 30,
            ..descriptor(1, 5)
        });
        let small = || MemoryDescriptor { guard_bytes: PAGE, guard_before_bytes: PAGE, ..descriptor(1, 5) };
        grows(&MemoryDescriptor { flags: MEMORY_MAY_MOVE, ..small() });
        grows(&MemoryDescriptor { fixed_base: 0x2b00_0000_0000, ..small() });
        grows(&MemoryDescriptor {
            fixed_base: 0x2b00_0000_0000,
            reserve_bytes: 4 << 30,
            guard_bytes: 2 << 30,
            ..small()
        });
        grows(&MemoryDescriptor { flags: MEMORY_SHARED, reserve_bytes: 5 * PAGE, ..small() });
    }

    #[test]
    fn a_memory_of_no_pages_has_guards_and_grows() {
        let small = || MemoryDescriptor { guard_bytes: PAGE, guard_before_bytes: PAGE, ..descriptor(0, 5) };
        for fixed_base in [0, 0x2a00_0000_0000] {
            let flags = if fixed_base == 0 { MEMORY_MAY_MOVE } else { 0 };
            with(&MemoryDescriptor { fixed_base, flags, ..small() }, |memory| {
                // SAFETY: the memory is ours alone.
                let base = unsafe { (*memory).base } as usize;
                assert!([base - PAGE as usize, base - 1, base, base + PAGE as usize - 1].into_iter().all(owns));
                // SAFETY: as above.
                assert_eq!(unsafe { grow(memory, 1) }, 0);
                is_surrounded(memory);
                write(memory, PAGE - 1, 1);
            });
        }
    }

    #[test]
    fn what_is_in_front_of_32_bit_memories_is_missing_at_their_end() {
        let maximum = |minimum, flags| {
            let ask = MemoryDescriptor { guard_before_bytes: PAGE, flags, ..descriptor(minimum, u64::MAX) };
            let memory = unmapped(&ask).expect("within the kind");
            (memory.guard_before_bytes, memory.maximum_bytes)
        };
        assert_eq!(maximum(65535, 0), (PAGE, BYTES_MAX_32 - PAGE));
        assert_eq!(maximum(65536, 0), (0, BYTES_MAX_32));
        assert_eq!(maximum(65536, MEMORY_64), (PAGE, BYTES_MAX_64));
    }

    #[test]
    fn a_taken_fixed_base_is_an_error() {
        let fixed = MemoryDescriptor { fixed_base: 0x2d00_0000_0000, ..descriptor(1, 5) };
        with(&fixed, |_| {
            // SAFETY: nothing is replaced.
            let second = unsafe { create(&fixed) };
            assert!(matches!(second, Err(MemoryError::Commit { errno: Errno::EXIST, .. })));
        });
    }

    #[test]
    fn guards_belong_to_the_memory_until_it_is_destroyed() {
        let guarded = MemoryDescriptor { reserve_bytes: 4 << 30, guard_bytes: 2 << 30, ..descriptor(1, 5) };
        let mut base = 0;
        with(&guarded, |memory| {
            // SAFETY: the memory is ours alone.
            base = unsafe { (*memory).base } as usize;
            assert!(owns(base) && owns(base + (6 << 30) - 1) && !owns(base + (6 << 30)));
        });
        assert!(!owns(base));
    }

    #[test]
    fn contents_are_copied_to_their_offset() {
        let bytes = [1u8, 2, 3];
        let contents = Slice { data: bytes.as_ptr(), length: 3 };
        with(&MemoryDescriptor { contents, contents_offset: PAGE, ..descriptor(2, 2) }, |memory| {
            assert_eq!([PAGE - 1, PAGE, PAGE + 2, PAGE + 3].map(|at| read(memory, at)), [0, 1, 3, 0]);
        });
    }

    #[test]
    fn contents_in_place_stay_and_the_rest_is_mapped_around_them() {
        let base = 0x2c00_0000_0000u64;
        for reserve_bytes in [0, 4 << 30] {
            // What the linker's segment would do.
            // SAFETY: nobody else is there.
            let segment = unsafe { map(base + PAGE, IN_PLACE_ALIGNMENT) }.expect("free");
            // SAFETY: just mapped.
            unsafe {
                make_usable(segment, IN_PLACE_ALIGNMENT).expect("just mapped");
                *segment.add(5) = 9;
            }
            let in_place = MemoryDescriptor {
                fixed_base: base,
                reserve_bytes,
                contents: Slice { data: segment, length: 6 },
                contents_offset: PAGE,
                placement: CONTENTS_IN_PLACE,
                ..descriptor(3, 5)
            };
            with(&in_place, |memory| {
                assert_eq!(read(memory, PAGE + 5), 9);
                for at in [0, PAGE - 1, PAGE, 2 * PAGE - 1, 2 * PAGE, 3 * PAGE - 1] {
                    write(memory, at, 1);
                }
                // SAFETY: the memory is ours alone.
                assert_eq!(unsafe { grow(memory, 2) }, 3);
                write(memory, 5 * PAGE - 1, 1);
            });
        }
    }

    #[test]
    fn pages_of_one_byte_end_within_a_host_page() {
        for flags in [0, MEMORY_MAY_MOVE] {
            let reserve_bytes = if flags == 0 { 100 } else { 0 };
            with(&MemoryDescriptor { page_log2: 0, flags, reserve_bytes, ..descriptor(0, 100) }, |memory| {
                // SAFETY: the memory is ours alone.
                unsafe {
                    assert_eq!(grow(memory, 0), 0);
                    assert_eq!(grow(memory, 3), 0);
                    write(memory, 2, 5);
                    assert_eq!(address(memory, 3, 1), Err(Trap::MemoryOutOfBounds));
                    assert_eq!(grow(memory, 97), 3);
                    assert_eq!(grow(memory, 1), -1);
                }
                assert_eq!((read(memory, 2), read(memory, 99)), (5, 0));
            });
        }
    }

    #[test]
    fn sizes_beyond_the_kind_are_refused() {
        let too_many = [
            descriptor(65537, u64::MAX),
            MemoryDescriptor { flags: MEMORY_64, ..descriptor(1 << 48, u64::MAX) },
            MemoryDescriptor { page_log2: 0, ..descriptor(1 << 32, u64::MAX) },
        ];
        for descriptor in too_many {
            // SAFETY: nothing is mapped.
            let result = unsafe { create(&descriptor) };
            assert!(matches!(result, Err(MemoryError::TooLarge { .. })), "{result:?}");
        }
        let impossible = MemoryDescriptor { reserve_bytes: 1 << 60, ..descriptor(1, 5) };
        // SAFETY: nothing is mapped.
        let error = unsafe { create(&impossible) }.expect_err("no machine has that much");
        assert!(std::format!("{error}").contains("--memory bounds"), "{error}");
    }

    #[test]
    fn bulk_operations_check_before_they_write() {
        with(&descriptor(1, 1), |memory| {
            // SAFETY: the memory is ours alone.
            unsafe {
                assert_eq!(fill(memory, PAGE - 2, 3, 3), Err(Trap::MemoryOutOfBounds));
                assert_eq!(read(memory, PAGE - 1), 0);
                assert_eq!(fill(memory, PAGE, 3, 0), Ok(()));
                assert_eq!(fill(memory, PAGE + 1, 3, 0), Err(Trap::MemoryOutOfBounds));
                assert_eq!(fill(memory, PAGE - 2, 3, 2), Ok(()));
                assert_eq!(copy(memory, memory, PAGE - 3, PAGE - 2, 2), Ok(()));
                assert_eq!([PAGE - 3, PAGE - 2, PAGE - 1].map(|at| read(memory, at)), [3, 3, 3]);
                assert_eq!(initialize(memory, b"abc", 0, 2, 2), Err(Trap::MemoryOutOfBounds));
                assert_eq!(initialize(memory, b"abc", 0, 1, 2), Ok(()));
                assert_eq!([0, 1, 2].map(|at| read(memory, at)), [b'b', b'c', 0]);
            }
        });
    }
}
