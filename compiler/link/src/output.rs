//! Output sections: which input sections become one, of what kind it is, and in which order they stand.
//!
//! The order follows from who may do what with the bytes, because memory is protected by pages:
//!
//! | Class | Fixed program | Position-independent program |
//! |---|---|---|
//! | `ReadOnly` | first segment, after the headers | the same |
//! | `Relro` | end of the first segment: final in the file, never writable | own segment, writable until start code is done |
//! | `Text` | own segment | own segment |
//! | `Data` | own segment, zeros last | the same |
//! | `Fixed` | one segment each, at its address | refused |
//! | `File` | not in memory | the same |

use std::borrow::Cow;

use object::elf;

use crate::demand::Demand;
use crate::error::{LinkError, text};
use crate::hash::NameMap;
use crate::input::{Role, Section};
use crate::request::Layout;
use crate::symbols::Program;
use crate::unwind::{UnwindPlan, index_size};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    ReadOnly,
    Relro,
    Text,
    Data,
    /// An index into `Layout::fixed_sections`.
    Fixed(u32),
    File,
}

pub(crate) struct OutputSection<'a> {
    pub(crate) name: Cow<'a, [u8]>,
    pub(crate) class: Class,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) entry_size: u64,
    pub(crate) alignment: u64,
    pub(crate) size: u64,
    pub(crate) content: Content,
    /// Zero until `layout.rs` decides; stays so for what is not in memory.
    pub(crate) address: u64,
    pub(crate) offset: u64,
}

pub(crate) enum Content {
    Pieces(Vec<Piece>),
    BuildId,
    RelativeTable,
    UnwindIndex,
    Unwind,
    Dynamic,
    DynamicStrings,
    Got,
    /// Memory after the content of a fixed section.
    Zeros,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// A section of the program.
    Section(u32),
    /// A pool of veneers.
    Veneers(u32),
}

impl OutputSection<'_> {
    pub(crate) fn is_allocated(&self) -> bool {
        self.class != Class::File
    }

    pub(crate) fn is_zeros(&self) -> bool {
        self.kind == elf::SHT_NOBITS
    }

    pub(crate) fn is_executable(&self) -> bool {
        self.flags & u64::from(elf::SHF_EXECINSTR) != 0
    }

    pub(crate) fn end(&self) -> u64 {
        self.address + self.size
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        match &self.content {
            Content::Pieces(pieces) => pieces,
            _ => &[],
        }
    }
}

/// All output sections in file order, without addresses; those of pieces without sizes.
pub(crate) fn gather<'a>(
    program: &Program<'a>,
    live: &[bool],
    plan: &UnwindPlan,
    demand: &Demand,
    layout: &Layout,
) -> Result<Vec<OutputSection<'a>>, LinkError> {
    let mut outputs = from_inputs(program, live, layout)?;
    add_made_sections(&mut outputs, program, plan, demand, layout);
    for output in &mut outputs {
        if let Content::Pieces(pieces) = &mut output.content {
            order_pieces(pieces, program);
        }
        // Zeros take no room in the file only at the end of a segment.
        if output.is_zeros() && !matches!(output.class, Class::Data | Class::Fixed(_)) {
            output.kind = elf::SHT_PROGBITS;
        }
        if output.class == Class::Relro && !layout.is_independent() {
            output.flags &= !u64::from(elf::SHF_WRITE);
        }
    }
    outputs.sort_by_key(|output| (class_order(output.class, layout), rank(output)));
    Ok(outputs)
}

fn from_inputs<'a>(program: &Program<'a>, live: &[bool], layout: &Layout) -> Result<Vec<OutputSection<'a>>, LinkError> {
    let mut outputs: Vec<OutputSection<'a>> = Vec::new();
    let mut memory_index: NameMap<'a, usize> = NameMap::default();
    let mut file_index: NameMap<'a, usize> = NameMap::default();
    for (number, section) in program.sections.iter().enumerate() {
        if !live[number] {
            continue;
        }
        let name = if section.role == Role::Memory { output_name(section.name, layout) } else { section.name };
        let index = if section.role == Role::Memory { &mut memory_index } else { &mut file_index };
        let position = *index.entry(name).or_insert_with(|| {
            outputs.push(OutputSection::of(name, section));
            outputs.len() - 1
        });
        let output = &mut outputs[position];
        output.absorb(section);
        if let Content::Pieces(pieces) = &mut output.content {
            pieces.push(Piece { kind: PieceKind::Section(number as u32), offset: 0 });
        }
    }
    for output in &mut outputs {
        if output.class == Class::File {
            continue;
        }
        let has = |flag: u32| output.flags & u64::from(flag) != 0;
        if has(elf::SHF_WRITE) && has(elf::SHF_EXECINSTR) {
            let name = text(&output.name);
            return Err(LinkError::Layout(format!("section `{name}` would be both writable and executable")));
        }
        output.class = match layout.fixed_section(&output.name) {
            Some(index) => Class::Fixed(index as u32),
            None if has(elf::SHF_EXECINSTR) => Class::Text,
            None if !has(elf::SHF_WRITE) => Class::ReadOnly,
            None if is_relro(&output.name) => Class::Relro,
            None => Class::Data,
        };
    }
    Ok(outputs)
}

