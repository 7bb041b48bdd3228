//! `.dynamic` of a static PIE: where start code finds the table of addresses to correct.

use object::elf;

use crate::layout::Placement;
use crate::output::{Content, RELATIVE_ENTRY_SIZE};
use crate::request::Architecture;

/// Bytes of the section.
pub(crate) const SIZE: u64 = 16 * 9;

pub(crate) fn write(bytes: &mut [u8], placement: &Placement<'_>, relative_count: usize) {
    let table = placement.output_with(|content| matches!(content, Content::RelativeTable));
    let (address, size) = table.map_or((0, 0), |table| (table.address, table.size));
    // No entry has a name, but tools want to see where names would be.
    let strings = placement.output_with(|content| matches!(content, Content::DynamicStrings));
    let (strings_address, strings_size) = strings.map_or((0, 0), |strings| (strings.address, strings.size));
    let entries: [(i64, u64); 9] = [
        (elf::DT_STRTAB, strings_address),
        (elf::DT_STRSZ, strings_size),
        (elf::DT_RELA, address),
        (elf::DT_RELASZ, size),
        (elf::DT_RELAENT, RELATIVE_ENTRY_SIZE),
        (elf::DT_RELACOUNT, relative_count as u64),
        (elf::DT_FLAGS, u64::from(elf::DF_BIND_NOW)),
        (elf::DT_FLAGS_1, u64::from(elf::DF_1_NOW | elf::DF_1_PIE)),
        (elf::DT_NULL, 0),
    ];
    for (slot, (tag, value)) in bytes.chunks_exact_mut(16).zip(entries) {
        slot[..8].copy_from_slice(&tag.to_le_bytes());
        slot[8..].copy_from_slice(&value.to_le_bytes());
    }
}

/// `.rela.dyn`, in the order of addresses, so that start code touches each page once.
pub(crate) fn write_relative_table(bytes: &mut [u8], mut relative: Vec<(u64, u64)>, architecture: Architecture) {
    let kind = match architecture {
        Architecture::X86_64 => elf::R_X86_64_RELATIVE,
        Architecture::Aarch64 => elf::R_AARCH64_RELATIVE,
    };
    relative.sort_unstable();
    for (entry, (address, value)) in bytes.chunks_exact_mut(RELATIVE_ENTRY_SIZE as usize).zip(relative) {
        entry[..8].copy_from_slice(&address.to_le_bytes());
        entry[8..16].copy_from_slice(&u64::from(kind).to_le_bytes());
        entry[16..].copy_from_slice(&value.to_le_bytes());
    }
}
