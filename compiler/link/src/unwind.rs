//! `.eh_frame`: records of reachable functions only, each common header once, and the sorted index `.eh_frame_hdr`.
//!
//! The section is a sequence of records: a CIE says how functions of some kind are described, an FDE describes one
//! function and points back at its CIE. Every FDE refers to its function by a relocation, so linking the section as a
//! whole would keep every function alive. Instead an FDE lives exactly when its function does, and what the FDE and its
//! CIE refer to (tables for exceptions, a personality routine) is reachable from that function.
//!
//! Where a function starts is read from the relocation, never from the encoded field, so the encoding does not matter.

use std::collections::HashMap;

use crate::error::LinkError;
use crate::input::{LE, RawRelocation, Role};
use crate::symbols::{Program, Target};

pub(crate) struct Unwind<'a> {
    pub(crate) records: Vec<Record<'a>>,
    /// Of all records, those of each together and sorted.
    relocations: Vec<RawRelocation>,
    /// By section: the latest FDE that describes code in it.
    first_of_section: Vec<Option<u32>>,
}

pub(crate) struct Record<'a> {
    /// The program's number of the `.eh_frame` section that has it.
    pub(crate) section: u32,
    /// In that section.
    pub(crate) offset: u64,
    /// With the length field.
    pub(crate) bytes: &'a [u8],
    first_relocation: usize,
    relocation_count: usize,
    pub(crate) kind: RecordKind,
}

#[derive(Clone, Copy)]
pub(crate) enum RecordKind {
    Cie,
    Fde {
        /// An index into `records`.
        cie: u32,
        /// The section of the function and the function's offset there; absent when the function is not in the link.
        function: Option<(u32, u64)>,
        /// The next FDE of the same section.
        next: Option<u32>,
    },
}

impl<'a> Unwind<'a> {
    /// Takes all `.eh_frame` sections apart.
    pub(crate) fn read(program: &Program<'a>) -> Result<Unwind<'a>, LinkError> {
        let first_of_section = vec![None; program.sections.len()];
        let mut unwind = Unwind { records: Vec::new(), relocations: Vec::new(), first_of_section };
        for (number, section) in program.sections.iter().enumerate() {
            if section.role == Role::Unwind && !section.discarded {
                unwind.read_section(program, number as u32)?;
            }
        }
        Ok(unwind)
    }

    fn read_section(&mut self, program: &Program<'a>, number: u32) -> Result<(), LinkError> {
        let section = &program.sections[number as usize];
        let malformed =
            |what: &str| program.objects[section.object as usize].malformed(format!("section `.eh_frame`: {what}"));
        let first = self.relocations.len();
        self.relocations.extend_from_slice(section.relocations);
        let relocations = &mut self.relocations[first..];
        if !relocations.is_sorted_by_key(|relocation| relocation.r_offset.get(LE)) {
            relocations.sort_by_key(|relocation| relocation.r_offset.get(LE));
        }
        let mut next_relocation = first;
        let mut cies: HashMap<usize, u32> = HashMap::new();
        let mut offset = 0;
        while let Some(length) = word_at(section.data, offset) {
            if length == 0 {
                // A terminator; `crtend.o` brings one. Ours is written at the very end.
                offset += 4;
                continue;
            }
            if length == u32::MAX {
                return Err(malformed("a 64-bit record"));
            }
            let end = offset + 4 + length as usize;
            let bytes = section.data.get(offset..end).ok_or_else(|| malformed("a record exceeds the section"))?;
            let back = word_at(bytes, 4).ok_or_else(|| malformed("a record is too short"))?;

            let start_of = |index: usize, relocations: &[RawRelocation]| {
                relocations.get(index).map(|relocation| relocation.r_offset.get(LE) as usize)
            };
            while start_of(next_relocation, &self.relocations).is_some_and(|at| at < offset) {
                next_relocation += 1;
            }
            let first_relocation = next_relocation;
            while start_of(next_relocation, &self.relocations).is_some_and(|at| at < end) {
                next_relocation += 1;
            }

            let index = self.records.len() as u32;
            let kind = if back == 0 {
                cies.insert(offset, index);
                RecordKind::Cie
            } else {
                let cie = (offset + 4).checked_sub(back as usize).and_then(|cie| cies.get(&cie).copied());
                let cie = cie.ok_or_else(|| malformed("a record refers to a header that does not exist"))?;
                let function = match self.relocations[first_relocation..next_relocation].first() {
                    Some(relocation) if relocation.r_offset.get(LE) as usize == offset + 8 => {
                        function(program, section.object, relocation)?
                    }
                    _ => None,
                };
                let next = function.and_then(|(section, _)| self.first_of_section[section as usize].replace(index));
                RecordKind::Fde { cie, function, next }
            };
            self.records.push(Record {
                section: number,
                offset: offset as u64,
                bytes,
                first_relocation,
                relocation_count: next_relocation - first_relocation,
                kind,
            });
            offset = end;
        }
        if offset != section.data.len() {
            return Err(malformed("a record is too short"));
        }
        Ok(())
    }

    pub(crate) fn relocations(&self, record: &Record<'_>) -> &[RawRelocation] {
        &self.relocations[record.first_relocation..record.first_relocation + record.relocation_count]
    }

    /// The FDEs of the functions in a section.
    pub(crate) fn records_of_section(&self, section: u32) -> impl Iterator<Item = &Record<'a>> {
        let mut next = self.first_of_section[section as usize];
        std::iter::from_fn(move || {
            let record = &self.records[next? as usize];
            next = match record.kind {
                RecordKind::Fde { next, .. } => next,
                RecordKind::Cie => None,
            };
            Some(record)
        })
    }
}

