//! `GuestMemory`, `GuestPtr`, `GuestSlice`: the only way WASI code touches linear memory.
//!
//! An address from the guest becomes usable by a check against the memory's length, in 64 bits, which gives a `GuestPtr`
//! or a `GuestSlice`; there is no other way to get one. Reading and writing through them cannot fail any more. Results are
//! checked *before* a function has an effect, so that a bad address does not lose a connection or consume input.
//!
//! Other threads may write the same bytes at the same time. Hence no Rust reference to guest memory is ever formed: bytes
//! are copied with relaxed atomics, and the kernel gets raw addresses (see [`super::transfer`]). What is read twice may differ;
//! nothing here decides by one read and acts by another.
#![allow(unsafe_code, reason = "linear memory is raw memory that other threads may write")]

use super::types::Errno;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, Ordering};

/// The linear memory of the calling instance during one call.
///
/// # Safety
/// [`GuestMemory::new`] promises that the whole range stays readable and writable while the value lives: memories never
/// shrink, and one that growth may move is not shared, so that nothing grows it during the call.
#[derive(Debug)]
pub struct GuestMemory {
    base: *mut u8,
    length: u64,
}

impl GuestMemory {
    /// The memory at `base`.
    ///
    /// # Safety
    /// `length` bytes from `base` are readable and writable as long as the value lives, and whatever else accesses them
    /// meanwhile is guest code, the kernel or this module.
    #[must_use]
    pub unsafe fn new(base: *mut u8, length: u64) -> GuestMemory {
        GuestMemory { base, length }
    }

    /// `byte_length` bytes at `address`.
    pub(crate) fn slice(&self, address: u32, byte_length: u32) -> Result<GuestSlice<'_>, Errno> {
        if u64::from(address) + u64::from(byte_length) > self.length {
            return Err(Errno::Fault);
        }
        Ok(GuestSlice {
            start: self.base.wrapping_add(address as usize),
            byte_length: byte_length as usize,
            memory: PhantomData,
        })
    }

    /// A value at `address`. Alignment is not required: no guest relies on the trap, and the copy is by bytes.
    pub(crate) fn pointer<T: GuestValue>(&self, address: u32) -> Result<GuestPtr<'_, T>, Errno> {
        let byte_length = u32::try_from(size_of::<T>()).map_err(|_| Errno::Fault)?;
        Ok(GuestPtr { bytes: self.slice(address, byte_length)?, value: PhantomData })
    }

    /// `count` elements of `stride` bytes at `address`.
    pub(crate) fn array(&self, address: u32, count: u32, stride: u32) -> Result<GuestSlice<'_>, Errno> {
        let byte_length = u64::from(count) * u64::from(stride);
        self.slice(address, u32::try_from(byte_length).map_err(|_| Errno::Fault)?)
    }

    /// A path. NUL has no place in one; what follows it would be silently ignored by the kernel.
    pub(crate) fn path(&self, address: u32, byte_length: u32) -> Result<CString, Errno> {
        let path = self.slice(address, byte_length)?;
        if path.byte_length() >= PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        CString::new(path.to_vec()?).map_err(|_| Errno::IlSeq)
    }

    /// An array of `count` `iovec`s, all of whose buffers are inside the memory.
    pub(crate) fn vectors(&self, address: u32, count: u32) -> Result<GuestVectors<'_>, Errno> {
        let vectors = GuestVectors { memory: self, array: self.array(address, count, VECTOR_BYTES)?, count };
        for index in 0..count {
            vectors.get(index)?;
        }
        Ok(vectors)
    }
}

/// Longest path the kernel takes, its NUL included.
pub(crate) const PATH_MAX: usize = 4096;

/// Bytes of a guest `iovec`: address and length.
const VECTOR_BYTES: u32 = 8;

