//! `aot dump --stage module`: the module as text, one line per entity, in the order of index spaces.
//!
//! Close to the text format, so that nobody has to learn another one; bodies are left to the later stages.

use super::{
    Composite, ConstExpr, ConstValue, ElementItems, Entity, FunctionType, HeapType, Memory, Module, RefType,
    SegmentMode, Table, ValType,
};
use crate::index::{FuncIndex, TypeIndex};
use crate::module::types::{Field, Storage, TypeDef};
use cranelift_codegen::entity::EntityRef;
use std::fmt::{self, Display, Write};

/// The module as text.
pub(crate) fn text(module: &Module<'_>) -> String {
    let mut out = String::new();
    write(module, &mut out).expect("writing to a string cannot fail");
    out
}

fn write(module: &Module<'_>, out: &mut String) -> fmt::Result {
    match &module.name {
        Some(name) => writeln!(out, "module {name:?}")?,
        None => writeln!(out, "module")?,
    }
    for (index, ty) in &module.types.defined {
        writeln!(out, "type {}: {}", index.as_u32(), type_text(module, ty))?;
    }
    for (number, import) in module.imports.iter().enumerate() {
        writeln!(out, "import {number}: {:?}.{:?} {}", import.module, import.field, entity(import.entity))?;
    }
    for (index, function) in &module.functions {
        write!(out, "func {}: type {}", index.as_u32(), function.ty.as_u32())?;
        match module.defined(index).map(|body| &module.bodies[body]) {
            Some(body) => {
                let (start, length) = (body.range.start, body.range.len());
                write!(out, ", {} operators in {length} bytes at {start:#x}", body.operators)?;
            }
            None => write!(out, ", imported")?,
        }
        if module.referenced.contains(&index) {
            write!(out, ", referenced")?;
        }
        write!(out, ", symbol {}", module.names.symbol_name(index))?;
        match module.names.display_name(index) {
            Some(name) if name != module.names.symbol_name(index) => writeln!(out, ", name {name:?}")?,
            _ => writeln!(out)?,
        }
    }
    for (index, table) in &module.tables {
        let imported = imported(index.as_u32() < module.imported_tables);
        write!(out, "table {}: {}{imported}", index.as_u32(), table_text(table))?;
        match &table.init {
            Some(init) => writeln!(out, ", each {}", expr(module, init))?,
            None => writeln!(out)?,
        }
    }
    for (index, memory) in &module.memories {
        let imported = imported(index.as_u32() < module.imported_memories);
        writeln!(out, "memory {}: {}{imported}", index.as_u32(), memory_text(memory))?;
    }
    for (index, global) in &module.globals {
        let mutable = if global.mutable { "mut " } else { "" };
        write!(out, "global {}: {mutable}{}", index.as_u32(), global.ty)?;
        match &global.init {
            Some(init) => writeln!(out, " = {}", expr(module, init))?,
            None => writeln!(out, ", imported")?,
        }
    }
    for (index, tag) in &module.tags {
        let imported = imported(index.as_u32() < module.imported_tags);
        writeln!(out, "tag {}: type {}{imported}", index.as_u32(), tag.ty.as_u32())?;
    }
    for export in &module.exports {
        writeln!(out, "export {:?}: {}", export.name, entity(export.entity))?;
    }
    if let Some(start) = module.start {
        writeln!(out, "start: func {}", start.as_u32())?;
    }
    for (index, segment) in &module.elements {
        let mode = mode(module, &segment.mode, |table| format!("table {}", table.as_u32()));
        let items = match &segment.items {
            ElementItems::Functions(functions) => list(functions.iter().map(|&function| optional(function))),
            ElementItems::Expressions(exprs) => list(exprs.iter().map(|item| expr(module, item))),
        };
        writeln!(out, "elem {}: {mode}, {} [{items}]", index.as_u32(), segment.element)?;
    }
    for (index, segment) in &module.data {
        let mode = mode(module, &segment.mode, |memory| format!("memory {}", memory.as_u32()));
        writeln!(out, "data {}: {mode}, {} bytes{}", index.as_u32(), segment.bytes.len(), preview(segment.bytes))?;
    }
    let mut hints: Vec<_> = module.branch_hints.iter().collect();
    hints.sort_unstable();
    for (&(body, offset), taken) in hints {
        let likely = if *taken { "likely" } else { "unlikely" };
        writeln!(out, "branch hint: func {} at {offset:#x}, {likely}", module.imported_functions + body.as_u32())?;
    }
    Ok(())
}