/// The function that an FDE's first relocation points at, if its own object's copy of the function is in the link.
fn function(program: &Program<'_>, object: u32, relocation: &RawRelocation) -> Result<Option<(u32, u64)>, LinkError> {
    match program.target(object, relocation.r_sym(LE, false))? {
        // A function of another object has an FDE there; this one described the copy that was not chosen.
        Target::Section { section, offset } if program.sections[section as usize].object == object => {
            Ok(Some((section, offset.wrapping_add_signed(relocation.r_addend.get(LE)))))
        }
        _ => Ok(None),
    }
}

fn word_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let field = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*field))
}

/// The records of the output, in order.
pub(crate) struct UnwindPlan {
    pub(crate) entries: Vec<PlannedRecord>,
    /// Of the section, with its terminator.
    pub(crate) size: u64,
    pub(crate) fde_count: usize,
}

pub(crate) struct PlannedRecord {
    /// An index into `Unwind::records`.
    pub(crate) record: u32,
    /// In the output section.
    pub(crate) offset: u64,
    /// The output offset of the CIE, for an FDE.
    pub(crate) cie: Option<u64>,
}

/// For each relocation of a record its place in the record, its target and its addend.
type RelocatedTo = Vec<(u64, Target, i64)>;

/// Chooses the records of live functions and places them.
pub(crate) fn plan(program: &Program<'_>, unwind: &Unwind<'_>, live: &[bool]) -> Result<UnwindPlan, LinkError> {
    let mut plan = UnwindPlan { entries: Vec::new(), size: 0, fde_count: 0 };
    // CIEs that say the same are one: equal bytes, and relocated to equal places.
    let mut placed: HashMap<(&[u8], RelocatedTo), u64> = HashMap::new();
    let mut offset_of: Vec<Option<u64>> = vec![None; unwind.records.len()];
    for (index, record) in unwind.records.iter().enumerate() {
        let RecordKind::Fde { cie, function: Some((function, _)), .. } = record.kind else { continue };
        if !live[function as usize] {
            continue;
        }
        let cie_offset = match offset_of[cie as usize] {
            Some(offset) => offset,
            None => {
                let header = &unwind.records[cie as usize];
                let object = program.sections[header.section as usize].object;
                let mut relocated = Vec::new();
                for relocation in unwind.relocations(header) {
                    let target = program.target(object, relocation.r_sym(LE, false))?;
                    let place = relocation.r_offset.get(LE) - header.offset;
                    relocated.push((place, target, relocation.r_addend.get(LE)));
                }
                let offset = *placed.entry((header.bytes, relocated)).or_insert_with(|| {
                    plan.entries.push(PlannedRecord { record: cie, offset: plan.size, cie: None });
                    plan.size += header.bytes.len() as u64;
                    plan.size - header.bytes.len() as u64
                });
                offset_of[cie as usize] = Some(offset);
                offset
            }
        };
        plan.entries.push(PlannedRecord { record: index as u32, offset: plan.size, cie: Some(cie_offset) });
        plan.size += record.bytes.len() as u64;
        plan.fde_count += 1;
    }
    if plan.fde_count > 0 {
        plan.size += TERMINATOR;
    }
    Ok(plan)
}

/// A record of length zero ends the section for unwinders that walk it without the index.
const TERMINATOR: u64 = 4;

/// Bytes of `.eh_frame_hdr`: a fixed part, then one pair for each FDE.
pub(crate) fn index_size(fde_count: usize) -> u64 {
    12 + 8 * fde_count as u64
}

/// `.eh_frame_hdr` for a table of (function address, FDE address).
pub(crate) fn write_index(
    bytes: &mut [u8],
    address: u64,
    section_address: u64,
    mut table: Vec<(u64, u64)>,
) -> Result<(), LinkError> {
    const PC_RELATIVE_SIGNED_4: u8 = 0x1b;
    const UNSIGNED_4: u8 = 0x03;
    const INDEX_RELATIVE_SIGNED_4: u8 = 0x3b;
    let relative = |target: u64, from: u64| {
        let far = || LinkError::Layout("`.eh_frame_hdr` is too far from the code".into());
        i32::try_from(target.wrapping_sub(from) as i64).map(i32::to_le_bytes).map_err(|_| far())
    };
    table.sort_unstable();
    bytes[..4].copy_from_slice(&[1, PC_RELATIVE_SIGNED_4, UNSIGNED_4, INDEX_RELATIVE_SIGNED_4]);
    bytes[4..8].copy_from_slice(&relative(section_address, address + 4)?);
    bytes[8..12].copy_from_slice(&(table.len() as u32).to_le_bytes());
    for (pair, (function, record)) in bytes[12..].chunks_exact_mut(8).zip(table) {
        pair[..4].copy_from_slice(&relative(function, address)?);
        pair[4..].copy_from_slice(&relative(record, address)?);
    }
    Ok(())
}
