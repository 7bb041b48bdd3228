//! Tables that nobody writes: the possible targets of each `call_indirect`.
//!
//! A fixed table has the contents that its initializer and the active segments give it, and these must be known to
//! succeed. That also goes for the segments that are applied *before* its last one: when one of them traps, instantiation
//! stops with the table half full, and functions that an earlier segment put into a stranger's table live on and see it.

use super::uses::Use;
use super::world::World;
use crate::index::{CanonicalTypeIndex, ElementIndex, FuncIndex, TableIndex};
use crate::module::{ConstValue, ElementItems, ElementSegment, Entity, Module, SegmentMode, Table};
use cranelift_codegen::entity::SecondaryMap;
use std::collections::{BTreeMap, HashSet};

/// Longest table that is looked at, and longest sum of tables that are: ten bytes can ask for a table of any length.
const ELEMENTS_MAX: u64 = 1 << 20;

/// A table that nobody writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct FixedTable {
    /// Every element, `None` for null. Its length is the table's.
    pub(crate) elements: Vec<Option<FuncIndex>>,
    /// The elements that a `call_indirect` of each type may call: those of the type and of its subtypes. Types without
    /// such elements have no entry.
    members: BTreeMap<CanonicalTypeIndex, Members>,
}

/// The elements of one table that are of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Members {
    /// The lowest index.
    pub(crate) first: u64,
    /// The highest index.
    pub(crate) last: u64,
    /// How many there are.
    pub(crate) count: u64,
    /// The function, where they are all the same.
    pub(crate) only: Option<FuncIndex>,
    /// Index and function of the first few: [`Members::FEW`] of them and one more.
    elements: Vec<(u64, FuncIndex)>,
    /// Their types: the one they were looked up by, or subtypes of it.
    pub(crate) types: Vec<CanonicalTypeIndex>,
}

impl Members {
    /// This many targets are compared with one after the other.
    pub(crate) const FEW: usize = 3;

    /// All elements, if they are few.
    pub(crate) fn few(&self) -> Option<&[(u64, FuncIndex)]> {
        (self.elements.len() <= Self::FEW).then_some(&self.elements)
    }

    /// Whether no element of another type, and no null, stands between two of them.
    pub(crate) fn are_contiguous(&self) -> bool {
        self.last - self.first == self.count - 1
    }

    fn new(index: u64, function: FuncIndex) -> Self {
        Members { first: index, last: index, count: 0, only: Some(function), elements: vec![], types: vec![] }
    }

    fn add(&mut self, index: u64, function: FuncIndex, ty: CanonicalTypeIndex) {
        self.last = index;
        self.count += 1;
        self.only = self.only.filter(|&only| only == function);
        if self.elements.len() <= Self::FEW {
            self.elements.push((index, function));
        }
        if !self.types.contains(&ty) {
            self.types.push(ty);
        }
    }
}

impl FixedTable {
    /// The elements that a `call_indirect` of this type may call, if there are any.
    pub(crate) fn members(&self, ty: CanonicalTypeIndex) -> Option<&Members> {
        self.members.get(&ty)
    }

    /// Number of elements up to the last one that is not null.
    pub(crate) fn used(&self) -> usize {
        self.elements.iter().rposition(Option::is_some).map_or(0, |last| last + 1)
    }

    fn sort_by_type(&mut self, module: &Module<'_>) {
        for (index, function) in (0..).zip(&self.elements) {
            let Some(function) = *function else { continue };
            let ty = module.types.defined[module.functions[function].ty].canonical;
            for &called_as in module.types.canonical[ty].supers.iter().chain([&ty]) {
                let members = self.members.entry(called_as).or_insert_with(|| Members::new(index, function));
                members.add(index, function, ty);
            }
        }
    }
}

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
    for table in fixed.values_mut().flatten() {
        table.sort_by_type(module);
    }
    fixed
}

/// The table before segments; `None` when its initializer is not known.
fn initial(table: &Table) -> Option<FixedTable> {
    let value = match &table.init {
        Some(init) => function(init.value()?)?,
        None => None,
    };
    Some(FixedTable { elements: vec![value; table.minimum as usize], ..FixedTable::default() })
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
    fn calls_of_a_type_reach_its_elements_and_those_of_subtypes() {
        let wat = r#"(module (type $open (sub (func))) (type $sub (sub final $open (func))) (type $other (func (param i32)))
            (table 9 funcref) (elem (i32.const 1) func $o $p $p) (elem (i32.const 5) func $s $o $s)
            (func $o (type $open)) (func $p (type $other)) (func $s (type $sub)))"#;
        with_module(wat, |module| {
            let facts = prove(module, &Options { roots: Some(Vec::new()), ..options() });
            let table = facts.fixed_tables.values().next().and_then(Option::as_ref).expect("nobody writes it");
            let members = |function: u32| {
                let ty = module.functions[crate::index::FuncIndex::from_u32(function)].ty;
                let members = table.members(module.types.defined[ty].canonical).expect("the function itself");
                let few = members.few().map_or(0, <[_]>::len);
                (members.first, members.last, members.count, members.only.is_some(), few, members.types.len())
            };
            assert_eq!(members(0), (1, 7, 4, false, 0, 2));
            assert_eq!(members(1), (2, 3, 2, true, 2, 1));
            assert_eq!(members(2), (5, 7, 2, true, 2, 1));
            assert_eq!(table.used(), 8);
        });
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