fn type_text(module: &Module<'_>, ty: &TypeDef) -> String {
    let composite = match &ty.composite {
        Composite::Function(function) => format!("func {function}"),
        Composite::Struct(fields) => format!("struct ({})", list(fields.iter())),
        Composite::Array(field) => format!("array {field}"),
    };
    let open = if ty.is_final { "" } else { ", open" };
    let supertype = ty.supertype.map_or_else(String::new, |index| format!(", sub {}", index.as_u32()));
    let canonical = &module.types.canonical[ty.canonical];
    let same = match canonical.example {
        example if std::ptr::eq(&raw const module.types.defined[example], ty) => String::new(),
        example => format!(", same as {}", example.as_u32()),
    };
    let hash: String = canonical.hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{composite}{open}{supertype}{same}, hash {hash}…")
}

fn table_text(table: &Table) -> String {
    format!("{}{} {}", index_type(table.is_64), limits(table.minimum, table.maximum), table.element)
}

fn memory_text(memory: &Memory) -> String {
    let shared = if memory.shared { " shared" } else { "" };
    let pages = limits(memory.minimum, memory.maximum);
    let page_size = match memory.page_log2 {
        16 => String::new(),
        log2 => format!(" pagesize {}", 1_u64 << log2),
    };
    format!("{}{pages}{shared}{page_size}", index_type(memory.is_64))
}

fn index_type(is_64: bool) -> &'static str {
    if is_64 { "i64 " } else { "" }
}

fn limits(minimum: u64, maximum: Option<u64>) -> String {
    maximum.map_or_else(|| format!("{minimum}.."), |maximum| format!("{minimum}..={maximum}"))
}

fn imported(imported: bool) -> &'static str {
    if imported { ", imported" } else { "" }
}

fn entity(entity: Entity) -> String {
    match entity {
        Entity::Function(index) => format!("func {}", index.as_u32()),
        Entity::Table(index) => format!("table {}", index.as_u32()),
        Entity::Memory(index) => format!("memory {}", index.as_u32()),
        Entity::Global(index) => format!("global {}", index.as_u32()),
        Entity::Tag(index) => format!("tag {}", index.as_u32()),
    }
}

fn mode<I: EntityRef>(module: &Module<'_>, mode: &SegmentMode<I>, target_text: impl Fn(I) -> String) -> String {
    match mode {
        SegmentMode::Passive => "passive".to_owned(),
        SegmentMode::Declared => "declared".to_owned(),
        SegmentMode::Active { target, offset } => format!("{} at {}", target_text(*target), expr(module, offset)),
    }
}

fn expr(module: &Module<'_>, expr: &ConstExpr) -> String {
    match expr {
        ConstExpr::Value(value) => value.to_string(),
        ConstExpr::Code(range) => {
            let bytes = &module.wasm[range.clone()];
            format!("code {}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
        }
    }
}

/// A function of a table, or null.
fn optional(function: Option<FuncIndex>) -> String {
    function.map_or_else(|| "null".to_owned(), |function| function.as_u32().to_string())
}

/// The first bytes of a segment.
fn preview(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    match bytes.len() {
        0 => String::new(),
        length if length <= SHOWN => format!(" \"{}\"", bytes.escape_ascii()),
        _ => format!(" \"{}\"…", bytes[..SHOWN].escape_ascii()),
    }
}

fn list<T: Display>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

impl Display for ConstValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConstValue::I32(value) => write!(f, "{value}"),
            ConstValue::I64(value) => write!(f, "{value}"),
            // Bits as well where the value does not say it all.
            ConstValue::F32(bits) if f32::from_bits(*bits).is_nan() => write!(f, "nan {bits:#x}"),
            ConstValue::F64(bits) if f64::from_bits(*bits).is_nan() => write!(f, "nan {bits:#x}"),
            ConstValue::F32(bits) => write!(f, "{:?}", f32::from_bits(*bits)),
            ConstValue::F64(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            ConstValue::V128(value) => write!(f, "{value:#034x}"),
            ConstValue::RefNull => write!(f, "null"),
            ConstValue::RefFunc(function) => write!(f, "func {}", function.as_u32()),
        }
    }
}

