//! An object without what no program needs of it.
//!
//! Debug information of Rust's own library, unwind tables of code that never unwinds, and mangled names with hashes are
//! more than the code itself. What stays is what a debugger needs for its stack: frame pointers in the code, and a name for
//! each function, the last parts of its path.

use crate::strings::Strings;
use object::read::elf::ElfFile64;
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionFlags,
    SectionIndex, SectionKind, SymbolFlags, SymbolIndex, SymbolKind, SymbolScope, elf,
};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

const UNNEEDED: [&str; 3] = [".eh_frame", ".gcc_except_table", ".data.DW.ref."];

/// The object, slimmed.
pub(crate) fn slim(object: &[u8]) -> object::read::Result<Vec<u8>> {
    let input = ElfFile64::<Endianness>::parse(object)?;
    write(&input, &Part { kept: None, is_root: None, exports: &HashMap::new(), imports: &HashMap::new() })
}

/// The object as two, for somebody else's program: what these symbols need, and what those need besides, which is linked
/// where it is used. Code and data that neither reaches are left out, and all other symbols are local, so that they meet
/// nobody else's. What the second uses of the first has names that no other build gives: parts of two do not fit together.
pub(crate) fn split(object: &[u8], first: Root, second: Root) -> object::read::Result<(Vec<u8>, Vec<u8>)> {
    let input = ElfFile64::<Endianness>::parse(object)?;
    let in_first = reached(&input, first)?;
    let mut in_second = reached(&input, second)?;
    // Constants without addresses in them can be in both.
    let mut shared = HashSet::new();
    for &index in in_second.intersection(&in_first) {
        let section = input.section_by_index(index)?;
        let is_constant = matches!(section.kind(), SectionKind::ReadOnlyData | SectionKind::ReadOnlyString);
        if !is_constant || section.relocations().next().is_some() {
            shared.insert(index);
        }
    }
    in_second.retain(|index| !shared.contains(index));
    let mut hasher = DefaultHasher::new();
    object.hash(&mut hasher);
    let build = hasher.finish();
    let mut names = HashMap::new();
    for &index in &in_second {
        for (_, relocation) in input.section_by_index(index)?.relocations() {
            let (section, name) = match relocation.target() {
                RelocationTarget::Symbol(symbol) => {
                    let symbol = input.symbol_by_index(symbol)?;
                    (symbol.section_index(), format!("aot_part_{build:016x}_{}", symbol.index().0))
                }
                RelocationTarget::Section(section) => (Some(section), format!("aot_part_{build:016x}_s{}", section.0)),
                target => panic!("a relocation to {target:?} in a runtime object"),
            };
            if section.is_some_and(|section| shared.contains(&section)) {
                names.insert(relocation.target(), name);
            }
        }
    }
    let nothing = HashMap::new();
    let first = Part { kept: Some(&in_first), is_root: Some(first), exports: &names, imports: &nothing };
    let second = Part { kept: Some(&in_second), is_root: Some(second), exports: &nothing, imports: &names };
    Ok((write(&input, &first)?, write(&input, &second)?))
}

/// Which symbols others use.
pub(crate) type Root = fn(&str) -> bool;

/// What of an object becomes another.
struct Part<'a> {
    /// Its sections; all where there are none.
    kept: Option<&'a HashSet<SectionIndex>>,
    is_root: Option<Root>,
    /// What another part uses, and by which names.
    exports: &'a HashMap<RelocationTarget, String>,
    /// What it uses of another part.
    imports: &'a HashMap<RelocationTarget, String>,
}

