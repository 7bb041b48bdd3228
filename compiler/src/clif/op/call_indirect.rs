//! `call_indirect` and its tail form.
//!
//! In general, the element is a reference, whose type is compared and whose code and context are loaded. Where nobody
//! writes the table, the elements that a call of this type may reach are known (`facts/fixed_tables`), and
//!
//! - a few of them are compared with the index one after the other, and called by name;
//! - one function at all of them is called by name once the index is checked;
//! - elements side by side need no check of the type: a check of the index against their range says it all;
//! - otherwise the type stands beside the code in a [`CodeTable`].
//!
//! Whatever is not right leads to one cold block, which finds out what is wrong, unless that is known.

use super::call::{
    call_function, call_pointer, code_and_context, pop_arguments, push_all, return_call_function, return_call_pointer,
};
use crate::clif::address::extend;
use crate::clif::instance;
use crate::clif::regions;
use crate::clif::signature::value_type;
use crate::clif::sites;
use crate::clif::translator::FuncTranslator;
use crate::clif::trap;
use crate::error::Result;
use crate::facts::Members;
use crate::index::{CanonicalTypeIndex, FuncIndex, TableIndex, TypeIndex};
use crate::optimizations::Optimization;
use crate::options::Optimize;
use crate::plan::{CodeTable, Nulls, code_table_type};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use std::cell::Cell;

pub(crate) fn visit_call_indirect(f: &mut FuncTranslator<'_, '_>, type_index: u32, table_index: u32) -> Result<()> {
    let (ty, table) = (TypeIndex::from_u32(type_index), TableIndex::from_u32(table_index));
    let dominant = sites::indirect(f, f.peek());
    if let Some(mut call) = FixedCall::new(f, ty, table) {
        call.dominant = dominant.and_then(|index| call.member(f, index));
        let results = call.call(f);
        push_all(f, &results);
        return Ok(());
    }
    let reference = checked_element(f, ty, table);
    let arguments = pop_arguments(f, ty);
    let (code, context) = code_and_context(f, reference, regions::func_ref());
    let results = call_pointer(f, ty, code, context, &arguments);
    push_all(f, &results);
    Ok(())
}

pub(crate) fn visit_return_call_indirect(
    f: &mut FuncTranslator<'_, '_>,
    type_index: u32,
    table_index: u32,
) -> Result<()> {
    let (ty, table) = (TypeIndex::from_u32(type_index), TableIndex::from_u32(table_index));
    if let Some(call) = FixedCall::new(f, ty, table) {
        call.return_call(f);
        f.mark_unreachable();
        return Ok(());
    }
    let reference = checked_element(f, ty, table);
    let arguments = pop_arguments(f, ty);
    let (code, context) = code_and_context(f, reference, regions::func_ref());
    return_call_pointer(f, ty, code, context, &arguments);
    f.mark_unreachable();
    Ok(())
}

/// A call through a table that nobody writes, of a type that some elements have.
struct FixedCall<'a> {
    table: TableIndex,
    /// Number of elements, null or not.
    length: u64,
    rows: &'a CodeTable,
    members: &'a Members,
    ty: TypeIndex,
    /// As Wasm has it.
    index: Value,
    arguments: Vec<Value>,
    /// The member that nearly all calls reach, as far as a profile says.
    dominant: Option<(u64, FuncIndex)>,
    /// Where calls go that reach none of the members, once something goes there.
    wrong: Cell<Option<Block>>,
}

/// What is called, once the index is known to be one of a member.
enum Target {
    Function(FuncIndex),
    Code(Value),
}

impl<'a> FixedCall<'a> {
    /// Pops index and arguments, if the table is one.
    fn new(f: &mut FuncTranslator<'a, '_>, ty: TypeIndex, table: TableIndex) -> Option<Self> {
        let env = f.env;
        let fixed = env.facts.fixed_tables[table].as_ref()?;
        let rows = env.plan.code_tables[table].as_ref()?;
        let members = fixed.members(env.module.types.defined[ty].canonical)?;
        let index = f.pop();
        let arguments = pop_arguments(f, ty);
        Some(FixedCall {
            table,
            length: fixed.elements.len() as u64,
            rows,
            members,
            ty,
            index,
            arguments,
            dominant: None,
            wrong: Cell::new(None),
        })
    }

