//! Addresses: output sections get their places in memory and in the file, segments cover them.
//!
//! Within a segment, a byte's address and its file offset differ by a constant, and from one segment to the next the
//! address moves on to a new page while the file goes on without a gap:
//!
//! ```text
//! file      | headers, .rodata | .text      | .data |
//! offset    0                0x1a40       0x5c10
//! address   0x200000         0x202a40     0x207c10        each in pages of its own, congruent modulo the page size
//! ```
//!
//! The kernel maps whole pages, so bytes of the neighbours at either end are visible too, with the segment's rights; no
//! page is both writable and executable. The alternative, padding the file to page boundaries, would make a program of
//! 5 KB one of 20 KB, or of 256 KB on aarch64, where pages can have 64 KiB.

use std::borrow::Cow;

use object::elf;

use crate::demand::Demand;
use crate::error::{LinkError, text};
use crate::output::{Class, Content, OutputSection, PieceKind, gather};
use crate::request::Layout;
use crate::symbols::{Program, Target};
use crate::unwind::UnwindPlan;
use crate::veneer::Veneers;

/// The address of sections that are not in the executable.
pub(crate) const NOWHERE: u64 = u64::MAX;

/// Larger files are refused; alignment and zeros between data can ask for any size with few bytes of input.
const LARGEST_FILE: u64 = 4 << 30;
/// User space ends here on both architectures, or a little later.
const LARGEST_ADDRESS: u64 = 1 << 47;

const FILE_HEADER_SIZE: u64 = 64;
const PROGRAM_HEADER_SIZE: u64 = 56;

pub(crate) struct Placement<'a> {
    /// In file order; a section's header has its index plus one.
    pub(crate) outputs: Vec<OutputSection<'a>>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) veneers: Veneers,
    /// By section of the program: its address, or its offset in the output section if that is not in memory.
    pub(crate) section_addresses: Vec<u64>,
    /// By section of the program: the header index of its output section.
    pub(crate) output_of: Vec<u32>,
    /// By number of the linker's own symbol.
    linker_addresses: Vec<u64>,
    pub(crate) image_start: u64,
    /// The file offset after all sections.
    pub(crate) end: u64,
}

/// An entry of the program header table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) file_size: u64,
    pub(crate) memory_size: u64,
    pub(crate) alignment: u64,
}

impl<'a> Placement<'a> {
    pub(crate) fn address(&self, target: Target) -> u64 {
        match target {
            Target::Section { section, offset } => match self.section_addresses[section as usize] {
                NOWHERE => 0,
                address => address.wrapping_add(offset),
            },
            Target::Absolute(value) => value,
            Target::Linker(index) => self.linker_addresses[index as usize],
            Target::UndefinedWeak | Target::Undefined | Target::Discarded => 0,
        }
    }

    pub(crate) fn output_with(&self, is_wanted: impl Fn(&Content) -> bool) -> Option<&OutputSection<'a>> {
        self.outputs.iter().find(|output| is_wanted(&output.content))
    }

    pub(crate) fn got_address(&self) -> u64 {
        self.output_with(|content| matches!(content, Content::Got)).map_or(self.image_start, |output| output.address)
    }
}

/// Gives everything that is live a place.
pub(crate) fn place<'a>(
    program: &Program<'a>,
    live: &[bool],
    plan: &UnwindPlan,
    demand: &Demand,
    layout: &Layout,
) -> Result<Placement<'a>, LinkError> {
    let mut outputs = gather(program, live, plan, demand, layout)?;
    add_memory_after_fixed_sections(&mut outputs, program, layout)?;
    let mut placement = Placement {
        outputs,
        segments: Vec::new(),
        veneers: Veneers::default(),
        section_addresses: vec![NOWHERE; program.sections.len()],
        output_of: vec![0; program.sections.len()],
        linker_addresses: Vec::new(),
        image_start: layout.base(),
        end: 0,
    };
    assign(&mut placement, program, layout)?;
    if demand.has_branches {
        // Each round adds veneers for branches that do not reach; pools grow and push other targets out of reach, but
        // each pool can only grow until it has a veneer for every target.
        while Veneers::extend(&mut placement, program, layout)? {
            assign(&mut placement, program, layout)?;
        }
    }
    Ok(placement)
}

fn too_large() -> LinkError {
    LinkError::Layout("the executable would be larger than 4 GiB, or larger in memory than the address space".into())
}

