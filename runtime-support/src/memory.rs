//! Linear memory: reserve, commit, grow, guard.
//!
//! How a memory lies in the address space is the compiler's choice, spelled in its descriptor, because compiled code
//! relies on it:
//!
//! | Descriptor | Layout | Growth |
//! |---|---|---|
//! | `reserve_bytes` > 0 | all of it is reserved, inaccessible; the used part is made accessible; the guard never is | `mprotect` |
//! | none, fixed base | only the used part is mapped, at its address | a new mapping right behind |
//! | none, may move | only the used part is mapped, anywhere | `mremap` |
//!
//! Accessible memory always ends at a page of the *host*, which may be up to 64 KiB; a Wasm page may be a single byte.
//! Where the MMU does the bounds checks, the compiler made sure that Wasm pages are multiples of host pages.
//!
//! # Safety
//!
//! Every function takes a `LinearMemory` that [`create`] filled in and that lives as long as its instance. Compiled code
//! loads `base` and `byte_length`; nothing else writes them. A shared memory never moves, and its length only grows.
#![allow(unsafe_code, reason = "maps address space and copies to and from guest memory")]

use crate::os;
use crate::ranges::RangeList;
use crate::text::{Describe, Text, describe_for_hosts};
use aot_abi::context::{LinearMemory, MEMORY_64, MEMORY_MAY_MOVE, MEMORY_NEEDS_GUARD, MEMORY_SHARED};
use aot_abi::image::{CONTENTS_IN_PLACE, ExternType, IN_PLACE_ALIGNMENT, MemoryDescriptor, Slice};
use aot_abi::trap::Trap;
use aot_abi::{GUARD_BYTES, GUARD_RESERVATION_BYTES};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap_anonymous, mprotect, mremap, munmap};

/// What a 32-bit memory can address.
const BYTES_MAX_32: u64 = 1 << 32;
/// What a 64-bit memory may declare: 2^48 pages of 64 KiB would already be the whole address space, so the kernel
/// decides long before this.
const BYTES_MAX_64: u64 = 1 << 63;

/// Reservations of memories whose accesses the MMU checks.
static GUARDED: RangeList = RangeList::new();

