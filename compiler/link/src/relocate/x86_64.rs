//! Relocations of the System V ABI for x86_64, and the instructions that do without the GOT.

use object::elf;

use crate::relocate::field::{Fault, Values, either, field, signed, unsigned};
use crate::relocate::kind::{Kind, Use};

pub(crate) fn kind(number: u32) -> Option<Kind> {
    let (name, usage) = match number {
        elf::R_X86_64_NONE => ("R_X86_64_NONE", Use::Nothing),
        elf::R_X86_64_64 => ("R_X86_64_64", Use::Address),
        elf::R_X86_64_32 => ("R_X86_64_32", Use::NarrowAddress),
        elf::R_X86_64_32S => ("R_X86_64_32S", Use::NarrowAddress),
        elf::R_X86_64_16 => ("R_X86_64_16", Use::NarrowAddress),
        elf::R_X86_64_8 => ("R_X86_64_8", Use::NarrowAddress),
        elf::R_X86_64_PC64 => ("R_X86_64_PC64", Use::Distance),
        elf::R_X86_64_PC32 => ("R_X86_64_PC32", Use::Distance),
        elf::R_X86_64_PC16 => ("R_X86_64_PC16", Use::Distance),
        elf::R_X86_64_PC8 => ("R_X86_64_PC8", Use::Distance),
        elf::R_X86_64_PLT32 => ("R_X86_64_PLT32", Use::Distance),
        elf::R_X86_64_GOTPCREL => ("R_X86_64_GOTPCREL", Use::GotEntry),
        elf::R_X86_64_GOTPCRELX => ("R_X86_64_GOTPCRELX", Use::GotEntry),
        elf::R_X86_64_REX_GOTPCRELX => ("R_X86_64_REX_GOTPCRELX", Use::GotEntry),
        elf::R_X86_64_GOTPCREL64 => ("R_X86_64_GOTPCREL64", Use::GotEntry),
        elf::R_X86_64_GOT32 => ("R_X86_64_GOT32", Use::GotEntry),
        elf::R_X86_64_GOT64 => ("R_X86_64_GOT64", Use::GotEntry),
        elf::R_X86_64_GOTPC32 => ("R_X86_64_GOTPC32", Use::GotBase),
        elf::R_X86_64_GOTPC64 => ("R_X86_64_GOTPC64", Use::GotBase),
        elf::R_X86_64_GOTOFF64 => ("R_X86_64_GOTOFF64", Use::GotBase),
        elf::R_X86_64_PLTOFF64 => ("R_X86_64_PLTOFF64", Use::GotBase),
        _ => return None,
    };
    Some(Kind { name, usage })
}

