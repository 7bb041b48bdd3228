//! Instances in microseconds: reservations are used again, and initial contents are shared until they are written.
//!
//! A *slot* is the address space of one memory whose accesses the MMU checks: reserving it, 6 GiB for most memories, and
//! giving it back costs more than most short instances. When a memory is destroyed, its pages go back to the kernel, and
//! the slot, which is then nothing but addresses, is kept for the next memory of the same shape.
//!
//! The initial contents of a memory are written once to an anonymous file, and mapped from it copy-on-write. Dropping the
//! pages of such a mapping makes it show the file's bytes again, so a slot that the same module uses next is ready when it
//! has been cleared. The file is sealed: nobody can change it. Where the kernel has no such files, contents are copied.
//!
//! At most [`KEPT_BYTES`] of address space are kept, and one descriptor for each memory with contents of some length.
//!
//! # Safety
//!
//! What an instance must never see is what another one wrote. Whenever a slot changes hands, *all* of its reservation is
//! given back, whatever its memory says of its length, and a slot for which the kernel refuses that is unmapped. Slots are
//! owned: by a list while they are free, by one `LinearMemory` otherwise.
#![allow(unsafe_code, reason = "maps address space")]

use crate::mapping;
use crate::memory::{self, MemoryError};
use crate::os;
use crate::wasi::lock::Mutex;
use alloc::boxed::Box;
use alloc::vec::Vec;
use aot_abi::context::LinearMemory;
use aot_abi::image::MemoryDescriptor;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{self, MemfdFlags, SealFlags};
use rustix::io::{self, Errno};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect};

/// Address space that is kept for later memories.
pub const KEPT_BYTES: u64 = 512 << 30;

/// Contents shorter than this are copied: that touches a page, which the guest is about to do anyway.
const SHARED_FROM_BYTES: u64 = 4096;

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// What a slot has in front of its base, from there on, and behind that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    before: u64,
    reserved: u64,
    guard: u64,
}

impl Shape {
    fn bytes(self) -> u64 {
        self.before.saturating_add(self.reserved).saturating_add(self.guard)
    }
}

/// Address space for one memory.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Slot {
    /// What `memory::destroy` calls. It is here so that executables, which never make slots, are not linked with them.
    release: unsafe fn(&mut LinearMemory),
    base: *mut u8,
    shape: Shape,
    /// Bytes from the base on that are accessible.
    usable: u64,
    /// What is mapped at its place.
    contents: Option<&'static Contents>,
}

// SAFETY: a slot is the only owner of its address space.
unsafe impl Send for Slot {}

#[derive(Debug)]
struct Free {
    #[expect(clippy::vec_box, reason = "memories keep the addresses of their slots")]
    slots: Vec<Box<Slot>>,
    bytes: u64,
}

static FREE: Mutex<Free> = Mutex::new(Free { slots: Vec::new(), bytes: 0 });

/// As [`memory::create`], with address space and contents from here where the memory's kind allows it.
///
/// # Safety
/// As [`memory::create`]; the descriptor and what it points to live as long as the process.
pub unsafe fn create(descriptor: &MemoryDescriptor) -> Result<LinearMemory, MemoryError> {
    if descriptor.reserve_bytes == 0 || descriptor.fixed_base != 0 {
        // SAFETY: the caller's promise.
        return unsafe { memory::create(descriptor) };
    }
    let mut memory = memory::unmapped(descriptor)?;
    let shape = Shape { before: memory.guard_before_bytes, reserved: memory.reserved_bytes, guard: memory.guard_bytes };
    // SAFETY: the caller's promise.
    let contents = unsafe { Contents::of(descriptor) };
    let mut slot = match take(shape, contents) {
        Some(slot) => slot,
        None => Slot::map(shape)?,
    };
    let bytes = memory.byte_length;
    if let Err(errno) = slot.prepare(mapping::round_up(bytes), contents) {
        slot.unmap();
        return Err(MemoryError::Commit { bytes, errno });
    }
    memory.base = slot.base;
    if contents.is_none() {
        // SAFETY: the caller's promise, and the minimum was just made usable.
        unsafe { memory::copy_contents(&memory, descriptor) };
    }
    memory.slot = Box::into_raw(slot).cast();
    Ok(memory)
}

