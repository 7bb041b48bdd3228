//! Views of an instance's memories. Addresses are the guest's, and every access is checked.
#![allow(unsafe_code, reason = "makes slices of guest memory")]

use aot_runtime::abi::context::{LinearMemory, MEMORY_SHARED};
use aot_runtime::memory;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

/// A number that a guest means as an address: 32-bit numbers are unsigned, whichever type they come in.
pub trait Address: Copy {
    /// As 64 bits.
    fn address(self) -> u64;
}

macro_rules! addresses {
    ($($ty:ty: $value:ident => $address:expr;)*) => {
        $(impl Address for $ty {
            #[inline]
            fn address(self) -> u64 {
                let $value = self;
                $address
            }
        })*
    };
}

addresses! {
    i32: value => u64::from(value.cast_unsigned());
    u32: value => u64::from(value);
    i64: value => value.cast_unsigned();
    u64: value => value;
    usize: value => value as u64;
}

/// A memory of an instance, to read. It lives as long as the instance stays as it is: not over a call.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    memory: *mut LinearMemory,
    instance: PhantomData<&'a u8>,
}

/// A memory of an instance, to read and write.
pub struct MemoryMut<'a> {
    memory: *mut LinearMemory,
    instance: PhantomData<&'a mut u8>,
}

// SAFETY: a view is a reference to memory that its instance owns, shared or exclusive as its type says.
unsafe impl Send for Memory<'_> {}
// SAFETY: as above.
unsafe impl Sync for Memory<'_> {}
// SAFETY: as above.
unsafe impl Send for MemoryMut<'_> {}
// SAFETY: as above.
unsafe impl Sync for MemoryMut<'_> {}

/// Why there is no access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryError {
    /// Some of it would be outside of the memory.
    OutOfBounds {
        /// The first address.
        address: u64,
        /// How many bytes.
        length: u64,
        /// How many the memory has.
        memory: u64,
    },
    /// Threads of the guest may write to the memory at any time: it can be copied from and to, but not borrowed.
    Shared,
    /// The bytes are not UTF-8.
    NotText {
        /// The address of the first that is not.
        address: u64,
    },
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemoryError::OutOfBounds { address, length, memory } => {
                write!(f, "{length} bytes at {address:#x} are outside of a memory of {memory} bytes")
            }
            MemoryError::Shared => f.write_str("a shared memory can only be copied"),
            MemoryError::NotText { address } => write!(f, "the bytes at {address:#x} are not UTF-8"),
        }
    }
}

impl std::error::Error for MemoryError {}

impl<'a> Memory<'a> {
    /// The view of a memory for as long as nobody changes its instance.
    ///
    /// # Safety
    /// For `'a` the memory lives, and nothing writes to it or changes its size but through a [`MemoryMut`] made of it, or,
    /// where it is shared, as shared memories may be.
    pub(crate) unsafe fn new(memory: *mut LinearMemory) -> Memory<'a> {
        Memory { memory, instance: PhantomData }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn byte_length(self) -> u64 {
        // SAFETY: the memory lives.
        unsafe { memory::byte_length(self.memory) }
    }

    /// Whether threads of the guest may write to it at any time.
    #[must_use]
    pub fn is_shared(self) -> bool {
        // SAFETY: the memory lives, and flags never change.
        unsafe { (*self.memory).flags & MEMORY_SHARED != 0 }
    }

