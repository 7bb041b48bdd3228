//! Scalar loads and stores, size, grow, segments. Blocks are in `block.rs`.

use crate::clif::address::{access, extend};
use crate::clif::instance;
use crate::clif::libcall;
use crate::clif::translator::FuncTranslator;
use crate::error::Result;
use crate::index::MemoryIndex;
use aot_abi::libcall::Libcall;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use wasmparser::MemArg;

macro_rules! loads {
    ($($visit:ident => $load:ident, $bytes:literal;)*) => {$(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
            load(f, &memarg, $bytes, Load::$load)
        }
    )*};
}

macro_rules! stores {
    ($($visit:ident => $store:ident, $bytes:literal;)*) => {$(
        pub(crate) fn $visit(f: &mut FuncTranslator<'_, '_>, memarg: MemArg) -> Result<()> {
            store(f, &memarg, $bytes, Store::$store)
        }
    )*};
}

/// How loaded bytes become a value.
#[derive(Clone, Copy)]
enum Load {
    I32,
    I64,
    F32,
    F64,
    I32Signed8,
    I32Unsigned8,
    I32Signed16,
    I32Unsigned16,
    I64Signed8,
    I64Unsigned8,
    I64Signed16,
    I64Unsigned16,
    I64Signed32,
    I64Unsigned32,
}

/// How many bytes of a value are stored.
#[derive(Clone, Copy)]
enum Store {
    Whole,
    Low8,
    Low16,
    Low32,
}

loads! {
    visit_i32_load => I32, 4;
    visit_i64_load => I64, 8;
    visit_f32_load => F32, 4;
    visit_f64_load => F64, 8;
    visit_i32_load8_s => I32Signed8, 1;
    visit_i32_load8_u => I32Unsigned8, 1;
    visit_i32_load16_s => I32Signed16, 2;
    visit_i32_load16_u => I32Unsigned16, 2;
    visit_i64_load8_s => I64Signed8, 1;
    visit_i64_load8_u => I64Unsigned8, 1;
    visit_i64_load16_s => I64Signed16, 2;
    visit_i64_load16_u => I64Unsigned16, 2;
    visit_i64_load32_s => I64Signed32, 4;
    visit_i64_load32_u => I64Unsigned32, 4;
}

stores! {
    visit_i32_store => Whole, 4;
    visit_i64_store => Whole, 8;
    visit_f32_store => Whole, 4;
    visit_f64_store => Whole, 8;
    visit_i32_store8 => Low8, 1;
    visit_i32_store16 => Low16, 2;
    visit_i64_store8 => Low8, 1;
    visit_i64_store16 => Low16, 2;
    visit_i64_store32 => Low32, 4;
}

fn load(f: &mut FuncTranslator<'_, '_>, memarg: &MemArg, bytes: u32, kind: Load) -> Result<()> {
    let Some(address) = access(f, memarg, bytes)? else { return Ok(()) };
    let (flags, base, offset) = (address.flags, address.base, address.offset);
    let ins = f.builder.ins();
    let value = match kind {
        Load::I32 => ins.load(types::I32, flags, base, offset),
        Load::I64 => ins.load(types::I64, flags, base, offset),
        Load::F32 => ins.load(types::F32, flags, base, offset),
        Load::F64 => ins.load(types::F64, flags, base, offset),
        Load::I32Signed8 => ins.sload8(types::I32, flags, base, offset),
        Load::I32Unsigned8 => ins.uload8(types::I32, flags, base, offset),
        Load::I32Signed16 => ins.sload16(types::I32, flags, base, offset),
        Load::I32Unsigned16 => ins.uload16(types::I32, flags, base, offset),
        Load::I64Signed8 => ins.sload8(types::I64, flags, base, offset),
        Load::I64Unsigned8 => ins.uload8(types::I64, flags, base, offset),
        Load::I64Signed16 => ins.sload16(types::I64, flags, base, offset),
        Load::I64Unsigned16 => ins.uload16(types::I64, flags, base, offset),
        Load::I64Signed32 => ins.sload32(flags, base, offset),
        Load::I64Unsigned32 => ins.uload32(flags, base, offset),
    };
    f.push(value);
    Ok(())
}

fn store(f: &mut FuncTranslator<'_, '_>, memarg: &MemArg, bytes: u32, kind: Store) -> Result<()> {
    let value = f.pop();
    let Some(address) = access(f, memarg, bytes)? else { return Ok(()) };
    let (flags, base, offset) = (address.flags, address.base, address.offset);
    let ins = f.builder.ins();
    match kind {
        Store::Whole => ins.store(flags, value, base, offset),
        Store::Low8 => ins.istore8(flags, value, base, offset),
        Store::Low16 => ins.istore16(flags, value, base, offset),
        Store::Low32 => ins.istore32(flags, value, base, offset),
    };
    Ok(())
}

pub(crate) fn visit_memory_size(f: &mut FuncTranslator<'_, '_>, mem: u32) -> Result<()> {
    let memory = MemoryIndex::from_u32(mem);
    let bytes = instance::memory_byte_length(f, memory);
    let pages = f.builder.ins().ushr_imm_u(bytes, i64::from(f.env.module.memories[memory].page_log2));
    let pages = narrow(f, pages, f.env.module.memories[memory].is_64);
    f.push(pages);
    Ok(())
}

pub(crate) fn visit_memory_grow(f: &mut FuncTranslator<'_, '_>, mem: u32) -> Result<()> {
    let memory = MemoryIndex::from_u32(mem);
    let delta = f.pop();
    let delta_pages = extend(f, delta);
    let index = number(f, mem);
    let old = libcall::call(f, Libcall::MemoryGrow, &[index, delta_pages]).expect("memory.grow has a result");
    let old = narrow(f, old, f.env.module.memories[memory].is_64);
    f.push(old);
    Ok(())
}

pub(crate) fn visit_memory_init(f: &mut FuncTranslator<'_, '_>, data_index: u32, mem: u32) -> Result<()> {
    let (to, from, length) = f.pop3();
    let (to, from, length) = (extend(f, to), extend(f, from), extend(f, length));
    let (memory, segment) = (number(f, mem), number(f, data_index));
    libcall::call(f, Libcall::MemoryInit, &[memory, segment, to, from, length]);
    Ok(())
}

pub(crate) fn visit_data_drop(f: &mut FuncTranslator<'_, '_>, data_index: u32) -> Result<()> {
    let segment = number(f, data_index);
    libcall::call(f, Libcall::DataDrop, &[segment]);
    Ok(())
}

/// An index as an argument of a libcall.
pub(crate) fn number(f: &mut FuncTranslator<'_, '_>, index: u32) -> Value {
    f.builder.ins().iconst(types::I32, i64::from(index))
}

/// A 64-bit size as the index type of a memory or table has it.
pub(crate) fn narrow(f: &mut FuncTranslator<'_, '_>, value: Value, is_64: bool) -> Value {
    if is_64 { value } else { f.builder.ins().ireduce(ir::types::I32, value) }
}
