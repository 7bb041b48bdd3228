//! `ByteSize`: sizes as people type them: `65536`, `64K`, `64KiB`, `2G`. Units are powers of 1024.

use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| "a size is a number and perhaps a unit, as in 64K or 2GiB")?;
        let unit = unit.trim_start().to_ascii_lowercase();
        let shift = match unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit) {
            "" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            "t" => 40,
            _ => return Err("units are K, M, G and T (also KiB, …)".to_owned()),
        };
        number.checked_mul(1 << shift).map(ByteSize).ok_or_else(|| "64 bits do not hold this size".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSize;

    #[test]
    fn units_are_powers_of_1024() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64K", 65536), ("64KiB", 65536), ("2g", 2 << 30), ("1 MB", 1 << 20)]
        {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "K", "-1", "1x", "1.5M", "99999999999999999999", "16777216T"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