/// The next multiple of a power of two.
fn align_up(value: u64, alignment: u64) -> Result<u64, LinkError> {
    value.checked_add(alignment - 1).map(|value| value & !(alignment - 1)).ok_or_else(too_large)
}

/// Places the pieces of an output section relative to its start.
fn arrange(output: &mut OutputSection<'_>, program: &Program<'_>, veneers: &Veneers) -> Result<(), LinkError> {
    // A damaged input may call its comments code; gaps in code are filled, so its pieces have to follow each other.
    let is_comment = output.name == b".comment".as_slice() && !output.is_executable();
    let Content::Pieces(pieces) = &mut output.content else { return Ok(()) };
    let mut end = 0_u64;
    let mut first_comment: Option<&[u8]> = None;
    for piece in pieces {
        let (alignment, size) = match piece.kind {
            PieceKind::Section(section) => {
                let section = &program.sections[section as usize];
                // Every object says the same about its compiler; once is enough.
                if is_comment && *first_comment.get_or_insert(section.data) == section.data && end > 0 {
                    piece.offset = 0;
                    continue;
                }
                (section.alignment, section.size)
            }
            PieceKind::Veneers(pool) => (4, veneers.pool_size(pool)),
        };
        piece.offset = align_up(end, alignment)?;
        end = piece.offset.checked_add(size).filter(|&end| end < LARGEST_ADDRESS).ok_or_else(too_large)?;
    }
    output.size = end;
    Ok(())
}

/// A fixed section may want more memory than it has content: zeros that take no room in the file follow.
fn add_memory_after_fixed_sections(
    outputs: &mut Vec<OutputSection<'_>>,
    program: &Program<'_>,
    layout: &Layout,
) -> Result<(), LinkError> {
    for position in (0..outputs.len()).rev() {
        let output = &mut outputs[position];
        let Class::Fixed(index) = output.class else { continue };
        arrange(output, program, &Veneers::default())?;
        if output.size >= layout.fixed_sections[index as usize].memory_size {
            continue;
        }
        let zeros = OutputSection {
            name: Cow::Owned([&output.name, b".zero".as_slice()].concat()),
            class: output.class,
            kind: elf::SHT_NOBITS,
            flags: output.flags,
            entry_size: 0,
            alignment: 1,
            size: 0,
            content: Content::Zeros,
            address: 0,
            offset: 0,
        };
        outputs.insert(position + 1, zeros);
    }
    Ok(())
}

/// How much memory follows the content of a fixed section.
fn size_after(content: &OutputSection<'_>, index: u32, layout: &Layout) -> Result<u64, LinkError> {
    let fixed = &layout.fixed_sections[index as usize];
    if !fixed.address.is_multiple_of(content.alignment) {
        return Err(LinkError::Layout(format!(
            "section `{}` cannot be at {:#x}: its alignment is {:#x}",
            fixed.name, fixed.address, content.alignment
        )));
    }
    fixed.memory_size.checked_sub(content.size).ok_or_else(|| {
        LinkError::Layout(format!(
            "section `{}` has {:#x} bytes, more than the {:#x} that it may take",
            fixed.name, content.size, fixed.memory_size
        ))
    })
}

/// The sections of one `PT_LOAD` follow one another.
fn shares_segment(one: Class, other: Class, layout: &Layout) -> bool {
    let merged = |class| if class == Class::Relro && !layout.is_independent() { Class::ReadOnly } else { class };
    merged(one) == merged(other)
}

fn assign(placement: &mut Placement<'_>, program: &Program<'_>, layout: &Layout) -> Result<(), LinkError> {
    let mut memory_left = 0;
    for output in &mut placement.outputs {
        arrange(output, program, &placement.veneers)?;
        match (&output.content, output.class) {
            (Content::Zeros, _) => output.size = memory_left,
            (_, Class::Fixed(index)) => memory_left = size_after(output, index, layout)?,
            _ => {}
        }
    }
    let headers = FILE_HEADER_SIZE + PROGRAM_HEADER_SIZE * program_header_count(&placement.outputs, layout);
    placement.end = assign_places(&mut placement.outputs, headers, layout)?;
    for (index, output) in placement.outputs.iter().enumerate() {
        for piece in output.pieces() {
            match piece.kind {
                PieceKind::Section(section) => {
                    placement.section_addresses[section as usize] = output.address + piece.offset;
                    placement.output_of[section as usize] = index as u32 + 1;
                }
                PieceKind::Veneers(pool) => placement.veneers.set_pool_address(pool, output.address + piece.offset),
            }
        }
    }
    placement.linker_addresses = program.linker_symbols.iter().map(|symbol| symbol.address(placement)).collect();
    placement.segments = segments(&placement.outputs, headers, layout)?;
    Ok(())
}