    /// Everything.
    pub fn bytes(self) -> Result<&'a [u8], MemoryError> {
        self.slice(0u64, self.byte_length() as usize)
    }

    /// So many bytes from an address on.
    pub fn slice(self, address: impl Address, length: usize) -> Result<&'a [u8], MemoryError> {
        let start = self.start(address.address(), length)?;
        if self.is_shared() {
            return Err(MemoryError::Shared);
        }
        if length == 0 {
            return Ok(&[]);
        }
        // SAFETY: the range is inside the memory, which is not shared, and nobody writes to it for `'a`.
        Ok(unsafe { std::slice::from_raw_parts(start, length) })
    }

    /// So many bytes from an address on, which are UTF-8.
    pub fn text(self, address: impl Address, length: usize) -> Result<&'a str, MemoryError> {
        let address = address.address();
        std::str::from_utf8(self.slice(address, length)?)
            .map_err(|error| MemoryError::NotText { address: address + error.valid_up_to() as u64 })
    }

    /// Copies from the memory.
    pub fn read(self, address: impl Address, to: &mut [u8]) -> Result<(), MemoryError> {
        let start = self.start(address.address(), to.len())?;
        if self.is_shared() {
            for (index, byte) in to.iter_mut().enumerate() {
                // SAFETY: inside the memory. Others access it at the same time, and so do we, atomically.
                *byte = unsafe { AtomicU8::from_ptr(start.add(index)) }.load(Ordering::Relaxed);
            }
        } else if !to.is_empty() {
            // SAFETY: inside the memory; the host's own bytes are elsewhere, since they are borrowed exclusively.
            unsafe { std::ptr::copy_nonoverlapping(start, to.as_mut_ptr(), to.len()) };
        }
        Ok(())
    }

    /// Copies as many bytes as the array has: `u32::from_le_bytes(memory.array(address)?)`.
    pub fn array<const N: usize>(self, address: impl Address) -> Result<[u8; N], MemoryError> {
        let mut array = [0; N];
        self.read(address, &mut array)?;
        Ok(array)
    }

    /// Where a range starts that is inside.
    fn start(self, address: u64, length: usize) -> Result<*mut u8, MemoryError> {
        // SAFETY: the memory lives and stays as it is.
        unsafe { memory::address(self.memory, address, length as u64) }.map_err(|_| MemoryError::OutOfBounds {
            address,
            length: length as u64,
            memory: self.byte_length(),
        })
    }
}

impl<'a> MemoryMut<'a> {
    /// The exclusive view of a memory.
    ///
    /// # Safety
    /// As [`Memory::new`], and nobody else reads it for `'a`.
    pub(crate) unsafe fn new(memory: *mut LinearMemory) -> MemoryMut<'a> {
        MemoryMut { memory, instance: PhantomData }
    }

    /// To read only.
    #[must_use]
    pub fn as_ref(&self) -> Memory<'_> {
        Memory { memory: self.memory, instance: PhantomData }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn byte_length(&self) -> u64 {
        self.as_ref().byte_length()
    }

    /// So many bytes from an address on. As the view is used up, they can be kept for as long as it could have been.
    pub fn slice_mut(self, address: impl Address, length: usize) -> Result<&'a mut [u8], MemoryError> {
        let start = self.as_ref().start(address.address(), length)?;
        if self.as_ref().is_shared() {
            return Err(MemoryError::Shared);
        }
        if length == 0 {
            return Ok(&mut []);
        }
        // SAFETY: inside the memory, which is not shared; this view was the only one, and is gone.
        Ok(unsafe { std::slice::from_raw_parts_mut(start, length) })
    }

    /// Everything.
    pub fn bytes_mut(self) -> Result<&'a mut [u8], MemoryError> {
        let length = self.byte_length() as usize;
        self.slice_mut(0u64, length)
    }

    /// Copies from the memory.
    pub fn read(&self, address: impl Address, to: &mut [u8]) -> Result<(), MemoryError> {
        self.as_ref().read(address, to)
    }

    /// Copies to the memory.
    pub fn write(&mut self, address: impl Address, from: &[u8]) -> Result<(), MemoryError> {
        let start = self.as_ref().start(address.address(), from.len())?;
        if self.as_ref().is_shared() {
            for (index, byte) in from.iter().enumerate() {
                // SAFETY: inside the memory. Others access it at the same time, and so do we, atomically.
                unsafe { AtomicU8::from_ptr(start.add(index)) }.store(*byte, Ordering::Relaxed);
            }
        } else if !from.is_empty() {
            // SAFETY: inside the memory; the host's bytes are elsewhere, since this view is exclusive.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), start, from.len()) };
        }
        Ok(())
    }

    /// Grows by so many pages; the old number of pages, or `None` where that is not possible.
    pub fn grow(&mut self, pages: u64) -> Option<u64> {
        // SAFETY: the memory lives, and nobody else uses it: slices of it would have borrowed this view.
        u64::try_from(unsafe { memory::grow(self.memory, pages) }).ok()
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("byte_length", &self.byte_length()).finish_non_exhaustive()
    }
}

impl fmt::Debug for MemoryMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryMut").field("byte_length", &self.byte_length()).finish_non_exhaustive()
    }
}