/// Plain data of a fixed layout in guest memory.
pub(crate) trait GuestValue: Sized {
    /// Gets the value from memory that has room for it.
    fn load(from: GuestSlice<'_>) -> Self;
    /// Puts the value into memory that has room for it.
    fn store(self, to: GuestSlice<'_>);
}

macro_rules! integers {
    ($($integer:ident)*) => {$(
        impl GuestValue for $integer {
            fn load(from: GuestSlice<'_>) -> $integer {
                $integer::from_le_bytes(GuestValue::load(from))
            }
            fn store(self, to: GuestSlice<'_>) {
                self.to_le_bytes().store(to);
            }
        }
    )*};
}
integers! { u16 u32 u64 }

impl<const N: usize> GuestValue for [u8; N] {
    fn load(from: GuestSlice<'_>) -> [u8; N] {
        let mut bytes = [0; N];
        from.copy_to(&mut bytes);
        bytes
    }
    fn store(self, to: GuestSlice<'_>) {
        to.copy_from(&self);
    }
}

/// A value inside the memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuestPtr<'m, T> {
    bytes: GuestSlice<'m>,
    value: PhantomData<T>,
}

impl<T: GuestValue> GuestPtr<'_, T> {
    /// Reads the value.
    #[cfg_attr(not(test), expect(dead_code, reason = "functions take values as arguments and return them by address"))]
    pub(crate) fn read(self) -> T {
        T::load(self.bytes)
    }

    /// Writes the value.
    pub(crate) fn write(self, value: T) {
        value.store(self.bytes);
    }
}

/// A range inside the memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuestSlice<'m> {
    start: *mut u8,
    byte_length: usize,
    memory: PhantomData<&'m GuestMemory>,
}

impl<'m> GuestSlice<'m> {
    /// Its length.
    pub(crate) fn byte_length(self) -> usize {
        self.byte_length
    }

    /// Its native address, for the kernel and for nothing else.
    pub(crate) fn native(self) -> *mut u8 {
        self.start
    }

    /// `byte_length` bytes of it from `offset`, cut where the slice ends.
    pub(crate) fn part(self, offset: usize, byte_length: usize) -> GuestSlice<'m> {
        let offset = offset.min(self.byte_length);
        GuestSlice {
            start: self.start.wrapping_add(offset),
            byte_length: byte_length.min(self.byte_length - offset),
            memory: PhantomData,
        }
    }

    /// The value at `offset`, which the caller knows to be inside.
    pub(crate) fn value<T: GuestValue>(self, offset: usize) -> T {
        let part = self.part(offset, size_of::<T>());
        debug_assert_eq!(part.byte_length, size_of::<T>());
        T::load(part)
    }

    /// Copies as many bytes as both sides have room for out of the memory; returns how many.
    pub(crate) fn copy_to(self, to: &mut [u8]) -> usize {
        let count = to.len().min(self.byte_length);
        for (index, byte) in to[..count].iter_mut().enumerate() {
            *byte = self.byte(index).load(Ordering::Relaxed);
        }
        count
    }

    /// Copies as many bytes as both sides have room for into the memory; returns how many.
    pub(crate) fn copy_from(self, from: &[u8]) -> usize {
        let count = from.len().min(self.byte_length);
        for (index, byte) in from[..count].iter().enumerate() {
            self.byte(index).store(*byte, Ordering::Relaxed);
        }
        count
    }

    /// Copies everything out. Running out of memory is the guest's error, not ours.
    pub(crate) fn to_vec(self) -> Result<Vec<u8>, Errno> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(self.byte_length).map_err(|_| Errno::NoMem)?;
        bytes.resize(self.byte_length, 0);
        self.copy_to(&mut bytes);
        Ok(bytes)
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        debug_assert!(index < self.byte_length);
        // SAFETY: the slice was checked against the memory's length when it was made, and `index` is below its length (both
        // callers iterate below it), so the byte is mapped for as long as the memory. `AtomicU8` has no alignment, and all
        // accesses besides the guest's own go through this function.
        unsafe { AtomicU8::from_ptr(self.start.add(index)) }
    }
}

/// An array of the guest's `iovec`s whose buffers are all inside the memory.
#[derive(Debug)]
pub(crate) struct GuestVectors<'m> {
    memory: &'m GuestMemory,
    array: GuestSlice<'m>,
    count: u32,
}