pub(crate) fn apply(number: u32, bytes: &mut [u8], offset: u64, values: &Values) -> Result<(), Fault> {
    // A reference without a GOT entry is one whose instruction was found to do without.
    let got_entry = values.got_entry.map(|entry| entry.wrapping_add_signed(values.addend));
    match number {
        elf::R_X86_64_NONE => {}
        elf::R_X86_64_64 => *field(bytes, offset)? = values.absolute().to_le_bytes(),
        elf::R_X86_64_32 => put_4(bytes, offset, unsigned(values.absolute(), 32)? as u32)?,
        elf::R_X86_64_32S => put_4(bytes, offset, signed(values.absolute(), 32)? as u32)?,
        elf::R_X86_64_16 => *field(bytes, offset)? = (either(values.absolute(), 16)? as u16).to_le_bytes(),
        elf::R_X86_64_8 => *field(bytes, offset)? = (either(values.absolute(), 8)? as u8).to_le_bytes(),
        elf::R_X86_64_PC64 => *field(bytes, offset)? = values.relative().to_le_bytes(),
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => put_4(bytes, offset, signed(values.relative(), 32)? as u32)?,
        elf::R_X86_64_PC16 => *field(bytes, offset)? = (signed(values.relative(), 16)? as u16).to_le_bytes(),
        elf::R_X86_64_PC8 => *field(bytes, offset)? = (signed(values.relative(), 8)? as u8).to_le_bytes(),
        elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => match got_entry {
            Some(entry) => put_4(bytes, offset, signed(entry.wrapping_sub(values.place), 32)? as u32)?,
            None => bypass_got(bytes, offset, values)?,
        },
        elf::R_X86_64_GOTPCREL64 => {
            let entry = got_entry.ok_or(Fault::Unknown)?;
            *field(bytes, offset)? = entry.wrapping_sub(values.place).to_le_bytes();
        }
        elf::R_X86_64_GOT32 => {
            let entry = got_entry.ok_or(Fault::Unknown)?;
            put_4(bytes, offset, signed(entry.wrapping_sub(values.got), 32)? as u32)?;
        }
        elf::R_X86_64_GOT64 => {
            let entry = got_entry.ok_or(Fault::Unknown)?;
            *field(bytes, offset)? = entry.wrapping_sub(values.got).to_le_bytes();
        }
        elf::R_X86_64_GOTPC32 => {
            let distance = values.got.wrapping_add_signed(values.addend).wrapping_sub(values.place);
            put_4(bytes, offset, signed(distance, 32)? as u32)?;
        }
        elf::R_X86_64_GOTPC64 => {
            let distance = values.got.wrapping_add_signed(values.addend).wrapping_sub(values.place);
            *field(bytes, offset)? = distance.to_le_bytes();
        }
        elf::R_X86_64_GOTOFF64 | elf::R_X86_64_PLTOFF64 => {
            *field(bytes, offset)? = values.absolute().wrapping_sub(values.got).to_le_bytes();
        }
        _ => return Err(Fault::Unknown),
    }
    Ok(())
}

fn put_4(bytes: &mut [u8], offset: u64, value: u32) -> Result<(), Fault> {
    *field(bytes, offset)? = value.to_le_bytes();
    Ok(())
}

/// Instructions that read an address from the GOT only to use it, in the form `opcode, ModRM, 32-bit displacement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ThroughGot {
    /// `mov register, [rip + entry]` → `lea register, [rip + symbol]`.
    Load,
    /// `call [rip + entry]` → `call symbol`, one byte shorter: an `addr32` prefix fills up.
    Call,
    /// `jmp [rip + entry]` → `jmp symbol`, one byte shorter: a `nop` follows.
    Jump,
}

/// The instruction whose displacement is at `offset`. The kinds that end in X promise that there is one; with the plain
/// kind, which Rust's compiler emits too, it is told by the addend: data says 0 where an instruction says −4.
fn instruction(bytes: &[u8], offset: u64, addend: i64) -> Option<ThroughGot> {
    let offset = usize::try_from(offset).ok()?;
    let &[opcode, mod_rm, _, _, _, _] = bytes.get(offset.checked_sub(2)?..)?.first_chunk()?;
    // Another addend means that the displacement is not the instruction's last field.
    if addend != -4 {
        return None;
    }
    match (opcode, mod_rm) {
        (0x8b, _) if mod_rm & 0xc7 == 0x05 => Some(ThroughGot::Load),
        (0xff, 0x15) => Some(ThroughGot::Call),
        (0xff, 0x25) => Some(ThroughGot::Jump),
        _ => None,
    }
}

/// Can the instruction use the symbol's address itself, given that it is near?
pub(crate) fn can_bypass_got(number: u32, bytes: &[u8], offset: u64, addend: i64) -> bool {
    matches!(number, elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX)
        && instruction(bytes, offset, addend).is_some()
}