    fn call(&self, f: &mut FuncTranslator<'_, '_>) -> Vec<Value> {
        let Some(few) = self.few(f) else { return self.call_one_of_many(f) };
        if let [(index, function)] = *few {
            self.only_if_equal(f, index);
            self.finish(f);
            return call_function(f, function, &self.arguments);
        }
        let done = f.builder.create_block();
        for &ty in &f.env.module.signature(self.ty).results {
            f.builder.append_block_param(done, value_type(ty));
        }
        for_each_of(f, self, few, |f, function| {
            let results: Vec<_> = call_function(f, function, &self.arguments).into_iter().map(Into::into).collect();
            f.builder.ins().jump(done, &results);
        });
        self.finish(f);
        f.builder.seal_block(done);
        f.builder.switch_to_block(done);
        f.builder.block_params(done).to_vec()
    }

    /// Compares the index with that of the dominant member only, if there is one.
    fn call_one_of_many(&self, f: &mut FuncTranslator<'_, '_>) -> Vec<Value> {
        let Some((index, function)) = self.dominant else {
            let target = self.target(f);
            self.finish(f);
            return self.call_target(f, target);
        };
        let (found, other, done) = (f.builder.create_block(), f.builder.create_block(), f.builder.create_block());
        for &ty in &f.env.module.signature(self.ty).results {
            f.builder.append_block_param(done, value_type(ty));
        }
        let is_this = self.index_is(f, IntCC::Equal, index);
        f.builder.ins().brif(is_this, found, &[], other, &[]);
        f.builder.seal_block(found);
        f.builder.seal_block(other);
        f.builder.switch_to_block(found);
        let results: Vec<_> = call_function(f, function, &self.arguments).into_iter().map(Into::into).collect();
        f.builder.ins().jump(done, &results);
        f.builder.switch_to_block(other);
        let target = self.target(f);
        self.finish(f);
        let results: Vec<_> = self.call_target(f, target).into_iter().map(Into::into).collect();
        f.builder.ins().jump(done, &results);
        f.builder.seal_block(done);
        f.builder.switch_to_block(done);
        f.builder.block_params(done).to_vec()
    }

    fn call_target(&self, f: &mut FuncTranslator<'_, '_>, target: Target) -> Vec<Value> {
        match target {
            Target::Function(function) => call_function(f, function, &self.arguments),
            Target::Code(code) => {
                let context = self.context(f);
                call_pointer(f, self.ty, code, context, &self.arguments)
            }
        }
    }

    /// The element at this index, if it has the very type of the call. A profile may say anything.
    fn member(&self, f: &FuncTranslator<'_, '_>, index: u64) -> Option<(u64, FuncIndex)> {
        let env = f.env;
        let fixed = env.facts.fixed_tables[self.table].as_ref()?;
        let function = (*fixed.elements.get(usize::try_from(index).ok()?)?)?;
        let canonical = |ty| env.module.types.defined[ty].canonical;
        (canonical(env.module.functions[function].ty) == canonical(self.ty)).then_some((index, function))
    }

    fn return_call(&self, f: &mut FuncTranslator<'_, '_>) {
        match self.few(f) {
            Some(few) => {
                for_each_of(f, self, few, |f, function| return_call_function(f, function, &self.arguments));
            }
            None => match self.target(f) {
                Target::Function(function) => return_call_function(f, function, &self.arguments),
                Target::Code(code) => {
                    let context = self.context(f);
                    return_call_pointer(f, self.ty, code, context, &self.arguments);
                }
            },
        }
        self.finish(f);
    }

