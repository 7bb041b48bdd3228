//! Tables that nobody writes: the possible targets of each `call_indirect`.
//!
//! A fixed table has the contents that its initializer and the active segments give it, and these must be known to
//! succeed. That also goes for the segments that are applied *before* its last one: when one of them traps, instantiation
//! stops with the table half full, and functions that an earlier segment put into a stranger's table live on and see it.

use super::FixedTable;
use super::uses::Use;
use super::world::World;
use crate::index::{ElementIndex, FuncIndex, TableIndex};
use crate::module::{ConstValue, ElementItems, ElementSegment, Entity, Module, SegmentMode, Table};
use cranelift_codegen::entity::SecondaryMap;
use std::collections::HashSet;

/// Longest table that is looked at, and longest sum of tables that are: ten bytes can ask for a table of any length.
const ELEMENTS_MAX: u64 = 1 << 20;

/// The contents of tables that nobody writes.
pub(super) fn prove(
    module: &Module<'_>,
    uses: impl Iterator<Item = Use>,
    world: &World,
) -> SecondaryMap<TableIndex, Option<FixedTable>> {
    let written: HashSet<_> = uses
        .filter_map(|usage| match usage {
            Use::WriteTable(table) => Some(table),
            _ => None,
        })
        .collect();
    let mut remaining = ELEMENTS_MAX;
    let mut fixed = SecondaryMap::new();
    for (index, table) in module.tables.iter().skip(module.imported_tables as usize) {
        if !world.sees(Entity::Table(index)) && !written.contains(&index) && table.minimum <= remaining {
            fixed[index] = initial(table);
            remaining -= table.minimum;
        }
    }
    apply_segments(module, &mut fixed);
    fixed
}

/// The table before segments; `None` when its initializer is not known.
fn initial(table: &Table) -> Option<FixedTable> {
    let value = match &table.init {
        Some(init) => function(init.value()?)?,
        None => None,
    };
    Some(FixedTable { elements: vec![value; table.minimum as usize] })
}

/// Applies all active segments in order, and gives up on the tables whose contents they leave unknown.
fn apply_segments(module: &Module<'_>, fixed: &mut SecondaryMap<TableIndex, Option<FixedTable>>) {
    let first_that_may_trap =
        module.elements.iter().find(|(_, segment)| may_trap(module, segment)).map(|(index, _)| index);
    for (index, segment) in &module.elements {
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        let Some(table) = &mut fixed[*target] else { continue };
        let comes_too_late = first_that_may_trap.is_some_and(|first: ElementIndex| first <= index);
        let start = offset.value().and_then(ConstValue::as_offset).map(|start| start as usize);
        match (comes_too_late, start, &segment.items) {
            (false, Some(start), ElementItems::Functions(items)) => {
                table.elements[start..start + items.len()].copy_from_slice(items);
            }
            _ => fixed[*target] = None,
        }
    }
}

/// Whether applying the segment can fail. Tables are never shorter than their minimum.
fn may_trap(module: &Module<'_>, segment: &ElementSegment) -> bool {
    let SegmentMode::Active { target, offset } = &segment.mode else { return false };
    let start = offset.value().and_then(ConstValue::as_offset);
    let end = start.and_then(|start| start.checked_add(segment.items.len() as u64));
    end.is_none_or(|end| end > module.tables[*target].minimum)
}

/// A reference to a known function, or null.
fn function(value: ConstValue) -> Option<Option<FuncIndex>> {
    match value {
        ConstValue::RefNull => Some(None),
        ConstValue::RefFunc(function) => Some(Some(function)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};
    use crate::options::Options;

    /// The contents of the module's tables: `.` for null, `?` for a table that is not fixed.
    fn tables(fields: &str) -> Vec<String> {
        let wat = format!(
            r#"(module {fields} (func $a) (func $b)
                (func (export "set") (table.set 0 (i32.const 0) (ref.null func)))
                (func (export "call") (call_indirect 0 (i32.const 0))))"#
        );
        with_module(&wat, |module| {
            let roots = Some(vec!["call".to_owned()]);
            let facts = prove(module, &Options { roots, ..options() });
            let name = |function| module.names.symbol_name(function);
            let contents = |table| match &facts.fixed_tables[table] {
                Some(fixed) => fixed.elements.iter().map(|element| element.map_or(".", name)).collect(),
                None => "?".to_owned(),
            };
            module.tables.keys().map(contents).collect()
        })
    }

    #[test]
    fn segments_fill_tables_in_order() {
        let fields = "(table 4 funcref) (elem (i32.const 0) func $a $a) (elem (i32.const 1) func $b)";
        assert_eq!(tables(fields), ["ab.."]);
        let fields = "(table 3 funcref (ref.func $b)) (elem (i32.const 1) funcref (ref.null func))";
        assert_eq!(tables(fields), ["b.b"]);
        assert_eq!(tables("(table 0 funcref)"), [""]);
    }

    #[test]
    fn writes_and_strangers_make_a_table_unknown() {
        assert_eq!(tables(r#"(table 1 funcref) (table (export "call2") 1 funcref)"#), [".", "."]);
        assert_eq!(tables(r#"(import "" "" (table 1 funcref)) (table 1 funcref)"#), ["?", "."]);
        let written = r#"(table 1 funcref) (func $start (table.set 0 (i32.const 0) (ref.null func))) (start $start)"#;
        assert_eq!(tables(written), ["?"]);
        with_module(r#"(module (table (export "t") 1 funcref))"#, |module| {
            assert!(prove(module, &options()).fixed_tables.values().all(Option::is_none));
        });
    }

    #[test]
    fn what_is_not_known_to_succeed_is_unknown() {
        assert_eq!(tables("(table 1 funcref) (elem (i32.const 1) func $a)"), ["?"]);
        assert_eq!(tables("(table 1 funcref) (elem (i32.const -1) func)"), ["?"]);
        let imported = r#"(import "" "" (global $g i32)) (table 9 funcref) (elem (global.get $g) func $a)"#;
        assert_eq!(tables(imported), ["?"]);
        let expression =
            r#"(import "" "" (global $g funcref)) (table 1 funcref) (elem (i32.const 0) funcref (global.get $g))"#;
        assert_eq!(tables(expression), ["?"]);
    }

    #[test]
    fn a_segment_that_may_trap_hides_what_comes_after_it() {
        let fields = r#"(import "" "" (table $t 1 funcref)) (table $u 1 funcref) (table $v 1 funcref)
            (elem (table $u) (i32.const 0) func $a)
            (elem (table $t) (i32.const 1) func $a)
            (elem (table $v) (i32.const 0) func $b)"#;
        assert_eq!(tables(fields), ["?", "a", "?"]);
    }

    #[test]
    fn huge_tables_are_not_looked_at() {
        assert_eq!(tables("(table 0xffffffff funcref) (table 1 funcref)"), ["?", "."]);
    }
}
