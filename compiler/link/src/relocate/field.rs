//! Reading and writing the field that a relocation fills in, every access and every value checked.

/// What a relocation is computed from, in the notation of the ABI documents.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values {
    /// S: the symbol's address.
    pub(crate) symbol: u64,
    /// A.
    pub(crate) addend: i64,
    /// P: the address of the field.
    pub(crate) place: u64,
    /// The address of the symbol's GOT entry, unless the reference does without.
    pub(crate) got_entry: Option<u64>,
    /// The address of `_GLOBAL_OFFSET_TABLE_`.
    pub(crate) got: u64,
    /// The symbol is weak and nothing defines it.
    pub(crate) is_missing: bool,
}

impl Values {
    /// S + A.
    pub(crate) fn absolute(&self) -> u64 {
        self.symbol.wrapping_add_signed(self.addend)
    }

    /// S + A − P.
    pub(crate) fn relative(&self) -> u64 {
        self.absolute().wrapping_sub(self.place)
    }
}

/// Why a value does not go into its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This linker does not know the kind.
    Unknown,
    /// The field is not inside the section.
    Outside,
    /// The value needs more bits than the field has.
    OutOfRange { value: i64, bits: u32 },
    /// The value must be a multiple of something and is not.
    Misaligned { value: i64, alignment: u64 },
}

impl Fault {
    pub(crate) fn message(self) -> String {
        match self {
            Fault::Unknown => "is not supported".into(),
            Fault::Outside => "the field is outside of the section".into(),
            Fault::OutOfRange { value, bits } => {
                let sign = if value < 0 { "-" } else { "" };
                format!("value {sign}{:#x} does not fit into {bits} bits", value.unsigned_abs())
            }
            Fault::Misaligned { value, alignment } => {
                format!("value {value:#x} is not a multiple of {alignment}")
            }
        }
    }
}

pub(crate) fn field<const LENGTH: usize>(bytes: &mut [u8], offset: u64) -> Result<&mut [u8; LENGTH], Fault> {
    let start = usize::try_from(offset).map_err(|_| Fault::Outside)?;
    bytes.get_mut(start..).and_then(|rest| rest.first_chunk_mut()).ok_or(Fault::Outside)
}

/// The value as a two's complement number of `bits` bits.
pub(crate) fn signed(value: u64, bits: u32) -> Result<i64, Fault> {
    let value = value as i64;
    let lost = 64 - bits;
    if (value << lost) >> lost == value { Ok(value) } else { Err(Fault::OutOfRange { value, bits }) }
}

/// The value as a number of `bits` bits without a sign.
pub(crate) fn unsigned(value: u64, bits: u32) -> Result<u64, Fault> {
    if bits >= 64 || value >> bits == 0 { Ok(value) } else { Err(Fault::OutOfRange { value: value as i64, bits }) }
}

/// The value as either, for fields that hold addresses or offsets as it happens.
pub(crate) fn either(value: u64, bits: u32) -> Result<u64, Fault> {
    unsigned(value, bits).or_else(|_| signed(value, bits).map(|value| value as u64))
}

pub(crate) fn aligned(value: u64, alignment: u64) -> Result<u64, Fault> {
    if value.is_multiple_of(alignment) { Ok(value) } else { Err(Fault::Misaligned { value: value as i64, alignment }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_values_end_one_bit_below_their_width() {
        assert_eq!(signed(0x7fff_ffff, 32), Ok(0x7fff_ffff));
        assert_eq!(signed(0x8000_0000, 32), Err(Fault::OutOfRange { value: 0x8000_0000, bits: 32 }));
        assert_eq!(signed(0xffff_ffff_8000_0000, 32), Ok(-0x8000_0000));
        assert_eq!(signed(0xffff_ffff_7fff_ffff, 32), Err(Fault::OutOfRange { value: -0x8000_0001, bits: 32 }));
        assert_eq!(signed(u64::MAX, 64), Ok(-1));
    }

    #[test]
    fn unsigned_values_fill_their_width() {
        assert_eq!(unsigned(0xffff_ffff, 32), Ok(0xffff_ffff));
        assert_eq!(unsigned(0x1_0000_0000, 32), Err(Fault::OutOfRange { value: 0x1_0000_0000, bits: 32 }));
        assert_eq!(unsigned(u64::MAX, 64), Ok(u64::MAX));
        assert_eq!(either(u64::MAX, 32), Ok(u64::MAX));
        assert!(either(0x1_0000_0000, 32).is_err());
    }

    #[test]
    fn a_field_ends_inside_its_section() {
        let mut bytes = [0; 8];
        assert!(field::<4>(&mut bytes, 4).is_ok());
        assert_eq!(field::<4>(&mut bytes, 5), Err(Fault::Outside));
        assert_eq!(field::<4>(&mut bytes, u64::MAX), Err(Fault::Outside));
    }
}