    /// The members, if they are worth being compared with one by one.
    fn few(&self, f: &FuncTranslator<'_, '_>) -> Option<&'a [(u64, FuncIndex)]> {
        let wanted =
            f.env.options.optimizations.has(Optimization::Devirtualize) && f.env.options.optimize != Optimize::None;
        self.members.few().filter(|_| wanted)
    }

    /// Goes on only where the index is this one.
    fn only_if_equal(&self, f: &mut FuncTranslator<'_, '_>, index: u64) {
        let is_other = self.index_is(f, IntCC::NotEqual, index);
        self.wrong_if(f, is_other);
    }

    fn index_is(&self, f: &mut FuncTranslator<'_, '_>, condition: IntCC, number: u64) -> Value {
        f.builder.ins().icmp_imm_u(condition, self.index, number as i64)
    }

    fn wrong_if(&self, f: &mut FuncTranslator<'_, '_>, condition: Value) {
        let right = f.builder.create_block();
        let known = self.wrong.get();
        let wrong = known.unwrap_or_else(|| f.builder.create_block());
        f.builder.ins().brif(condition, wrong, &[], right, &[]);
        f.builder.seal_block(right);
        if known.is_none() {
            self.wrong.set(Some(wrong));
            f.builder.set_cold_block(wrong);
            f.builder.switch_to_block(wrong);
            self.trap(f);
        }
        f.builder.switch_to_block(right);
    }

    /// Goes on only where the index is a member's, and finds out what it calls.
    fn target(&self, f: &mut FuncTranslator<'_, '_>) -> Target {
        let devirtualize = f.env.options.optimizations.has(Optimization::Devirtualize);
        let only = self.members.only.filter(|_| devirtualize);
        let rows = self.rows.functions.len() as u64;
        let is_outside = if self.members.are_contiguous() {
            let distance = f.builder.ins().iadd_imm_s(self.index, -(self.members.first as i64));
            f.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, distance, self.members.count as i64)
        } else {
            self.index_is(f, IntCC::UnsignedGreaterThanOrEqual, rows)
        };
        if !self.members.are_contiguous() && rows == self.length {
            trap::trap_if(f, is_outside, Trap::UndefinedElement);
        } else {
            self.wrong_if(f, is_outside);
        }
        if let (Some(only), true) = (only, self.members.are_contiguous()) {
            return Target::Function(only);
        }
        let row = self.row(f, Some(is_outside));
        if !self.members.are_contiguous() {
            self.check_type(f, row);
        }
        match only {
            Some(only) => Target::Function(only),
            None => Target::Code(instance::code_table_code(f, row)),
        }
    }

    /// Goes on only where the row has the type of a member.
    fn check_type(&self, f: &mut FuncTranslator<'_, '_>, row: Value) {
        let actual = instance::code_table_type(f, row);
        let (last, others) = self.members.types.split_last().expect("members have a type");
        let mut is_other = not_of_type(f, actual, *last);
        for &ty in others {
            let differs = not_of_type(f, actual, ty);
            is_other = f.builder.ins().band(is_other, differs);
        }
        match self.rows.nulls {
            Nulls::First(0) => trap::trap_if(f, is_other, Trap::IndirectCallTypeMismatch),
            _ => self.wrong_if(f, is_other),
        }
    }

    /// The row of the index, which is known to have one, unless this is so: then misspeculation gets row 0.
    fn row(&self, f: &mut FuncTranslator<'_, '_>, is_outside: Option<Value>) -> Value {
        let wide = extend(f, self.index);
        let (rows, row) = instance::code_table_row(f, self.table, wide);
        match is_outside {
            Some(is_outside) if f.env.options.spectre => f.builder.ins().select_spectre_guard(is_outside, rows, row),
            _ => row,
        }
    }

    /// The context that members expect: our own.
    fn context(&self, f: &mut FuncTranslator<'_, '_>) -> Value {
        instance::context(f)
    }

    /// Nothing more goes to the cold block.
    fn finish(&self, f: &mut FuncTranslator<'_, '_>) {
        if let Some(wrong) = self.wrong.get() {
            f.builder.seal_block(wrong);
        }
    }

    /// Traps for the reason that the index gives.
    fn trap(&self, f: &mut FuncTranslator<'_, '_>) {
        let is_outside = self.index_is(f, IntCC::UnsignedGreaterThanOrEqual, self.length);
        trap::trap_if(f, is_outside, Trap::UndefinedElement);
        let rows = self.rows.functions.len() as u64;
        if rows < self.length {
            let is_null = self.index_is(f, IntCC::UnsignedGreaterThanOrEqual, rows);
            trap::trap_if(f, is_null, Trap::UninitializedElement);
        }
        match self.rows.nulls {
            Nulls::First(0) => {}
            Nulls::First(count) => {
                let is_null = self.index_is(f, IntCC::UnsignedLessThan, count);
                trap::trap_if(f, is_null, Trap::UninitializedElement);
            }
            Nulls::Anywhere => {
                let row = self.row(f, None);
                let ty = instance::code_table_type(f, row);
                trap::trap_unless(f, ty, Trap::UninitializedElement);
            }
        }
        f.builder.ins().trap(trap::code(Trap::IndirectCallTypeMismatch));
    }
}