impl<'a> OutputSection<'a> {
    fn of(name: &'a [u8], section: &Section<'a>) -> OutputSection<'a> {
        OutputSection {
            name: Cow::Borrowed(name),
            class: if section.role == Role::Memory { Class::ReadOnly } else { Class::File },
            kind: section.kind,
            flags: 0,
            entry_size: section.entry_size,
            alignment: 1,
            size: 0,
            content: Content::Pieces(Vec::new()),
            address: 0,
            offset: 0,
        }
    }

    fn made(name: &'static [u8], class: Class, kind: u32, content: Content, size: u64) -> OutputSection<'a> {
        let write = if class == Class::Relro { elf::SHF_WRITE } else { 0 };
        OutputSection {
            name: Cow::Borrowed(name),
            class,
            kind,
            flags: u64::from(elf::SHF_ALLOC | write),
            entry_size: 0,
            alignment: 8,
            size,
            content,
            address: 0,
            offset: 0,
        }
    }

    /// Takes over what holds for the whole when one more section becomes a part of it.
    fn absorb(&mut self, section: &Section<'a>) {
        const MERGED: u32 = elf::SHF_MERGE | elf::SHF_STRINGS;
        let lasting = elf::SHF_WRITE | elf::SHF_ALLOC | elf::SHF_EXECINSTR | elf::SHF_GNU_RETAIN;
        // Strings stay strings only if all parts are.
        let merged = match self.pieces() {
            [] => section.flags & u64::from(MERGED),
            _ => self.flags & section.flags & u64::from(MERGED),
        };
        self.flags = (self.flags | section.flags) & u64::from(lasting) | merged;
        self.alignment = self.alignment.max(section.alignment);
        if self.entry_size != section.entry_size {
            self.entry_size = 0;
        }
        if self.kind != section.kind {
            self.kind = elf::SHT_PROGBITS;
        }
    }
}

fn add_made_sections<'a>(
    outputs: &mut Vec<OutputSection<'a>>,
    program: &Program<'a>,
    plan: &UnwindPlan,
    demand: &Demand,
    layout: &Layout,
) {
    if layout.build_id {
        let size = crate::build_id::NOTE_SIZE;
        let mut note =
            OutputSection::made(b".note.gnu.build-id", Class::ReadOnly, elf::SHT_NOTE, Content::BuildId, size);
        note.alignment = 4;
        outputs.push(note);
    }
    if plan.fde_count > 0 {
        let size = index_size(plan.fde_count);
        let content = Content::UnwindIndex;
        let mut index = OutputSection::made(b".eh_frame_hdr", Class::ReadOnly, elf::SHT_PROGBITS, content, size);
        index.alignment = 4;
        outputs.push(index);
        let unwind = Content::Unwind;
        outputs.push(OutputSection::made(b".eh_frame", Class::ReadOnly, elf::SHT_PROGBITS, unwind, plan.size));
    }
    if layout.is_independent() {
        let size = demand.relative_count as u64 * RELATIVE_ENTRY_SIZE;
        let content = Content::RelativeTable;
        let mut table = OutputSection::made(b".rela.dyn", Class::ReadOnly, elf::SHT_RELA, content, size);
        table.entry_size = RELATIVE_ENTRY_SIZE;
        outputs.push(table);
        let mut strings = OutputSection::made(b".dynstr", Class::ReadOnly, elf::SHT_STRTAB, Content::DynamicStrings, 1);
        strings.alignment = 1;
        outputs.push(strings);
        let size = crate::dynamic::SIZE;
        let mut dynamic = OutputSection::made(b".dynamic", Class::Relro, elf::SHT_DYNAMIC, Content::Dynamic, size);
        dynamic.entry_size = 16;
        outputs.push(dynamic);
    }
    let is_got_named = program.index.contains_key(b"_GLOBAL_OFFSET_TABLE_".as_slice());
    if !demand.got_entries.is_empty() || demand.needs_got_base || is_got_named {
        let size = 8 * demand.got_entries.len() as u64;
        let mut got = OutputSection::made(b".got", Class::Relro, elf::SHT_PROGBITS, Content::Got, size);
        got.entry_size = 8;
        outputs.push(got);
    }
}

