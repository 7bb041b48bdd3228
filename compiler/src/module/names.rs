//! Names of functions: as they are for messages and backtraces, and made unique and printable for symbols.
//!
//! Names come from the name section, then from exports, then, for imports, from the import. A malformed name section is
//! not an error: what could be read of it is used.

use super::{Entity, Export, Import};
use crate::index::FuncIndex;
use cranelift_codegen::entity::{EntityRef, PrimaryMap};
use std::collections::HashSet;
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// Longest symbol name in bytes, so that prefixes and suffixes fit into 255.
const SYMBOL_BYTES_MAX: usize = 200;

/// Names of the functions of a module.
#[derive(Debug, Default)]
pub(crate) struct Names {
    display: PrimaryMap<FuncIndex, Option<String>>,
    symbols: PrimaryMap<FuncIndex, String>,
}

impl Names {
    /// The name for messages and backtraces, exactly as the module spells it.
    pub(crate) fn display_name(&self, function: FuncIndex) -> Option<&str> {
        self.display.get(function)?.as_deref()
    }

    /// A name for symbols: unique in the module, without spaces, control characters and `@`, not empty, and at most 200
    /// bytes long.
    pub(crate) fn symbol_name(&self, function: FuncIndex) -> &str {
        &self.symbols[function]
    }

    /// Makes the names of all functions.
    pub(super) fn new(function_count: usize, section: NameSection, imports: &[Import], exports: &[Export]) -> Self {
        let mut display = section.functions;
        display.resize(function_count, None);
        for export in exports {
            if let Entity::Function(function) = export.entity
                && let Some(name @ None) = display.get_mut(function.index())
            {
                *name = Some(export.name.clone());
            }
        }
        for import in imports {
            if let Entity::Function(function) = import.entity
                && let Some(name @ None) = display.get_mut(function.index())
            {
                *name = Some(format!("{}.{}", import.module, import.field));
            }
        }
        let symbols = unique_symbols(&display);
        Names { display: display.into_iter().collect(), symbols }
    }
}

/// What the name section says.
#[derive(Debug, Default)]
pub(super) struct NameSection {
    pub(super) module: Option<String>,
    /// By function index; as long as needed.
    functions: Vec<Option<String>>,
}

impl NameSection {
    /// Reads a name section, up to where it is malformed. Names of functions that do not exist are ignored.
    pub(super) fn read(reader: BinaryReader<'_>, function_count: usize) -> Self {
        let mut section = NameSection::default();
        for subsection in NameSectionReader::new(reader) {
            match subsection {
                Ok(Name::Module { name, .. }) => section.module = Some(name.to_owned()),
                Ok(Name::Function(names)) => {
                    section.functions.resize(function_count, None);
                    for naming in names {
                        let Ok(naming) = naming else { break };
                        let Some(function) = section.functions.get_mut(naming.index as usize) else { break };
                        // A compiler that has no name for a function may say so.
                        if !naming.name.is_empty() {
                            *function = Some(naming.name.to_owned());
                        }
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        section
    }
}

/// The first function with a name gets it; the others get it with their index.
fn unique_symbols(display: &[Option<String>]) -> PrimaryMap<FuncIndex, String> {
    let mut taken = HashSet::with_capacity(display.len());
    let mut symbols = PrimaryMap::with_capacity(display.len());
    for (index, name) in display.iter().enumerate() {
        let (name, shortened) = name.as_deref().map(printable).unwrap_or_default();
        let mut symbol = match (name.is_empty(), shortened) {
            (true, _) => format!("func.{index}"),
            (false, true) => format!("{name}.{index}"),
            (false, false) => name,
        };
        // A second round is only needed where a module's own names look like ours.
        while taken.contains(&symbol) {
            symbol.push_str(&format!(".{index}"));
        }
        taken.insert(symbol.clone());
        symbols.push(symbol);
    }
    symbols
}

/// The name with what symbols must not contain replaced, and whether its end is missing.
fn printable(name: &str) -> (String, bool) {
    let mut symbol = String::with_capacity(name.len().min(SYMBOL_BYTES_MAX));
    for character in name.chars() {
        // Linkers take what follows an `@` for a version.
        let unfit = character.is_control() || character.is_whitespace() || is_invisible(character) || character == '@';
        let character = if unfit { '_' } else { character };
        // Leaves room for an index or two.
        if symbol.len() + character.len_utf8() > SYMBOL_BYTES_MAX - 40 {
            return (symbol, true);
        }
        symbol.push(character);
    }
    (symbol, false)
}

/// Characters that show nothing or reorder what is around them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::test_support::with_module;

    fn symbols(names: &[Option<&str>]) -> Vec<String> {
        let display: Vec<_> = names.iter().map(|name| name.map(str::to_owned)).collect();
        unique_symbols(&display).into_iter().map(|(_, symbol)| symbol).collect()
    }

    #[test]
    fn symbols_are_unique() {
        let names = [Some("f"), None, Some("f"), Some("func.1"), Some("f.4"), Some("f")];
        assert_eq!(symbols(&names), ["f", "func.1", "f.2", "func.1.3", "f.4", "f.5"]);
        assert_eq!(symbols(&[Some("f"), Some("f.2"), Some("f")]), ["f", "f.2", "f.2.2"]);
    }

    #[test]
    fn symbols_are_printable_and_short() {
        assert_eq!(symbols(&[Some("a b\n\0c@d\u{202e}")]), ["a_b__c_d_"]);
        assert_eq!(symbols(&[Some("größe::<T>")]), ["größe::<T>"]);
        let long = "ü".repeat(1000);
        let symbols = symbols(&[Some(&long), Some(&long), Some("")]);
        assert!(symbols.iter().all(|symbol| symbol.len() <= SYMBOL_BYTES_MAX));
        assert!(symbols[1].ends_with("ü.1"));
        assert_eq!(symbols[2], "func.2");
    }

    #[test]
    fn names_come_from_the_section_then_exports_then_imports() {
        let wat = r#"(module $m
            (import "env" "log" (func))
            (import "env" "named" (func $named))
            (func (export "x"))
            (func $own (export "y"))
            (func))"#;
        with_module(wat, |module| {
            assert_eq!(module.name.as_deref(), Some("m"));
            let names: Vec<_> = module.functions.keys().map(|f| module.names.display_name(f)).collect();
            assert_eq!(names, [Some("env.log"), Some("named"), Some("x"), Some("own"), None]);
            assert_eq!(module.names.symbol_name(FuncIndex::from_u32(4)), "func.4");
        });
    }

    #[test]
    fn malformed_sections_keep_what_was_read() {
        let mut wasm = wat::parse_str("(module (func) (func))").unwrap();
        // Custom section "name": functions 0 and 7, which does not exist, then rubbish.
        wasm.extend_from_slice(b"\0\x11\x04name\x01\x07\x02\x00\x01a\x07\x01b\xff\x01\x02");
        let options = crate::module::test_support::options();
        let module = crate::module::read(&wasm, &options).unwrap();
        assert_eq!(module.names.display_name(FuncIndex::from_u32(0)), Some("a"));
        assert_eq!(module.names.display_name(FuncIndex::from_u32(1)), None);
    }
}