/// Where `memory::destroy` takes the memory's slot.
///
/// # Safety
/// As [`memory::destroy`]; [`create`] made the memory.
unsafe fn release_slot(memory: &mut LinearMemory) {
    // SAFETY: `create` put it there, and the memory is its only owner.
    let mut slot = unsafe { Box::from_raw(memory.slot.cast::<Slot>()) };
    slot.usable = slot.usable.max(mapping::round_up(memory.byte_length));
    if slot.clear().is_ok() {
        let size = slot.shape.bytes();
        let mut free = FREE.lock();
        if free.bytes + size <= KEPT_BYTES {
            free.bytes += size;
            free.slots.push(slot);
            return;
        }
    }
    slot.unmap();
}

/// A free slot of this shape, with these contents if there is one.
fn take(shape: Shape, contents: Option<&'static Contents>) -> Option<Box<Slot>> {
    let mut free = FREE.lock();
    let fits = |slot: &Slot| slot.shape == shape;
    let same =
        |slot: &Slot| slot.contents.map_or(null(), core::ptr::from_ref) == contents.map_or(null(), core::ptr::from_ref);
    // The last one in is the likeliest to be in the processor's caches.
    let found = free.slots.iter().rposition(|slot| fits(slot) && same(slot));
    let position = found.or_else(|| free.slots.iter().rposition(|slot| fits(slot)))?;
    free.bytes -= shape.bytes();
    Some(free.slots.swap_remove(position))
}

/// Gives back what is kept for later, for those who need address space now.
pub fn trim() {
    let slots = {
        let mut free = FREE.lock();
        free.bytes = 0;
        core::mem::take(&mut free.slots)
    };
    for slot in slots {
        slot.unmap();
    }
}

impl Slot {
    fn map(shape: Shape) -> Result<Box<Slot>, MemoryError> {
        let bytes = shape.bytes();
        let map = || {
            let length = usize::try_from(bytes).map_err(|_| Errno::NOMEM)?;
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
            // SAFETY: a new mapping at an address of the kernel's choice.
            unsafe { mmap_anonymous(null_mut(), length, ProtFlags::empty(), flags) }
        };
        let base = map().or_else(|_| {
            trim();
            map()
        });
        let start = base.map_err(|errno| MemoryError::Reservation { bytes, errno })?.cast::<u8>();
        let base = start.wrapping_add(shape.before as usize);
        memory::guard(base, shape.before, shape.reserved, shape.guard);
        Ok(Box::new(Slot { release: release_slot, base, shape, usable: 0, contents: None }))
    }

    /// Makes `bytes` accessible and no more, with these contents. The slot is clear.
    fn prepare(&mut self, bytes: u64, contents: Option<&'static Contents>) -> Result<(), Errno> {
        let same = match (self.contents, contents) {
            (None, None) => true,
            (Some(old), Some(new)) => core::ptr::eq(old, new),
            _ => false,
        };
        if !same {
            if let Some(old) = self.contents.take() {
                let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
                let end = self.usable.max(old.offset + old.bytes);
                // SAFETY: that part of the reservation is ours to replace.
                unsafe { mmap_anonymous(self.base.cast(), end as usize, ProtFlags::empty(), flags)? };
                self.usable = 0;
            }
            if let Some(new) = contents {
                let place = self.base.wrapping_add(new.offset as usize).cast();
                let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
                let file = new.file().ok_or(Errno::BADF)?;
                // SAFETY: inside the minimum, which the compiler keeps contents within, hence inside the reservation. The
                // file is as long, and sealed.
                unsafe { mmap(place, new.bytes as usize, READ_WRITE, flags, file, 0)? };
                self.contents = Some(new);
            }
        }
        if self.usable < bytes {
            self.protect(self.usable, bytes, MprotectFlags::READ | MprotectFlags::WRITE)?;
        } else if self.usable > bytes {
            self.protect(bytes, self.usable, MprotectFlags::empty())?;
        }
        self.usable = bytes;
        Ok(())
    }

    fn protect(&self, start: u64, end: u64, protection: MprotectFlags) -> Result<(), Errno> {
        // SAFETY: both are inside the reservation, which is ours.
        unsafe { mprotect(self.base.wrapping_add(start as usize).cast(), (end - start) as usize, protection) }
    }