impl<'m> GuestVectors<'m> {
    /// Number of vectors.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The buffer of one vector. Checked again: another thread may have rewritten the array.
    pub(crate) fn get(&self, index: u32) -> Result<GuestSlice<'m>, Errno> {
        let offset = (index * VECTOR_BYTES) as usize;
        self.memory.slice(self.array.value(offset), self.array.value(offset + 4))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Errno, GuestMemory};
    use std::vec;
    use std::vec::Vec;

    /// A linear memory for tests.
    pub(crate) struct TestMemory {
        bytes: Vec<u8>,
    }

    impl TestMemory {
        pub(crate) fn new(byte_length: usize) -> TestMemory {
            TestMemory { bytes: vec![0; byte_length] }
        }

        /// The memory as functions see it.
        pub(crate) fn guest(&mut self) -> GuestMemory {
            // SAFETY: the vector is neither moved nor resized while tests hold the result, which they drop first.
            unsafe { GuestMemory::new(self.bytes.as_mut_ptr(), self.bytes.len() as u64) }
        }
    }

    #[test]
    fn every_range_beyond_the_end_is_a_fault() {
        let mut memory = TestMemory::new(64);
        let guest = memory.guest();
        assert!(guest.slice(0, 64).is_ok());
        assert!(guest.slice(64, 0).is_ok());
        for (address, byte_length) in
            [(0, 65), (64, 1), (65, 0), (63, 2), (u32::MAX, 0), (u32::MAX, u32::MAX), (1, u32::MAX)]
        {
            assert_eq!(guest.slice(address, byte_length).err(), Some(Errno::Fault), "{address} {byte_length}");
        }
        assert!(guest.pointer::<u64>(56).is_ok());
        assert_eq!(guest.pointer::<u64>(57).err(), Some(Errno::Fault));
        assert_eq!(guest.array(0, u32::MAX, 8).err(), Some(Errno::Fault));
    }

    #[test]
    fn values_are_little_endian_and_unaligned() {
        let mut memory = TestMemory::new(16);
        let guest = memory.guest();
        guest.pointer::<u32>(3).unwrap().write(0x0102_0304);
        assert_eq!(guest.pointer::<[u8; 6]>(2).unwrap().read(), [0, 4, 3, 2, 1, 0]);
        assert_eq!(guest.pointer::<u16>(4).unwrap().read(), 0x0203);
    }

    #[test]
    fn parts_never_leave_their_slice() {
        let mut memory = TestMemory::new(16);
        let guest = memory.guest();
        let slice = guest.slice(4, 8).unwrap();
        assert_eq!(slice.part(2, 100).byte_length(), 6);
        assert_eq!(slice.part(100, 1).byte_length(), 0);
        assert_eq!(slice.copy_from(&[7; 100]), 8);
        assert_eq!(guest.slice(0, 16).unwrap().to_vec().unwrap(), [0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0]);
    }

    #[test]
    fn one_bad_vector_spoils_all() {
        let mut memory = TestMemory::new(64);
        let guest = memory.guest();
        guest.pointer::<u32>(0).unwrap().write(32);
        guest.pointer::<u32>(4).unwrap().write(32);
        guest.pointer::<u32>(8).unwrap().write(33);
        guest.pointer::<u32>(12).unwrap().write(32);
        assert!(guest.vectors(0, 1).is_ok());
        assert_eq!(guest.vectors(0, 2).err(), Some(Errno::Fault));
        assert_eq!(guest.vectors(60, 1).err(), Some(Errno::Fault));
        assert_eq!(guest.vectors(0, u32::MAX).err(), Some(Errno::Fault));
    }

    #[test]
    fn paths_are_bounded_and_free_of_nul() {
        let mut memory = TestMemory::new(8192);
        let guest = memory.guest();
        guest.slice(0, 4096).unwrap().copy_from(&[b'a'; 4096]);
        assert_eq!(guest.path(0, 4095).unwrap().as_bytes().len(), 4095);
        assert_eq!(guest.path(0, 4096).err(), Some(Errno::NameTooLong));
        assert_eq!(guest.path(4090, 7).err(), Some(Errno::IlSeq));
        assert_eq!(guest.path(8190, 7).err(), Some(Errno::Fault));
    }
}
