//! The executable's bytes: headers, sections filled in, symbol table, section headers, build-id.

use object::elf;

use crate::build_id;
use crate::demand::{Demand, moves_with_the_program};
use crate::dynamic;
use crate::error::LinkError;
use crate::input::Role;
use crate::layout::{Placement, Segment};
use crate::output::{Content, OutputSection, Piece, PieceKind};
use crate::relocate::Relocator;
use crate::request::{Architecture, Layout, Strip};
use crate::symbol_table::{SYMBOL_SIZE, SymbolTable};
use crate::symbols::Program;
use crate::unwind::{RecordKind, Unwind, UnwindPlan, write_index};

const FILE_HEADER_SIZE: usize = 64;
const SECTION_HEADER_SIZE: usize = 64;

/// A section header, before its name has a place.
struct Header {
    name: Vec<u8>,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    alignment: u64,
    entry_size: u64,
}

pub(crate) fn write(
    program: &Program<'_>,
    unwind: &Unwind<'_>,
    plan: &UnwindPlan,
    demand: &Demand,
    placement: &Placement<'_>,
    layout: &Layout,
) -> Result<Vec<u8>, LinkError> {
    let mut headers: Vec<Header> = placement.outputs.iter().map(header).collect();
    let strings = placement.outputs.iter().position(|output| matches!(output.content, Content::DynamicStrings));
    if let (Some(dynamic), Some(strings)) = (headers.iter_mut().find(|header| header.kind == elf::SHT_DYNAMIC), strings)
    {
        dynamic.link = strings as u32 + 1;
    }
    let symbols = match layout.strip {
        Strip::None | Strip::Debug => Some(SymbolTable::build(program, placement)?),
        Strip::All => None,
    };
    // Tables that are only in the file come after everything else.
    let mut tail: Vec<(u64, &[u8])> = Vec::new();
    let mut end = placement.end;
    let mut append = |bytes: &'_ [u8], alignment: u64| {
        let offset = end.next_multiple_of(alignment);
        end = offset + bytes.len() as u64;
        offset
    };
    if let Some(table) = &symbols {
        let offset = append(&table.symbols, 8);
        tail.push((offset, &table.symbols));
        let strings_header = headers.len() as u32 + 2;
        headers.push(Header {
            entry_size: SYMBOL_SIZE as u64,
            link: strings_header,
            info: table.local_count,
            ..file_header_of(b".symtab", elf::SHT_SYMTAB, offset, &table.symbols, 8)
        });
        let offset = append(&table.strings, 1);
        tail.push((offset, &table.strings));
        headers.push(file_header_of(b".strtab", elf::SHT_STRTAB, offset, &table.strings, 1));
    }
    let (names, name_offsets) = section_names(&headers);
    let offset = append(&names, 1);
    tail.push((offset, &names));
    headers.push(file_header_of(b".shstrtab", elf::SHT_STRTAB, offset, &names, 1));
    if headers.len() + 1 >= usize::from(elf::SHN_LORESERVE) {
        return Err(LinkError::Layout(format!("{} output sections, more than a file can have", headers.len())));
    }
    let headers_offset = end.next_multiple_of(8) as usize;

    let mut file = vec![0; headers_offset + (headers.len() + 1) * SECTION_HEADER_SIZE];
    write_sections(&mut file, program, unwind, plan, demand, placement, layout)?;
    for (offset, bytes) in tail {
        file[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
    }
    let entry = placement.address(program.entry);
    write_file_header(&mut file, layout, entry, placement.segments.len(), headers_offset, headers.len() + 1);
    for (index, segment) in placement.segments.iter().enumerate() {
        write_segment(&mut file[FILE_HEADER_SIZE + 56 * index..], segment);
    }
    for (index, (header, name)) in headers.iter().zip(name_offsets).enumerate() {
        write_section_header(&mut file[headers_offset + (index + 1) * SECTION_HEADER_SIZE..], header, name);
    }
    if let Some(note) = placement.output_with(|content| matches!(content, Content::BuildId)) {
        build_id::complete(&mut file, note.offset as usize);
    }
    Ok(file)
}

fn header(output: &OutputSection<'_>) -> Header {
    Header {
        name: output.name.to_vec(),
        kind: output.kind,
        flags: output.flags,
        address: output.address,
        offset: output.offset,
        size: output.size,
        link: 0,
        info: 0,
        alignment: output.alignment,
        entry_size: output.entry_size,
    }
}

