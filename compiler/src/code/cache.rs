//! Compiled functions kept from one compilation for the next.
//!
//! What a function compiles to depends on its own body, on the module around it without the other bodies and the data,
//! on what is known about the program, and on the options. The last three make the *environment*; all functions of one
//! environment are one pack, and a function's key in it is a hash of its body and of those it may take in. The compiler
//! itself is part of the environment by its version and by [`FunctionStore::identity`].

use super::compiled::CompiledFunction;
use super::stored;
use crate::clif::Env;
use crate::code_name::CodeName;
use crate::index::{DefinedFuncIndex, FuncIndex};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

/// Where packs are kept. Whoever can write there decides what programs do: it is as trusted as the compiler.
pub trait FunctionStore: Sync {
    /// What this compiler is, where the same version may be built twice.
    fn identity(&self) -> String;
    /// The pack of this name, if it is there.
    fn load(&self, name: &str) -> Option<Vec<u8>>;
    /// Keeps a pack. Nobody relies on it.
    fn save(&self, name: &str, pack: &[u8]);
}

type Key = [u8; 32];

const MAGIC: &[u8; 8] = b"aotfns02";
const HEAD_BYTES: usize = 24;
const ROW_BYTES: usize = 40;

/// What was there when the compilation began.
pub(super) struct FunctionCache<'a> {
    store: &'a dyn FunctionStore,
    environment: Key,
    pack: Vec<u8>,
    rows: HashMap<Key, Range<usize>>,
}

impl<'a> FunctionCache<'a> {
    pub(super) fn open(env: Env<'_>, store: &'a dyn FunctionStore) -> Self {
        let environment = environment(env, &store.identity());
        let pack = store.load(&name(&environment)).unwrap_or_default();
        let rows = rows(&pack).unwrap_or_default();
        FunctionCache { store, environment, pack, rows }
    }

    /// What a function is kept under; `None` for code that is not a body.
    fn key(&self, env: Env<'_>, name: CodeName) -> Option<Key> {
        let CodeName::Wasm(function) = name else { return None };
        let body = env.module.defined(function)?;
        let mut hash = Sha256::new();
        hash.update(self.environment);
        hash.update(function.as_u32().to_le_bytes());
        feed_body(&mut hash, env, body);
        for callee in env.facts.inlinable.closure(function) {
            hash.update(callee.as_u32().to_le_bytes());
            feed_body(&mut hash, env, env.module.defined(callee)?);
        }
        Some(hash.finalize().into())
    }

    /// This function, if it was kept.
    pub(super) fn find(&self, env: Env<'_>, name: CodeName) -> Option<CompiledFunction> {
        if self.rows.is_empty() {
            return None;
        }
        let bytes = self.pack.get(self.rows.get(&self.key(env, name)?)?.clone())?;
        stored::read(name, bytes, &|function| body_start(env, function))
    }

    /// Keeps these functions, and nothing else that the pack may have held.
    pub(super) fn close(self, env: Env<'_>, functions: &[CompiledFunction]) {
        let keys: Vec<Option<Key>> = functions.par_iter().map(|function| self.key(env, function.name)).collect();
        if keys.iter().flatten().all(|key| self.rows.contains_key(key)) {
            return;
        }
        let stored = |(function, key): (&CompiledFunction, &Option<Key>)| {
            let key = (*key)?;
            let bytes = match self.rows.get(&key).and_then(|range| self.pack.get(range.clone())) {
                Some(bytes) => bytes.to_vec(),
                None => stored::write(function, &|function| body_start(env, function))?,
            };
            Some((key, bytes))
        };
        let kept: Vec<(Key, Vec<u8>)> = functions.par_iter().zip(&keys).filter_map(stored).collect();
        if let Some(pack) = pack(&kept) {
            self.store.save(&name(&self.environment), &pack);
        }
    }
}

fn body_start(env: Env<'_>, function: FuncIndex) -> Option<u32> {
    u32::try_from(env.module.bodies[env.module.defined(function)?].range.start).ok()
}

/// All that a body says: its bytes, and the hints about its branches.
fn feed_body(hash: &mut Sha256, env: Env<'_>, body: DefinedFuncIndex) {
    let bytes = env.module.body_bytes(body);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
    if !env.module.branch_hints.is_empty() {
        for offset in 0..bytes.len() as u32 {
            if let Some(&likely) = env.module.branch_hints.get(&(body, offset)) {
                hash.update([u8::from(likely)]);
                hash.update(offset.to_le_bytes());
            }
        }
    }
}