impl Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}) -> ({})", list(self.params.iter()), list(self.results.iter()))
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mutable {
            f.write_str("mut ")?;
        }
        match self.storage {
            Storage::I8 => f.write_str("i8"),
            Storage::I16 => f.write_str("i16"),
            Storage::Value(value) => value.fmt(f),
        }
    }
}

impl Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

impl Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let null = if self.nullable { "null " } else { "" };
        write!(f, "(ref {null}{})", self.heap)
    }
}

impl Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Any => "any",
            HeapType::Eq => "eq",
            HeapType::I31 => "i31",
            HeapType::Struct => "struct",
            HeapType::Array => "array",
            HeapType::Exn => "exn",
            HeapType::NoFunc => "nofunc",
            HeapType::NoExtern => "noextern",
            HeapType::NoExn => "noexn",
            HeapType::None => "none",
            HeapType::Concrete(index) => return write!(f, "{}", TypeIndex::as_u32(*index)),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::module::test_support::with_module;

    #[test]
    fn every_entity_has_a_line() {
        let wat = r#"(module $m
            (type $a (sub (func (param i32 (ref null $a)) (result f64))))
            (type $b (func))
            (type $c (func))
            (import "env" "f" (func $f (type $b)))
            (import "env" "g" (global $g i32))
            (table $t 1 2 funcref)
            (memory i64 1 4)
            (memory 0 (pagesize 1))
            (global (mut f32) (f32.const -0.5))
            (func $one (export "o n e") (type $c))
            (func $one_of_two (call $one))
            (start $one_of_two)
            (elem (table $t) (i32.const 1) funcref (ref.func $one) (ref.null func))
            (data (offset (i64.const 3)) "he\00llo")
            (data "passive"))"#;
        let text = with_module(wat, super::text);
        let expected = r#"module "m"
type 0: func (i32, (ref null 0)) -> (f64), open, hash HASH
type 1: func () -> (), hash HASH
type 2: func () -> (), same as 1, hash HASH
import 0: "env"."f" func 0
import 1: "env"."g" global 0
func 0: type 1, imported, symbol f
func 1: type 2, 1 operators in 2 bytes at OFFSET, referenced, symbol one
func 2: type 1, 2 operators in 4 bytes at OFFSET, symbol one_of_two
table 0: 1..=2 (ref null func)
memory 0: i64 1..=4
memory 1: 0.. pagesize 1
global 0: i32, imported
global 1: mut f32 = -0.5
export "o n e": func 1
start: func 2
elem 0: table 0 at 1, (ref null func) [1, null]
data 0: memory 0 at 3, 6 bytes "he\x00llo"
data 1: passive, 7 bytes "passive"
"#;
        let masked: String = text
            .lines()
            .map(|line| {
                let line = match line.split_once(", hash ") {
                    Some((start, _)) => format!("{start}, hash HASH"),
                    None => line.to_owned(),
                };
                let line = match line.split_once(" at 0x") {
                    Some((start, end)) => format!("{start} at OFFSET{}", end.trim_start_matches(|c| c != ',')),
                    None => line,
                };
                line + "\n"
            })
            .collect();
        assert_eq!(masked, expected);
    }
}
