//! Counting: the sites of a function that a profile knows about, in the order of its reachable operators.
//!
//! In a program that counts, a site adds to its words of the function's counters; in one that is compiled by counts, it
//! reads them. Both walk the same operators, so a site has the same words in both. See `aot_abi::profile`.

use super::address::extend;
use super::instance::{self, Place};
use super::regions;
use super::translator::{Env, FuncTranslator};
use crate::code_name::CodeName;
use crate::index::DefinedFuncIndex;
use crate::profile::Profile;
use aot_abi::profile::{BRANCH_WORDS, INDIRECT_WORDS};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

/// A branch that goes one way at least this often goes there, as far as layout is concerned.
const LIKELY_PERCENT: u128 = 98;

/// A target that is called at least this often is worth a comparison.
const DOMINANT_PERCENT: u128 = 60;

/// Fewer times say nothing.
const REACHED_MIN: u64 = 8;

/// The sites of the function at hand.
#[derive(Default)]
pub(crate) struct Sites {
    /// The next site's first word.
    next: u32,
    counts: Option<Box<[u64]>>,
}

/// Whether a function is known to have run, or nothing is known of any.
pub(super) fn ran(env: Env<'_>, name: CodeName) -> bool {
    match (&env.options.profile, name) {
        (Profile::Use(counts), CodeName::Wasm(function)) => {
            let body = env.module.defined(function).expect("what is compiled has a body");
            counts.of(env.module.body_bytes(body)).is_some()
        }
        _ => true,
    }
}

/// Before the first operator: counts the entry, or finds the counts.
pub(crate) fn begin(f: &mut FuncTranslator<'_, '_>, body: DefinedFuncIndex) {
    f.sites.next = 1;
    match &f.env.options.profile {
        Profile::None => {}
        Profile::Generate => add(f, 0, None),
        Profile::Use(counts) => f.sites.counts = counts.of(f.env.module.body_bytes(body)).map(Box::from),
    }
}

/// At a conditional branch: what is likely, if that is known.
pub(crate) fn branch(f: &mut FuncTranslator<'_, '_>, condition: Value) -> Option<bool> {
    let at = take(f, BRANCH_WORDS)?;
    if let Some([reached, taken]) = words(f, at) {
        let often = |times: u64| u128::from(times) * 100 >= u128::from(reached) * LIKELY_PERCENT;
        return match reached {
            ..REACHED_MIN => None,
            _ if often(taken) => Some(true),
            _ if often(reached.saturating_sub(taken)) => Some(false),
            _ => None,
        };
    }
    if matches!(f.env.options.profile, Profile::Generate) {
        let holds = f.builder.ins().icmp_imm_u(IntCC::NotEqual, condition, 0);
        add(f, at, None);
        add(f, at + 1, Some(holds));
    }
    None
}

/// At an indirect call through this index of its table: the index that dominates, if there is one.
pub(crate) fn indirect(f: &mut FuncTranslator<'_, '_>, index: Value) -> Option<u64> {
    let at = take(f, INDIRECT_WORDS)?;
    if let Some([target, hits, reached]) = words(f, at) {
        let dominates = u128::from(hits) * 100 >= u128::from(reached) * DOMINANT_PERCENT;
        return (reached >= REACHED_MIN && dominates).then_some(target);
    }
    if matches!(f.env.options.profile, Profile::Generate) {
        // The first index that is seen is the one that is counted.
        let index = extend(f, index);
        let (target, reached) = (load(f, at), load(f, at + 2));
        let is_first = f.builder.ins().icmp_imm_u(IntCC::Equal, reached, 0);
        let target = f.builder.ins().select(is_first, index, target);
        store(f, at, target);
        let same = f.builder.ins().icmp(IntCC::Equal, index, target);
        add(f, at + 1, Some(same));
        add(f, at + 2, None);
    }
    None
}

/// The words of the site at hand, where profiles matter.
fn take(f: &mut FuncTranslator<'_, '_>, words: u32) -> Option<u32> {
    f.body?;
    let at = f.sites.next;
    f.sites.next += words;
    (!matches!(f.env.options.profile, Profile::None)).then_some(at)
}

fn words<const N: usize>(f: &FuncTranslator<'_, '_>, at: u32) -> Option<[u64; N]> {
    f.sites.counts.as_ref()?.get(at as usize..)?.first_chunk().copied()
}

/// Adds one to a word, or the bit that is given.
fn add(f: &mut FuncTranslator<'_, '_>, word: u32, bit: Option<Value>) {
    let old = load(f, word);
    let new = match bit {
        None => f.builder.ins().iadd_imm_s(old, 1),
        Some(bit) => {
            let one = f.builder.ins().uextend(types::I64, bit);
            f.builder.ins().iadd(old, one)
        }
    };
    store(f, word, new);
}

fn load(f: &mut FuncTranslator<'_, '_>, word: u32) -> Value {
    let (place, flags) = (place(f, word), regions::counters(f));
    place.load(f, types::I64, flags)
}

fn store(f: &mut FuncTranslator<'_, '_>, word: u32, value: Value) {
    let (place, flags) = (place(f, word), regions::counters(f));
    place.store(f, value, flags);
}

fn place(f: &mut FuncTranslator<'_, '_>, word: u32) -> Place {
    let body = f.body.expect("only bodies have sites");
    let function = f.env.module.function_of(body);
    let base = instance::data_address(f, CodeName::Counters(function));
    Place { base, offset: i32::try_from(u64::from(word) * 8).expect("limits bound the operators of a function") }
}
