//! Functions that exports and start can reach.
//!
//! A function runs when it is called by its index, through a table, through a reference, or by a stranger. References come
//! from `ref.func`, globals, tables and element segments, and whoever holds one may call it, so a function is reachable as
//! soon as reachable code, or a stranger, can get hold of it.
//!
//! ```text
//! roots ─► function ─► calls, ref.func ───────────────────────────────────► function
//!                   ─► global.get ─► global ─► its initializer ───────────► function, global
//!                   ─► call_indirect, table.get, table.copy ─► table ─► its initializer and segments
//!                   ─► table.init ─► segment ─────────────────────────────► function, global
//! ```
//!
//! A `call_indirect` reaches the whole table, not only the functions of its type: the others decide which trap a call of
//! the wrong type raises, and a table without them would raise the one for null.

use super::uses::{Use, Uses};
use super::world::World;
use crate::index::{ElementIndex, FuncIndex, GlobalIndex, TableIndex};
use crate::module::{ConstExpr, ElementItems, Entity, Module, SegmentMode};
use cranelift_codegen::entity::SecondaryMap;
use std::collections::{HashMap, HashSet};

/// `true` for functions that can run, imports included.
pub(super) fn prove(module: &Module<'_>, uses: &Uses, world: &World) -> SecondaryMap<FuncIndex, bool> {
    let mut search = Search::new(module);
    search.roots(world);
    while let Some(function) = search.pending.pop() {
        if let Some(body) = module.defined(function) {
            uses.of(body).iter().for_each(|&usage| search.follow(usage));
        }
    }
    search.reachable
}

struct Search<'a> {
    module: &'a Module<'a>,
    /// Active segments by their table.
    segments: HashMap<TableIndex, Vec<ElementIndex>>,
    reachable: SecondaryMap<FuncIndex, bool>,
    /// Reachable functions whose uses have not been followed yet.
    pending: Vec<FuncIndex>,
    seen_globals: HashSet<GlobalIndex>,
    seen_tables: HashSet<TableIndex>,
    seen_elements: HashSet<ElementIndex>,
}

impl<'a> Search<'a> {
    fn new(module: &'a Module<'a>) -> Self {
        let mut segments = HashMap::<_, Vec<_>>::new();
        for (index, segment) in &module.elements {
            if let SegmentMode::Active { target, .. } = segment.mode {
                segments.entry(target).or_default().push(index);
            }
        }
        Search {
            module,
            segments,
            reachable: SecondaryMap::with_default(false),
            pending: Vec::new(),
            seen_globals: HashSet::new(),
            seen_tables: HashSet::new(),
            seen_elements: HashSet::new(),
        }
    }

    fn roots(&mut self, world: &World) {
        for entity in world.visible() {
            match entity {
                Entity::Function(function) => self.function(function),
                Entity::Table(table) => self.table(table),
                Entity::Global(global) => self.global(global),
                Entity::Memory(_) | Entity::Tag(_) => {}
            }
        }
        if let Some(start) = self.module.start {
            self.function(start);
        }
        // What instantiation puts into a stranger's table is the stranger's.
        for table in 0..self.module.imported_tables {
            self.table(TableIndex::from_u32(table));
        }
    }

    fn follow(&mut self, usage: Use) {
        match usage {
            Use::Call(function) | Use::Reference(function) => self.function(function),
            Use::ReadTable(table) => self.table(table),
            Use::ReadElements(segment) => self.segment(segment),
            Use::ReadGlobal(global) => self.global(global),
            Use::TailCall(_) | Use::TailCallUnknown | Use::WriteTable(_) | Use::WriteGlobal(_) | Use::GrowMemory(_) => {
            }
        }
    }

    fn function(&mut self, function: FuncIndex) {
        if !std::mem::replace(&mut self.reachable[function], true) {
            self.pending.push(function);
        }
    }

    /// Someone can get hold of everything in the table.
    fn table(&mut self, table: TableIndex) {
        if !self.seen_tables.insert(table) {
            return;
        }
        if let Some(init) = &self.module.tables[table].init {
            self.expression(init);
        }
        let segments = self.segments.remove(&table).unwrap_or_default();
        segments.into_iter().for_each(|segment| self.segment(segment));
    }

