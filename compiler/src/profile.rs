//! What earlier runs counted, by the bodies of functions.

use crate::error::{Error, ErrorKind, Result};
use aot_abi::profile;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a program counts what it does, or is compiled by what was counted.
#[derive(Debug, Clone, Default)]
pub enum Profile {
    /// Neither.
    #[default]
    None,
    /// It counts, and leaves a file when it exits. Executable model only.
    Generate,
    /// By these counts.
    Use(Arc<Counts>),
}

/// The counts of one or more runs.
#[derive(Debug, Default)]
pub struct Counts {
    functions: BTreeMap<u64, Vec<u64>>,
}

impl Counts {
    /// Adds the file that a run left. Of a function that several runs used, the run that used it most speaks.
    pub fn add(&mut self, file: &[u8]) -> Result<()> {
        let rows = profile::read(file).ok_or_else(|| {
            Error::new(ErrorKind::Options, "not a profile")
                .with_help("a program compiled with `--pgo-generate` leaves one when it exits")
        })?;
        for (hash, words) in rows {
            let known = self.functions.entry(hash).or_default();
            if known.first() < words.first() {
                *known = words;
            }
        }
        Ok(())
    }

    /// The words of the function with this body; `None` when it never ran or has changed.
    #[must_use]
    pub fn of(&self, body: &[u8]) -> Option<&[u64]> {
        self.functions.get(&body_hash(body)).map(Vec::as_slice)
    }

    /// Whether anything was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }
}

/// What a profile knows a body by.
#[must_use]
pub fn body_hash(body: &[u8]) -> u64 {
    let digest = Sha256::digest(body);
    u64::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(words: &[u64]) -> Vec<u8> {
        let mut file = profile::MAGIC.to_vec();
        profile::write_row(&mut file, body_hash(b"body"), words);
        file
    }

    #[test]
    fn the_longest_run_speaks() {
        let mut counts = Counts::default();
        counts.add(&file(&[1, 2, 3])).expect("it is a profile");
        counts.add(&file(&[10, 20, 30])).expect("it is a profile");
        counts.add(&file(&[5, 0, 0])).expect("it is a profile");
        assert_eq!(counts.of(b"body"), Some(&[10, 20, 30][..]));
        assert_eq!(counts.of(b"other"), None);
        assert!(counts.add(b"nonsense").is_err());
    }
}