    /// Gives all pages back: what is read next is zero, or the contents. `usable` is all that ever was accessible, because
    /// what lies behind it is one mapping without access, of which the kernel changes a part wholly or not at all.
    fn clear(&mut self) -> Result<(), Errno> {
        // SAFETY: the reservation is ours, and nobody uses the memory any more.
        unsafe { madvise(self.base.cast(), self.usable as usize, Advice::LinuxDontNeed) }
    }

    fn unmap(self) {
        memory::unguard(self.base);
        // SAFETY: exactly what `map` mapped.
        unsafe { mapping::unmap(self.base.wrapping_sub(self.shape.before as usize), self.shape.bytes()) };
    }
}

/// Initial contents of a memory, in a file. Never freed: there is one for each descriptor of the program.
#[derive(Debug)]
struct Contents {
    /// Where they come from, which is their identity.
    data: *const u8,
    length: u64,
    /// Where they are in the memory.
    offset: u64,
    /// Whole pages.
    bytes: u64,
    file: Option<(OwnedFd, u64, u64)>,
    next: *mut Contents,
}

// SAFETY: read-only once it is in the list.
unsafe impl Sync for Contents {}
// SAFETY: as above.
unsafe impl Send for Contents {}

static CONTENTS: AtomicPtr<Contents> = AtomicPtr::new(null_mut());

impl Contents {
    /// The contents of memories with this descriptor; `None` where they are to be copied.
    ///
    /// # Safety
    /// As [`create`].
    unsafe fn of(descriptor: &MemoryDescriptor) -> Option<&'static Contents> {
        let (data, length) = (descriptor.contents.data, descriptor.contents.length);
        let offset = descriptor.contents_offset;
        if length < SHARED_FROM_BYTES || !offset.is_multiple_of(os::page_size() as u64) {
            return None;
        }
        let mut first = CONTENTS.load(Ordering::Acquire);
        let mut at = first;
        // SAFETY: entries are leaked, and were published when they were complete.
        while let Some(known) = unsafe { at.as_ref() } {
            if known.data == data && known.length == length && known.offset == offset {
                return known.file.is_some().then_some(known);
            }
            at = known.next;
        }
        // SAFETY: the caller's promise.
        let file = write_file(unsafe { crate::instance::slice(&descriptor.contents) }).ok();
        let new = Box::into_raw(Box::new(Contents {
            data,
            length,
            offset,
            bytes: mapping::round_up(length),
            file,
            next: first,
        }));
        // Two threads may add the same contents: both will do, and the first to be found wins.
        while let Err(now) = CONTENTS.compare_exchange(first, new, Ordering::AcqRel, Ordering::Acquire) {
            first = now;
            // SAFETY: nobody else has seen it yet.
            unsafe { (*new).next = first };
        }
        // SAFETY: leaked.
        let new = unsafe { &*new };
        new.file.is_some().then_some(new)
    }

    /// The file, if it is still the one: a host that closes every descriptor may have opened another under this number.
    fn file(&self) -> Option<&OwnedFd> {
        let (file, device, number) = self.file.as_ref()?;
        let status = fs::fstat(file).ok()?;
        (status.st_dev as u64 == *device && status.st_ino as u64 == *number).then_some(file)
    }
}