/// Gives sizes their places, in memory and in the file; returns where the file's sections end.
fn assign_places(outputs: &mut [OutputSection<'_>], headers: u64, layout: &Layout) -> Result<u64, LinkError> {
    let first_file = outputs.iter().position(|output| !output.is_allocated()).unwrap_or(outputs.len());
    let (in_memory, in_file) = outputs.split_at_mut(first_file);
    let mut in_file = in_file.iter_mut().peekable();
    let mut offset = headers;
    let mut address = layout.base() + headers;
    let mut previous = Class::ReadOnly;
    for output in in_memory {
        let opens_segment = !shares_segment(previous, output.class, layout);
        previous = output.class;
        if let (true, Class::Fixed(index)) = (opens_segment, output.class) {
            address = layout.fixed_sections[index as usize].address;
            let next = offset + address.wrapping_sub(offset) % layout.page_size;
            // The gap can have almost 64 KiB on aarch64. What is only in the file may stand anywhere.
            while let Some(output) = in_file.next_if(|output| end_in_file(output, offset).is_ok_and(|end| end <= next))
            {
                offset = place_in_file(output, offset)?;
            }
            offset = next;
        } else if opens_segment {
            address = align_up(address, layout.page_size)? + offset % layout.page_size;
        }
        let start = align_up(address, output.alignment)?;
        // Even a segment of zeros alone must start congruent.
        if opens_segment || !output.is_zeros() {
            offset = offset.checked_add(start - address).ok_or_else(too_large)?;
        }
        output.address = start;
        output.offset = offset;
        address = start.checked_add(output.size).filter(|&end| end <= LARGEST_ADDRESS).ok_or_else(too_large)?;
        if !output.is_zeros() {
            offset = offset.checked_add(output.size).filter(|&end| end <= LARGEST_FILE).ok_or_else(too_large)?;
        }
    }
    for output in in_file {
        offset = place_in_file(output, offset)?;
    }
    Ok(offset)
}

fn place_in_file(output: &mut OutputSection<'_>, offset: u64) -> Result<u64, LinkError> {
    output.offset = align_up(offset, output.alignment)?;
    end_in_file(output, offset)
}

fn end_in_file(output: &OutputSection<'_>, offset: u64) -> Result<u64, LinkError> {
    let end = align_up(offset, output.alignment)?.checked_add(output.size);
    end.filter(|&end| end <= LARGEST_FILE).ok_or_else(too_large)
}

/// Notes of the same alignment, as runs of sections.
fn note_runs<'o, 'a>(outputs: &'o [OutputSection<'a>]) -> impl Iterator<Item = &'o [OutputSection<'a>]> {
    let is_note = |output: &OutputSection<'_>| output.is_allocated() && output.kind == elf::SHT_NOTE;
    outputs
        .chunk_by(move |one, other| is_note(one) && is_note(other) && one.alignment == other.alignment)
        .filter(move |run| is_note(&run[0]))
}

fn load_runs<'o, 'a>(
    outputs: &'o [OutputSection<'a>],
    layout: &'o Layout,
) -> impl Iterator<Item = &'o [OutputSection<'a>]> {
    outputs
        .chunk_by(move |one, other| shares_segment(one.class, other.class, layout))
        .filter(|run| run[0].is_allocated())
}

