//! An object without what no program needs of it.
//!
//! Debug information of Rust's own library, unwind tables of code that never unwinds, and mangled names with hashes are
//! more than the code itself. What stays is what a debugger needs for its stack: frame pointers in the code, and a name for
//! each function, the last parts of its path.

use object::read::elf::ElfFile64;
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionFlags,
    SectionIndex, SectionKind, SymbolFlags, SymbolIndex, SymbolKind, SymbolScope, elf,
};
use std::collections::{HashMap, HashSet};

const UNNEEDED: [&str; 3] = [".eh_frame", ".gcc_except_table", ".data.DW.ref."];

/// The object, slimmed.
///
/// With `roots`, it becomes a part of somebody else's program: code and data that none of these symbols reaches are left
/// out, and all other symbols are local, so that they meet nobody else's.
pub(crate) fn slim(object: &[u8], roots: Option<fn(&str) -> bool>) -> object::read::Result<Vec<u8>> {
    let input = ElfFile64::<Endianness>::parse(object)?;
    let reached = roots.map(|is_root| reached(&input, is_root)).transpose()?;
    let is_kept = |section: SectionIndex| reached.as_ref().is_none_or(|reached| reached.contains(&section));
    let mut output = Object::new(BinaryFormat::Elf, input.architecture(), Endianness::Little);
    let sections = copy_sections(&input, &mut output, is_kept)?;
    let symbols = copy_symbols(&input, &mut output, &sections, roots)?;
    for section in input.sections() {
        let Some(&id) = sections.get(&section.index()) else { continue };
        for (offset, relocation) in section.relocations() {
            let symbol = match relocation.target() {
                RelocationTarget::Symbol(index) => symbols[&index],
                RelocationTarget::Section(index) => output.section_symbol(sections[&index]),
                target => panic!("a relocation to {target:?} in a runtime object"),
            };
            let relocation = Relocation { offset, symbol, addend: relocation.addend(), flags: relocation.flags() };
            output.add_relocation(id, relocation).expect("what an object had can be in an object");
        }
    }
    Ok(output.write().expect("what was read can be written"))
}

/// Sections that are part of the program, each still on its own, so that the linker leaves out what is not reached.
fn copy_sections(
    input: &ElfFile64<'_>,
    output: &mut Object<'_>,
    is_kept: impl Fn(SectionIndex) -> bool,
) -> object::read::Result<HashMap<SectionIndex, SectionId>> {
    let mut sections = HashMap::new();
    for section in input.sections() {
        let name = section.name()?;
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let is_loaded = sh_flags & u64::from(elf::SHF_ALLOC) != 0;
        if !(is_loaded || name == ".note.GNU-stack") || UNNEEDED.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        if is_loaded && !is_kept(section.index()) {
            continue;
        }
        let id = output.add_section(Vec::new(), name.as_bytes().to_vec(), section.kind());
        if matches!(section.kind(), SectionKind::UninitializedData | SectionKind::UninitializedTls) {
            output.append_section_bss(id, section.size(), section.align());
        } else {
            output.append_section_data(id, section.data()?, section.align());
        }
        output.section_mut(id).flags = section.flags();
        sections.insert(section.index(), id);
    }
    Ok(sections)
}