/// Compares the index with that of each of these members, and does this in a block of its own for each. The builder is
/// left in a block that has ended.
fn for_each_of(
    f: &mut FuncTranslator<'_, '_>,
    call: &FixedCall<'_>,
    few: &[(u64, FuncIndex)],
    mut action: impl FnMut(&mut FuncTranslator<'_, '_>, FuncIndex),
) {
    let (&(last, last_function), others) = few.split_last().expect("a type without members has no entry");
    for &(index, function) in others {
        let (found, next) = (f.builder.create_block(), f.builder.create_block());
        let is_this = call.index_is(f, IntCC::Equal, index);
        f.builder.ins().brif(is_this, found, &[], next, &[]);
        f.builder.seal_block(found);
        f.builder.seal_block(next);
        f.builder.switch_to_block(found);
        action(f, function);
        f.builder.switch_to_block(next);
    }
    call.only_if_equal(f, last);
    action(f, last_function);
}

fn not_of_type(f: &mut FuncTranslator<'_, '_>, actual: Value, ty: CanonicalTypeIndex) -> Value {
    f.builder.ins().icmp_imm_u(IntCC::NotEqual, actual, i64::from(code_table_type(ty)))
}

/// Pops an index and loads the element, checked: inside the table, not null, of this type.
fn checked_element(f: &mut FuncTranslator<'_, '_>, ty: TypeIndex, table: TableIndex) -> Value {
    let index = f.pop();
    let wide = extend(f, index);
    let reference = super::table::element(f, table, wide, Trap::UndefinedElement);
    let canonical = f.env.module.types.defined[ty].canonical;
    let expected = instance::type_descriptor(f, canonical);
    // Null is address 0, so this load is the check for null as well.
    let flags = regions::func_ref_or_null(Trap::UninitializedElement);
    let actual = instance::func_ref_type(f, reference, flags);
    let differs = f.builder.ins().icmp(IntCC::NotEqual, actual, expected);
    if f.env.module.types.defined[ty].is_final {
        trap::trap_if(f, differs, Trap::IndirectCallTypeMismatch);
    } else {
        trap_unless_subtype(f, actual, expected, differs, canonical);
    }
    reference
}

/// `actual` may also be a declared subtype: then its chain of supertypes has `expected` at that type's own depth.
fn trap_unless_subtype(
    f: &mut FuncTranslator<'_, '_>,
    actual: Value,
    expected: Value,
    differs: Value,
    canonical: CanonicalTypeIndex,
) {
    let depth = f.env.module.types.canonical[canonical].supers.len() as i64;
    let (check, done) = (f.builder.create_block(), f.builder.create_block());
    f.builder.set_cold_block(check);
    f.builder.ins().brif(differs, check, &[], done, &[]);
    f.builder.seal_block(check);
    f.builder.switch_to_block(check);
    let actual_depth = instance::type_depth(f, actual);
    let too_shallow = f.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, actual_depth, depth);
    trap::trap_if(f, too_shallow, Trap::IndirectCallTypeMismatch);
    let ancestor = instance::supertype(f, actual, depth as u32);
    let differs = f.builder.ins().icmp(IntCC::NotEqual, ancestor, expected);
    trap::trap_if(f, differs, Trap::IndirectCallTypeMismatch);
    f.builder.ins().jump(done, &[]);
    f.builder.seal_block(done);
    f.builder.switch_to_block(done);
}