fn write(input: &ElfFile64<'_>, part: &Part<'_>) -> object::read::Result<Vec<u8>> {
    let mut output = Object::new(BinaryFormat::Elf, input.architecture(), Endianness::Little);
    let is_kept = |section: SectionIndex| part.kept.is_none_or(|kept| kept.contains(&section));
    // What has a name in another part has to keep its section.
    let strings = if part.kept.is_none() { Strings::split(input, &mut output)? } else { Strings::default() };
    let sections = copy_sections(input, &mut output, |section| is_kept(section) && !strings.have(section))?;
    let symbols = copy_symbols(input, &mut output, &sections, part.is_root)?;
    // In an order that does not depend on the map's.
    let sorted = |names: &HashMap<RelocationTarget, String>| {
        let mut names: Vec<_> = names.iter().map(|(&target, name)| (name.clone(), target)).collect();
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names
    };
    for (name, target) in sorted(part.exports) {
        let (section, value, kind) = match target {
            RelocationTarget::Symbol(index) => {
                let symbol = input.symbol_by_index(index)?;
                let section = symbol.section_index().expect("what is shared is in a section");
                let kind = if symbol.kind() == SymbolKind::Section { SymbolKind::Data } else { symbol.kind() };
                (section, symbol.address(), kind)
            }
            RelocationTarget::Section(section) => (section, 0, SymbolKind::Data),
            _ => unreachable!("`split` names nothing else"),
        };
        output.add_symbol(linked(name, SymbolSection::Section(sections[&section]), value, kind));
    }
    let imports: HashMap<RelocationTarget, SymbolId> = sorted(part.imports)
        .into_iter()
        .map(|(name, target)| {
            (target, output.add_symbol(linked(name, SymbolSection::Undefined, 0, SymbolKind::Unknown)))
        })
        .collect();
    for section in input.sections() {
        let Some(&id) = sections.get(&section.index()) else { continue };
        for (offset, relocation) in section.relocations() {
            let mut addend = relocation.addend();
            let symbol = match (imports.get(&relocation.target()), relocation.target()) {
                (Some(&symbol), _) => symbol,
                (None, RelocationTarget::Symbol(index)) => {
                    match (symbols.get(&index), strings.piece(input, index, addend)) {
                        (None, Some((piece, distance))) => {
                            addend = distance;
                            output.section_symbol(piece)
                        }
                        _ => symbols[&index],
                    }
                }
                (None, RelocationTarget::Section(index)) => output.section_symbol(sections[&index]),
                (None, target) => panic!("a relocation to {target:?} in a runtime object"),
            };
            let relocation = Relocation { offset, symbol, addend, flags: relocation.flags() };
            output.add_relocation(id, relocation).expect("what an object had can be in an object");
        }
    }
    Ok(output.write().expect("what was read can be written"))
}

/// A symbol that the parts of an object know each other by, and that no shared library shows.
fn linked(name: String, section: SymbolSection, value: u64, kind: SymbolKind) -> Symbol {
    let ty = match kind {
        SymbolKind::Text => elf::STT_FUNC,
        SymbolKind::Tls => elf::STT_TLS,
        SymbolKind::Data => elf::STT_OBJECT,
        _ => elf::STT_NOTYPE,
    };
    Symbol {
        name: name.into_bytes(),
        value,
        size: 0,
        kind,
        scope: SymbolScope::Linkage,
        weak: false,
        section,
        flags: SymbolFlags::Elf { st_info: elf::STB_GLOBAL << 4 | ty, st_other: elf::STV_HIDDEN },
    }
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
        let id = output.add_section(Vec::new(), short_section(name).as_bytes().to_vec(), section.kind());
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
    roots: Option<Root>,
) -> object::read::Result<HashMap<SymbolIndex, SymbolId>> {
    let mut symbols = HashMap::new();
    let used = used_symbols(input, sections);
    for symbol in input.symbols() {
        if roots.is_some() && symbol.is_undefined() && !used.contains(&symbol.index()) {
            continue;
        }
        // Where code and data begin, for disassemblers of aarch64: here, sections say it.
        if ["$x", "$d"].iter().any(|mark| symbol.name().is_ok_and(|name| name.starts_with(mark))) {
            continue;
        }
        let section = match symbol.section() {
            object::SymbolSection::Undefined => SymbolSection::Undefined,
            // Names of strings go as well: what refers to them refers to their sections.
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
fn reached(input: &ElfFile64<'_>, is_root: Root) -> object::read::Result<HashSet<SectionIndex>> {
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

/// The name of a section without that of the function or datum in it: linkers look at how it begins.
fn short_section(name: &str) -> &str {
    const CLASSES: [&str; 5] = [".text.", ".rodata.", ".data.rel.ro.", ".data.", ".bss."];
    CLASSES.into_iter().find(|class| name.starts_with(class)).map_or(name, |class| &class[..class.len() - 1])
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
