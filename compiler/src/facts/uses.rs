//! One scan of all bodies: who calls, reads, writes and takes a reference to what.

use crate::index::{DefinedFuncIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use crate::module::Module;
use crate::pool;
use cranelift_codegen::entity::{PrimaryMap, SecondaryMap};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// Below this many bytes of bodies, threads would cost more than they save.
const PARALLEL_BYTES_MIN: usize = 64 << 10;

/// Something that a body does, wherever in it and however often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// Calls a function by its index.
    Call(FuncIndex),
    /// Tail-calls a function by its index. It is also a [`Use::Call`].
    TailCall(FuncIndex),
    /// Tail-calls whatever a table or a reference holds.
    TailCallUnknown,
    /// Takes a reference to a function.
    Reference(FuncIndex),
    /// Takes elements out of a table, or calls them.
    ReadTable(TableIndex),
    /// Changes elements of a table, or its length.
    WriteTable(TableIndex),
    /// Takes items out of an element segment.
    ReadElements(ElementIndex),
    ReadGlobal(GlobalIndex),
    WriteGlobal(GlobalIndex),
    GrowMemory(MemoryIndex),
}

/// What each body does.
#[derive(Debug)]
pub(super) struct Uses {
    /// Sorted, without duplicates.
    bodies: PrimaryMap<DefinedFuncIndex, Box<[Use]>>,
}

impl Uses {
    /// What one body does.
    pub(super) fn of(&self, body: DefinedFuncIndex) -> &[Use] {
        &self.bodies[body]
    }

    /// What the bodies that can run do.
    pub(super) fn reachable<'a>(
        &'a self,
        module: &'a Module<'_>,
        reachable: &'a SecondaryMap<FuncIndex, bool>,
    ) -> impl Iterator<Item = Use> + 'a {
        self.reachable_bodies(module, reachable).flat_map(|(_, uses)| uses.iter().copied())
    }

    /// The functions with a body that can run, and what they do.
    pub(super) fn reachable_bodies<'a>(
        &'a self,
        module: &'a Module<'_>,
        reachable: &'a SecondaryMap<FuncIndex, bool>,
    ) -> impl Iterator<Item = (FuncIndex, &'a [Use])> + 'a {
        let functions = self.bodies.iter().map(|(body, uses)| (module.function_of(body), &**uses));
        functions.filter(|&(function, _)| reachable[function])
    }
}

/// Scans all bodies, on this many threads.
pub(super) fn scan(module: &Module<'_>, threads: usize) -> Uses {
    let bytes: usize = module.bodies.values().map(|body| body.range.len()).sum();
    let serial = || module.bodies.keys().map(|body| scan_body(module.body_bytes(body))).collect::<Vec<_>>();
    let parallel = || {
        let bodies: Vec<_> = module.bodies.keys().collect();
        bodies.into_par_iter().map(|body| scan_body(module.body_bytes(body))).collect()
    };
    let bodies =
        if bytes < PARALLEL_BYTES_MIN { serial() } else { pool::run(threads, parallel).unwrap_or_else(|_| serial()) };
    Uses { bodies: bodies.into_iter().collect() }
}

fn scan_body(bytes: &[u8]) -> Box<[Use]> {
    const VALID: &str = "bodies are validated";
    let mut uses = Vec::new();
    let body = FunctionBody::new(BinaryReader::new(bytes, 0));
    let mut operators = body.get_operators_reader().expect(VALID);
    while !operators.eof() {
        let operator = operators.read().expect(VALID);
        // Most operators use nothing that is asked for here, and most of the others repeat themselves.
        let before = uses.len();
        push_uses(&operator, &mut uses);
        if before > 0 && uses.len() == before + 1 && uses[before] == uses[before - 1] {
            uses.pop();
        }
    }
    uses.sort_unstable();
    uses.dedup();
    uses.into_boxed_slice()
}

fn push_uses(operator: &Operator<'_>, uses: &mut Vec<Use>) {
    let (function, table, element) = (FuncIndex::from_u32, TableIndex::from_u32, ElementIndex::from_u32);
    match *operator {
        Operator::Call { function_index } => uses.push(Use::Call(function(function_index))),
        Operator::ReturnCall { function_index } => {
            uses.extend([Use::Call(function(function_index)), Use::TailCall(function(function_index))]);
        }
        Operator::CallIndirect { table_index, .. } => uses.push(Use::ReadTable(table(table_index))),
        Operator::ReturnCallIndirect { table_index, .. } => {
            uses.extend([Use::ReadTable(table(table_index)), Use::TailCallUnknown]);
        }
        Operator::ReturnCallRef { .. } => uses.push(Use::TailCallUnknown),
        Operator::RefFunc { function_index } => uses.push(Use::Reference(function(function_index))),
        Operator::TableGet { table: index } => uses.push(Use::ReadTable(table(index))),
        Operator::TableSet { table: index }
        | Operator::TableGrow { table: index }
        | Operator::TableFill { table: index } => uses.push(Use::WriteTable(table(index))),
        Operator::TableCopy { dst_table, src_table } => {
            uses.extend([Use::ReadTable(table(src_table)), Use::WriteTable(table(dst_table))]);
        }
        Operator::TableInit { elem_index, table: index } => {
            uses.extend([Use::ReadElements(element(elem_index)), Use::WriteTable(table(index))]);
        }
        Operator::ArrayNewElem { array_elem_index, .. } | Operator::ArrayInitElem { array_elem_index, .. } => {
            uses.push(Use::ReadElements(element(array_elem_index)));
        }
        Operator::GlobalGet { global_index } => uses.push(Use::ReadGlobal(GlobalIndex::from_u32(global_index))),
        Operator::GlobalSet { global_index } => uses.push(Use::WriteGlobal(GlobalIndex::from_u32(global_index))),
        Operator::MemoryGrow { mem } => uses.push(Use::GrowMemory(MemoryIndex::from_u32(mem))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::test_support::with_module;

    #[test]
    fn uses_are_sorted_and_unique() {
        let wat = r#"(module
            (table $t 1 funcref) (table $u 1 funcref) (memory 1) (global $g (mut i32) (i32.const 0))
            (elem $e func $f)
            (func $f (param i32) (result i32)
                (global.set $g (global.get $g)) (global.set $g (i32.const 1))
                (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 0))
                (table.init $u $e (i32.const 0) (i32.const 0) (i32.const 0))
                (drop (call $f (call $f (i32.const 0))))
                (drop (memory.grow (i32.const 1)))
                (drop (ref.func $f))
                (drop (table.get $t (i32.const 0)))
                (call_indirect $u (param i32) (result i32) (i32.const 0) (i32.const 0))))"#;
        with_module(wat, |module| {
            let (t, u) = (TableIndex::from_u32(0), TableIndex::from_u32(1));
            let (f, g) = (FuncIndex::from_u32(0), GlobalIndex::from_u32(0));
            let expected = [
                Use::Call(f),
                Use::Reference(f),
                Use::ReadTable(t),
                Use::ReadTable(u),
                Use::WriteTable(t),
                Use::WriteTable(u),
                Use::ReadElements(ElementIndex::from_u32(0)),
                Use::ReadGlobal(g),
                Use::WriteGlobal(g),
                Use::GrowMemory(MemoryIndex::from_u32(0)),
            ];
            assert_eq!(scan(module, 1).of(DefinedFuncIndex::from_u32(0)), expected);
        });
    }
}
