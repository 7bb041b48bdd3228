//! Functions that exports and start can reach.
//!
//! A function runs when it is called by its index, through a table, through a reference, or by a stranger. References come
//! from `ref.func`, globals, tables and element segments, and whoever holds one may call it, so a function is reachable as
//! soon as reachable code, or a stranger, can get hold of it. Only `call_indirect` is looked at more closely: of what the
//! module itself puts into a table at instantiation, it reaches the functions of its type.
//!
//! ```text
//! roots ─► function ─► calls, ref.func ─────────────────────────────► function
//!                   ─► global.get ─► global ─► its initializer ─────► function, global
//!                   ─► table.get, table.copy ─► table ─► segments ──► function, global
//!                   ─► call_indirect ─► table at a type ─► segments ─► functions of the type
//!                   ─► table.init ─► segment ───────────────────────► function, global
//! ```

use super::uses::{Use, Uses};
use super::world::World;
use crate::index::{CanonicalTypeIndex, ElementIndex, FuncIndex, GlobalIndex, TableIndex};
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
    tables: HashMap<TableIndex, TableSources<'a>>,
    reachable: SecondaryMap<FuncIndex, bool>,
    /// Reachable functions whose uses have not been followed yet.
    pending: Vec<FuncIndex>,
    seen_globals: HashSet<GlobalIndex>,
    seen_tables: HashSet<TableIndex>,
    seen_elements: HashSet<ElementIndex>,
}

/// What instantiation puts into a table.
#[derive(Default)]
struct TableSources<'a> {
    expressions: Vec<&'a ConstExpr>,
    segments: Vec<ElementIndex>,
    /// Known functions by their type and each of its supertypes.
    functions: HashMap<CanonicalTypeIndex, Vec<FuncIndex>>,
    /// Something there is not a function known by its index, so its type is not known either.
    opaque: bool,
}

impl<'a> TableSources<'a> {
    fn add(&mut self, module: &Module<'_>, function: FuncIndex) {
        let ty = module.types.defined[module.functions[function].ty].canonical;
        let supers = &module.types.canonical[ty].supers;
        for &ty in supers.iter().chain([&ty]) {
            self.functions.entry(ty).or_default().push(function);
        }
    }

    fn add_expression(&mut self, module: &Module<'_>, expr: &'a ConstExpr) {
        self.expressions.push(expr);
        match expr.references(module.wasm) {
            (functions, globals) if globals.is_empty() => {
                functions.into_iter().for_each(|function| self.add(module, function));
            }
            _ => self.opaque = true,
        }
    }
}

impl<'a> Search<'a> {
    fn new(module: &'a Module<'a>) -> Self {
        let mut tables = HashMap::<_, TableSources<'a>>::new();
        for (index, table) in &module.tables {
            if let Some(init) = &table.init {
                tables.entry(index).or_default().add_expression(module, init);
            }
        }
        for (index, segment) in &module.elements {
            let SegmentMode::Active { target, .. } = segment.mode else { continue };
            let sources = tables.entry(target).or_default();
            sources.segments.push(index);
            match &segment.items {
                ElementItems::Functions(functions) => {
                    functions.iter().flatten().for_each(|&function| sources.add(module, function));
                }
                ElementItems::Expressions(exprs) => {
                    exprs.iter().for_each(|expr| sources.add_expression(module, expr));
                }
            }
        }
        Search {
            module,
            tables,
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
            Use::CallTable(table, ty) => self.table_at_type(table, self.module.types.defined[ty].canonical),
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
        if let Some(sources) = self.tables.get_mut(&table) {
            let (expressions, segments) =
                (std::mem::take(&mut sources.expressions), std::mem::take(&mut sources.segments));
            expressions.into_iter().for_each(|expr| self.expression(expr));
            segments.into_iter().for_each(|segment| self.segment(segment));
        }
    }

    /// Someone can call everything of this type in the table.
    fn table_at_type(&mut self, table: TableIndex, ty: CanonicalTypeIndex) {
        let Some(sources) = self.tables.get_mut(&table) else { return };
        if sources.opaque {
            return self.table(table);
        }
        // Taken out, so that the next call at this type finds nothing to do.
        let functions = sources.functions.remove(&ty).unwrap_or_default();
        functions.into_iter().for_each(|function| self.function(function));
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
                r#"(module (table $t 4 funcref) (table $u 4 funcref) (type $v (func)) (type $i (func (param i32)))
                (elem (table $t) (i32.const 0) func $a $b) (elem (table $u) (i32.const 0) func $c)
                (elem $passive func $d) (elem declare func $e)
                (func $a) (func $b (param i32)) (func $c) (func $d) (func $e)
                (func $root (export "root") {root}))"#
            )
        };
        for (root, expected) in [
            ("", &["root"][..]),
            ("(call_indirect $t (type $v) (i32.const 0))", &["a", "root"]),
            ("(call_indirect $t (type $i) (i32.const 0) (i32.const 0))", &["b", "root"]),
            ("(drop (table.get $t (i32.const 0)))", &["a", "b", "root"]),
            ("(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 0))", &["c", "root"]),
            ("(table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 0))", &["d", "root"]),
            ("(drop (ref.func $e))", &["e", "root"]),
        ] {
            assert_eq!(reachable(&["root"], &module(root)), expected, "{root}");
        }
    }

    #[test]
    fn subtypes_are_called_through_their_supertypes() {
        let wat = r#"(module (table 2 funcref)
            (type $super (sub (func))) (type $sub (sub $super (func))) (type $other (sub (func (param i32))))
            (elem (i32.const 0) func $a $b $c)
            (func $a (type $sub)) (func $b (type $super)) (func $c (type $other) (param i32))
            (func (export "up") (call_indirect (type $super) (i32.const 0)))
            (func (export "down") (call_indirect (type $sub) (i32.const 0))))"#;
        assert_eq!(reachable(&["up"], wat), ["a", "b", "up"]);
        assert_eq!(reachable(&["down"], wat), ["a", "down"]);
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