pub(crate) const RELATIVE_ENTRY_SIZE: u64 = 24;

/// `.text.name` belongs to `.text`, and so on.
fn output_name<'a>(name: &'a [u8], layout: &Layout) -> &'a [u8] {
    // Longer names before their beginnings.
    const COLLECTED: [&[u8]; 9] = [
        b".text",
        b".rodata",
        b".data.rel.ro",
        b".data",
        b".bss",
        b".init_array",
        b".fini_array",
        b".preinit_array",
        b".gcc_except_table",
    ];
    if layout.fixed_section(name).is_some() {
        return name;
    }
    if name == b"COMMON" {
        return b".bss";
    }
    for prefix in COLLECTED {
        if let Some(rest) = name.strip_prefix(prefix)
            && (rest.is_empty() || rest[0] == b'.')
        {
            return prefix;
        }
    }
    name
}

fn is_relro(name: &[u8]) -> bool {
    matches!(
        name,
        b".data.rel.ro" | b".init_array" | b".fini_array" | b".preinit_array" | b".ctors" | b".dtors" | b".got"
    )
}

fn class_order(class: Class, layout: &Layout) -> u32 {
    match class {
        Class::ReadOnly => 0,
        Class::Relro if !layout.is_independent() => 1,
        Class::Text => 2,
        Class::Relro => 3,
        Class::Data => 4,
        Class::Fixed(index) => 5 + index,
        Class::File => u32::MAX,
    }
}

/// The order within a class. Notes of one alignment stand together, so that one program header covers them.
fn rank(output: &OutputSection<'_>) -> u64 {
    match (&output.content, &*output.name) {
        (Content::BuildId, _) => 0,
        _ if output.kind == elf::SHT_NOTE => output.alignment,
        (Content::RelativeTable | Content::DynamicStrings, _) => 1 << 32,
        (Content::UnwindIndex, _) => 3 << 32,
        (Content::Unwind, _) => 4 << 32,
        (_, b".gcc_except_table") => 5 << 32,
        (Content::Dynamic, _) => 6 << 32,
        (Content::Got, _) => 7 << 32,
        _ if output.is_zeros() => 8 << 32,
        _ => 2 << 32,
    }
}

/// Input order, except that initialisers go by priority and zeros go last, small ones first: single variables then share
/// the page of `.data`, which the kernel touches anyhow, and large buffers do not keep them apart.
fn order_pieces(pieces: &mut [Piece], program: &Program<'_>) {
    let key = |piece: &Piece| match piece.kind {
        PieceKind::Section(section) => {
            let section = &program.sections[section as usize];
            let zeros = if section.is_zeros() { section.size } else { 0 };
            (section.is_zeros(), priority(section.name), zeros)
        }
        PieceKind::Veneers(_) => (false, 0, 0),
    };
    if pieces.is_sorted_by_key(key) {
        return;
    }
    pieces.sort_by_key(key);
}

/// `.init_array.200` runs before `.init_array.1000`, which runs before `.init_array`.
fn priority(name: &[u8]) -> u32 {
    let prefixes = [b".init_array".as_slice(), b".fini_array", b".preinit_array"];
    let Some(rest) = prefixes.iter().find_map(|prefix| name.strip_prefix(*prefix)) else { return 0 };
    let number = rest.strip_prefix(b".").and_then(|digits| std::str::from_utf8(digits).ok());
    number.and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Architecture;

    #[test]
    fn sections_are_collected_by_the_beginning_of_their_names() {
        let layout = Layout::new(Architecture::X86_64);
        let name = |name: &'static str| text(output_name(name.as_bytes(), &layout));
        assert_eq!(name(".text.unlikely.f"), ".text");
        assert_eq!(name(".textual"), ".textual");
        assert_eq!(name(".data.rel.ro.local"), ".data.rel.ro");
        assert_eq!(name(".data.rel.local"), ".data");
        assert_eq!(name("COMMON"), ".bss");
        assert_eq!(name("my_table"), "my_table");
    }

    #[test]
    fn initialisers_without_priority_run_last() {
        assert!(priority(b".init_array.200") < priority(b".init_array.1000"));
        assert!(priority(b".init_array.65535") < priority(b".init_array"));
        assert_eq!(priority(b".text"), 0);
    }
}