fn copy_symbols(
    input: &ElfFile64<'_>,
    output: &mut Object<'_>,
    sections: &HashMap<SectionIndex, SectionId>,
    roots: Option<fn(&str) -> bool>,
) -> object::read::Result<HashMap<SymbolIndex, SymbolId>> {
    let mut symbols = HashMap::new();
    let used = used_symbols(input, sections);
    for symbol in input.symbols() {
        if roots.is_some() && symbol.is_undefined() && !used.contains(&symbol.index()) {
            continue;
        }
        let section = match symbol.section() {
            object::SymbolSection::Undefined => SymbolSection::Undefined,
            object::SymbolSection::Section(index) => match sections.get(&index) {
                Some(&id) => SymbolSection::Section(id),
                None => continue,
            },
            _ => continue,
        };
        let id = match (symbol.kind(), section) {
            (SymbolKind::Section, SymbolSection::Section(section)) => output.section_symbol(section),
            _ => {
                let name = symbol.name()?;
                let SymbolFlags::Elf { st_info, st_other } = symbol.flags() else { continue };
                let becomes_local = !symbol.is_undefined() && roots.is_some_and(|is_root| !is_root(name));
                let is_local = symbol.is_local() || becomes_local;
                let name = if is_local { short_name(name) } else { name.to_owned() };
                let (st_info, scope) = if becomes_local {
                    (elf::STB_LOCAL << 4 | st_info & 15, SymbolScope::Compilation)
                } else {
                    (st_info, symbol.scope())
                };
                output.add_symbol(Symbol {
                    name: name.into_bytes(),
                    value: symbol.address(),
                    size: symbol.size(),
                    kind: symbol.kind(),
                    scope,
                    weak: symbol.is_weak() && !becomes_local,
                    section,
                    flags: SymbolFlags::Elf { st_info, st_other },
                })
            }
        };
        symbols.insert(symbol.index(), id);
    }
    Ok(symbols)
}

/// Sections that the roots need, by relocations.
fn reached(input: &ElfFile64<'_>, is_root: fn(&str) -> bool) -> object::read::Result<HashSet<SectionIndex>> {
    let mut reached = HashSet::new();
    let mut open = Vec::new();
    for symbol in input.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
        if is_root(symbol.name()?) {
            open.extend(symbol.section_index());
        }
    }
    while let Some(index) = open.pop() {
        if !reached.insert(index) {
            continue;
        }
        for (_, relocation) in input.section_by_index(index)?.relocations() {
            match relocation.target() {
                RelocationTarget::Symbol(symbol) => open.extend(input.symbol_by_index(symbol)?.section_index()),
                RelocationTarget::Section(section) => open.push(section),
                _ => {}
            }
        }
    }
    Ok(reached)
}

/// Symbols that relocations of the sections that stay refer to.
fn used_symbols(input: &ElfFile64<'_>, sections: &HashMap<SectionIndex, SectionId>) -> HashSet<SymbolIndex> {
    let kept = input.sections().filter(|section| sections.contains_key(&section.index()));
    let targets = kept.flat_map(|section| section.relocations().map(|(_, relocation)| relocation.target()));
    targets
        .filter_map(|target| match target {
            RelocationTarget::Symbol(symbol) => Some(symbol),
            _ => None,
        })
        .collect()
}

/// The last two identifiers of a mangled path, of either mangling. Both write an identifier as its length and its bytes.
fn short_name(mangled: &str) -> String {
    let mut identifiers: Vec<&str> = Vec::new();
    let mut rest = mangled;
    if !(mangled.starts_with("_R") || mangled.starts_with("_ZN")) {
        return mangled.to_owned();
    }
    while let Some(at) = rest.find(|character: char| ('1'..='9').contains(&character)) {
        rest = &rest[at..];
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let length = rest[..digits].parse::<usize>().unwrap_or(usize::MAX);
        // The newer mangling may put a separator between the two.
        let body = &rest[digits..];
        let body = if mangled.starts_with("_R") { body.strip_prefix('_').unwrap_or(body) } else { body };
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte));
        match body.get(..length) {
            Some(name) if length > 1 && is_name(name) && !name.starts_with(|c: char| c.is_ascii_digit()) => {
                identifiers.push(name);
                rest = &body[length..];
            }
            _ => rest = &rest[digits..],
        }
    }
    // The old mangling ends with a hash, `17h` and sixteen digits.
    if identifiers.last().is_some_and(|last| last.len() == 17 && last.starts_with('h')) {
        identifiers.pop();
    }
    match identifiers.as_slice() {
        [.., first, last] => {
            // The older one spells an implementation as one identifier, `_$LT$Type$u20$as$u20$path..Trait$GT$`.
            let first = first.rsplit("..").next().unwrap_or(first);
            format!("{}::{last}", first.split('$').next().unwrap_or(first))
        }
        [only] => (*only).to_owned(),
        [] => mangled.to_owned(),
    }
}
