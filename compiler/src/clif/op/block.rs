//! `memory.copy` and `memory.fill`.
//!
//! The bounds are checked here, so that the runtime's part is C's `memmove` and `memset` and nothing else. Blocks of a
//! short constant length, as compilers emit them for structs, are loads and stores: all loads come first, so overlap does
//! not matter, and the last byte of the destination is touched before the first store, so that nothing is written when
//! the block is not inside as a whole.

use super::memory::number;
use crate::clif::address::{self, NativeAddress, constant_index, extend};
use crate::clif::libcall;
use crate::clif::translator::FuncTranslator;
use crate::error::Result;
use crate::index::MemoryIndex;
use crate::optimizations::Optimization;
use crate::options::Optimize;
use aot_abi::libcall::Libcall;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

/// Lengths up to this are moved in place: eight vectors, which leaves half of the registers to others.
const IN_PLACE_BYTES: u64 = 128;
/// The same where size counts: two vectors are no larger than a call.
const IN_PLACE_BYTES_SMALL: u64 = 32;

pub(crate) fn visit_memory_copy(f: &mut FuncTranslator<'_, '_>, dst_mem: u32, src_mem: u32) -> Result<()> {
    let (to, from, length) = f.pop3();
    let (to_memory, from_memory) = (MemoryIndex::from_u32(dst_mem), MemoryIndex::from_u32(src_mem));
    if !f.env.options.optimizations.has(Optimization::MemoryBlocks) {
        let (to, from, length) = (extend(f, to), extend(f, from), extend(f, length));
        let (to_memory, from_memory) = (number(f, dst_mem), number(f, src_mem));
        libcall::call(f, Libcall::MemoryCopy, &[to_memory, from_memory, to, from, length]);
    } else if let Some(bytes) = in_place(f, length) {
        copy_in_place(f, (to_memory, to), (from_memory, from), bytes);
    } else {
        // Between memories of 32 and 64 bits, the length is of 32.
        let from = address::range(f, from_memory, from, length);
        let to = address::range(f, to_memory, to, length);
        let length = extend(f, length);
        libcall::call(f, Libcall::MoveBytes, &[to, from, length]);
    }
    Ok(())
}

pub(crate) fn visit_memory_fill(f: &mut FuncTranslator<'_, '_>, mem: u32) -> Result<()> {
    let (start, value, length) = f.pop3();
    let memory = MemoryIndex::from_u32(mem);
    if !f.env.options.optimizations.has(Optimization::MemoryBlocks) {
        let (start, length) = (extend(f, start), extend(f, length));
        let memory = number(f, mem);
        libcall::call(f, Libcall::MemoryFill, &[memory, start, value, length]);
    } else if let Some(bytes) = in_place(f, length) {
        fill_in_place(f, memory, start, value, bytes);
    } else {
        let start = address::range(f, memory, start, length);
        let length = extend(f, length);
        libcall::call(f, Libcall::FillBytes, &[start, value, length]);
    }
    Ok(())
}

/// The length, when it is a constant that is worth loads and stores.
fn in_place(f: &FuncTranslator<'_, '_>, length: Value) -> Option<u32> {
    let limit = match f.env.options.optimize {
        Optimize::None => return None,
        Optimize::Speed => IN_PLACE_BYTES,
        Optimize::SpeedAndSize => IN_PLACE_BYTES_SMALL,
    };
    let bytes = constant_index(f, length).filter(|bytes| (1..=limit).contains(bytes))?;
    u32::try_from(bytes).ok()
}

fn copy_in_place(
    f: &mut FuncTranslator<'_, '_>,
    (to_memory, to): (MemoryIndex, Value),
    (from_memory, from): (MemoryIndex, Value),
    bytes: u32,
) {
    let Some(from) = address::block(f, from_memory, from, bytes) else { return };
    let Some(to) = address::block(f, to_memory, to, bytes) else { return };
    let parts = parts(bytes);
    let loaded: Vec<Value> = parts
        .iter()
        .map(|&(offset, ty)| f.builder.ins().load(ty, from.flags, from.base, from.offset + offset))
        .collect();
    touch_last(f, to, bytes, &parts);
    for (&(offset, _), value) in parts.iter().zip(loaded) {
        f.builder.ins().store(to.flags, value, to.base, to.offset + offset);
    }
}

fn fill_in_place(f: &mut FuncTranslator<'_, '_>, memory: MemoryIndex, start: Value, value: Value, bytes: u32) {
    let Some(to) = address::block(f, memory, start, bytes) else { return };
    let parts = parts(bytes);
    let byte = f.builder.ins().ireduce(types::I8, value);
    let vector = parts.iter().any(|&(_, ty)| ty.is_vector()).then(|| f.builder.ins().splat(types::I8X16, byte));
    let word = f.builder.ins().uextend(types::I64, byte);
    let word = f.builder.ins().imul_imm_u(word, 0x0101_0101_0101_0101);
    touch_last(f, to, bytes, &parts);
    for &(offset, ty) in &parts {
        let value = match vector {
            Some(vector) => vector,
            None if ty == types::I64 => word,
            None => f.builder.ins().ireduce(ty, word),
        };
        f.builder.ins().store(to.flags, value, to.base, to.offset + offset);
    }
}

/// Which offsets are moved, and as what. The last part overlaps the one before it where the length is not a multiple.
fn parts(bytes: u32) -> Vec<(i32, Type)> {
    let (size, ty) = match bytes {
        16.. => (16, types::I8X16),
        8.. => (8, types::I64),
        4.. => (4, types::I32),
        2.. => (2, types::I16),
        _ => (1, types::I8),
    };
    let last = bytes - size;
    let whole = (0..last).step_by(size as usize);
    whole.chain([last]).map(|offset| (i32::try_from(offset).expect("blocks in place are short"), ty)).collect()
}

/// Reads the last byte, unless the block was checked or is moved at once: memories begin at 0, so when that byte is
/// inside, all of the block is.
fn touch_last(f: &mut FuncTranslator<'_, '_>, address: NativeAddress, bytes: u32, parts: &[(i32, Type)]) {
    if address.flags.trap_code().is_some() && parts.len() > 1 {
        let last = i32::try_from(bytes - 1).expect("blocks in place are short");
        f.builder.ins().load(types::I8, address.flags, address.base, address.offset + last);
    }
}