    fn segment(&mut self, segment: ElementIndex) {
        if !self.seen_elements.insert(segment) {
            return;
        }
        let module = self.module;
        match &module.elements[segment].items {
            ElementItems::Functions(functions) => {
                functions.iter().flatten().for_each(|&function| self.function(function));
            }
            ElementItems::Expressions(exprs) => exprs.iter().for_each(|expr| self.expression(expr)),
        }
    }

    fn global(&mut self, global: GlobalIndex) {
        let mut pending = vec![global];
        while let Some(global) = pending.pop() {
            if self.seen_globals.insert(global)
                && let Some(init) = &self.module.globals[global].init
            {
                let (functions, globals) = init.references(self.module.wasm);
                functions.into_iter().for_each(|function| self.function(function));
                pending.extend(globals);
            }
        }
    }

    fn expression(&mut self, expr: &ConstExpr) {
        let (functions, globals) = expr.references(self.module.wasm);
        functions.into_iter().for_each(|function| self.function(function));
        globals.into_iter().for_each(|global| self.global(global));
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};
    use crate::options::Options;

    /// Names of the functions that are reachable from these exports.
    fn reachable(roots: &[&str], wat: &str) -> Vec<String> {
        let roots = Some(roots.iter().map(|&root| root.to_owned()).collect());
        with_module(wat, |module| {
            let facts = prove(module, &Options { roots, ..options() });
            let names = module.functions.keys().filter(|&function| facts.reachable[function]);
            names.map(|function| module.names.symbol_name(function).to_owned()).collect()
        })
    }

    #[test]
    fn calls_are_followed_from_roots_and_start() {
        let wat = r#"(module
            (import "" "" (func $import)) (import "" "" (func $unused_import))
            (func $root (export "root") (call $a)) (func $a (call $import) (return_call $a))
            (func $dead (export "dead") (call $a)) (func $start (call $b)) (func $b) (start $start))"#;
        assert_eq!(reachable(&["root"], wat), ["import", "root", "a", "start", "b"]);
        assert_eq!(reachable(&["dead"], wat), ["import", "a", "dead", "start", "b"]);
    }

    #[test]
    fn tables_matter_when_someone_uses_them() {
        let module = |root: &str| {
            format!(
                r#"(module (table $t 4 funcref) (table $u 4 funcref) (type $v (func))
                (elem (table $t) (i32.const 0) func $a $b) (elem (table $u) (i32.const 0) func $c)
                (elem $passive func $d) (elem declare func $e)
                (func $a) (func $b (param i32)) (func $c) (func $d) (func $e)
                (func $root (export "root") {root}))"#
            )
        };
        for (root, expected) in [
            ("", &["root"][..]),
            ("(call_indirect $t (type $v) (i32.const 0))", &["a", "b", "root"]),
            ("(drop (table.get $t (i32.const 0)))", &["a", "b", "root"]),
            ("(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 0))", &["c", "root"]),
            ("(table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 0))", &["d", "root"]),
            ("(drop (ref.func $e))", &["e", "root"]),
        ] {
            assert_eq!(reachable(&["root"], &module(root)), expected, "{root}");
        }
    }

    #[test]
    fn strangers_reach_exported_and_imported_tables_and_globals() {
        let wat = r#"(module (import "" "" (table $imported 1 funcref)) (table $t (export "t") 1 funcref)
            (global $g (export "g") funcref (ref.func $c)) (global $h (export "h") (ref null func) (global.get $g))
            (elem (table $t) (i32.const 0) func $b) (elem (table $imported) (i32.const 0) func $a)
            (func $a) (func $b) (func $c))"#;
        assert_eq!(reachable(&[], wat), ["a"]);
        assert_eq!(reachable(&["t"], wat), ["a", "b"]);
        assert_eq!(reachable(&["h"], wat), ["a", "c"]);
    }

    #[test]
    fn initializers_that_are_not_folded_are_followed() {
        let wat = r#"(module (import "" "" (global $i funcref)) (type $v (func))
            (table $t 2 funcref)
            (global $g funcref (ref.func $a))
            (elem (table $t) (i32.const 0) funcref (global.get $g) (global.get $i))
            (func $a) (func $b)
            (func (export "call") (call_indirect $t (type $v) (i32.const 0))))"#;
        assert_eq!(reachable(&["call"], wat), ["a", "call"]);
    }
}