/// Everything that functions of a module have in common.
fn environment(env: Env<'_>, identity: &str) -> Key {
    let mut hash = HashText(Sha256::new());
    // These are of no consequence.
    let options = crate::Options { threads: 0, module_name: String::new(), ..env.options.clone() };
    let written = write!(hash, "{} {identity} {options:?} {:?}", env!("CARGO_PKG_VERSION"), env.facts);
    written.expect("a hash takes everything");
    feed_declarations(&mut hash.0, env.module.wasm);
    // Of the data, only how it is put into place shows in the code of functions.
    for data in env.module.data.keys() {
        write!(hash, "{:?}", env.plan.data[data]).expect("a hash takes everything");
    }
    hash.0.finalize().into()
}

/// All sections but code, data and custom ones.
fn feed_declarations(hash: &mut Sha256, wasm: &[u8]) {
    const CUSTOM: u8 = 0;
    const CODE: u8 = 10;
    const DATA: u8 = 11;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let Ok(payload) = payload else { return };
        if let Some((id, range)) = payload.as_section()
            && ![CUSTOM, CODE, DATA].contains(&id)
            && let Some(bytes) = wasm.get(range.start as usize..range.end as usize)
        {
            hash.update([id]);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
}

struct HashText(Sha256);

impl std::fmt::Write for HashText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

fn name(environment: &Key) -> String {
    environment[..16].iter().fold("functions-".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// Magic, checksum, count; for each function its key and where its bytes are; the bytes. `None` beyond 4 GiB.
fn pack(functions: &[(Key, Vec<u8>)]) -> Option<Vec<u8>> {
    let total: usize = functions.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut pack = Vec::with_capacity(HEAD_BYTES + functions.len() * ROW_BYTES + total);
    pack.extend_from_slice(MAGIC);
    pack.extend_from_slice(&[0; 8]);
    pack.extend_from_slice(&(functions.len() as u64).to_le_bytes());
    let mut at = HEAD_BYTES + functions.len() * ROW_BYTES;
    for (key, bytes) in functions {
        pack.extend_from_slice(key);
        pack.extend_from_slice(&u32::try_from(at).ok()?.to_le_bytes());
        pack.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
        at += bytes.len();
    }
    functions.iter().for_each(|(_, bytes)| pack.extend_from_slice(bytes));
    let sum = checksum(&pack[16..]);
    pack[8..16].copy_from_slice(&sum.to_le_bytes());
    Some(pack)
}

fn rows(pack: &[u8]) -> Option<HashMap<Key, Range<usize>>> {
    let sum = u64::from_le_bytes(*pack.get(8..16)?.first_chunk()?);
    let count = usize::try_from(u64::from_le_bytes(*pack.get(16..24)?.first_chunk()?)).ok()?;
    if !pack.starts_with(MAGIC) || checksum(&pack[16..]) != sum {
        return None;
    }
    let rows = pack.get(HEAD_BYTES..HEAD_BYTES.checked_add(count.checked_mul(ROW_BYTES)?)?)?;
    let row = |row: &[u8]| {
        let word = |at: usize| Some(u32::from_le_bytes(*row.get(at..)?.first_chunk()?) as usize);
        let start = word(32)?;
        Some((*row.first_chunk()?, start..start.checked_add(word(36)?)?))
    };
    rows.chunks_exact(ROW_BYTES).map(row).collect()
}

/// Tells a damaged file, not a forged one.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(bytes.len() as u64, |sum, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (sum.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_read_as_written_and_a_damaged_one_is_empty() {
        let functions = [([1; 32], vec![1, 2, 3]), ([2; 32], vec![]), ([3; 32], vec![9])];
        let whole = pack(&functions).expect("it is small");
        let found = rows(&whole).expect("it was written so");
        for (key, bytes) in &functions {
            assert_eq!(&whole[found[key].clone()], &bytes[..]);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(rows(&damaged).is_none(), "at {at}");
        }
        assert!((0..whole.len()).all(|end| rows(&whole[..end]).is_none()));
    }
}
