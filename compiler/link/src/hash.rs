//! Hashing of symbol names: eight bytes a step, the same on every run.
//!
//! A link of a thousand functions looks names up some ten thousand times, and with the standard hasher that alone takes
//! longer than the rest. Resistance to chosen names is not wanted here: who picks the names picks the code as well.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type NameMap<'a, Value> = HashMap<&'a [u8], Value, BuildHasherDefault<NameHasher>>;

#[derive(Default)]
pub(crate) struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        // The high half of the product depends on every bit of the input; adding it to the low half brings that down
        // to the bits which select a bucket.
        let product = u128::from(self.0 ^ word) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in words.by_ref() {
            self.mix(u64::from_le_bytes(word.try_into().expect("chunks of eight")));
        }
        let mut last = [0; 8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        self.mix(u64::from_le_bytes(last).wrapping_add(1 << 56));
    }

    fn write_usize(&mut self, length: usize) {
        self.mix(length as u64 | 1 << 63);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_one_byte_spread_over_buckets() {
        let mut buckets = [0_u32; 256];
        for index in 0..4096_u32 {
            let mut hasher = NameHasher::default();
            hasher.write(format!("wasm_function_{index}").as_bytes());
            buckets[(hasher.finish() & 0xff) as usize] += 1;
        }
        assert!(buckets.iter().all(|&count| (1..64).contains(&count)), "{buckets:?}");
    }
}
