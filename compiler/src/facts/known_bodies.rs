//! Bodies of a compiler's support library that are known, byte by byte, for what they compute.
//!
//! Toolchains for Wasm multiply 128-bit integers by a function of theirs, because Wasm has no wide multiplication; machines
//! have one. A function is recognised by its whole body alone: its name proves nothing, and equal bytes do equal things
//! in any module, as the body mentions nothing but its parameters and memory 0. What stands here has been
//! evaluated on edges and random values, and tests/spec/own does so again through the code that replaces it.

use crate::index::FuncIndex;
use crate::module::{Module, ValType};
use cranelift_codegen::entity::SecondaryMap;
use sha2::{Digest, Sha256};

/// What a known body computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownBody {
    /// `__multi3`: stores the product, modulo 2^128, of two numbers given as halves, the lower first, at the address in the
    /// first parameter.
    Multiply128,
}

/// Of the body, from the declaration of its locals to its `end`.
type Hash = [u8; 32];

/// Each with where it was found.
const MULTIPLY_128: [Hash; 3] = [
    // clang's library: wasi-sdk, Zig.
    hash("4c40dff467534aa2c2b3ec28b9af7313fea91be76bdf924a5696042616b9ffd1"),
    // Rust's `compiler_builtins`.
    hash("29e3afdce382a0d12f23600a5aba649983589c1335710a32769b608320380102"),
    // Emscripten's, which binaryen has been over.
    hash("eb6c8982e18edef9e0955f0ea66870170e9dc08f7d2781c6b089e9aad9289838"),
];

/// None is longer than this.
const BODY_BYTES_MAX: usize = 160;

/// The known bodies among the module's.
pub(super) fn prove(module: &Module<'_>) -> SecondaryMap<FuncIndex, Option<KnownBody>> {
    let mut known = SecondaryMap::new();
    for (body, place) in &module.bodies {
        let function = module.function_of(body);
        if place.range.len() <= BODY_BYTES_MAX && multiplies_by_type(module, function) {
            let hash: Hash = Sha256::digest(module.body_bytes(body)).into();
            known[function] = MULTIPLY_128.contains(&hash).then_some(KnownBody::Multiply128);
        }
    }
    known
}

fn multiplies_by_type(module: &Module<'_>, function: FuncIndex) -> bool {
    use ValType::{I32, I64};
    let ty = module.function_type(function);
    ty.params[..] == [I32, I64, I64, I64, I64] && ty.results.is_empty()
}

/// Reads a hash at compile time.
const fn hash(digits: &str) -> Hash {
    assert!(digits.len() == 64);
    let mut hash = [0; 32];
    let mut at = 0;
    while at < 64 {
        let digit = digits.as_bytes()[at];
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        };
        hash[at / 2] = hash[at / 2] << 4 | value;
        at += 1;
    }
    hash
}