fn bypass_got(bytes: &mut [u8], offset: u64, values: &Values) -> Result<(), Fault> {
    let form = instruction(bytes, offset, values.addend).ok_or(Fault::Unknown)?;
    let (shift, opcode) = match form {
        ThroughGot::Load => (0, [0x8d, bytes[offset as usize - 1]]),
        ThroughGot::Call => (0, [0x67, 0xe8]),
        ThroughGot::Jump => (1, [0xe9, 0]),
    };
    let distance = signed(values.relative().wrapping_add(shift), 32)? as u32;
    *field(bytes, offset - 2)? = opcode;
    put_4(bytes, offset - shift, distance)?;
    if form == ThroughGot::Jump {
        *field(bytes, offset + 3)? = [0x90];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(symbol: u64, place: u64) -> Values {
        Values { symbol, addend: -4, place, ..Values::default() }
    }

    #[test]
    fn loads_calls_and_jumps_bypass_the_got() {
        let mut load = [0x48, 0x8b, 0x05, 0, 0, 0, 0];
        assert!(can_bypass_got(elf::R_X86_64_REX_GOTPCRELX, &load, 3, -4));
        apply(elf::R_X86_64_REX_GOTPCRELX, &mut load, 3, &near(0x2000, 0x1003)).unwrap();
        assert_eq!(load, [0x48, 0x8d, 0x05, 0xf9, 0x0f, 0, 0]);

        let mut call = [0xff, 0x15, 0, 0, 0, 0];
        assert!(can_bypass_got(elf::R_X86_64_GOTPCRELX, &call, 2, -4));
        apply(elf::R_X86_64_GOTPCRELX, &mut call, 2, &near(0x2000, 0x1002)).unwrap();
        assert_eq!(call, [0x67, 0xe8, 0xfa, 0x0f, 0, 0]);

        // The jump starts at 0x1000 and is five bytes long: 0x1005 + 0xffb = 0x2000.
        let mut jump = [0xff, 0x25, 0, 0, 0, 0];
        assert!(can_bypass_got(elf::R_X86_64_GOTPCRELX, &jump, 2, -4));
        apply(elf::R_X86_64_GOTPCRELX, &mut jump, 2, &near(0x2000, 0x1002)).unwrap();
        assert_eq!(jump, [0xe9, 0xfb, 0x0f, 0, 0, 0x90]);
    }

    #[test]
    fn other_instructions_keep_the_got() {
        let compare = [0x48, 0x3b, 0x05, 0, 0, 0, 0];
        assert!(!can_bypass_got(elf::R_X86_64_REX_GOTPCRELX, &compare, 3, -4));
        let table = [0xff, 0x15, 0, 0, 0, 0];
        assert!(!can_bypass_got(elf::R_X86_64_GOTPCREL, &table, 2, 0));
        let load = [0x8b, 0x05, 0, 0, 0, 0];
        assert!(!can_bypass_got(elf::R_X86_64_GOTPCRELX, &load, 2, -5));
        assert!(!can_bypass_got(elf::R_X86_64_GOTPCRELX, &load, 1, -4));
        assert!(!can_bypass_got(elf::R_X86_64_GOTPCRELX, &load, 3, -4));
    }

    #[test]
    fn thirty_two_bits_are_signed_or_unsigned_as_the_kind_says() {
        let mut bytes = [0; 4];
        let at = |symbol: u64| Values { symbol, ..Values::default() };
        assert!(apply(elf::R_X86_64_32, &mut bytes, 0, &at(0xffff_ffff)).is_ok());
        assert!(apply(elf::R_X86_64_32, &mut bytes, 0, &at(0x1_0000_0000)).is_err());
        assert!(apply(elf::R_X86_64_32, &mut bytes, 0, &at(u64::MAX)).is_err());
        assert!(apply(elf::R_X86_64_32S, &mut bytes, 0, &at(0x7fff_ffff)).is_ok());
        assert!(apply(elf::R_X86_64_32S, &mut bytes, 0, &at(0x8000_0000)).is_err());
        assert!(apply(elf::R_X86_64_32S, &mut bytes, 0, &at(u64::MAX)).is_ok());
        assert_eq!(bytes, [0xff; 4]);
    }

    #[test]
    fn distances_reach_two_gigabytes_either_way() {
        let mut bytes = [0; 4];
        let place = 0x1_0000_0000;
        let mut at =
            |symbol: u64| apply(elf::R_X86_64_PC32, &mut bytes, 0, &Values { symbol, place, ..Values::default() });
        assert!(at(place + 0x7fff_ffff).is_ok());
        assert!(at(place + 0x8000_0000).is_err());
        assert!(at(place - 0x8000_0000).is_ok());
        assert!(at(place - 0x8000_0001).is_err());
    }
}