fn program_header_count(outputs: &[OutputSection<'_>], layout: &Layout) -> u64 {
    let has = |wanted: fn(&OutputSection<'_>) -> bool| u64::from(outputs.iter().any(wanted));
    // The headers themselves make a first segment even when no section is in it.
    let first = u64::from(!outputs.first().is_some_and(|output| shares_segment(output.class, Class::ReadOnly, layout)));
    first
        + load_runs(outputs, layout).count() as u64
        + note_runs(outputs).count() as u64
        + has(|output| matches!(output.content, Content::Dynamic))
        + has(|output| matches!(output.content, Content::UnwindIndex))
        + has(|output| output.class == Class::Relro)
        + 1
}

fn segments(outputs: &[OutputSection<'_>], headers: u64, layout: &Layout) -> Result<Vec<Segment>, LinkError> {
    let mut loads = Vec::new();
    let mut others = Vec::new();
    let first = Segment {
        kind: elf::PT_LOAD,
        flags: elf::PF_R,
        offset: 0,
        address: layout.base(),
        file_size: headers,
        memory_size: headers,
        alignment: layout.page_size,
    };
    loads.push(first);
    for run in load_runs(outputs, layout) {
        let mut load = cover(elf::PT_LOAD, run);
        load.alignment = layout.page_size;
        if shares_segment(run[0].class, Class::ReadOnly, layout) {
            load.file_size += load.offset;
            load.memory_size += load.address - first.address;
            (load.offset, load.address) = (0, first.address);
            loads[0] = load;
        } else {
            if run[0].class == Class::Relro {
                // Protection is by page: the rest of the last page must be there to be protected.
                load.memory_size = align_up(load.address + load.memory_size, layout.page_size)? - load.address;
            }
            loads.push(load);
        }
    }
    for run in note_runs(outputs) {
        others.push(cover(elf::PT_NOTE, run));
    }
    for output in outputs.chunk_by(|_, _| false) {
        match output[0].content {
            Content::Dynamic => others.push(cover(elf::PT_DYNAMIC, output)),
            Content::UnwindIndex => others.push(cover(elf::PT_GNU_EH_FRAME, output)),
            _ => {}
        }
    }
    others.push(Segment {
        kind: elf::PT_GNU_STACK,
        flags: elf::PF_R | elf::PF_W,
        offset: 0,
        address: 0,
        file_size: 0,
        memory_size: 0,
        alignment: 16,
    });
    if let Some(run) = outputs.chunk_by(|one, other| one.class == other.class).find(|run| run[0].class == Class::Relro)
    {
        let mut relro = cover(elf::PT_GNU_RELRO, run);
        relro.flags = elf::PF_R;
        relro.alignment = 1;
        if layout.is_independent() {
            relro.memory_size = align_up(relro.address + relro.memory_size, layout.page_size)? - relro.address;
        }
        others.push(relro);
    }
    check_overlap(&mut loads, outputs, layout)?;
    loads.append(&mut others);
    Ok(loads)
}

fn cover(kind: u32, run: &[OutputSection<'_>]) -> Segment {
    let (first, last) = (&run[0], &run[run.len() - 1]);
    let file_end = run.iter().filter(|output| !output.is_zeros()).map(|output| output.offset + output.size).max();
    let has = |flag: u32| run.iter().any(|output| output.flags & u64::from(flag) != 0);
    let mut flags = elf::PF_R;
    if has(elf::SHF_WRITE) {
        flags |= elf::PF_W;
    }
    if has(elf::SHF_EXECINSTR) {
        flags |= elf::PF_X;
    }
    Segment {
        kind,
        flags,
        offset: first.offset,
        address: first.address,
        file_size: file_end.unwrap_or(first.offset) - first.offset,
        memory_size: last.end() - first.address,
        alignment: run.iter().map(|output| output.alignment).max().unwrap_or(1),
    }
}

/// Sorts by address, as the ELF specification wants it, and refuses segments that share a page.
fn check_overlap(loads: &mut [Segment], outputs: &[OutputSection<'_>], layout: &Layout) -> Result<(), LinkError> {
    loads.sort_by_key(|load| load.address);
    let free_before = |load: &Segment| {
        outputs.iter().find_map(|output| match output.class {
            Class::Fixed(index) if output.address == load.address => {
                Some(layout.fixed_sections[index as usize].free_before)
            }
            _ => None,
        })
    };
    for pair in loads.windows(2) {
        let limit = pair[1].address.saturating_sub(free_before(&pair[1]).unwrap_or(0));
        if align_up(pair[0].address + pair[0].memory_size, layout.page_size)? > limit {
            let name_at = |load: &Segment| {
                let at = |output: &&OutputSection<'_>| output.is_allocated() && output.address == load.address;
                outputs.iter().find(at).map_or("the program's headers".into(), |output| text(&output.name))
            };
            let (low, high) = (&pair[0], &pair[1]);
            return Err(LinkError::Layout(format!(
                "the segments that start with `{}` at {:#x} and with `{}` at {:#x} share memory",
                name_at(low),
                low.address,
                name_at(high),
                high.address
            )));
        }
    }
    Ok(())
}
