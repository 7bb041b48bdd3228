//! 32-bit values as sums: `4 * i + base - 8` is the constant -8 and what is added to it, `4 * i + base`.
//!
//! Two indices whose sums differ in the constant only are at a known distance from each other, however they were
//! computed. All arithmetic is modulo 2^32, where it is exact: what may wrap is the business of whoever asks. That makes
//! 64-bit sums whose low half is an index sums as well: Go computes its addresses so.

use cranelift_codegen::ir::{Function, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// A sum of multiples of values; the same number for the same sum, without its constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Root(u32);

/// A multiple of a value that is not a sum itself; of one of 64 bits, of its low half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Term {
    pub(super) value: Value,
    pub(super) factor: u32,
}

/// A value as a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    /// In the order of their values, each value once, no factor 0.
    pub(super) terms: Vec<Term>,
    pub(super) constant: u32,
}

/// Sums with more terms are not taken apart.
const TERMS: usize = 6;
/// Deeper expressions are not taken apart.
const DEPTH: u32 = 10;

/// The sums of one function, remembered. Its values must not change meanwhile.
#[derive(Default)]
pub(super) struct Sums {
    known: HashMap<Value, Sum>,
    roots: HashMap<Vec<Term>, Root>,
}

impl Sums {
    /// A 32-bit value as a root and the signed distance from it.
    pub(super) fn rooted(&mut self, function: &Function, value: Value) -> (Root, i64) {
        let sum = self.of(function, value);
        let next = Root(self.roots.len() as u32);
        let root = *self.roots.entry(sum.terms).or_insert(next);
        (root, i64::from(sum.constant as i32))
    }

    /// A value of 32 bits, or the low half of one of 64, as a sum.
    pub(super) fn of(&mut self, function: &Function, value: Value) -> Sum {
        self.at_depth(function, value, DEPTH)
    }

    fn at_depth(&mut self, function: &Function, value: Value, depth: u32) -> Sum {
        let value = function.dfg.resolve_aliases(value);
        if let Some(known) = self.known.get(&value) {
            return known.clone();
        }
        let itself = Sum { terms: vec![Term { value, factor: 1 }], constant: 0 };
        if depth == 0 {
            return itself;
        }
        let parts = self.taken_apart(function, value, depth - 1).filter(|sum| sum.terms.len() <= TERMS);
        let sum = parts.unwrap_or(itself);
        self.known.insert(value, sum.clone());
        sum
    }

    fn taken_apart(&mut self, function: &Function, value: Value, depth: u32) -> Option<Sum> {
        let dfg = &function.dfg;
        if !matches!(dfg.value_type(value), types::I32 | types::I64) {
            return None;
        }
        if let Some(constant) = low_half(function, value) {
            return Some(Sum { terms: Vec::new(), constant });
        }
        let (opcode, left, right) = match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::Binary { opcode, args: [left, right] } => (opcode, left, right),
            InstructionData::Unary { opcode: Opcode::Ireduce | Opcode::Uextend | Opcode::Sextend, arg }
                if matches!(dfg.value_type(arg), types::I32 | types::I64) =>
            {
                return Some(self.at_depth(function, arg, depth));
            }
            _ => return None,
        };
        let factor = |value| low_half(function, value);
        match opcode {
            Opcode::Iadd => {
                let (left, right) = (self.at_depth(function, left, depth), self.at_depth(function, right, depth));
                Some(left.plus(&right, 1))
            }
            Opcode::Isub => {
                let (left, right) = (self.at_depth(function, left, depth), self.at_depth(function, right, depth));
                Some(left.plus(&right, u32::MAX))
            }
            Opcode::Ishl => {
                let shift = factor(right)? & (dfg.value_type(left).bits() - 1);
                Some(self.at_depth(function, left, depth).times(1u32.checked_shl(shift).unwrap_or(0)))
            }
            Opcode::Imul => {
                let (sum, factor) = match (factor(left), factor(right)) {
                    (Some(factor), _) => (right, factor),
                    (None, factor) => (left, factor?),
                };
                Some(self.at_depth(function, sum, depth).times(factor))
            }
            _ => None,
        }
    }
}

/// The low half of a constant.
fn low_half(function: &Function, value: Value) -> Option<u32> {
    let dfg = &function.dfg;
    match dfg.insts[dfg.value_def(dfg.resolve_aliases(value)).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u32),
        _ => None,
    }
}

impl Sum {
    /// This and a multiple of another.
    pub(super) fn plus(mut self, other: &Sum, factor: u32) -> Sum {
        for term in &other.terms {
            let more = term.factor.wrapping_mul(factor);
            match self.terms.binary_search_by_key(&term.value, |term| term.value) {
                Ok(position) => {
                    let sum = &mut self.terms[position].factor;
                    *sum = sum.wrapping_add(more);
                }
                Err(position) => self.terms.insert(position, Term { value: term.value, factor: more }),
            }
        }
        self.terms.retain(|term| term.factor != 0);
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(factor));
        self
    }

    fn times(self, factor: u32) -> Sum {
        Sum { terms: Vec::new(), constant: 0 }.plus(&self, factor)
    }
}