fn file_header_of(name: &[u8], kind: u32, offset: u64, bytes: &[u8], alignment: u64) -> Header {
    let (address, size) = (0, bytes.len() as u64);
    Header { name: name.to_vec(), kind, flags: 0, address, offset, size, link: 0, info: 0, alignment, entry_size: 0 }
}

/// `.shstrtab`, with its own name, and where each header's name is in it.
fn section_names(headers: &[Header]) -> (Vec<u8>, Vec<u32>) {
    let mut names = vec![0];
    let mut offsets = Vec::new();
    for name in headers.iter().map(|header| &header.name[..]).chain([b".shstrtab".as_slice()]) {
        offsets.push(names.len() as u32);
        names.extend_from_slice(name);
        names.push(0);
    }
    (names, offsets)
}

fn write_sections(
    file: &mut [u8],
    program: &Program<'_>,
    unwind: &Unwind<'_>,
    plan: &UnwindPlan,
    demand: &Demand,
    placement: &Placement<'_>,
    layout: &Layout,
) -> Result<(), LinkError> {
    let mut relocator = Relocator::new(program, placement, demand, layout);
    let mut functions = Vec::with_capacity(plan.fde_count);
    for output in placement.outputs.iter().filter(|output| !output.is_zeros()) {
        let bytes = &mut file[output.offset as usize..(output.offset + output.size) as usize];
        match &output.content {
            Content::Pieces(pieces) => write_pieces(bytes, output, pieces, &mut relocator)?,
            Content::BuildId => build_id::write_header(bytes),
            Content::Unwind => {
                functions = write_unwind(bytes, output.address, unwind, plan, &mut relocator)?;
            }
            Content::Got => write_got(bytes, output.address, &mut relocator),
            Content::Dynamic => dynamic::write(bytes, placement, demand.relative_count),
            // These need what the others find out.
            Content::UnwindIndex | Content::RelativeTable | Content::Zeros => {}
            // One zero, the empty string.
            Content::DynamicStrings => {}
        }
    }
    let relative = std::mem::take(&mut relocator.relative);
    assert_eq!(relative.len(), if layout.is_independent() { demand.relative_count } else { 0 }, "as many as foreseen");
    if let Some(output) = placement.output_with(|content| matches!(content, Content::RelativeTable)) {
        let bytes = &mut file[output.offset as usize..(output.offset + output.size) as usize];
        dynamic::write_relative_table(bytes, relative, layout.architecture);
    }
    if let Some(output) = placement.output_with(|content| matches!(content, Content::UnwindIndex)) {
        let unwind = placement.output_with(|content| matches!(content, Content::Unwind));
        let unwind = unwind.expect("the index is made together with the section").address;
        let bytes = &mut file[output.offset as usize..(output.offset + output.size) as usize];
        write_index(bytes, output.address, unwind, functions)?;
    }
    Ok(())
}

fn write_pieces(
    bytes: &mut [u8],
    output: &OutputSection<'_>,
    pieces: &[Piece],
    relocator: &mut Relocator<'_, '_>,
) -> Result<(), LinkError> {
    let mut end = 0;
    for piece in pieces {
        let start = piece.offset as usize;
        if output.is_executable() {
            fill(&mut bytes[end..start], relocator.layout.architecture);
        }
        match piece.kind {
            PieceKind::Veneers(pool) => {
                end = start + relocator.placement.veneers.pool_size(pool) as usize;
                let (placement, layout) = (relocator.placement, relocator.layout);
                placement.veneers.write(pool, &mut bytes[start..end], placement, layout)?;
            }
            PieceKind::Section(number) => {
                let section = &relocator.program.sections[number as usize];
                end = start + section.size as usize;
                let bytes = &mut bytes[start..end];
                if section.is_zeros() {
                    continue;
                }
                bytes.copy_from_slice(section.data);
                if section.role == Role::File {
                    relocator.in_file(number, bytes)?;
                } else {
                    relocator.section(number, bytes)?;
                }
            }
        }
    }
    Ok(())
}

/// Gaps between functions: instructions that trap, so that nothing runs from one into the next.
fn fill(gap: &mut [u8], architecture: Architecture) {
    match architecture {
        Architecture::X86_64 => gap.fill(0xcc),
        // `udf #0` is all zeros.
        Architecture::Aarch64 => gap.fill(0),
    }
}

