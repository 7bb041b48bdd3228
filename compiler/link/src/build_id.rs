//! The build-id note: a name for the exact bytes of an executable, by which debuggers and profilers find its symbols.
//!
//! It has to differ whenever the file differs, by accident and not by malice, and to cost little for an executable with
//! 100 MB of initial memory. So it is not a cryptographic hash: two lanes of 64 bits, each folding a 128-bit product per
//! 8 bytes of input, with different multipliers.

/// Note header, the name `GNU` and the hash.
pub(crate) const NOTE_SIZE: u64 = 16 + HASH_SIZE as u64;
const HASH_SIZE: usize = 16;

/// The note with zeros for the hash.
pub(crate) fn write_header(note: &mut [u8]) {
    const TYPE: u32 = object::elf::NT_GNU_BUILD_ID;
    note[..4].copy_from_slice(&4_u32.to_le_bytes());
    note[4..8].copy_from_slice(&(HASH_SIZE as u32).to_le_bytes());
    note[8..12].copy_from_slice(&TYPE.to_le_bytes());
    note[12..16].copy_from_slice(b"GNU\0");
}

/// Hashes the whole file, in which the note has only its header so far, into the note at `offset`.
pub(crate) fn complete(file: &mut [u8], offset: usize) {
    let hash = hash(file);
    file[offset + 16..offset + NOTE_SIZE as usize].copy_from_slice(&hash);
}

fn hash(bytes: &[u8]) -> [u8; HASH_SIZE] {
    let mut lanes = [0x243f_6a88_85a3_08d3_u64, 0x1319_8a2e_0370_7344];
    let mut blocks = bytes.chunks_exact(16);
    for block in blocks.by_ref() {
        absorb(&mut lanes, block.try_into().expect("chunks of sixteen"));
    }
    let mut last = [0; 16];
    last[..blocks.remainder().len()].copy_from_slice(blocks.remainder());
    absorb(&mut lanes, &last);
    let mut length = [0; 16];
    length[..8].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    absorb(&mut lanes, &length);
    // Each half of the result depends on both lanes.
    absorb(&mut lanes, &[0; 16]);
    let mut hash = [0; HASH_SIZE];
    hash[..8].copy_from_slice(&lanes[0].to_le_bytes());
    hash[8..].copy_from_slice(&lanes[1].to_le_bytes());
    hash
}

fn absorb(lanes: &mut [u64; 2], block: &[u8; 16]) {
    let word = |at: usize| u64::from_le_bytes(block[at..at + 8].try_into().expect("eight of sixteen"));
    let (low, high) = (word(0), word(8));
    let [one, other] = *lanes;
    lanes[0] = fold(one ^ low, high ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(other.rotate_left(23));
    lanes[1] = fold(other ^ high, low ^ 0xc2b2_ae3d_27d4_eb4f).wrapping_add(one.rotate_left(41));
}

fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_bit_and_the_length_count() {
        let mut seen = HashSet::new();
        let file = vec![0_u8; 200];
        assert!(seen.insert(hash(&file)));
        for length in 0..200 {
            assert!(seen.insert(hash(&file[..length])), "length {length}");
        }
        for bit in 0..1600 {
            let mut other = file.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(hash(&other)), "bit {bit}");
        }
    }

    #[test]
    fn a_change_reaches_both_halves() {
        let (one, other) = (hash(&[0; 64]), hash(&[1; 64]));
        assert_ne!(one[..8], other[..8]);
        assert_ne!(one[8..], other[8..]);
    }
}
