//! Sections of data under construction: bytes, and the pointers in them.
//!
//! Records of `aot_abi` are written field by field at the offsets that the compiler of this very crate gave them. That is
//! right because they are `repr(C)` and every supported target is 64-bit and little-endian, as `aot_abi` asserts of the
//! machine we run on. [`field!`] checks each field's type, so that a field that changes its type stops the build.

use object::write::{Object, Relocation, SectionId, SymbolId};
use object::{RelocationEncoding, RelocationFlags, RelocationKind};

/// Offset of a field in a record of `aot_abi`, checked to be of this type.
macro_rules! field {
    ($record:ty, $($field:ident).+ : $ty:ty) => {{
        let _check: fn(&$record) -> &$ty = |record| &record.$($field).+;
        std::mem::offset_of!($record, $($field).+) as u64
    }};
}
pub(crate) use field;

/// An address that the linker knows: a symbol and a distance from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) symbol: SymbolId,
    pub(crate) offset: u64,
}

/// One section.
pub(crate) struct Data {
    section: SectionId,
    symbol: SymbolId,
    bytes: Vec<u8>,
    align: u64,
    pointers: Vec<(u64, Place)>,
}

impl Data {
    /// An empty section of which nothing is written until [`Data::finish`].
    pub(crate) fn new(object: &mut Object<'_>, section: SectionId) -> Self {
        let symbol = object.section_symbol(section);
        Data { section, symbol, bytes: Vec::new(), align: 1, pointers: Vec::new() }
    }

    /// Zeroed room for `count` records; returns the offset of the first.
    pub(crate) fn reserve<T>(&mut self, count: usize) -> u64 {
        let start = self.align_to(align_of::<T>() as u64);
        self.bytes.resize(self.bytes.len() + count * size_of::<T>(), 0);
        start
    }

    /// Copies bytes to the end.
    pub(crate) fn append(&mut self, bytes: &[u8], align: u64) -> Place {
        let start = self.align_to(align);
        self.bytes.extend_from_slice(bytes);
        self.place(start)
    }

    /// The address of an offset in this section.
    pub(crate) fn place(&self, offset: u64) -> Place {
        Place { symbol: self.symbol, offset }
    }

    pub(crate) fn u8(&mut self, at: u64, value: u8) {
        self.put(at, &[value]);
    }

    pub(crate) fn u32(&mut self, at: u64, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, at: u64, value: u64) {
        self.put(at, &value.to_le_bytes());
    }

    /// Writes bytes into reserved room.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A pointer that the linker fills in.
    pub(crate) fn pointer(&mut self, at: u64, target: Place) {
        self.pointers.push((at, target));
    }

    /// An `aot_abi::image::Slice`; null when it is empty.
    pub(crate) fn slice(&mut self, at: u64, data: Place, length: usize) {
        use aot_abi::image::Slice;
        if length != 0 {
            self.pointer(at + field!(Slice<u8>, data: *const u8), data);
        }
        self.u64(at + field!(Slice<u8>, length: u64), length as u64);
    }

    /// Hands bytes and relocations over to the object.
    pub(crate) fn finish(self, object: &mut Object<'_>) -> object::write::Result<()> {
        object.set_section_data(self.section, self.bytes, self.align);
        for (offset, Place { symbol, offset: distance }) in self.pointers {
            object.add_relocation(
                self.section,
                Relocation {
                    offset,
                    symbol,
                    addend: distance as i64,
                    flags: RelocationFlags::Generic {
                        kind: RelocationKind::Absolute,
                        encoding: RelocationEncoding::Generic,
                        size: 64,
                    },
                },
            )?;
        }
        Ok(())
    }

    fn align_to(&mut self, align: u64) -> u64 {
        self.align = self.align.max(align);
        self.bytes.resize(self.bytes.len().next_multiple_of(align as usize), 0);
        self.bytes.len() as u64
    }
}