/// Fills in `.eh_frame`; returns where each function and its record are.
fn write_unwind(
    bytes: &mut [u8],
    address: u64,
    unwind: &Unwind<'_>,
    plan: &UnwindPlan,
    relocator: &mut Relocator<'_, '_>,
) -> Result<Vec<(u64, u64)>, LinkError> {
    let mut functions = Vec::with_capacity(plan.fde_count);
    for entry in &plan.entries {
        let record = &unwind.records[entry.record as usize];
        let start = entry.offset as usize;
        let target = &mut bytes[start..start + record.bytes.len()];
        target.copy_from_slice(record.bytes);
        if let Some(cie) = entry.cie {
            let back = (entry.offset + 4 - cie) as u32;
            target[4..8].copy_from_slice(&back.to_le_bytes());
        }
        let place = address + entry.offset;
        relocator.part(record.section, unwind.relocations(record), record.offset, target, place)?;
        if let RecordKind::Fde { function: Some((section, offset)), .. } = record.kind {
            let function = relocator.placement.section_addresses[section as usize].wrapping_add(offset);
            functions.push((function, place));
        }
    }
    Ok(functions)
}

fn write_got(bytes: &mut [u8], address: u64, relocator: &mut Relocator<'_, '_>) {
    for (index, (slot, &(target, addend))) in bytes.chunks_exact_mut(8).zip(&relocator.demand.got_entries).enumerate() {
        let value = relocator.placement.address(target).wrapping_add_signed(addend);
        slot.copy_from_slice(&value.to_le_bytes());
        if relocator.layout.is_independent() && moves_with_the_program(target) {
            relocator.relative.push((address + 8 * index as u64, value));
        }
    }
}

fn write_file_header(
    file: &mut [u8],
    layout: &Layout,
    entry: u64,
    segment_count: usize,
    headers_offset: usize,
    header_count: usize,
) {
    let machine = match layout.architecture {
        Architecture::X86_64 => elf::EM_X86_64,
        Architecture::Aarch64 => elf::EM_AARCH64,
    };
    let mut bytes = Cursor { bytes: file };
    bytes.put(&elf::ELFMAG);
    bytes.put(&[elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EV_CURRENT, elf::ELFOSABI_SYSV, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.put(&(if layout.is_independent() { elf::ET_DYN } else { elf::ET_EXEC }).to_le_bytes());
    bytes.put(&machine.to_le_bytes());
    bytes.put(&u32::from(elf::EV_CURRENT).to_le_bytes());
    bytes.put(&entry.to_le_bytes());
    bytes.put(&(FILE_HEADER_SIZE as u64).to_le_bytes());
    bytes.put(&(headers_offset as u64).to_le_bytes());
    bytes.put(&0_u32.to_le_bytes());
    for half in [FILE_HEADER_SIZE, 56, segment_count, SECTION_HEADER_SIZE, header_count, header_count - 1] {
        bytes.put(&(half as u16).to_le_bytes());
    }
}

fn write_segment(bytes: &mut [u8], segment: &Segment) {
    let mut bytes = Cursor { bytes };
    bytes.put(&segment.kind.to_le_bytes());
    bytes.put(&segment.flags.to_le_bytes());
    bytes.put(&segment.offset.to_le_bytes());
    bytes.put(&segment.address.to_le_bytes());
    bytes.put(&segment.address.to_le_bytes());
    bytes.put(&segment.file_size.to_le_bytes());
    bytes.put(&segment.memory_size.to_le_bytes());
    bytes.put(&segment.alignment.to_le_bytes());
}

fn write_section_header(bytes: &mut [u8], header: &Header, name: u32) {
    let mut bytes = Cursor { bytes };
    bytes.put(&name.to_le_bytes());
    bytes.put(&header.kind.to_le_bytes());
    bytes.put(&header.flags.to_le_bytes());
    bytes.put(&header.address.to_le_bytes());
    bytes.put(&header.offset.to_le_bytes());
    bytes.put(&header.size.to_le_bytes());
    bytes.put(&header.link.to_le_bytes());
    bytes.put(&header.info.to_le_bytes());
    bytes.put(&header.alignment.to_le_bytes());
    bytes.put(&header.entry_size.to_le_bytes());
}

/// Writes fields one after another into space that is known to be there.
struct Cursor<'b> {
    bytes: &'b mut [u8],
}

impl Cursor<'_> {
    fn put(&mut self, field: &[u8]) {
        let (place, rest) = std::mem::take(&mut self.bytes).split_at_mut(field.len());
        place.copy_from_slice(field);
        self.bytes = rest;
    }
}
