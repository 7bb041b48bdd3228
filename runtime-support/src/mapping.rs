//! Address space for linear memories: pages at the addresses that they want, around what an executable already has there.
//!
//! # Safety
//!
//! A mapping at an address replaces nothing, except within the executable's own span. Everything else is the callers'
//! promise about what is theirs.
#![allow(unsafe_code, reason = "maps address space")]

use crate::os;
use aot_abi::image::{CONTENTS_IN_PLACE, IN_PLACE_ALIGNMENT, MemoryDescriptor};
use core::ptr::null_mut;
use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// Up to a page of this machine. Saturates, for a size that no mapping can have.
pub(crate) fn round_up(bytes: u64) -> u64 {
    let page = os::page_size() as u64;
    bytes.checked_next_multiple_of(page).unwrap_or(!(page - 1))
}

/// The part of a memory at a fixed base that the executable's own segment already maps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InPlace {
    /// Offsets from the base.
    start: u64,
    end: u64,
}

impl InPlace {
    pub(crate) fn of(descriptor: &MemoryDescriptor) -> Option<InPlace> {
        let length = descriptor.contents.length.next_multiple_of(IN_PLACE_ALIGNMENT);
        let start = descriptor.contents_offset;
        (descriptor.placement & CONTENTS_IN_PLACE != 0 && length > 0).then_some(InPlace { start, end: start + length })
    }
}

/// What `from..to` has beside the part in place.
pub(crate) fn around(in_place: Option<InPlace>, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
    let parts = match in_place {
        Some(InPlace { start, end }) => [(from, start.min(to)), (end, to)],
        None => [(from, to), (0, 0)],
    };
    parts.into_iter().filter(|(start, end)| start < end)
}

/// Maps pages without access, `before` bytes in front of the fixed base and `bytes` from there on, or both anywhere when it
/// is 0, around what is in place; returns the base.
///
/// # Safety
/// A fixed base, with all of that around it, belongs to this memory alone.
pub(crate) unsafe fn map_around(
    fixed_base: u64,
    in_place: Option<InPlace>,
    before: u64,
    bytes: u64,
) -> Result<*mut u8, Errno> {
    if fixed_base == 0 {
        let total = before.saturating_add(bytes);
        if total == 0 {
            return Ok(null_mut());
        }
        // SAFETY: the kernel chooses the place.
        return unsafe { map(0, total) }.map(|start| start.wrapping_add(before as usize));
    }
    // Address 0 is no place to map, and stands for any.
    let from = fixed_base.checked_sub(before).filter(|from| *from > 0).ok_or(Errno::INVAL)?;
    let to = fixed_base.checked_add(bytes).ok_or(Errno::NOMEM)?;
    let hole = in_place.map(|hole| InPlace { start: fixed_base + hole.start, end: fixed_base + hole.end });
    for (start, end) in around(hole, from, to) {
        // What lies between the executable's code and the contents in place is the executable's own span, and its linker
        // keeps it free. Loaders differ in what they leave there: Linux nothing, qemu-user a reservation of its own.
        // Beyond it, nothing is ours to replace.
        let inside_image = hole.is_some_and(|hole| end <= hole.start);
        let place = if inside_image { MapFlags::FIXED } else { MapFlags::FIXED_NOREPLACE };
        // SAFETY: the caller's promise: the base is this memory's alone.
        unsafe { map_at(start, end - start, place)? };
    }
    Ok(fixed_base as *mut u8)
}

/// New pages without access: at `address`, replacing nothing, or anywhere when it is 0.
///
/// # Safety
/// None: nothing is replaced. What becomes of the pages is the caller's.
pub(crate) unsafe fn map(address: u64, bytes: u64) -> Result<*mut u8, Errno> {
    let place = if address == 0 { MapFlags::empty() } else { MapFlags::FIXED_NOREPLACE };
    // SAFETY: nothing is replaced.
    unsafe { map_at(address, bytes, place) }
}

/// New pages without access, placed as the flags say.
unsafe fn map_at(address: u64, bytes: u64, place: MapFlags) -> Result<*mut u8, Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | place;
    let length = usize::try_from(bytes).map_err(|_| Errno::NOMEM)?;
    // SAFETY: a fresh mapping; a fixed one fails rather than replace another.
    let mapped = unsafe { mmap_anonymous(address as *mut _, length, ProtFlags::empty(), flags)? };
    if address != 0 && mapped as u64 != address {
        // Kernels before 4.17 do not know FIXED_NOREPLACE and take the address for a hint.
        // SAFETY: the mapping was just made and nobody has seen it.
        let _ = unsafe { munmap(mapped, length) };
        return Err(Errno::EXIST);
    }
    Ok(mapped.cast())
}

/// Makes reserved pages readable and writable.
///
/// # Safety
/// The range is part of a memory's mapping.
pub(crate) unsafe fn make_usable(start: *mut u8, bytes: u64) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    unsafe { mprotect(start.cast(), bytes as usize, MprotectFlags::READ | MprotectFlags::WRITE) }
}

/// Gives pages back. Failing leaves them mapped.
///
/// # Safety
/// They are the caller's, and nobody uses them any more.
pub(crate) unsafe fn unmap(start: *mut u8, bytes: u64) {
    if bytes > 0 {
        // SAFETY: the caller's promise.
        let _ = unsafe { munmap(start.cast(), bytes as usize) };
    }
}
