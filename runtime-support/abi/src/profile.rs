//! What ran how often: the counters of a program compiled to count, and the file it leaves. Writer and reader side by side.
//!
//! Every function has an array of 64-bit words. Word 0 counts its entries. Then, in the order of the function's reachable
//! operators: two words for each `if` and `br_if`, how often it was reached and how often its condition held; three for each
//! `call_indirect`, an index of its table, how often that was the one, and how often it was reached.
//!
//! ```text
//! u8[8] "aotprof1"
//! rows…  // u64 hash of the body, u64 number of words, words
//! ```
//!
//! Numbers are little-endian. A body's hash is the first eight bytes of its SHA-256, so that a profile outlives changes
//! elsewhere in the module. Functions that never ran have no row.

use alloc::vec::Vec;

/// The first bytes of a file.
pub const MAGIC: &[u8; 8] = b"aotprof1";

/// Words of a branch: reached, taken.
pub const BRANCH_WORDS: u32 = 2;

/// Words of an indirect call: an index, how often it was that one, how often it was any.
pub const INDIRECT_WORDS: u32 = 3;

/// The counters of one function, as the image lists them.
#[repr(C)]
#[derive(Debug)]
pub struct FunctionCounters {
    /// First eight bytes of the body's SHA-256.
    pub body_hash: u64,
    /// The words.
    pub words: *const u64,
    /// How many.
    pub length: u64,
}

/// Adds a function's row to a file that begins with [`MAGIC`].
pub fn write_row(file: &mut Vec<u8>, body_hash: u64, words: &[u64]) {
    if words.first().is_some_and(|entries| *entries != 0) {
        for word in [body_hash, words.len() as u64].iter().chain(words) {
            file.extend_from_slice(&word.to_le_bytes());
        }
    }
}

/// The rows of a file; `None` when it is not one. Never panics, whatever the bytes.
#[must_use]
pub fn read(file: &[u8]) -> Option<Vec<(u64, Vec<u64>)>> {
    let mut words = file.strip_prefix(MAGIC)?.chunks_exact(8);
    if !words.remainder().is_empty() {
        return None;
    }
    let mut next = || words.next().and_then(|word| word.try_into().ok()).map(u64::from_le_bytes);
    let mut rows = Vec::new();
    while let Some(hash) = next() {
        let length = next()?;
        let mut row = Vec::new();
        for _ in 0..length {
            row.push(next()?);
        }
        rows.push((hash, row));
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn round_trip() {
        let mut file = MAGIC.to_vec();
        write_row(&mut file, 7, &[3, 2, 1]);
        write_row(&mut file, 8, &[0, 0]);
        write_row(&mut file, 9, &[1]);
        assert_eq!(read(&file), Some(vec![(7, vec![3, 2, 1]), (9, vec![1])]));
        assert_eq!(read(MAGIC), Some(vec![]));
    }

    #[test]
    fn broken_files_are_none_and_never_panic() {
        let mut file = MAGIC.to_vec();
        write_row(&mut file, 7, &[3, 2, 1]);
        for length in 0..file.len() {
            assert!(length == MAGIC.len() || read(&file[..length]).is_none(), "{length}");
        }
        file[16..24].fill(0xff);
        assert_eq!(read(&file), None);
    }
}
