//! Tables: get, set, size, grow, bulk.

use super::memory::{narrow, number};
use crate::clif::address::extend;
use crate::clif::instance;
use crate::clif::libcall;
use crate::clif::regions;
use crate::clif::translator::FuncTranslator;
use crate::clif::trap;
use crate::error::Result;
use crate::index::TableIndex;
use aot_abi::libcall::Libcall;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

pub(crate) fn visit_table_get(f: &mut FuncTranslator<'_, '_>, table: u32) -> Result<()> {
    let index = f.pop();
    let wide = extend(f, index);
    let value = element(f, TableIndex::from_u32(table), wide, Trap::TableOutOfBounds);
    f.push(value);
    Ok(())
}

pub(crate) fn visit_table_set(f: &mut FuncTranslator<'_, '_>, table: u32) -> Result<()> {
    let table = TableIndex::from_u32(table);
    let (index, value) = f.pop2();
    let wide = extend(f, index);
    let address = element_address(f, table, wide, Trap::TableOutOfBounds);
    let flags = regions::table_element(f, table);
    f.builder.ins().store(flags, value, address, 0);
    Ok(())
}

pub(crate) fn visit_table_size(f: &mut FuncTranslator<'_, '_>, table: u32) -> Result<()> {
    let table = TableIndex::from_u32(table);
    let length = instance::table_length(f, table);
    let length = narrow(f, length, f.env.module.tables[table].is_64);
    f.push(length);
    Ok(())
}

pub(crate) fn visit_table_grow(f: &mut FuncTranslator<'_, '_>, table: u32) -> Result<()> {
    let (value, delta) = f.pop2();
    let delta = extend(f, delta);
    let index = number(f, table);
    let old = libcall::call(f, Libcall::TableGrow, &[index, value, delta]).expect("table.grow has a result");
    let old = narrow(f, old, f.env.module.tables[TableIndex::from_u32(table)].is_64);
    f.push(old);
    Ok(())
}

pub(crate) fn visit_table_fill(f: &mut FuncTranslator<'_, '_>, table: u32) -> Result<()> {
    let (start, value, length) = f.pop3();
    let (start, length) = (extend(f, start), extend(f, length));
    let index = number(f, table);
    libcall::call(f, Libcall::TableFill, &[index, start, value, length]);
    Ok(())
}

pub(crate) fn visit_table_copy(f: &mut FuncTranslator<'_, '_>, dst_table: u32, src_table: u32) -> Result<()> {
    let (to, from, length) = f.pop3();
    let (to, from, length) = (extend(f, to), extend(f, from), extend(f, length));
    let (to_table, from_table) = (number(f, dst_table), number(f, src_table));
    libcall::call(f, Libcall::TableCopy, &[to_table, from_table, to, from, length]);
    Ok(())
}

pub(crate) fn visit_table_init(f: &mut FuncTranslator<'_, '_>, elem_index: u32, table: u32) -> Result<()> {
    let (to, from, length) = f.pop3();
    let (to, from, length) = (extend(f, to), extend(f, from), extend(f, length));
    let (index, segment) = (number(f, table), number(f, elem_index));
    libcall::call(f, Libcall::TableInit, &[index, segment, to, from, length]);
    Ok(())
}

pub(crate) fn visit_elem_drop(f: &mut FuncTranslator<'_, '_>, elem_index: u32) -> Result<()> {
    let segment = number(f, elem_index);
    libcall::call(f, Libcall::ElementDrop, &[segment]);
    Ok(())
}

/// Loads the element at a 64-bit index, or traps.
pub(crate) fn element(f: &mut FuncTranslator<'_, '_>, table: TableIndex, wide: Value, outside: Trap) -> Value {
    let address = element_address(f, table, wide, outside);
    let flags = regions::table_element(f, table);
    f.builder.ins().load(types::I64, flags, address, 0)
}

fn element_address(f: &mut FuncTranslator<'_, '_>, table: TableIndex, wide: Value, outside: Trap) -> Value {
    let length = instance::table_length(f, table);
    let is_outside = f.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, wide, length);
    trap::trap_if(f, is_outside, outside);
    let elements = instance::table_elements(f, table);
    let bytes = f.builder.ins().ishl_imm_u(wide, 3);
    let address = f.builder.ins().iadd(elements, bytes);
    if f.env.options.spectre {
        // Misspeculation reads element 0's place, or traps there, instead of something of the program's choosing.
        f.builder.ins().select_spectre_guard(is_outside, elements, address)
    } else {
        address
    }
}
