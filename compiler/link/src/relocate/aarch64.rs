//! Relocations of the ELF ABI for the Arm 64-bit architecture, and the address loads that do without the GOT.

use object::elf;

use crate::input::{LE, RawRelocation};
use crate::relocate::field::{Fault, Values, aligned, either, field, signed, unsigned};
use crate::relocate::kind::{Kind, Use};

pub(crate) fn kind(number: u32) -> Option<Kind> {
    let (name, usage) = match number {
        elf::R_AARCH64_NONE => ("R_AARCH64_NONE", Use::Nothing),
        elf::R_AARCH64_ABS64 => ("R_AARCH64_ABS64", Use::Address),
        elf::R_AARCH64_ABS32 => ("R_AARCH64_ABS32", Use::NarrowAddress),
        elf::R_AARCH64_ABS16 => ("R_AARCH64_ABS16", Use::NarrowAddress),
        elf::R_AARCH64_PREL64 => ("R_AARCH64_PREL64", Use::Distance),
        elf::R_AARCH64_PREL32 => ("R_AARCH64_PREL32", Use::Distance),
        elf::R_AARCH64_PREL16 => ("R_AARCH64_PREL16", Use::Distance),
        elf::R_AARCH64_PLT32 => ("R_AARCH64_PLT32", Use::Distance),
        elf::R_AARCH64_MOVW_UABS_G0 => ("R_AARCH64_MOVW_UABS_G0", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G0_NC => ("R_AARCH64_MOVW_UABS_G0_NC", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G1 => ("R_AARCH64_MOVW_UABS_G1", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G1_NC => ("R_AARCH64_MOVW_UABS_G1_NC", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G2 => ("R_AARCH64_MOVW_UABS_G2", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G2_NC => ("R_AARCH64_MOVW_UABS_G2_NC", Use::NarrowAddress),
        elf::R_AARCH64_MOVW_UABS_G3 => ("R_AARCH64_MOVW_UABS_G3", Use::NarrowAddress),
        elf::R_AARCH64_LD_PREL_LO19 => ("R_AARCH64_LD_PREL_LO19", Use::Distance),
        elf::R_AARCH64_ADR_PREL_LO21 => ("R_AARCH64_ADR_PREL_LO21", Use::Distance),
        elf::R_AARCH64_ADR_PREL_PG_HI21 => ("R_AARCH64_ADR_PREL_PG_HI21", Use::Distance),
        elf::R_AARCH64_ADR_PREL_PG_HI21_NC => ("R_AARCH64_ADR_PREL_PG_HI21_NC", Use::Distance),
        // Low bits do not change when the program moves by whole pages.
        elf::R_AARCH64_ADD_ABS_LO12_NC => ("R_AARCH64_ADD_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_LDST8_ABS_LO12_NC => ("R_AARCH64_LDST8_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_LDST16_ABS_LO12_NC => ("R_AARCH64_LDST16_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_LDST32_ABS_LO12_NC => ("R_AARCH64_LDST32_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_LDST64_ABS_LO12_NC => ("R_AARCH64_LDST64_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_LDST128_ABS_LO12_NC => ("R_AARCH64_LDST128_ABS_LO12_NC", Use::Distance),
        elf::R_AARCH64_TSTBR14 => ("R_AARCH64_TSTBR14", Use::Distance),
        elf::R_AARCH64_CONDBR19 => ("R_AARCH64_CONDBR19", Use::Distance),
        elf::R_AARCH64_JUMP26 => ("R_AARCH64_JUMP26", Use::Branch),
        elf::R_AARCH64_CALL26 => ("R_AARCH64_CALL26", Use::Branch),
        elf::R_AARCH64_ADR_GOT_PAGE => ("R_AARCH64_ADR_GOT_PAGE", Use::GotEntry),
        elf::R_AARCH64_LD64_GOT_LO12_NC => ("R_AARCH64_LD64_GOT_LO12_NC", Use::GotEntry),
        elf::R_AARCH64_LD64_GOTPAGE_LO15 => ("R_AARCH64_LD64_GOTPAGE_LO15", Use::GotEntry),
        elf::R_AARCH64_GOT_LD_PREL19 => ("R_AARCH64_GOT_LD_PREL19", Use::GotEntry),
        elf::R_AARCH64_GOTPCREL32 => ("R_AARCH64_GOTPCREL32", Use::GotEntry),
        _ => return None,
    };
    Some(Kind { name, usage })
}

pub(crate) fn apply(number: u32, bytes: &mut [u8], offset: u64, values: &Values) -> Result<(), Fault> {
    let absolute = values.absolute();
    let low = absolute & 0xfff;
    match number {
        elf::R_AARCH64_NONE => {}
        elf::R_AARCH64_ABS64 => *field(bytes, offset)? = absolute.to_le_bytes(),
        elf::R_AARCH64_ABS32 => *field(bytes, offset)? = (either(absolute, 32)? as u32).to_le_bytes(),
        elf::R_AARCH64_ABS16 => *field(bytes, offset)? = (either(absolute, 16)? as u16).to_le_bytes(),
        elf::R_AARCH64_PREL64 => *field(bytes, offset)? = values.relative().to_le_bytes(),
        elf::R_AARCH64_PREL32 => *field(bytes, offset)? = (either(values.relative(), 32)? as u32).to_le_bytes(),
        elf::R_AARCH64_PREL16 => *field(bytes, offset)? = (either(values.relative(), 16)? as u16).to_le_bytes(),
        elf::R_AARCH64_PLT32 => *field(bytes, offset)? = (signed(values.relative(), 32)? as u32).to_le_bytes(),

        elf::R_AARCH64_MOVW_UABS_G0 => move_wide(bytes, offset, unsigned(absolute, 16)?)?,
        elf::R_AARCH64_MOVW_UABS_G0_NC => move_wide(bytes, offset, absolute)?,
        elf::R_AARCH64_MOVW_UABS_G1 => move_wide(bytes, offset, unsigned(absolute, 32)? >> 16)?,
        elf::R_AARCH64_MOVW_UABS_G1_NC => move_wide(bytes, offset, absolute >> 16)?,
        elf::R_AARCH64_MOVW_UABS_G2 => move_wide(bytes, offset, unsigned(absolute, 48)? >> 32)?,
        elf::R_AARCH64_MOVW_UABS_G2_NC => move_wide(bytes, offset, absolute >> 32)?,
        elf::R_AARCH64_MOVW_UABS_G3 => move_wide(bytes, offset, absolute >> 48)?,

        elf::R_AARCH64_LD_PREL_LO19 | elf::R_AARCH64_CONDBR19 => {
            let distance = signed(aligned(branch_distance(number, values), 4)?, 21)?;
            insert(bytes, offset, (distance >> 2) as u32, 5, 19)?;
        }
        elf::R_AARCH64_TSTBR14 => {
            let distance = signed(aligned(branch_distance(number, values), 4)?, 16)?;
            insert(bytes, offset, (distance >> 2) as u32, 5, 14)?;
        }
        elf::R_AARCH64_JUMP26 | elf::R_AARCH64_CALL26 => {
            let distance = signed(aligned(branch_distance(number, values), 4)?, 28)?;
            insert(bytes, offset, (distance >> 2) as u32, 0, 26)?;
        }
        elf::R_AARCH64_ADR_PREL_LO21 => address(bytes, offset, signed(values.relative(), 21)?)?,
        elf::R_AARCH64_ADR_PREL_PG_HI21 => page_address(bytes, offset, values, absolute)?,
        elf::R_AARCH64_ADR_PREL_PG_HI21_NC => {
            address(bytes, offset, (page(absolute).wrapping_sub(page(values.place)) as i64) >> 12)?;
        }
        elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => {
            insert(bytes, offset, low as u32, 10, 12)?;
        }
        elf::R_AARCH64_LDST16_ABS_LO12_NC => insert(bytes, offset, (aligned(low, 2)? >> 1) as u32, 10, 12)?,
        elf::R_AARCH64_LDST32_ABS_LO12_NC => insert(bytes, offset, (aligned(low, 4)? >> 2) as u32, 10, 12)?,
        elf::R_AARCH64_LDST64_ABS_LO12_NC => insert(bytes, offset, (aligned(low, 8)? >> 3) as u32, 10, 12)?,
        elf::R_AARCH64_LDST128_ABS_LO12_NC => insert(bytes, offset, (aligned(low, 16)? >> 4) as u32, 10, 12)?,

        elf::R_AARCH64_ADR_GOT_PAGE => {
            page_address(bytes, offset, values, values.got_entry.unwrap_or(absolute))?;
        }
        elf::R_AARCH64_LD64_GOT_LO12_NC => match values.got_entry {
            Some(entry) => insert(bytes, offset, (aligned(entry & 0xfff, 8)? >> 3) as u32, 10, 12)?,
            None => load_becomes_add(bytes, offset, low as u32)?,
        },
        elf::R_AARCH64_LD64_GOTPAGE_LO15 => {
            let entry = values.got_entry.ok_or(Fault::Unknown)?;
            let distance = unsigned(aligned(entry.wrapping_sub(page(values.got)), 8)?, 15)?;
            insert(bytes, offset, (distance >> 3) as u32, 10, 12)?;
        }
        elf::R_AARCH64_GOT_LD_PREL19 => {
            let distance = values.got_entry.ok_or(Fault::Unknown)?.wrapping_sub(values.place);
            insert(bytes, offset, (signed(aligned(distance, 4)?, 21)? >> 2) as u32, 5, 19)?;
        }
        elf::R_AARCH64_GOTPCREL32 => {
            let distance = values.got_entry.ok_or(Fault::Unknown)?.wrapping_sub(values.place);
            *field(bytes, offset)? = (signed(distance, 32)? as u32).to_le_bytes();
        }
        _ => return Err(Fault::Unknown),
    }
    Ok(())
}

/// The distance of a branch. One to a weak symbol that nothing defines goes on with the next instruction, as the ABI
/// says: address zero may be out of reach, and no program gets there.
fn branch_distance(number: u32, values: &Values) -> u64 {
    if values.is_missing && number != elf::R_AARCH64_LD_PREL_LO19 { 4 } else { values.relative() }
}

/// Does a branch of this distance need a veneer?
pub(crate) fn branch_reaches(distance: u64) -> bool {
    signed(distance, 28).is_ok()
}

pub(crate) fn page(address: u64) -> u64 {
    address & !0xfff
}

/// Puts `value` into `width` bits of an instruction.
fn insert(bytes: &mut [u8], offset: u64, value: u32, shift: u32, width: u32) -> Result<(), Fault> {
    let field = field::<4>(bytes, offset)?;
    let mask = ((1_u32 << width) - 1) << shift;
    let instruction = u32::from_le_bytes(*field) & !mask | (value << shift) & mask;
    *field = instruction.to_le_bytes();
    Ok(())
}

/// The 16-bit immediate of `movz` and `movk`.
fn move_wide(bytes: &mut [u8], offset: u64, value: u64) -> Result<(), Fault> {
    insert(bytes, offset, value as u32 & 0xffff, 5, 16)
}

/// The immediate of `adr` and `adrp`, whose two low bits are apart.
fn address(bytes: &mut [u8], offset: u64, value: i64) -> Result<(), Fault> {
    insert(bytes, offset, value as u32, 29, 2)?;
    insert(bytes, offset, (value >> 2) as u32, 5, 19)
}

fn page_address(bytes: &mut [u8], offset: u64, values: &Values, target: u64) -> Result<(), Fault> {
    address(bytes, offset, signed(page(target).wrapping_sub(page(values.place)), 33)? >> 12)
}

/// `ldr xt, [xn, #entry]` → `add xt, xn, #low`.
fn load_becomes_add(bytes: &mut [u8], offset: u64, low: u32) -> Result<(), Fault> {
    let field = field::<4>(bytes, offset)?;
    let registers = u32::from_le_bytes(*field) & 0x3ff;
    *field = (0x9100_0000 | low << 10 | registers).to_le_bytes();
    Ok(())
}

/// Can the address loads of a section do without the GOT?
///
/// `adrp x, :got:s` and `ldr x, [x, :got_lo12:s]` become `adrp x, s` and `add x, x, :lo12:s`, which is right as long as
/// no other load uses the result of the `adrp`. So all of them in the section must come as adjacent pairs.
pub(crate) fn can_bypass_got(relocations: &[RawRelocation], bytes: &[u8]) -> bool {
    let number = |relocation: &RawRelocation| relocation.r_type(LE, false);
    let instruction = |relocation: &RawRelocation| {
        let field = bytes.get(usize::try_from(relocation.r_offset.get(LE)).ok()?..)?.first_chunk()?;
        Some(u32::from_le_bytes(*field))
    };
    let mut position = 0;
    while let Some(first) = relocations.get(position) {
        match number(first) {
            elf::R_AARCH64_ADR_GOT_PAGE => {
                let Some(second) = relocations.get(position + 1) else { return false };
                let is_pair = number(second) == elf::R_AARCH64_LD64_GOT_LO12_NC
                    && second.r_sym(LE, false) == first.r_sym(LE, false)
                    && second.r_offset.get(LE) == first.r_offset.get(LE).wrapping_add(4)
                    && first.r_addend.get(LE) == 0
                    && second.r_addend.get(LE) == 0;
                let (Some(adrp), Some(load)) = (instruction(first), instruction(second)) else { return false };
                let is_load = adrp & 0x9f00_0000 == 0x9000_0000
                    && load & 0xffc0_0000 == 0xf940_0000
                    && load >> 5 & 0x1f == adrp & 0x1f;
                if !is_pair || !is_load {
                    return false;
                }
                position += 2;
            }
            elf::R_AARCH64_LD64_GOT_LO12_NC | elf::R_AARCH64_LD64_GOTPAGE_LO15 => return false,
            _ => position += 1,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(number: u32, instruction: u32, values: Values) -> Result<u32, Fault> {
        let mut bytes = instruction.to_le_bytes();
        apply(number, &mut bytes, 0, &values)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn at(symbol: u64, place: u64) -> Values {
        Values { symbol, place, ..Values::default() }
    }

    #[test]
    fn calls_reach_128_megabytes_either_way() {
        let place = 0x1000_0000;
        let call = |symbol| patched(elf::R_AARCH64_CALL26, 0x9400_0000, at(symbol, place));
        assert_eq!(call(place + 8), Ok(0x9400_0002));
        assert_eq!(call(place + 0x7ff_fffc), Ok(0x95ff_ffff));
        assert_eq!(call(place + 0x800_0000), Err(Fault::OutOfRange { value: 0x800_0000, bits: 28 }));
        assert_eq!(call(place - 0x800_0000), Ok(0x9600_0000));
        assert_eq!(call(place - 0x800_0004), Err(Fault::OutOfRange { value: -0x800_0004, bits: 28 }));
        assert_eq!(call(place + 2), Err(Fault::Misaligned { value: 2, alignment: 4 }));
        assert!(branch_reaches(0x7ff_fffc) && !branch_reaches(0x800_0000));
    }

    #[test]
    fn a_call_of_a_missing_weak_symbol_goes_on() {
        let values = Values { is_missing: true, ..at(0, 0x4000_0000) };
        assert_eq!(patched(elf::R_AARCH64_CALL26, 0x9400_0000, values), Ok(0x9400_0001));
    }

    #[test]
    fn page_addresses_reach_four_gigabytes_either_way() {
        let place = 0x2_0000_0fff;
        let adrp = |symbol| patched(elf::R_AARCH64_ADR_PREL_PG_HI21, 0x9000_0000, at(symbol, place));
        assert_eq!(adrp(0x2_0000_0000), Ok(0x9000_0000));
        assert_eq!(adrp(0x2_0000_3000), Ok(0xf000_0000));
        assert_eq!(adrp(0x2_0000_4000), Ok(0x9000_0020));
        assert!(adrp(0x2_ffff_f000).is_ok());
        assert!(adrp(0x3_0000_0000).is_err());
        assert!(adrp(0x1_0000_0000).is_ok());
        assert!(adrp(0xffff_f000).is_err());
    }

    #[test]
    fn scaled_offsets_want_aligned_symbols() {
        let load = |number, symbol| patched(number, 0xf940_0000, at(symbol, 0));
        assert_eq!(load(elf::R_AARCH64_LDST64_ABS_LO12_NC, 0x1ff8), Ok(0xf947_fc00));
        assert_eq!(
            load(elf::R_AARCH64_LDST64_ABS_LO12_NC, 0x1ff4),
            Err(Fault::Misaligned { value: 0xff4, alignment: 8 })
        );
        assert_eq!(load(elf::R_AARCH64_LDST8_ABS_LO12_NC, 0x1fff), Ok(0xf97f_fc00));
        assert!(load(elf::R_AARCH64_LDST128_ABS_LO12_NC, 0x1ff8).is_err());
        assert!(load(elf::R_AARCH64_LDST32_ABS_LO12_NC, 0x1ffc).is_ok());
        assert!(load(elf::R_AARCH64_LDST16_ABS_LO12_NC, 0x1fff).is_err());
    }

    #[test]
    fn wide_moves_take_sixteen_bits_each() {
        let symbol = 0x1234_5678_9abc_def0;
        let immediate = |number| patched(number, 0xd280_0000, at(symbol, 0)).map(|code| code >> 5 & 0xffff);
        assert_eq!(immediate(elf::R_AARCH64_MOVW_UABS_G0_NC), Ok(0xdef0));
        assert_eq!(immediate(elf::R_AARCH64_MOVW_UABS_G1_NC), Ok(0x9abc));
        assert_eq!(immediate(elf::R_AARCH64_MOVW_UABS_G2_NC), Ok(0x5678));
        assert_eq!(immediate(elf::R_AARCH64_MOVW_UABS_G3), Ok(0x1234));
        assert!(immediate(elf::R_AARCH64_MOVW_UABS_G2).is_err());
        assert!(patched(elf::R_AARCH64_MOVW_UABS_G1, 0, at(0xffff_ffff, 0)).is_ok());
        assert!(patched(elf::R_AARCH64_MOVW_UABS_G1, 0, at(0x1_0000_0000, 0)).is_err());
    }

    #[test]
    fn short_branches_have_their_own_reach() {
        let condition = |symbol| patched(elf::R_AARCH64_CONDBR19, 0x5400_0000, at(symbol, 0x10_0000));
        assert_eq!(condition(0x10_0000 + 0xf_fffc), Ok(0x547f_ffe0));
        assert!(condition(0x10_0000 + 0x10_0000).is_err());
        assert_eq!(condition(0), Ok(0x5480_0000));
        let test_bit = |symbol| patched(elf::R_AARCH64_TSTBR14, 0x3600_0000, at(symbol, 0x10_0000));
        assert_eq!(test_bit(0x10_0000 + 0x7ffc), Ok(0x3603_ffe0));
        assert!(test_bit(0x10_0000 + 0x8000).is_err());
    }

    #[test]
    fn an_address_load_without_the_got_adds_the_low_bits() {
        let values = Values { got_entry: None, ..at(0x2_1234, 0x1_0000) };
        assert_eq!(patched(elf::R_AARCH64_LD64_GOT_LO12_NC, 0xf940_0021, values), Ok(0x9108_d021));
    }
}
