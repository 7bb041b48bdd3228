//! `aot dump --stage facts`: what was proved, one line per entity. What is not mentioned is not known.

use super::{Facts, Size};
use crate::index::FuncIndex;
use crate::module::Module;
use std::fmt::{self, Write};

/// The facts as text.
pub(crate) fn text(module: &Module<'_>, facts: &Facts) -> String {
    let mut out = String::new();
    write(module, facts, &mut out).expect("writing to a string cannot fail");
    out
}

fn write(module: &Module<'_>, facts: &Facts, out: &mut String) -> fmt::Result {
    let reachable = module.functions.keys().filter(|&function| facts.reachable[function]).count();
    writeln!(out, "facts: {reachable} of {} functions are reachable", module.functions.len())?;
    for function in module.functions.keys().filter(|&function| !facts.reachable[function]) {
        writeln!(out, "func {}: unreachable, symbol {}", function.as_u32(), module.names.symbol_name(function))?;
    }
    let no_tail_call = |&function: &FuncIndex| facts.reachable[function] && !facts.tail_calls[function];
    for function in module.functions.keys().filter(no_tail_call) {
        writeln!(out, "func {}: no tail calls", function.as_u32())?;
    }
    for function in module.functions.keys() {
        if let Some(known) = facts.known_bodies[function] {
            writeln!(out, "func {}: known as {known:?}", function.as_u32())?;
        }
    }
    for function in module.functions.keys() {
        let calls = match facts.inlinable.size(function) {
            Size::Large => continue,
            Size::Small => "calls in loops",
            Size::Tiny => "all calls",
        };
        writeln!(out, "func {}: {calls} are replaced by its body", function.as_u32())?;
    }
    for (index, table) in &module.tables {
        if let Some(fixed) = &facts.fixed_tables[index] {
            let element = |element: &Option<FuncIndex>| {
                element.map_or_else(|| "null".to_owned(), |function| function.as_u32().to_string())
            };
            let elements = fixed.elements.iter().map(element).collect::<Vec<_>>().join(", ");
            writeln!(out, "table {}: always {} elements [{elements}]", index.as_u32(), table.minimum)?;
        }
    }
    for (index, memory) in &module.memories {
        if facts.fixed_memories[index] {
            writeln!(out, "memory {}: always {} pages", index.as_u32(), memory.minimum)?;
        }
    }
    for index in module.globals.keys() {
        if let Some(value) = facts.constant_globals[index] {
            writeln!(out, "global {}: always {value}", index.as_u32())?;
        }
    }
    if let Some(global) = facts.register_global {
        writeln!(out, "global {}: worth a register", global.as_u32())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::facts::{Facts, prove};
    use crate::module::test_support::{options, with_module};

    #[test]
    fn every_fact_has_a_line() {
        let wat = r#"(module (table 2 funcref) (memory 3) (global (mut i32) (i32.const 7))
            (global $sp (mut i64) (i64.const 8))
            (elem (i32.const 1) func $a) (func $a) (func $root (export "root") (global.set $sp (i64.const 9))))"#;
        with_module(wat, |module| {
            let text = super::text(module, &prove(module, &options()));
            let expected = "facts: 1 of 2 functions are reachable\nfunc 0: unreachable, symbol a\nfunc 1: no tail calls\n\
                            func 1: all calls are replaced by its body\n\
                            table 0: always 2 elements [null, 0]\nmemory 0: always 3 pages\nglobal 0: always 7\n\
                            global 1: worth a register\n";
            assert_eq!(text, expected);
            assert_eq!(super::text(module, &Facts::none()), "facts: 2 of 2 functions are reachable\n");
        });
    }
}