/// A sealed anonymous file, its device and its number there.
fn write_file(bytes: &[u8]) -> Result<(OwnedFd, u64, u64), Errno> {
    let file = fs::memfd_create(c"aot-memory", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    fs::ftruncate(&file, mapping::round_up(bytes.len() as u64))?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match io::write(file.as_fd(), rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    fs::fcntl_add_seals(&file, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
    let status = fs::fstat(&file)?;
    Ok((file, status.st_dev as u64, status.st_ino as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::image::Slice;
    use std::vec;

    const PAGE: u64 = 1 << 16;

    /// Tests of this file look at what is kept, one after the other.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    fn descriptor(minimum: u64, contents: &'static [u8]) -> MemoryDescriptor {
        MemoryDescriptor {
            minimum,
            maximum: 64,
            reserve_bytes: 4 << 30,
            guard_bytes: 2 << 30,
            guard_before_bytes: 1 << 16,
            fixed_base: 0,
            contents: Slice { data: contents.as_ptr(), length: contents.len() as u64 },
            contents_offset: PAGE,
            page_log2: 16,
            flags: 0,
            placement: 0,
            reserved: [0; 5],
        }
    }

    fn bytes(memory: &mut LinearMemory) -> &mut [u8] {
        // SAFETY: that is the memory, which this test owns.
        unsafe { core::slice::from_raw_parts_mut(memory.base, memory.byte_length as usize) }
    }

    /// All of the memory, after it was checked, is scribbled over, grown and given back.
    fn scribble(descriptor: &MemoryDescriptor, contents: &[u8]) -> usize {
        // SAFETY: the descriptors of these tests are true, and nobody else has the memory.
        unsafe {
            let mut memory = create(descriptor).expect("address space");
            let base = memory.base as usize;
            assert_eq!(memory.byte_length, descriptor.minimum * PAGE);
            let (before, rest) = bytes(&mut memory).split_at(PAGE as usize);
            let (there, after) = rest.split_at(contents.len());
            assert!(before.iter().chain(after).all(|byte| *byte == 0) && there == contents);
            bytes(&mut memory).fill(0xee);
            assert_eq!(memory::grow(&raw mut memory, 3), descriptor.minimum as i64);
            assert!(bytes(&mut memory)[(descriptor.minimum * PAGE) as usize..].iter().all(|byte| *byte == 0));
            bytes(&mut memory).fill(0xdd);
            memory::destroy(&mut memory);
            base
        }
    }

    #[test]
    fn nothing_of_a_former_instance_is_seen() {
        let _alone = ALONE.lock();
        trim();
        let long: &'static [u8] = vec![7u8; 3 * PAGE as usize + 100].leak();
        let other: &'static [u8] = vec![9u8; PAGE as usize].leak();
        let mut bases = Vec::new();
        for _ in 0..3 {
            for contents in [long, other, b"short", b""] {
                bases.push(scribble(&descriptor(5, contents), contents));
                bases.push(scribble(&descriptor(9, contents), contents));
            }
        }
        // One memory at a time never needs more than one slot.
        assert!(bases.iter().all(|base| *base == bases[0]));
    }

    #[test]
    fn slots_next_to_each_other_have_guards_of_their_own() {
        let _alone = ALONE.lock();
        trim();
        let wanted = MemoryDescriptor { contents_offset: 0, ..descriptor(1, b"") };
        // SAFETY: as above.
        unsafe {
            let mut memories: Vec<LinearMemory> = (0..8).map(|_| create(&wanted).expect("address space")).collect();
            let span = |memory: &LinearMemory| {
                let base = memory.base as usize;
                (base - PAGE as usize, base + (6 << 30))
            };
            let mut spans: Vec<(usize, usize)> = memories.iter().map(span).collect();
            spans.sort_unstable();
            assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spans:x?}");
            assert!(spans.iter().all(|(start, end)| memory::owns(*start) && memory::owns(*end - 1)));
            for memory in &mut memories {
                memory::destroy(memory);
            }
        }
    }

    #[test]
    fn contents_are_shared_until_they_are_written() {
        let _alone = ALONE.lock();
        let contents: &'static [u8] = vec![3u8; 2 * PAGE as usize].leak();
        let wanted = descriptor(4, contents);
        // SAFETY: as above.
        unsafe {
            let mut first = create(&wanted).expect("address space");
            let mut second = create(&wanted).expect("address space");
            bytes(&mut first)[PAGE as usize] = 4;
            assert_eq!((bytes(&mut first)[PAGE as usize], bytes(&mut second)[PAGE as usize]), (4, 3));
            memory::destroy(&mut first);
            memory::destroy(&mut second);
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_can_be_given_back() {
        let _alone = ALONE.lock();
        trim();
        let wanted = descriptor(1, b"");
        let wanted = MemoryDescriptor { contents_offset: 0, ..wanted };
        // SAFETY: as above.
        unsafe {
            let mut memories: Vec<LinearMemory> = (0..100).map(|_| create(&wanted).expect("address space")).collect();
            for memory in &mut memories {
                memory::destroy(memory);
            }
        }
        let kept = || {
            let free = FREE.lock();
            (free.slots.len() as u64, free.bytes)
        };
        let size = (6 << 30) + PAGE;
        let most = KEPT_BYTES / size;
        assert_eq!(kept(), (most, most * size));
        trim();
        assert_eq!(kept(), (0, 0));
    }
}