/// Is this inside a reservation or its guard?
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
    let minimum_bytes = memory.byte_length;
    let in_place = InPlace::of(descriptor);
    if descriptor.reserve_bytes > 0 {
        // SAFETY: the caller's promise.
        unsafe { reserve(&mut memory, descriptor, in_place)? };
    } else {
        let committed = round_up(minimum_bytes);
        // SAFETY: the caller's promise: a fixed base is ours alone, and what lies in place is ours already.
        memory.base = unsafe { map_around(descriptor.fixed_base, in_place, committed, READ_WRITE) }
            .map_err(|errno| MemoryError::Commit { bytes: minimum_bytes, errno })?;
        memory.reserved_bytes = committed;
    }
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
    let maximum_bytes = maximum_bytes(descriptor);
    if minimum_bytes > maximum_bytes {
        return Err(too_large);
    }
    Ok(LinearMemory {
        base: null_mut(),
        byte_length: minimum_bytes,
        maximum_bytes,
        reserved_bytes: 0,
        guard_bytes: 0,
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

/// Remembers a reservation whose faults are a guest's.
pub(crate) fn guard(base: *mut u8, bytes: u64) {
    GUARDED.insert(base as usize, base as usize + bytes as usize, 0);
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
    MemoryDescriptor {
        minimum: ty.minimum,
        maximum: ty.maximum,
        reserve_bytes,
        guard_bytes: if guarded { GUARD_BYTES } else { 0 },
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
        if memory.guard_bytes > 0 {
            unguard(memory.base);
        }
        let total = memory.reserved_bytes + memory.guard_bytes;
        if !memory.base.is_null() && total > 0 {
            // SAFETY: this is exactly what `create` and `grow` mapped. Failing leaves it mapped.
            let _ = unsafe { munmap(memory.base.cast(), total as usize) };
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

/// Owns address space for all that the memory can become, and a guard behind it.
unsafe fn reserve(
    memory: &mut LinearMemory,
    descriptor: &MemoryDescriptor,
    in_place: Option<InPlace>,
) -> Result<(), MemoryError> {
    let reserved = round_up(descriptor.reserve_bytes);
    let guard = round_up(descriptor.guard_bytes);
    let total = reserved.saturating_add(guard);
    let failed = |errno| MemoryError::Reservation { bytes: total, errno };
    // SAFETY: the caller's promise about fixed bases; elsewhere the kernel chooses.
    memory.base = unsafe { map_around(descriptor.fixed_base, in_place, total, ProtFlags::empty()) }.map_err(failed)?;
    memory.reserved_bytes = reserved;
    memory.guard_bytes = guard;
    memory.maximum_bytes = memory.maximum_bytes.min(reserved);
    let bytes = memory.byte_length;
    for (start, end) in around(in_place, round_up(bytes)) {
        // SAFETY: inside the reservation just made, whose length covers the minimum.
        unsafe { make_usable(memory.base.wrapping_add(start as usize), end - start) }
            .map_err(|errno| MemoryError::Commit { bytes, errno })?;
    }
    if guard > 0 {
        self::guard(memory.base, total);
    }
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
    let more = usize::try_from(wanted).map_err(|_| Errno::NOMEM)?;
    if memory.flags & MEMORY_MAY_MOVE == 0 {
        // A fixed base without a reservation: whatever is behind must still be free.
        let end = memory.base as u64 + committed;
        // SAFETY: the kernel refuses to replace a mapping.
        unsafe { map(end, wanted - committed, ProtFlags::READ | ProtFlags::WRITE)? };
    } else if committed == 0 {
        // SAFETY: a new mapping of the kernel's choice.
        memory.base = unsafe { map(0, wanted, ProtFlags::READ | ProtFlags::WRITE)? };
    } else {
        // SAFETY: the old range is exactly this memory's mapping, and whoever holds its old base reloads it: the
        // memory may move, and compiled code knows.
        let moved = unsafe { mremap(memory.base.cast(), committed as usize, more, MremapFlags::MAYMOVE)? };
        memory.base = moved.cast();
    }
    memory.reserved_bytes = wanted;
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
    declared_maximum: u64,
    page_log2: u8,
    flags: u8,
    reserved: [u8; 6],
    slot: *mut u8,
    budget: *mut u8,
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

/// Up to a page of this machine. Saturates, for a size that no mapping can have.
pub(crate) fn round_up(bytes: u64) -> u64 {
    let page = os::page_size() as u64;
    bytes.checked_next_multiple_of(page).unwrap_or(!(page - 1))
}

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// The part of a memory at a fixed base that the executable's own segment already maps.
#[derive(Debug, Clone, Copy)]
struct InPlace {
    /// Offsets from the base.
    start: u64,
    end: u64,
}

impl InPlace {
    fn of(descriptor: &MemoryDescriptor) -> Option<InPlace> {
        let length = descriptor.contents.length.next_multiple_of(IN_PLACE_ALIGNMENT);
        let start = descriptor.contents_offset;
        (descriptor.placement & CONTENTS_IN_PLACE != 0 && length > 0).then_some(InPlace { start, end: start + length })
    }
}

/// What `0..total` has beside the part in place.
fn around(in_place: Option<InPlace>, total: u64) -> impl Iterator<Item = (u64, u64)> {
    let parts = match in_place {
        Some(InPlace { start, end }) => [(0, start.min(total)), (end, total)],
        None => [(0, total), (0, 0)],
    };
    parts.into_iter().filter(|(start, end)| start < end)
}

/// Maps `total` bytes from the fixed base on, or anywhere when it is 0, around what is in place; returns the base.
unsafe fn map_around(
    fixed_base: u64,
    in_place: Option<InPlace>,
    total: u64,
    protection: ProtFlags,
) -> Result<*mut u8, Errno> {
    if fixed_base == 0 {
        // SAFETY: the kernel chooses the place.
        return if total == 0 { Ok(null_mut()) } else { unsafe { map(0, total, protection) } };
    }
    for (start, end) in around(in_place, total) {
        // What lies between the executable's code and the contents in place is the executable's own span. Loaders differ
        // in what they leave there: Linux nothing, qemu-user a reservation of its own. Beyond it, nothing is ours to replace.
        let inside_image = in_place.is_some_and(|hole| end <= hole.start);
        let place = if inside_image { MapFlags::FIXED } else { MapFlags::FIXED_NOREPLACE };
        // SAFETY: the caller's promise: the base is this memory's alone.
        unsafe { map_at(fixed_base + start, end - start, protection, place)? };
    }
    Ok(fixed_base as *mut u8)
}

/// New pages: at `address`, replacing nothing, or anywhere when it is 0.
unsafe fn map(address: u64, bytes: u64, protection: ProtFlags) -> Result<*mut u8, Errno> {
    let place = if address == 0 { MapFlags::empty() } else { MapFlags::FIXED_NOREPLACE };
    // SAFETY: nothing is replaced.
    unsafe { map_at(address, bytes, protection, place) }
}

/// New pages, placed as the flags say.
unsafe fn map_at(address: u64, bytes: u64, protection: ProtFlags, place: MapFlags) -> Result<*mut u8, Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | place;
    let length = usize::try_from(bytes).map_err(|_| Errno::NOMEM)?;
    // SAFETY: a fresh mapping; a fixed one fails rather than replace another.
    let mapped = unsafe { mmap_anonymous(address as *mut _, length, protection, flags)? };
    if address != 0 && mapped as u64 != address {
        // Kernels before 4.17 do not know FIXED_NOREPLACE and take the address for a hint.
        // SAFETY: the mapping was just made and nobody has seen it.
        let _ = unsafe { munmap(mapped, length) };
        return Err(Errno::EXIST);
    }
    Ok(mapped.cast())
}

/// Makes reserved pages readable and writable.
unsafe fn make_usable(start: *mut u8, bytes: u64) -> Result<(), Errno> {
    // SAFETY: the caller's promise that the range is part of a reservation.
    unsafe { mprotect(start.cast(), bytes as usize, MprotectFlags::READ | MprotectFlags::WRITE) }
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

    const PAGE: u64 = 1 << 16;

    fn descriptor(minimum: u64, maximum: u64) -> MemoryDescriptor {
        MemoryDescriptor {
            minimum,
            maximum,
            reserve_bytes: 0,
            guard_bytes: 0,
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

    /// Grows by one page and by two, checks contents, limits and the last byte.
    fn grows(descriptor: &MemoryDescriptor) {
        with(descriptor, |memory| {
            write(memory, PAGE - 1, 7);
            // SAFETY: the memory is ours alone.
            unsafe {
                assert_eq!(grow(memory, 0), 1);
                assert_eq!(grow(memory, 1), 1);
                assert_eq!(grow(memory, 2), 2);
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
            let segment = unsafe { map(base + PAGE, IN_PLACE_ALIGNMENT, READ_WRITE) }.expect("free");
            // SAFETY: just mapped.
            unsafe { *segment.add(5) = 9 };
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
